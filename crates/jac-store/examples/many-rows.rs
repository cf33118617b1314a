//! Fills a data folder's database for `scripts/bench-store`: `many-rows DATABASE RUNS CLUSTERS PLANS PEOPLE`.
//!
//! The rows are written as a migration leaves them, and the store fills their columns when it opens, which is timed. The same rows on every
//! machine.

use jac_jtl::criteria::Verdict;
use jac_model::{
    Cause, Cluster, ClusterConfig, ClusterId, ClusterPhase, Message, Named, NodePhase, Person, Plan, PlanCriteria,
    PlanFile, PlanFileKind, PlanId, Provider, Run, RunId, RunNode, RunPhase, RunStep,
};
use jac_store::Store;
use rusqlite::{Connection, params};
use serde_json::json;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

const PEOPLE: u64 = 40;
const TEAMS: u64 = 8;
const FIRST_MS: i64 = 1_700_000_000_000;
const MINUTE_MS: i64 = 60_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [place, runs, clusters, plans, people] = arguments.as_slice() else {
        return Err("usage: many-rows DATABASE RUNS CLUSTERS PLANS PEOPLE".into());
    };
    let place = Path::new(place);
    drop(Store::open(place).await?);
    write(place, runs.parse()?, clusters.parse()?, plans.parse()?)?;
    let begun = Instant::now();
    drop(Store::open(place).await?);
    println!("the columns of all rows were filled in {:.1} s", begun.elapsed().as_secs_f64());
    write_metrics(place)?;
    write_people(place, people.parse()?)?;
    Ok(())
}

/// The bytes of an id that no other number has.
fn random(number: u64) -> [u8; 8] {
    let mut rest = number;
    std::array::from_fn(|_| {
        let digit = u8::try_from(rest % 30).unwrap_or(0);
        rest /= 30;
        digit
    })
}

/// Spreads numbers, so that neighbours differ.
fn mixed(number: u64, of: u64) -> u64 {
    (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % of
}

fn person(number: u64) -> Person {
    let who = mixed(number, PEOPLE);
    Person { id: format!("u-{who}"), name: format!("Person {who}") }
}

fn team(number: u64) -> Option<Named> {
    let which = mixed(number + 7, TEAMS * 2);
    (which < TEAMS).then(|| Named { id: format!("t-{which}"), name: format!("Team {which}") })
}

fn provider(number: u64) -> Provider {
    [Provider::Local, Provider::Ssh, Provider::Ec2][usize::try_from(mixed(number, 3)).unwrap_or(0)]
}

fn write(place: &Path, runs: u64, clusters: u64, plans: u64) -> Result<(), Box<dyn Error>> {
    let mut connection = Connection::open(place)?;
    let all = connection.transaction()?;
    for number in 0..clusters {
        let cluster = cluster(number, clusters, runs);
        let phase = serde_json::to_value(cluster.phase)?;
        all.prepare_cached("INSERT INTO clusters (id, version, created_ms, phase) VALUES (?1, 0, ?2, ?3)")?
            .execute(params![cluster.id.as_str(), cluster.created_ms, phase.as_str()])?;
        all.prepare_cached("INSERT INTO cluster_documents VALUES (?1, 2, ?2)")?
            .execute(params![cluster.id.as_str(), serde_json::to_string(&cluster)?])?;
    }
    for number in 0..plans {
        let plan = plan(number);
        all.execute(
            "INSERT INTO plans (id, version, created_ms) VALUES (?1, 0, ?2)",
            params![plan.id.as_str(), plan.created_ms],
        )?;
        all.execute(
            "INSERT INTO plan_documents VALUES (?1, 2, ?2)",
            params![plan.id.as_str(), serde_json::to_string(&plan)?],
        )?;
    }
    for number in 0..runs {
        let run = run(number, clusters, plans);
        all.prepare_cached(
            "INSERT INTO runs (id, version, created_ms, phase, cluster, plan) VALUES (?1, 0, ?2, 'finished', ?3, ?4)",
        )?
        .execute(params![run.id.as_str(), run.created_ms, run.cluster_id.as_str(), run.plan_id.as_str()])?;
        let verdict = [Verdict::Passed, Verdict::Failed, Verdict::None][usize::try_from(mixed(number, 3))?];
        let result = json!({
            "verdict": verdict,
            "criteria": [],
            "headline": {
                "samples": mixed(number, 5_000_000),
                "errors": mixed(number, 900),
                "error_percent": 0.1,
                "rate_per_s": f64::from(u32::try_from(mixed(number, 40_000))?) / 7.0,
                "p95_ms": f64::from(u32::try_from(mixed(number + 1, 9_000))?) / 3.0,
                "active_users": null,
            },
        });
        all.prepare_cached("INSERT INTO run_documents VALUES (?1, 2, ?2, ?3)")?.execute(params![
            run.id.as_str(),
            serde_json::to_string(&run)?,
            result.to_string()
        ])?;
    }
    all.commit()?;
    Ok(())
}

/// Figures for each run, in total and of a few labels, as they are written at its end.
fn write_metrics(place: &Path) -> Result<(), Box<dyn Error>> {
    let mut connection = Connection::open(place)?;
    let all = connection.transaction()?;
    for label in ["", "Home", "Log in", "Search", "Basket", "Pay"] {
        // Counted times as jac-report writes them: a hundred steps from 200 ms on, each with a count of two bytes.
        let mut times = vec![1, 0x90, 0x01, 0x80, 0x08];
        (0..100_u8).for_each(|step| times.extend([1, 0x80 | step, 0x08]));
        all.execute(
            "INSERT INTO run_metrics SELECT plan, ?1 = '', ?1, created_ms, id, max(samples, 0), max(errors, 0), p95_ms / 2, p95_ms / 2, p95_ms, p95_ms,
                    p95_ms * 1.5, rate_per_s, 0.0, ?2 FROM runs",
            params![label, times],
        )?;
    }
    all.execute("UPDATE runs SET metrics = 1", [])?;
    all.commit()?;
    Ok(())
}

/// People, each in two of a hundred teams.
fn write_people(place: &Path, people: u64) -> Result<(), Box<dyn Error>> {
    let mut connection = Connection::open(place)?;
    let all = connection.transaction()?;
    for number in 0..100 {
        let name = format!("Team {number}");
        all.prepare_cached("INSERT INTO teams (id, name, name_key) VALUES (?1, ?2, ?3)")?.execute(params![
            format!("t-{number}"),
            name,
            jac_model::folded(&name)
        ])?;
    }
    for number in 0..people {
        let (id, name) = (format!("u-{number}"), format!("Person {number}"));
        let role = if mixed(number, 10) == 0 { "viewer" } else { "member" };
        let created_ms = FIRST_MS + i64::try_from(number)? * MINUTE_MS;
        let seen_ms = (mixed(number, 3) > 0).then_some(created_ms + MINUTE_MS);
        all.prepare_cached(
            "INSERT INTO people (id, name, name_key, role, disabled, created_ms, last_seen_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![id, name, jac_model::folded(&name), role, mixed(number, 50) == 0, created_ms, seen_ms])?;
        for team in [mixed(number, 100), mixed(number + 1, 100)] {
            all.prepare_cached("INSERT OR IGNORE INTO team_members (team, person) VALUES (?1, ?2)")?
                .execute(params![format!("t-{team}"), id])?;
        }
    }
    all.commit()?;
    Ok(())
}

/// One in twenty runs has a tag that many have, and one in a thousand another.
fn tags(number: u64) -> Vec<String> {
    let often = (mixed(number, 20) == 0).then(|| "nightly".to_owned());
    often.into_iter().chain((mixed(number, 1_000) == 1).then(|| "release".to_owned())).collect()
}

fn cluster(number: u64, clusters: u64, runs: u64) -> Cluster {
    let created_ms = FIRST_MS + i64::try_from(number * (runs / clusters.max(1))).unwrap_or(0) * MINUTE_MS;
    Cluster {
        id: ClusterId::from_random(random(number)),
        name: format!("load of {} {number}", person(number).name),
        description: String::new(),
        owner: person(number),
        team: team(number),
        provider: provider(number),
        config: ClusterConfig { workers: 4, ..ClusterConfig::default() },
        phase: ClusterPhase::Terminated,
        cause: Some(Message::new("lifetime_over", "Its lifetime has expired.")),
        lost_nodes: Vec::new(),
        current_run: None,
        master_restarting: false,
        nodes: Cluster::requested_nodes(4),
        created_ms,
        ready_ms: Some(created_ms + MINUTE_MS),
        ended_ms: Some(created_ms + 480 * MINUTE_MS),
        expires_at_ms: created_ms + 480 * MINUTE_MS,
        idle_since_ms: None,
        ephemeral_of: None,
        usd_per_hour: Some(0.5),
        node_prices: None,
    }
}

fn plan(number: u64) -> Plan {
    Plan {
        id: PlanId::from_random(random(number)),
        name: format!("shop {number}"),
        owner: person(number),
        team: team(number),
        created_ms: FIRST_MS + i64::try_from(number).unwrap_or(0),
        revision: 1,
        ephemeral: false,
        keep: Vec::new(),
        main_file: "shop.jmx".to_owned(),
        files: vec![PlanFile { path: "shop.jmx".to_owned(), bytes: 15_037, kind: PlanFileKind::Plan, sha256: None }],
        criteria: PlanCriteria::default(),
    }
}

fn run(number: u64, clusters: u64, plans: u64) -> Run {
    let created_ms = FIRST_MS + i64::try_from(number).unwrap_or(0) * MINUTE_MS;
    let cluster = number * clusters / 100_000.max(number + 1);
    let plan = mixed(number, plans);
    let ended_ms = created_ms + i64::try_from(mixed(number, 3_600_000)).unwrap_or(0) + 10_000;
    let node = |name: String| RunNode {
        role: if name == "master" { jac_model::Role::Master } else { jac_model::Role::Worker },
        name,
        state: NodePhase::Ended,
        exit_code: Some(0),
        ports: vec![40_000, 40_001],
        clock_offset_ms: None,
        health: None,
        first_sample_ms: None,
        lost_ms: None,
        log: None,
    };
    let step = |at: i64| RunStep {
        code: "copying_files".to_owned(),
        params: BTreeMap::new(),
        message: format!("Step {at} of what is done for a run."),
        started_ms: created_ms + at,
        ended_ms: Some(created_ms + at + 1),
    };
    Run {
        id: RunId::from_random(random(number)),
        name: format!("shop {plan} of the evening"),
        plan_id: PlanId::from_random(random(plan)),
        plan_name: format!("shop {plan}"),
        plan_revision: Some(1),
        cluster_id: ClusterId::from_random(random(cluster)),
        cluster_name: format!("load of {} {cluster}", person(cluster).name),
        provider: Some(provider(cluster)),
        owner: person(number),
        team: team(number),
        pinned: mixed(number, 500) == 0,
        tags: tags(number),
        note: String::new(),
        annotations: Vec::new(),
        baseline_ms: (number < plans).then_some(created_ms),
        phase: RunPhase::Finished,
        step: String::new(),
        cause: Some(Cause::Completed),
        criteria: Vec::new(),
        warm_up_s: 0,
        stop_rules: Vec::new(),
        criteria_version: None,
        criteria_watch: Vec::new(),
        try_run: false,
        broken_rule: None,
        max_unread_percent: None,
        created_ms,
        started_ms: Some(created_ms + 5_000),
        ended_ms: Some(ended_ms),
        expected_s: Some(600),
        stop_requested: None,
        stop_requested_by: None,
        nodes: std::iter::once("master".to_owned()).chain((1..5).map(|at| format!("worker-{at}"))).map(node).collect(),
        keep: Vec::new(),
        main_file: "shop.jmx".to_owned(),
        files: vec![PlanFile { path: "shop.jmx".to_owned(), bytes: 15_037, kind: PlanFileKind::Plan, sha256: None }],
        versions: None,
        sealed_properties: None,
        properties: BTreeMap::from([("threads".to_owned(), "50".to_owned())]),
        system_properties: BTreeMap::new(),
        properties_files: Vec::new(),
        split: Vec::new(),
        workers: 4,
        results: jac_model::ResultsMode::default(),
        results_choice: jac_model::ResultsChoice::default(),
        min_workers: None,
        share: BTreeMap::new(),
        total_threads: Some(200),
        stop_timeout_s: 30,
        notes: Vec::new(),
        steps: (0..8).map(step).collect(),
        stop_sent: None,
        stop_sent_ms: None,
        failing: None,
        shutdown_port: Some(40_002),
    }
}
