//! Runs in which something dies, and input that cannot work.

use crate::place::{Place, Running, kill, plan_path};
use nix::sys::signal::Signal;

#[test]
fn a_worker_that_is_killed_ends_the_run_with_that_cause_and_all_that_had_arrived() {
    let place = Place::new();
    let run = Running::start(place.run("steady.jmx", &["--workers", "2", "-Jduration=300"]));
    place.wait_until("samples", || place.rows_so_far() > 20);
    let before = place.rows_so_far();
    kill(place.jvm_of("worker-2"));
    let done = run.wait().expect(3);
    assert!(done.stderr.contains("worker-2"), "{}", done.stderr);
    assert!(done.stderr.contains("is lost"), "what was lost is said: {}", done.stderr);
    let summary = place.summary();
    assert!(summary["total"]["samples"].as_u64().is_some_and(|samples| samples as usize >= before), "{summary}");
    assert!(summary["partial"]["cause"].as_str().is_some_and(|cause| cause.contains("worker-2")), "{summary}");
    place.assert_nothing_left();
}

#[test]
fn a_master_that_is_killed_ends_the_run_with_that_cause_and_all_that_had_arrived() {
    let place = Place::new();
    let run = Running::start(place.run("steady.jmx", &["--workers", "2", "-Jduration=300"]));
    place.wait_until("samples", || place.rows_so_far() > 20);
    let before = place.rows_so_far();
    kill(place.jvm_of("master"));
    let done = run.wait().expect(3);
    assert!(done.stderr.contains("master"), "{}", done.stderr);
    assert!(place.summary()["total"]["samples"].as_u64().is_some_and(|samples| samples as usize >= before));
    place.assert_nothing_left();
}

#[test]
fn a_jac_run_that_is_killed_leaves_nothing_once_its_leases_are_over() {
    let place = Place::new();
    let run = Running::start(place.run("steady.jmx", &["--workers", "1", "-Jduration=300", "--lease-seconds", "12"]));
    place.wait_until("samples", || place.rows_so_far() > 5);
    run.signal(Signal::SIGKILL);
    drop(run);
    // Nobody renews the leases; the keepers end the nodes, processes and all. A run's lease is long, a dead one's is not.
    assert!(!place.processes_of("worker-1").is_empty(), "the test runs on for now");
    place
        .finish({
            let mut command = place.jac(&["run"]);
            command.arg(plan_path("steady.jmx")).arg("--out").arg(place.out().join("second")).arg("-Jduration=2");
            command
        })
        .expect(0);
    place.assert_nothing_left();
}

#[test]
fn nodes_without_anybody_end_at_their_lease() {
    let place = Place::new();
    // A plan without an end in sight gets a lease to the end of its cluster; one that has not begun has the short one.
    let run = Running::start(
        place.run("steady.jmx", &["--workers", "1", "-Jduration=2", "-Jsleep=50", "--lease-seconds", "6"]),
    );
    place.wait_until("a node", || !place.processes_of("worker-1").is_empty());
    run.signal(Signal::SIGKILL);
    drop(run);
    place.wait_until("the keepers have ended all", || {
        place.processes_of("master").is_empty() && place.processes_of("worker-1").is_empty()
    });
}

#[test]
fn a_full_disk_is_said_and_leaves_nothing() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: a small file system of its own needs root");
        return;
    }
    let place = Place::new();
    std::fs::create_dir_all(place.data()).expect("the data folder");
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
        .arg(place.data())
        .status()
        .expect("mount");
    assert!(mounted.success(), "a small file system");
    let done = place.finish(place.run("steady.jmx", &["-Jduration=120", "-Jthreads=20", "-Jsleep=0"]));
    let clean = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let done = done.expect(3);
        assert!(done.stderr.to_lowercase().contains("no space left"), "{}", done.stderr);
        place.assert_nothing_left();
    }));
    let unmounted = std::process::Command::new("umount").arg("-l").arg(place.data()).status().expect("umount");
    assert!(unmounted.success());
    if let Err(panic) = clean {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn bad_input_is_one_sentence_and_exit_code_2_and_leaves_nothing() {
    let place = Place::new();
    let plan = plan_path("steady.jmx");
    let plan = plan.to_str().expect("a name");
    let empty = tempfile::tempdir().expect("a folder");
    let no_plan = empty.path().join("no.jmx");
    std::fs::write(&no_plan, "this is no plan").expect("a file");
    let alone = empty.path().join("alone.jmx");
    std::fs::copy(plan, &alone).expect("a plan without its CSV");
    let (no_plan, alone, folder) =
        (no_plan.to_str().expect("a name"), alone.to_str().expect("a name"), empty.path().to_str().expect("a name"));
    let cases: &[(&[&str], &str)] = &[
        (&["nowhere.jmx"], "no file nowhere.jmx"),
        (&[no_plan], "not XML"),
        (&[alone], "names.csv"),
        (&[plan, "--workers", "-1"], "--workers -1"),
        (&[plan, "--workers", "10000"], "--workers 10000"),
        (&[plan, "--jmeter-home", folder], "not a JMeter home"),
        (&[plan, "--fail-on", "p95 >> 3"], "--fail-on"),
        (&[plan, "--heap", "huge"], "--heap huge"),
        (&[plan, "-Jmode=Standard"], "mode"),
        (&[plan, "--data", "nowhere.csv"], "nowhere.csv"),
        (&[plan, "--out", folder], "holds something"),
        (&[plan, "--server", "http://127.0.0.1:9"], "token"),
    ];
    for (arguments, said) in cases {
        let mut command = place.jac(&["run"]);
        command.args(*arguments).current_dir(place.data().parent().expect("a folder"));
        let done = place.finish(command).expect(2);
        assert!(done.stderr.contains("error: ") && done.stderr.contains(said), "{arguments:?}: {}", done.stderr);
        assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
    }
    place.assert_nothing_left();
}

#[test]
fn no_java_says_what_to_install() {
    let place = Place::new();
    let mut command = place.run("steady.jmx", &[]);
    command.env("PATH", "/nowhere").env_remove("JAVA_HOME");
    let done = place.finish(command);
    assert!(done.code == 2 || done.code == 3, "{}", done.stderr);
    assert!(done.stderr.contains("openjdk-17-jre-headless"), "{}", done.stderr);
    place.assert_nothing_left();
}
