//! The connection: authentication in both directions, and what happens when it is lost.

use crate::place::{LIMIT, Place, shell};
use crate::sshd::{Machines, wait_for};
use jac_model::ports::{PortError, ProcessState};
use jac_ssh::key::KeySource;
use jac_ssh::machine::read_small;
use jac_ssh::{Link, LinkError, Target};
use std::time::{Duration, Instant};

fn target(machines: &Machines) -> Target {
    Target {
        host: machines.hosts()[0].parse().expect("a host"),
        user: machines.user(),
        key: KeySource::File(machines.key()),
        known_hosts: machines.known_hosts(),
    }
}

/// A new private key with its public key next to it.
fn key(folder: &tempfile::TempDir, kind: &str, form: &str) -> std::path::PathBuf {
    let path = folder.path().join(format!("{kind}-{form}"));
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-m", form, "-N", "", "-f"])
        .arg(&path)
        .status();
    assert!(made.expect("ssh-keygen comes with OpenSSH").success());
    path
}

async fn refusal(target: Target) -> String {
    match Link::new(target).live().await {
        Err(LinkError::Refused(reason)) => reason,
        other => panic!("it is not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_machine_with_another_key_is_refused_and_it_is_said_what_to_do() {
    let Some(machines) = Machines::start(2) else { return };
    let other_key = machines.known_hosts()[1].split_once(' ').expect("a line").1.to_owned();
    let name = machines.known_hosts()[0].split_once(' ').expect("a line").0.to_owned();
    let reason = refusal(Target { known_hosts: vec![format!("{name} {other_key}")], ..target(&machines) }).await;
    assert!(reason.contains("has changed") && reason.contains("ssh-keygen -R"), "{reason}");
    let reason = refusal(Target { known_hosts: vec![machines.known_hosts().remove(1)], ..target(&machines) }).await;
    assert!(reason.contains("is unknown") && reason.contains("ssh-keyscan"), "{reason}");
    let folder = tempfile::tempdir().expect("a folder");
    let rsa = std::fs::read_to_string(key(&folder, "rsa", "RFC4716").with_extension("pub")).expect("a public key");
    let reason = refusal(Target { known_hosts: vec![format!("{name} {rsa}")], ..target(&machines) }).await;
    assert!(reason.contains("known host key types") && reason.contains("ssh-keyscan"), "{reason}");
}

#[tokio::test]
async fn a_key_that_opens_nothing_is_refused_and_it_is_said_what_to_do() {
    let Some(machines) = Machines::start(1) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let key = key(&folder, "ed25519", "RFC4716");
    let reason = refusal(Target { key: KeySource::File(key), ..target(&machines) }).await;
    assert!(reason.contains("authorized_keys"), "{reason}");
}

#[tokio::test]
async fn keys_of_every_kind_open_a_machine() {
    let Some(machines) = Machines::start(1) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let authorized = machines.key().with_extension("pub");
    // AWS issues keys in PEM form.
    for (kind, form) in [("rsa", "PEM"), ("rsa", "RFC4716"), ("ecdsa", "RFC4716"), ("ecdsa", "PEM")] {
        let key = key(&folder, kind, form);
        std::fs::copy(key.with_extension("pub"), &authorized).expect("it is authorized");
        let link = Link::new(Target { key: KeySource::File(key), ..target(&machines) });
        link.live().await.unwrap_or_else(|error| panic!("{kind} as {form}: {error}"));
    }
}

#[tokio::test]
async fn a_connection_that_dies_comes_back_and_nobody_has_to_ask_twice() {
    let Some(place) = Place::launched(1).await else { return };
    let remote = place.master();
    for _ in 0..5 {
        remote.write("file", b"content").await.expect("it is written");
        assert!(place.machines.machines[0].cut() > 0, "there was a connection");
        let chunk = remote.read_at("file", 0, 100).await.expect("it reads over a new one").expect("a file");
        assert_eq!(chunk.bytes, "content");
        assert!(place.machines.machines[0].cut() > 0);
        remote.write("file", b"other").await.expect("it is written over a new one");
    }
}

/// Observing a process has two steps. If it ends between them, its file below `/proc` is open and can no longer be read,
/// which SFTP only reports as "Failure".
#[tokio::test]
async fn a_process_that_ends_while_it_is_looked_at_has_ended() {
    let Some(machines) = Machines::start(1) else { return };
    let link = Link::new(target(&machines));
    for _ in 0..60 {
        let mut child = std::process::Command::new("sleep").arg("300").spawn().expect("it starts");
        let file = format!("/proc/{}/stat", child.id());
        let looks = (0..32).map(|_| async { while read_small(&link, &file).await.expect("it answers").is_some() {} });
        let end = async {
            read_small(&link, &file).await.expect("it answers");
            child.kill().and_then(|()| child.wait()).expect("it ends");
        };
        futures_util::future::join(futures_util::future::join_all(looks), end).await;
    }
}

#[tokio::test]
async fn nobody_waits_for_a_machine_that_was_given_up() {
    let Some(machines) = Machines::start(1) else { return };
    let link = Link::new(target(&machines));
    link.live().await.expect("it answers");
    assert!(!link.is_given_up());
    let begun = Instant::now();
    // Its connection is not closed: it is as if the machine had disappeared.
    let looks = async {
        loop {
            if let Err(error) = read_small(&link, "/proc/self/stat").await {
                break error;
            }
        }
    };
    let ((), error) = tokio::join!(link.abandon(), looks);
    assert!(matches!(error, LinkError::MachineGone), "{error}");
    assert!(matches!(link.live().await, Err(LinkError::MachineGone)) && link.is_given_up());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn one_connection_serves_a_node_however_many_ask() {
    let Some(place) = Place::launched(1).await else { return };
    let machine = &place.machines.machines[0];
    assert!(machine.cut() > 0);
    let many = (0..40).map(|number| {
        let remote = place.master();
        async move { remote.run(&shell(&format!("echo {number}")), LIMIT).await }
    });
    for (number, output) in futures_util::future::join_all(many).await.into_iter().enumerate() {
        assert_eq!(output.expect("it runs").stdout, format!("{number}\n"));
    }
    assert_eq!(machine.connections(), 1);
}

#[tokio::test]
async fn a_machine_that_is_down_is_reported_at_once_and_found_again_when_it_is_back() {
    let Some(mut place) = Place::launched(1).await else { return };
    let remote = place.master();
    remote.start("job", &shell("sleep 300; true")).await.expect("it starts");
    place.machines.machines[0].go_down();
    let begun = Instant::now();
    for _ in 0..10 {
        let error = remote.process("job").await.expect_err("it is down");
        assert!(matches!(error, PortError::Unreachable { .. }), "{error}");
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "nobody waits for a machine that is down: {:?}", begun.elapsed());
    place.machines.machines[0].go_up();
    wait_for("its answer", LIMIT, async || matches!(remote.process("job").await, Ok(ProcessState::Running { .. })))
        .await;
}

#[tokio::test]
async fn a_connection_that_falls_silent_is_found_dead_and_replaced() {
    let Some(place) = Place::launched(1).await else { return };
    let remote = place.master();
    remote.write("file", b"content").await.expect("it is written");
    assert!(place.machines.machines[0].freeze() > 0);
    let begun = Instant::now();
    let chunk = remote.read_at("file", 0, 100).await.expect("a new connection reads it").expect("a file");
    assert_eq!(chunk.bytes, "content");
    assert!(begun.elapsed() < Duration::from_secs(20), "it took {:?}", begun.elapsed());
}

/// A line that delays everything by this time; returns its address.
async fn slow_line(to: String, held_back: Duration) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let to = to.clone();
            tokio::spawn(async move {
                tokio::time::sleep(held_back).await;
                let mut far = tokio::net::TcpStream::connect(to).await.expect("the machine");
                tokio::io::copy_bidirectional(&mut near, &mut far).await
            });
        }
    });
    address
}

#[tokio::test]
async fn a_machine_that_takes_longer_to_sign_in_than_anybody_waits_is_reached_all_the_same() {
    const PATIENCE: Duration = Duration::from_millis(500);
    let Some(machines) = Machines::start(1) else { return };
    let line = slow_line(machines.hosts()[0].clone(), PATIENCE * 3).await;
    let known = machines.known_hosts()[0].split_once(' ').expect("a line").1.to_owned();
    let known_hosts = vec![format!("[{}]:{} {known}", line.ip(), line.port())];
    let link = Link::new(Target { host: line.to_string().parse().expect("a host"), known_hosts, ..target(&machines) });
    wait_for("an answer", LIMIT, async || {
        let answer = tokio::time::timeout(PATIENCE, read_small(&link, "/proc/self/stat")).await;
        matches!(answer, Ok(Ok(Some(_))))
    })
    .await;
}

#[tokio::test]
async fn a_saved_key_opens_a_machine_and_no_file_is_named() {
    let Some(machines) = Machines::start(1) else { return };
    let place = Place::new(machines);
    let config = place.config();
    let ssh = config.ssh.map(|ssh| jac_model::SshConfig { key: Some("k-1".to_owned()), key_file: None, ..ssh });
    let config = jac_model::ClusterConfig { ssh, ..config };
    let launched = place.launch_as(&config, Duration::from_secs(600)).await.expect("the key opens it");
    assert_eq!(launched.len(), 1);
}
