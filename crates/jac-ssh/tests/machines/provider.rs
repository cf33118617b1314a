//! The provider: what it creates on machines, checks beforehand, and removes again.

use crate::place::{LIMIT, Place, in_ms, shell};
use crate::sshd::{Machines, wait_for};
use jac_model::ports::{Cloud, Lease, PortError, ProcessState};
use std::fs;
use std::time::Duration;

#[tokio::test]
async fn a_cluster_is_made_listed_by_the_next_jac_and_taken_away_with_nothing_left() {
    let Some(mut place) = Place::launched(3).await else { return };
    for machine in &place.machines.machines {
        fs::write(machine.home.join("theirs"), "a file of theirs").expect("a file");
    }
    let nodes = place.cloud.list().await.expect("a list").instances;
    let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["master", "worker-1", "worker-2"]);
    assert!(nodes.iter().all(|node| node.alive && node.memory_mb > 100), "{nodes:?}");
    assert_eq!(nodes[2].address, "127.0.0.3");
    place.remote("worker-1").start("job", &shell("sleep 300; true")).await.expect("it starts");
    place.launch(Duration::from_secs(600)).await.expect("launching again is launching once");
    let state = place.remote("worker-1").process("job").await.expect("it answers");
    assert!(matches!(state, ProcessState::Running { .. }), "{state:?}");

    place.next_jac();
    assert_eq!(place.cloud.list().await.expect("a list").instances, nodes);
    place.cloud.terminate(&place.cluster).await.expect("it ends");
    for machine in &place.machines.machines {
        assert!(machine.processes().is_empty());
        assert!(machine.left_behind().is_empty(), "{:?}", machine.left_behind());
        assert!(machine.home.join("theirs").is_file(), "what is theirs stays");
    }
    assert!(place.cloud.list().await.expect("a list").instances.is_empty());
    place.cloud.terminate(&place.cluster).await.expect("ending it again is a success");
}

#[tokio::test]
async fn the_faults_of_all_machines_are_reported_at_once_and_nothing_is_made() {
    let Some(mut machines) = Machines::start(4) else { return };
    machines.machines[0].go_down();
    let place = Place::new(machines);
    let mut config = place.config();
    let ssh = config.ssh.as_mut().expect("machines");
    ssh.known_hosts.remove(1);
    // A file where our folder should be.
    fs::write(place.machines.machines[2].home.join(".jac"), "theirs").expect("a file");
    let error = place.launch_as(&config, Duration::from_secs(600)).await.expect_err("three of four have faults");
    let PortError::Preflight { faults } = &error else { panic!("{error}") };
    let hosts = place.machines.hosts();
    assert_eq!(faults.len(), 3, "{faults:#?}");
    assert!(faults[0].message.contains(&hosts[0]) && faults[0].message.contains("cannot connect to"), "{faults:#?}");
    assert!(faults[1].message.contains(&hosts[1]) && faults[1].message.contains("ssh-keyscan"), "{faults:#?}");
    assert!(faults[2].message.contains(&hosts[2]) && faults[2].message.contains("cannot write to"), "{faults:#?}");
    assert!(place.machines.machines[3].processes().is_empty(), "the good one was left alone");
    place.cloud.terminate(&place.cluster).await.expect("nothing was made, so nothing has to be reached");
    assert!(place.cloud.list().await.expect("a list").instances.is_empty());
}

#[tokio::test]
async fn machines_can_be_looked_at_without_making_anything() {
    let Some(machines) = Machines::start(3) else { return };
    machines.machines[1].replace_program("java", r#"echo 'openjdk version "17.0.99" 2030-01-01' >&2"#);
    machines.machines[2].replace_program("date", r#"exec /usr/bin/date -d '-1 hour' "$@""#);
    let place = Place::new(machines);
    let forecast = place.cloud.forecast(&place.config()).await.expect("an answer");
    assert_eq!(forecast.faults, [], "{forecast:?}");
    let of_code = |code: &str| forecast.notes.iter().filter(|note| note.code == code).collect::<Vec<_>>();
    let hosts = place.machines.hosts();
    let clock = of_code("host_warning").into_iter().find(|note| note.message.contains("behind")).expect("a clock");
    assert_eq!(clock.params["host"], hosts[2]);
    let java = of_code("java_versions_differ");
    assert!(java.len() == 1 && java[0].message.contains(&format!("17.0.99 on {}", hosts[1])), "{java:?}");
    let mut config = place.config();
    config.ssh.as_mut().expect("machines").known_hosts.remove(0);
    let forecast = place.cloud.forecast(&config).await.expect("an answer");
    assert_eq!(forecast.faults[0].field.as_deref(), Some("/config/ssh/hosts/0"), "{forecast:?}");
    for machine in &place.machines.machines {
        assert!(machine.left_behind().is_empty() && machine.processes().is_empty());
        wait_for("no connection", LIMIT, async || machine.connections() == 0).await;
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_measured_and_said_and_shortens_no_lease() {
    let Some(machines) = Machines::start(2) else { return };
    machines.machines[1].replace_program("date", r#"exec /usr/bin/date -d '-1 hour' "$@""#);
    let place = Place::new(machines);
    place.launch(Duration::from_secs(600)).await.expect("a wrong clock is no reason to refuse");
    let messages = place.messages.lock().expect("no panic").join("\n");
    assert!(messages.contains("worker-1: Warning: 127.0.0.2") && messages.contains("3600."), "{messages}");
    assert!(messages.contains("s behind the server's"), "{messages}");
    assert!(!messages.contains("master: Warning"), "the other one's is right: {messages}");
    assert!(place.cloud.list().await.expect("a list").instances.iter().all(|node| node.alive));
}

#[tokio::test]
async fn a_clock_whose_answer_takes_long_is_asked_again_and_the_quickest_answer_counts() {
    let Some(machines) = Machines::start(1) else { return };
    let place = Place::new(machines);
    place.launch(Duration::from_secs(600)).await.expect("it is made");
    let machine = &place.machines.machines[0];
    // If the answer takes a second, the offset is known to half a second only.
    let slow_once = r#"echo x >>"$HOME/asked"; [ "$(wc -l <"$HOME/asked")" -gt 1 ] || sleep 1
exec /usr/bin/date "$@""#;
    machine.replace_program("date", slow_once);
    let (offset_ms, unsure_ms) = place.master().clock_offset().await.expect("an answer").expect("a clock");
    let asked = fs::read_to_string(machine.home.join("asked")).expect("it was asked").lines().count();
    assert!(asked > 1 && unsure_ms < 500, "{asked} questions: {offset_ms} ms, unsure by {unsure_ms}");
    assert!(offset_ms.abs() <= unsure_ms + 1, "it is this machine's own clock: {offset_ms} ms, unsure by {unsure_ms}");
}

#[tokio::test]
async fn names_that_are_waited_for_are_said_and_hinder_nothing() {
    let Some(machines) = Machines::start(3) else { return };
    // The second one's resolver never answers; the third one's answers at once that the name does not exist.
    machines.machines[1].replace_program("getent", "exec sleep 30");
    machines.machines[2].replace_program("getent", "exit 2");
    let place = Place::new(machines);
    place.launch(Duration::from_secs(600)).await.expect("slow look-ups are no reason to refuse");
    let messages = place.messages.lock().expect("no panic").join("\n");
    let warnings: Vec<&str> =
        messages.lines().filter(|line| line.contains("Warning") && line.contains("2 s")).collect();
    let of = |node: &str| warnings.iter().filter(|line| line.starts_with(&format!("{node}: "))).count();
    assert_eq!((of("master"), of("worker-1"), of("worker-2")), (0, 2, 0), "{messages}");
    assert!(warnings.iter().all(|line| line.contains("/etc/hosts")), "{messages}");
    assert!(warnings.iter().any(|line| line.contains("127.0.0.1 is not resolved")), "the master's address: {messages}");
}

#[tokio::test]
async fn a_full_disk_is_found_before() {
    let Some(machines) = Machines::start(1) else { return };
    machines.machines[0].replace_program("df", "echo head; echo /dev/x 1 1 100000 99% /");
    let place = Place::new(machines);
    let error = place.launch(Duration::from_secs(600)).await.expect_err("there is no room");
    assert!(error.to_string().contains("its disk has 97 MB free"), "{error}");
    assert!(place.machines.machines[0].left_behind().is_empty());
}

#[tokio::test]
async fn a_lease_that_is_over_ends_everything_whoever_is_gone() {
    let Some(machines) = Machines::start(2) else { return };
    let place = Place::new(machines);
    place.launch(Duration::from_secs(3)).await.expect("the machines are good");
    let remote = place.remote("worker-1");
    remote.start("job", &shell("setsid sleep 300 & sleep 300; true")).await.expect("it starts");
    assert!(place.machines.machines[1].processes().len() >= 3);
    wait_for("nothing is left", LIMIT, async || {
        place.machines.machines.iter().all(|machine| machine.processes().is_empty() && machine.left_behind().is_empty())
    })
    .await;
    let error = remote.process("job").await.expect_err("its node is gone");
    assert!(matches!(error, PortError::Unreachable { .. }), "{error}");
    let error = remote.write("file", b"x").await.expect_err("a node that is gone is not made again by a file");
    assert!(matches!(error, PortError::Unreachable { .. }), "{error}");
    assert!(place.machines.machines[1].left_behind().is_empty());
}

#[tokio::test]
async fn a_lease_that_is_renewed_goes_on_and_becomes_short_once_what_ran_has_ended() {
    let Some(machines) = Machines::start(1) else { return };
    let place = Place::new(machines);
    place.launch(Duration::from_secs(4)).await.expect("the machine is good");
    let remote = place.master();
    remote.start("job", &shell("while [ ! -e go ]; do sleep 0.05; done")).await.expect("it starts");
    let long = in_ms(Duration::from_secs(600));
    let lease = Lease { left: Duration::from_secs(600), after_run: Some(Duration::from_secs(2)), expires_at_ms: long };
    place.cloud.renew_lease(&place.cluster, lease, &[]).await.expect("it is renewed");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(matches!(remote.process("job").await, Ok(ProcessState::Running { .. })), "it outlived its first lease");
    remote.write("go", b"").await.expect("a word");
    let machine = &place.machines.machines[0];
    wait_for("its end", LIMIT, async || machine.processes().is_empty() && machine.left_behind().is_empty()).await;
}

#[tokio::test]
async fn a_machine_that_is_away_for_a_moment_keeps_its_node() {
    let Some(mut place) = Place::launched(2).await else { return };
    place.machines.machines[1].go_down();
    place.next_jac();
    let nodes = place.cloud.list().await.expect("a list, whoever is away").instances;
    assert!(nodes.iter().all(|node| node.alive), "{nodes:?}");
    let error = place.cloud.terminate(&place.cluster).await.expect_err("it is away");
    assert!(matches!(error, PortError::Unreachable { .. }), "{error}");
    assert!(place.machines.machines[0].processes().is_empty(), "the one that is there has ended");
    assert_eq!(place.cloud.list().await.expect("a list").instances.len(), 2, "and is not forgotten before the other");
    place.machines.machines[1].go_up();
    wait_for("its end", LIMIT, async || place.cloud.terminate(&place.cluster).await.is_ok()).await;
    assert!(place.machines.machines[1].processes().is_empty());
}

#[tokio::test]
async fn jmeter_is_brought_once_and_unpacked_under_its_digest() {
    let Some(place) = Place::launched(2).await else { return };
    let home = tempfile::tempdir().expect("a folder");
    for file in ["bin/ApacheJMeter.jar", "bin/jmeter.properties", "lib/ext/ApacheJMeter_core.jar"] {
        let path = home.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, file).expect("a file");
    }
    let messages = std::sync::Mutex::new(Vec::new());
    let report = |node: &str, message: jac_model::Message| {
        messages.lock().expect("no panic").push(format!("{node}: {}", message.message))
    };
    let (master, worker) = (place.remote("master"), place.remote("worker-1"));
    let (one, two) = tokio::join!(master.equip(home.path(), &report), worker.equip(home.path(), &report));
    let (one, two) = (one.expect("it is there"), two.expect("it is there"));
    assert_ne!(one.jmeter_home, two.jmeter_home, "each machine has its own home");
    assert_eq!(one.java, two.java);
    for tools in [&one, &two] {
        let jar = std::path::Path::new(&tools.jmeter_home).join("lib/ext/ApacheJMeter_core.jar");
        assert_eq!(fs::read_to_string(jar).expect("a jar"), "lib/ext/ApacheJMeter_core.jar");
    }
    assert!(!std::path::Path::new(&master.folder()).join("jmeter.tar.gz").exists());
    let before = messages.lock().expect("no panic").len();
    assert!(before >= 2, "each said that it gets one");
    assert_eq!(master.equip(home.path(), &report).await.expect("it is there"), one);
    assert_eq!(messages.lock().expect("no panic").len(), before, "nothing was sent again");
}
