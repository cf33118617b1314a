//! Runs in which a process dies, and input that cannot work.

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
    assert!(done.stderr.contains("are lost"), "what was lost is reported: {}", done.stderr);
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
fn a_jac_run_that_is_killed_is_cleaned_up_by_the_next_one() {
    let place = Place::new();
    let run = Running::start(place.run("steady.jmx", &["--workers", "1", "-Jduration=300"]));
    place.wait_until("samples", || place.rows_so_far() > 5);
    run.signal(Signal::SIGKILL);
    drop(run);
    assert!(place.has_jvm("worker-1"), "nobody has ended it");
    let mut next = place.jac(&["run"]);
    next.arg(plan_path("steady.jmx")).arg("--out").arg(place.out().join("second")).arg("-Jduration=2");
    place.finish(next).expect(0);
    place.assert_nothing_left();
    let partial = place.finished_runs().iter().filter(|summary| !summary["partial"].is_null()).count();
    assert_eq!(partial, 1, "what the first one measured is kept and marked");
}

#[test]
fn nodes_without_anybody_end_in_mid_run_at_their_lease() {
    let place = Place::new();
    let run = Running::start(place.run("steady.jmx", &["--workers", "1", "-Jduration=300", "--lease-seconds", "20"]));
    place.wait_until("samples", || place.rows_so_far() > 5);
    run.signal(Signal::SIGKILL);
    drop(run);
    assert!(place.has_jvm("worker-1"), "the lease is not over yet");
    // No engine is left to end them: only the keepers.
    place.wait_until("the keepers have ended all", || place.has_no_nodes());
}

/// Prints why a test cannot run here. In CI it must run.
fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "skipped in CI: {why}");
    eprintln!("skipped: {why}");
}

#[test]
fn a_full_disk_is_reported_and_leaves_nothing() {
    if !nix::unistd::geteuid().is_root() {
        return skip("a small file system of its own needs root");
    }
    let place = Place::new();
    std::fs::create_dir_all(place.data()).expect("the data folder");
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
        .arg(place.data())
        .status()
        .expect("mount");
    if !mounted.success() {
        return skip("this machine does not let its root mount a small file system");
    }
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
        (&[plan, "--out", folder], "is not empty"),
        (&[plan, "--server", "http://127.0.0.1:9"], "token"),
    ];
    for (arguments, part) in cases {
        let mut command = place.jac(&["run"]);
        command.args(*arguments).current_dir(place.data().parent().expect("a folder"));
        let done = place.finish(command).expect(2);
        assert!(done.stderr.contains("error: ") && done.stderr.contains(part), "{arguments:?}: {}", done.stderr);
        assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
    }
    place.assert_nothing_left();
}

#[test]
fn without_java_it_names_the_package_to_install() {
    let place = Place::new();
    let mut command = place.run("steady.jmx", &[]);
    command.env("PATH", "/nowhere").env_remove("JAVA_HOME");
    let done = place.finish(command);
    let done = done.expect(2);
    assert!(done.stderr.contains("openjdk-17-jre-headless"), "{}", done.stderr);
    place.assert_nothing_left();
}

/// JMeter 5.6.3 does not work on Java 26 (apache/jmeter#6659): reported before anything starts, with a solution.
#[test]
fn a_java_that_is_too_new_is_refused_by_its_version() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let home = place.data().parent().expect("a folder").join("java-26");
    std::fs::create_dir_all(home.join("bin")).expect("a folder");
    let java = home.join("bin/java");
    std::fs::write(&java, "#!/bin/sh\necho 'openjdk version \"26.0.1\" 2026-04-21' >&2\n").expect("a file");
    std::fs::set_permissions(&java, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    let mut command = place.run("steady.jmx", &[]);
    command.env("JAVA_HOME", &home);
    let done = place.finish(command).expect(2);
    assert!(done.stderr.contains("Java 26.0.1") && done.stderr.contains("JMeter 5.6.3"), "{}", done.stderr);
    place.assert_nothing_left();
}
