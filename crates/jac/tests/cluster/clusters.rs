//! `jac cluster` and `jac credentials`: persistent clusters on this machine; errors before anything is created; and
//! data on standard output.

use crate::place::{Finished, Place, Running, plan_path};
use crate::server::Server;
use serde_json::Value;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// `jac cluster …`, which must end with that code; returns its output.
fn cluster(place: &Place, arguments: &[&str], code: i32) -> String {
    let mut words = vec!["cluster"];
    words.extend(arguments);
    let done = place.finish(place.jac(&words)).expect(code);
    format!("{}{}", done.stdout, done.stderr)
}

/// The same as data: standard output is JSON and nothing else.
fn data(place: &Place, words: &[&str]) -> Value {
    let mut all = words.to_vec();
    all.extend(["--output", "json"]);
    let done = place.finish(place.jac(&all)).expect(0);
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{words:?}: {error}: {}", done.stdout))
}

fn all(place: &Place) -> Value {
    data(place, &["cluster", "list", "--all"])
}

#[test]
fn a_cluster_is_created_listed_run_on_twice_extended_and_terminated() {
    let place = Place::new();
    let _server = Server::start(&place);
    assert!(cluster(&place, &["list"], 0).contains("No active clusters."));
    let printed = cluster(&place, &["create", "--workers", "1", "--name", "mine", "--heap", "256m", "--wait"], 0);
    assert!(printed.contains("JMeter 5.6.3 on Java") && printed.contains("ready"), "{printed}");
    // It has no run, so its idle timeout comes before its lifetime.
    let listed = cluster(&place, &["list"], 0);
    let ends = |left: &str| listed.contains(&format!("mine, local of 2 nodes, expires in {left}"));
    assert!(ends("1h") || ends("59m"), "{listed}");
    for number in ["1", "2"] {
        let out = place.out().join(number);
        let mut run = place.jac(&["cluster", "run", "mine"]);
        run.arg(plan_path("steady.jmx")).arg("--out").arg(&out).args(["-Jduration=3", "--output", "json"]);
        let done = place.finish(run).expect(0);
        assert!(done.stderr.contains("2 threads") && !done.stderr.contains("Removing"), "{}", done.stderr);
        assert!(out.join("nodes/worker-1/jmeter.log").is_file());
    }
    let refused = cluster(&place, &["run", "mine", "x.jmx", "--workers", "3"], 2);
    assert!(refused.contains("unexpected argument '--workers'"), "{refused}");
    assert!(cluster(&place, &["extend", "mine", "60"], 0).contains("expires in "));
    assert!(cluster(&place, &["terminate", "other"], 2).contains("no cluster 'other'"));
    assert!(cluster(&place, &["terminate", "mine", "--wait"], 0).contains("is terminated"));
    place.assert_nothing_left();
    assert_eq!(all(&place)["clusters"][0]["phase"], "terminated");
}

#[test]
fn a_run_waits_for_a_busy_cluster_if_it_is_to() {
    let place = Place::new();
    let _server = Server::start(&place);
    cluster(&place, &["create", "--workers", "1", "--name", "mine", "--wait"], 0);
    let run = |out: &str, more: &[&str]| {
        let mut run = place.jac(&[&["cluster", "run", "mine"], more].concat());
        run.arg(plan_path("steady.jmx")).arg("--out").arg(place.out().join(out));
        run
    };
    let mut first = run("first", &["-Jduration=20"]);
    first.args(["--name", "first"]);
    let first = Running::start(first);
    place.wait_until("samples", || place.rows_so_far() > 0);
    let refused = place.finish(run("refused", &["-Jduration=1"])).expect(2);
    assert!(refused.stderr.contains("is running r-"), "{}", refused.stderr);
    let mut second = Running::start(run("second", &["--queue", "-Jduration=1"]));
    second.wait_for_word("Cluster: ");
    assert!(place.finished_runs().is_empty(), "it waits while the first one runs");
    let second = second.wait().expect(0);
    first.wait().expect(0);
    assert!(place.out().join("second/summary.json").is_file(), "{}", second.stderr);
    cluster(&place, &["terminate", "mine", "--wait"], 0);
    place.assert_nothing_left();
}

#[test]
fn what_a_run_cannot_have_is_refused_before_its_cluster_is_created() {
    let place = Place::new();
    let plan = plan_path("steady.jmx").display().to_string();
    let long = "x".repeat(500);
    let daily = ["--cron", "@daily", "--name", "nightly"];
    place.finish(place.jac(&[&["schedule", "add", &plan], &daily[..]].concat())).expect(0);
    for (call, sentence) in [
        (&["run", &plan, "--stop-timeout", "999999999"][..], "invalid --stop-timeout"),
        (&["run", &plan, "--name", &long], "The name is longer than"),
        (&["run", "--plan", "steady", "--split", "nope.csv"], "has no such file"),
        (&["run", &plan, "--min-workers", "2"], "needs at least 1 worker"),
        (&["run", &plan, "--server", "localhost:8080"], "invalid server address"),
    ] {
        let mut command = place.jac(call);
        command.arg("--out").arg(place.out());
        let refused = place.finish(command).expect(2);
        assert!(refused.stderr.contains(sentence), "{call:?}: {}", refused.stderr);
    }
    assert_eq!(all(&place)["clusters"], serde_json::json!([]), "nothing was made");
}

#[test]
fn an_invalid_configuration_is_refused_before_anything_is_created() {
    let place = Place::new();
    let printed = cluster(
        &place,
        &["check", "--provider", "ec2", "--disk-gb", "1", "--workers-may-fail", "3", "--workers", "2"],
        2,
    );
    assert!(printed.contains("disk size of 1 GB") && printed.contains("3 tolerated launch failures"), "{printed}");
    let printed = cluster(&place, &["create", "--provider", "ec2", "--image", "windows"], 2);
    assert!(printed.contains("invalid --image windows"), "{printed}");
    assert!(cluster(&place, &["check", "--workers", "2"], 0).contains("All checks passed."));
}

#[test]
fn flags_of_another_provider_are_refused_by_name() {
    let place = Place::new();
    let ec2: &[(&str, &[&str])] = &[
        ("--region is", &["--region", "eu-central-1"]),
        ("--type is", &["--type", "c6i.large"]),
        ("--master-type and --worker-type are", &["--master-type", "c6i.large", "--worker-type", "c6i.large"]),
        ("--image is", &["--image", "debian12"]),
        (
            "--vpc, --subnet and --security-group are",
            &["--vpc", "vpc-1", "--subnet", "subnet-1", "--security-group", "sg-1"],
        ),
        ("--private, --ssh-from and --disk-gb are", &["--private", "--ssh-from", "1.2.3.4/32", "--disk-gb", "9"]),
        ("--key-name, --spot and --tag are", &["--key-name", "mine", "--spot", "--tag", "a=b"]),
        ("--workers-may-fail is", &["--workers-may-fail", "0"]),
    ];
    let ssh: &[(&str, &[&str])] = &[
        ("--hosts is", &["--hosts", "a,b"]),
        ("--user and --key are", &["--user", "me", "--key", "id"]),
        ("--known-hosts is", &["--known-hosts", "known"]),
    ];
    let plan = plan_path("steady.jmx").display().to_string();
    let commands: [&[&str]; 3] = [&["run", &plan], &["cluster", "create"], &["cluster", "check"]];
    let refused = |words: &[&str], flags: &[&str], sentence: &str| {
        let done = place.finish(place.jac(&[words, flags].concat())).expect(2);
        assert!(done.stderr.contains(sentence) && done.stdout.is_empty(), "{words:?} {flags:?}: {}", done.stderr);
        assert!(done.stderr.contains("hint: Remove "), "{}", done.stderr);
    };
    for words in commands {
        for (names, flags) in ec2 {
            refused(words, flags, &format!("error: {names} for Amazon EC2."));
        }
        for (names, flags) in ssh {
            refused(words, flags, &format!("error: {names} for existing machines over SSH."));
        }
        let mixed = ["--provider", "ec2", "--hosts", "a"];
        refused(words, &mixed, "error: --hosts is for existing machines over SSH.");
        refused(words, &["--provider", "ssh", "--spot"], "error: --spot is for Amazon EC2.");
        for minutes in ["0", "-5", "43201"] {
            let done = place.finish(place.jac(&[words, &["--lifetime", minutes]].concat())).expect(2);
            assert!(done.stderr.contains(&format!("invalid --lifetime {minutes}")), "{}", done.stderr);
        }
    }
    assert!(place.has_no_nodes() && all(&place)["clusters"] == serde_json::json!([]), "nothing was made");
}

#[test]
fn a_plan_that_never_ends_asks_for_a_lifetime_on_machines_that_cost_money() {
    let place = Place::new();
    let steady = std::fs::read_to_string(plan_path("steady.jmx")).expect("the plan");
    let scheduler = "<boolProp name=\"ThreadGroup.scheduler\">true</boolProp>";
    assert!(steady.contains(scheduler), "what makes it end");
    let endless = place.data().with_file_name("endless.jmx");
    std::fs::write(&endless, steady.replace(scheduler, "").replace("data/names.csv", "names.csv")).expect("a plan");
    std::fs::write(endless.with_file_name("names.csv"), "name\nAda\n").expect("its data");
    let endless = endless.display().to_string();
    let done = place.finish(place.jac(&["run", &endless, "--provider", "ec2"])).expect(2);
    assert!(done.stderr.contains("hint: Give --lifetime MINUTES") && done.stdout.is_empty(), "{}", done.stderr);
    assert!(place.has_no_nodes() && all(&place)["clusters"] == serde_json::json!([]), "nothing was made");
}

#[test]
fn a_run_on_a_cluster_does_not_offer_what_a_cluster_is_made_of() {
    let place = Place::new();
    let help = |words: &[&str]| place.finish(place.jac(&[words, &["--help"]].concat())).expect(0).stdout;
    let (on, new) = (help(&["cluster", "run"]), help(&["run"]));
    for flag in ["--provider", "--hosts", "--key ", "--region", "--spot", "--workers", "--heap", "--lifetime"] {
        assert!(new.contains(flag) && !on.contains(flag), "{flag}: {on}");
    }
    for flag in ["--data ", "--split", "--fail-on", "--stop-timeout", "--out ", "--output", "--server"] {
        assert!(new.contains(flag) && on.contains(flag), "{flag}: {on}");
    }
}

#[test]
fn unknown_clusters_are_refused_at_once() {
    let place = Place::new();
    for words in [["adopt", "c-77777777"], ["terminate", "c-77777777"], ["adopt", "friday"], ["terminate", "friday"]] {
        let since = Instant::now();
        let printed = cluster(&place, &words, 2);
        assert!(printed.contains(&format!("no cluster '{}'", words[1])), "{printed}");
        assert!(since.elapsed() < Duration::from_secs(15), "{words:?} took {:?}", since.elapsed());
    }
}

/// `jac` with an unreachable AWS: nothing listens there.
fn without_aws(place: &Place, words: &[&str]) -> Finished {
    let mut command = place.jac(words);
    command.envs([
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
    ]);
    place.finish(command)
}

#[test]
fn an_unreachable_region_is_reported_and_may_have_the_cluster() {
    let place = Place::new();
    std::fs::create_dir_all(place.data().join("ec2")).expect("a folder");
    // As if instances had been launched there once.
    std::fs::write(place.data().join("ec2/regions.json"), r#"["eu-west-3"]"#).expect("a file");
    let listed = without_aws(&place, &["cluster", "list"]).expect(0);
    assert!(listed.stdout.contains("ec2 in eu-west-3 cannot be queried: "), "{}", listed.stdout);
    let listed = without_aws(&place, &["cluster", "list", "--output", "json"]).expect(0);
    let listed: Value = serde_json::from_str(&listed.stdout).expect("JSON");
    assert_eq!(listed["machines"]["unreachable"][0]["region"], "eu-west-3", "{listed}");
    for command in ["adopt", "terminate"] {
        let done = without_aws(&place, &["cluster", command, "c-77777777"]).expect(3);
        for words in ["Searching all regions", "'c-77777777'", "ec2 in eu-west-3 cannot be queried"] {
            assert!(done.stderr.contains(words), "{}", done.stderr);
        }
        assert_eq!(done.stdout, "");
    }
}

/// `jac credentials aws --save --stdin` with that input.
fn save(place: &Place, more: &[&str], input: &str) -> Finished {
    let mut command = place.jac(&["credentials", "aws", "--save", "--stdin", "--no-test"]);
    command.args(more).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("jac starts");
    let written = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    written.expect("it is read");
    Finished::of(&child.wait_with_output().expect("it ends"))
}

#[test]
fn credentials_come_from_standard_input_and_are_shown_without_their_secret() {
    let place = Place::new();
    let saved = save(&place, &["--region", "eu-central-1"], "AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI/K7MDENG\n").expect(0);
    assert!(saved.stdout.contains("Key AKIA…MPLE, role none, region eu-central-1."), "{}", saved.stdout);
    let shown = data(&place, &["credentials", "aws"]);
    assert_eq!((&shown["saved"]["kind"], &shown["saved"]["name"]), (&"aws_keys".into(), &"default".into()));
    let id = shown["saved"]["id"].clone();
    let saved = save(&place, &["--output", "json"], "ASIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI/K7MDENG\nto/ken\n").expect(0);
    let saved: Value = serde_json::from_str(&saved.stdout).expect("JSON");
    assert_eq!((&saved["saved"]["shown"]["session_token"], &saved["saved"]["id"]), (&"saved".into(), &id), "{saved}");
    save(&place, &["--name", "other"], "AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI/K7MDENG\n").expect(0);
    let rotated = place.finish(place.jac(&["admin", "rotate-key"])).expect(0);
    assert!(rotated.stdout.contains('2'), "{}", rotated.stdout);
    assert_eq!(data(&place, &["credentials", "aws"])["saved"]["id"], id, "sealed again, it is still there");
    for (input, words) in [("", "is empty"), ("AKIAIOSFODNN7EXAMPLE\n", "no secret access key in its second line")] {
        let refused = save(&place, &[], input).expect(2);
        assert!(refused.stderr.contains(words) && refused.stderr.contains("one per line"), "{}", refused.stderr);
    }
    assert!(place.finish(place.jac(&["credentials", "aws", "--stdin"])).expect(2).stderr.contains("--save"));
    let mistyped = place.finish(place.jac(&["credentials", "aws", "--delete", "--name", "defualt"])).expect(2);
    assert!(mistyped.stderr.contains("no AWS credentials 'defualt'"), "{}", mistyped.stderr);
    assert_eq!(data(&place, &["credentials", "aws", "--delete"]), serde_json::json!({ "saved": null }));
    assert_eq!(data(&place, &["credentials", "aws"])["saved"], Value::Null);
}

#[test]
fn every_command_about_clusters_gives_data_and_nothing_else_when_asked_for_it() {
    let place = Place::new();
    let _server = Server::start(&place);
    assert_eq!(data(&place, &["cluster", "check"])["faults"], serde_json::json!([]));
    let made = data(&place, &["cluster", "create", "--name", "mine", "--wait"]);
    assert_eq!(made["phase"], "ready", "{made}");
    let extended = data(&place, &["cluster", "extend", "mine", "60"]);
    // It has no run, so its idle timeout is the effective end.
    let idle_end = |view: &Value| view["idle_ends_at_ms"].as_i64().expect("a time");
    assert_eq!(idle_end(&extended), idle_end(&made) + 3_600_000, "{extended}");
    assert_eq!(data(&place, &["cluster", "list"])["clusters"][0]["id"], made["id"]);
    let ended = data(&place, &["cluster", "terminate", "mine", "--wait"]);
    assert_eq!((&ended["id"], &ended["phase"]), (&made["id"], &"terminated".into()), "{ended}");
    data(&place, &["cluster", "create", "--name", "other", "--wait"]);
    let ending = data(&place, &["cluster", "terminate", "other"]);
    assert_eq!(ending["phase"], "terminating", "{ending}");
    place.assert_nothing_left();
}
