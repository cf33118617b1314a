//! A cluster, a plan, a run and a schedule for tests, with every field filled.

use crate::Store;
use jac_model::ec2::{CredentialChoice, Distribution, Ec2Addresses, Ec2Config, Ec2Image};
use jac_model::{
    Annotation, BrokenRule, Cause, Cluster, ClusterConfig, ClusterId, ClusterPhase, CriterionWatch, Message, Named,
    Node, NodeHealth, NodeLog, NodePhase, NodePrices, NodeState, NodeTools, Overlap, Person, Plan, PlanCriteria,
    PlanFile, PlanFileKind, PlanId, Provider, ResultsChoice, ResultsMode, Role, Run, RunId, RunNode, RunPhase, RunStep,
    RunsOn, Schedule, ScheduleId, ScheduleState, ScheduledRun, SshConfig, SshHost, StopMode, Timing, UserRole,
    Versions,
};
use std::collections::BTreeMap;
use std::path::Path;

fn random(number: u32) -> [u8; 8] {
    let digits = std::iter::successors(Some(number), |rest| Some(rest / 30)).map(|rest| (rest % 30) as u8);
    let mut random = [0; 8];
    random.iter_mut().zip(digits).for_each(|(place, digit)| *place = digit);
    random
}

pub fn owner() -> Person {
    Person { id: "ada".to_owned(), name: "Ada".to_owned() }
}

/// A database with that owner.
pub async fn store() -> Store {
    with_owner(Store::in_memory().await.expect("a database")).await
}

/// One with several connections, as a server has it.
pub async fn store_in(folder: &Path) -> Store {
    with_owner(Store::open(&folder.join("jac.db")).await.expect("a database")).await
}

async fn with_owner(store: Store) -> Store {
    let owner = owner();
    store.add_person(&owner.id, &owner.name, UserRole::Member, Vec::new(), 0).await.expect("the owner");
    store
}

fn team() -> Option<Named> {
    Some(Named { id: "t-web".to_owned(), name: "Web".to_owned() })
}

fn map(name: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(name.to_owned(), "1".to_owned())])
}

fn files() -> Vec<PlanFile> {
    vec![PlanFile { path: "shop.jmx".to_owned(), bytes: 10, kind: PlanFileKind::Plan, sha256: Some("00".to_owned()) }]
}

pub fn plan(number: u32) -> Plan {
    Plan {
        id: PlanId::from_random(random(number)),
        name: format!("shop {number}"),
        owner: owner(),
        team: team(),
        created_ms: i64::from(number),
        revision: 3,
        ephemeral: false,
        keep: vec!["*.csv".to_owned()],
        main_file: "shop.jmx".to_owned(),
        files: files(),
        criteria: PlanCriteria { version: 2, criteria: vec!["p95 > 1s".to_owned()], ..PlanCriteria::default() },
    }
}

pub fn cluster(number: u32) -> Cluster {
    let ec2 = Ec2Config {
        region: Some("eu-central-1".to_owned()),
        credentials: CredentialChoice::Saved,
        master_type: "m7i.large".to_owned(),
        worker_type: "m7i.large".to_owned(),
        fallback_worker_types: vec!["m6i.large".to_owned()],
        image: Ec2Image::Newest(Distribution::Debian12),
        vpc: Some("vpc-1".to_owned()),
        subnets: vec!["subnet-1".to_owned()],
        security_group: Some("sg-1".to_owned()),
        addresses: Ec2Addresses::Public,
        ssh_from: Some("192.0.2.0/24".to_owned()),
        disk_gb: 20,
        key_name: Some("key".to_owned()),
        spot: false,
        tags: map("team"),
        workers_may_fail: 0,
    };
    let ssh = SshConfig {
        hosts: vec![SshHost { name: "one".to_owned(), port: 22 }.to_string()],
        user: "jac".to_owned(),
        key: None,
        key_file: Some("/k".to_owned()),
        known_hosts: vec!["one ssh-ed25519 A".to_owned()],
    };
    let node = Node {
        name: "master".to_owned(),
        role: Role::Master,
        state: NodeState::Running,
        address: Some("192.0.2.1".to_owned()),
        detail: Some("i-1".to_owned()),
        memory_mb: Some(4096),
        tools: Some(NodeTools {
            java: "/usr/bin/java".to_owned(),
            java_version: "17.0.15".to_owned(),
            jmeter_home: "/opt/jmeter".to_owned(),
        }),
    };
    Cluster {
        id: ClusterId::from_random(random(number)),
        name: format!("load {number}"),
        description: "for the shop".to_owned(),
        owner: owner(),
        team: team(),
        provider: Provider::Ec2,
        config: ClusterConfig {
            workers: 1,
            heap_mb: Some(512),
            lifetime_minutes: 60,
            idle_minutes: Some(30),
            remove_after_run: false,
            jmeter_home: Some("/opt/jmeter".to_owned()),
            jmeter_version: Some("5.6.3".to_owned()),
            ssh: Some(ssh),
            ec2: Some(ec2),
        },
        phase: ClusterPhase::Ready,
        cause: Some(Message::new("terminated_by", "It is asked for.").with("by", "Ada")),
        lost_nodes: vec!["worker-1".to_owned()],
        current_run: Some(RunId::from_random(random(number))),
        master_restarting: false,
        nodes: vec![node],
        created_ms: i64::from(number),
        ready_ms: Some(5),
        ended_ms: Some(9),
        expires_at_ms: 100,
        idle_since_ms: Some(6),
        ephemeral_of: Some("engine".to_owned()),
        usd_per_hour: Some(0.5),
        node_prices: Some(NodePrices { master: 0.25, worker: Some(0.25) }),
    }
}

pub fn run(number: u32) -> Run {
    let health = NodeHealth {
        at_ms: 1,
        cpu_percent: 1,
        cpu_highest_percent: 1,
        was_busy: false,
        memory_used_mb: 1,
        memory_mb: 1,
        received_per_s: 1,
        sent_per_s: 1,
        disk_free_mb: Some(1),
        heap_used_mb: Some(1),
        heap_mb: Some(1),
        lag_bytes: Some(1),
        samples_per_s: Some(1.5),
    };
    let node = RunNode {
        name: "master".to_owned(),
        role: Role::Master,
        state: NodePhase::Ended,
        exit_code: Some(0),
        ports: vec![4445],
        clock_offset_ms: Some(1),
        health: Some(health),
        first_sample_ms: Some(11),
        lost_ms: Some(12),
        log: Some(NodeLog { bytes: 1, whole: false }),
    };
    let broken = BrokenRule {
        rule: "error_percent >= 90% for 60s".to_owned(),
        actual: 95.0,
        unit: "%".to_owned(),
        since_ms: 13,
        node: Some("worker-1".to_owned()),
    };
    let failed = Cause::Failed {
        reason: Message::new("disk_full", "The disk is full."),
        lost: Some(Message::new("rows_lost", "10 rows.").with("rows", 10)),
    };
    Run {
        id: RunId::from_random(random(number)),
        name: format!("shop {number}"),
        plan_id: plan(1).id,
        plan_name: "shop".to_owned(),
        plan_revision: Some(3),
        cluster_id: cluster(1).id,
        cluster_name: "load".to_owned(),
        provider: Some(Provider::Ec2),
        owner: owner(),
        team: team(),
        pinned: false,
        tags: vec!["nightly".to_owned()],
        note: "Before the change.".to_owned(),
        annotations: vec![Annotation {
            id: "00000001".to_owned(),
            at_ms: 1,
            text: "text".to_owned(),
            by: owner(),
            written_ms: 2,
        }],
        baseline_ms: None,
        phase: RunPhase::Finished,
        step: "Making the report.".to_owned(),
        cause: Some(Cause::Stopped { by: "Ada".to_owned(), how: StopMode::Force }),
        criteria: vec!["p95_ms < 800".to_owned()],
        warm_up_s: 30,
        stop_rules: vec!["error_percent >= 90% for 60s".to_owned()],
        criteria_version: Some(2),
        max_unread_percent: Some(5.0),
        criteria_watch: vec![CriterionWatch {
            first_broken_ms: Some(14),
            ..CriterionWatch::first("p95_ms < 800", true, 12)
        }],
        created_ms: i64::from(number),
        started_ms: Some(10),
        ended_ms: Some(20 + i64::from(number)),
        expected_s: Some(1),
        stop_requested: Some(StopMode::Force),
        stop_requested_by: Some("Ada".to_owned()),
        broken_rule: Some(broken),
        nodes: vec![node],
        keep: vec!["*.csv".to_owned()],
        main_file: "shop.jmx".to_owned(),
        files: files(),
        versions: Some(Versions {
            jac: "0.1.0".to_owned(),
            jmeter: "5.6.3".to_owned(),
            java: vec!["17.0.15".to_owned()],
        }),
        sealed_properties: Some("00".to_owned()),
        properties: map("host"),
        system_properties: map("dir"),
        properties_files: vec!["user.properties".to_owned()],
        split: vec!["users.csv".to_owned()],
        workers: 1,
        results: ResultsMode::Direct,
        try_run: true,
        results_choice: ResultsChoice::Auto,
        min_workers: Some(1),
        share: BTreeMap::from([("threads".to_owned(), 1)]),
        total_threads: Some(1),
        stop_timeout_s: 30,
        notes: vec![Message::new("a_warning", "A warning.").with("count", 2)],
        steps: vec![RunStep {
            code: "waiting_in_queue".to_owned(),
            params: BTreeMap::from([("run".to_owned(), "r-2".into())]),
            message: "Waiting until shop has ended.".to_owned(),
            started_ms: 1,
            ended_ms: Some(2),
        }],
        stop_sent: Some(StopMode::Force),
        stop_sent_ms: Some(1),
        failing: Some(failed),
        shutdown_port: Some(4445),
    }
}

pub fn schedule(number: u32) -> Schedule {
    Schedule {
        id: ScheduleId::from_random(random(number)),
        name: format!("nightly {number}"),
        owner: owner(),
        team: team(),
        plan_id: plan(1).id,
        plan_name: "shop".to_owned(),
        run: ScheduledRun {
            plan_revision: Some(2),
            properties: map("host"),
            system_properties: map("dir"),
            secret: vec!["pin".to_owned()],
            properties_files: vec!["user.properties".to_owned()],
            split: vec!["users.csv".to_owned()],
            criteria: vec!["p95_ms < 800".to_owned()],
            stop_timeout_s: Some(30),
            results: ResultsChoice::Direct,
            min_workers: Some(1),
            share: BTreeMap::from([("threads".to_owned(), 1)]),
        },
        sealed_properties: Some("00".to_owned()),
        on: RunsOn::New { provider: Provider::Ec2, config: Box::new(cluster(1).config) },
        timing: Timing::Cron { expression: "0 3 * * *".to_owned(), zone: "Europe/Berlin".to_owned() },
        overlap: Overlap::Queue,
        state: ScheduleState::Active,
        failures: 1,
        next_ms: Some(100 + i64::from(number)),
        created_ms: i64::from(number),
        ended_ms: Some(5),
        revision: 1,
    }
}
