//! A node's processes.

use crate::place::{LIMIT, Place, shell};
use crate::sshd::wait_for;
use jac_model::ports::{Cloud, Command, PortError, ProcessState, Remote};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::{Duration, Instant};

const HOSTILE: [&str; 9] =
    ["%s|", "two  words", "*", "--", "$HOME `id` $(id)", "", "a\nb", "it's \"quoted\" \\ !", "ümläut 日本"];

async fn wait_for_state(remote: &dyn Remote, name: &str, expected: impl Fn(ProcessState) -> bool) {
    wait_for(name, LIMIT, async || expected(remote.process(name).await.expect("it answers"))).await;
}

#[tokio::test]
async fn arguments_and_environment_reach_a_program_as_they_are() {
    let Some(place) = Place::launched(1).await else { return };
    let remote = place.master();
    remote.write("it's a folder/x", b"").await.expect("a folder");
    let command = Command {
        program: "printf".to_owned(),
        arguments: HOSTILE.map(str::to_owned).to_vec(),
        folder: "it's a folder".to_owned(),
        ..Command::default()
    };
    let output = remote.run(&command, LIMIT).await.expect("it runs");
    assert_eq!(output.stdout, HOSTILE[1..].iter().map(|text| format!("{text}|")).collect::<String>());
    let value = "a'b\"c\n$d";
    let command = Command {
        environment: BTreeMap::from([("STRANGE".to_owned(), value.to_owned())]),
        ..shell(r#"printf %s "$STRANGE"; echo words >&2; exit 7"#)
    };
    let output = remote.run(&command, LIMIT).await.expect("it runs");
    assert_eq!((output.exit_code, output.stdout.as_str(), output.stderr.as_str()), (7, value, "words\n"));
    remote
        .start(
            "job",
            &Command {
                program: "printf".to_owned(),
                arguments: HOSTILE.map(str::to_owned).to_vec(),
                ..Command::default()
            },
        )
        .await
        .expect("it starts");
    wait_for_state(remote.as_ref(), "job", |state| state == ProcessState::Exited { code: 0 }).await;
    let out = remote.read_at("processes/job/out", 0, 4096).await.expect("it reads").expect("its words");
    assert_eq!(out.bytes, HOSTILE[1..].iter().map(|text| format!("{text}|")).collect::<String>().into_bytes());
}

#[tokio::test]
async fn a_command_that_takes_too_long_is_ended() {
    let Some(place) = Place::launched(1).await else { return };
    let remote = place.master();
    let begun = Instant::now();
    let error = remote.run(&shell("sleep 300; true"), Duration::from_secs(1)).await.expect_err("it is too slow");
    assert!(matches!(error, PortError::TooSlow { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    // Only its keeper runs permanently on the node; the programs that it starts are short-lived.
    wait_for("its end", LIMIT, async || {
        let pids = place.machines.machines[0].processes();
        let names = pids.iter().filter_map(|pid| std::fs::read_to_string(format!("/proc/{pid}/cmdline")).ok());
        !names.into_iter().any(|name| name.contains("300"))
    })
    .await;
}

#[tokio::test]
async fn starting_twice_is_starting_once() {
    let Some(place) = Place::launched(1).await else { return };
    let remote = place.master();
    let job = shell("echo once >> log; sleep 0.5");
    let (one, two) = tokio::join!(remote.start("job", &job), remote.start("job", &job));
    one.and(two).expect("both say that it runs");
    wait_for_state(remote.as_ref(), "job", |state| matches!(state, ProcessState::Exited { .. })).await;
    remote.start("job", &job).await.expect("it was started");
    let log = remote.read_at("log", 0, 100).await.expect("it reads").expect("a log");
    assert_eq!(log.bytes, "once\n");
    remote.forget("job").await.expect("it is forgotten");
    assert_eq!(remote.process("job").await.expect("it answers"), ProcessState::Absent);
    remote.start("job", &job).await.expect("the name can be started again");
}

#[tokio::test]
async fn a_process_outlives_the_connection_and_its_exit_code_is_known() {
    let Some(mut place) = Place::launched(1).await else { return };
    let remote = place.master();
    remote.start("job", &shell("echo begun; while [ ! -e go ]; do sleep 0.05; done; exit 7")).await.expect("it starts");
    let running = remote.process("job").await.expect("it answers");
    assert!(matches!(running, ProcessState::Running { .. }), "{running:?}");
    place.machines.machines[0].go_down();
    place.machines.machines[0].go_up();
    assert_eq!(remote.process("job").await.expect("the connection is back"), running, "the same process");
    // The next JAC gets the same answers.
    place.next_jac();
    let remote = place.master();
    assert_eq!(remote.process("job").await.expect("it answers"), running);
    remote.write("go", b"").await.expect("a word");
    wait_for_state(remote.as_ref(), "job", |state| state == ProcessState::Exited { code: 7 }).await;
}

/// Starts a process whose children detach from it in every way, next to another process, and ends it. `seconds` distinguishes the sleeps of
/// one test from another's.
async fn end_a_family(place: &Place, seconds: u32) {
    let remote = place.master();
    // One left the process group, one cleared its environment, one lost its parent.
    let [one, two, three, four, other] = [1, 2, 3, 4, 5].map(|number| seconds + number);
    let script =
        format!("setsid sleep {one} & env -i sleep {two} & (sleep {three} &) ; sh -c 'sleep {four}; true'; true");
    remote.start("job", &shell(&script)).await.expect("it starts");
    remote.start("other", &shell(&format!("sleep {other}; true"))).await.expect("it starts");
    let sleeping = |seconds: u32| {
        let expected = format!("sleep\0{seconds}\0");
        std::fs::read_dir("/proc")
            .expect("/proc")
            .flatten()
            .any(|entry| std::fs::read_to_string(entry.path().join("cmdline")).is_ok_and(|line| line == expected))
    };
    wait_for("all of them", LIMIT, async || (one..=other).all(sleeping)).await;
    remote.kill("job").await.expect("it ends");
    wait_for("their end", LIMIT, async || !(one..=four).any(sleeping)).await;
    assert_eq!(remote.process("job").await.expect("it answers"), ProcessState::Vanished);
    assert!(sleeping(other), "another process is left alone");
    remote.kill("job").await.expect("ending it again is ending it once");
    remote.kill("none").await.expect("ending what never ran is a success");
}

#[tokio::test]
async fn ending_a_process_ends_its_grandchildren_whatever_they_left() {
    let Some(place) = Place::launched(1).await else { return };
    end_a_family(&place, 300).await;
}

#[tokio::test]
async fn they_end_too_where_grep_knows_no_lines_that_end_with_a_nul() {
    let Some(machines) = crate::sshd::Machines::start(1) else { return };
    // Like BusyBox's grep.
    machines.machines[0].replace_program("grep", r#"case "$1" in -*z*) exit 2 ;; esac; exec /usr/bin/grep "$@""#);
    let place = Place::new(machines);
    place.launch(Duration::from_secs(600)).await.expect("the machine is good");
    end_a_family(&place, 400).await;
    place.cloud.terminate(&place.cluster).await.expect("it ends");
    assert!(place.machines.machines[0].processes().is_empty());
}

#[tokio::test]
async fn a_process_that_is_killed_from_outside_leaves_no_exit_code() {
    let Some(place) = Place::launched(1).await else { return };
    let remote = place.master();
    remote.start("job", &shell("sleep 300; true")).await.expect("it starts");
    let ProcessState::Running { pid } = remote.process("job").await.expect("it answers") else { panic!("it runs") };
    let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).expect("a number"));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).expect("it is there");
    wait_for_state(remote.as_ref(), "job", |state| state == ProcessState::Vanished).await;
}

#[tokio::test]
async fn free_ports_differ_and_are_free_and_a_listener_is_found() {
    let Some(place) = Place::launched(1).await else { return };
    let remote = place.master();
    let ports = remote.free_ports(4).await.expect("ports");
    assert_eq!(ports.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    assert!(!remote.can_connect("127.0.0.1", ports[0]).await.expect("it answers"), "nothing is there yet");
    let listener = TcpListener::bind(("127.0.0.1", ports[0])).expect("it is free");
    assert!(remote.can_connect("127.0.0.1", ports[0]).await.expect("it answers"));
    drop(listener);
    assert!(!remote.can_connect("no-such-host.invalid", 80).await.expect("it answers"));
}

#[tokio::test]
async fn where_sshd_forwards_nothing_bash_tries_the_connection() {
    let Some(machines) = crate::sshd::Machines::start_with(1, "AllowTcpForwarding no") else { return };
    let place = Place::new(machines);
    place.launch(Duration::from_secs(600)).await.expect("the machine is good");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    assert!(place.master().can_connect("127.0.0.1", port).await.expect("it answers"));
    drop(listener);
    assert!(!place.master().can_connect("127.0.0.1", port).await.expect("it answers"));
}
