//! Things in the database that belong to somebody: clusters, plans and runs without nodes.

use crate::served::Served;
use jac_model::{
    Cause, Cluster, ClusterConfig, ClusterPhase, Person, Plan, PlanFile, PlanFileKind, Provider, Run, RunPhase,
};
use std::collections::BTreeMap;

/// Somebody else's cluster and plan.
pub async fn others(served: &Served) -> (String, String) {
    let other = Person { id: "other".to_owned(), name: "Somebody else".to_owned() };
    let cluster = Cluster {
        id: "c-22222222".parse().expect("an id"),
        name: "theirs".to_owned(),
        description: String::new(),
        owner: other.clone(),
        team: None,
        provider: Provider::Local,
        config: ClusterConfig::default(),
        // One that is gone is looked after by nobody.
        phase: ClusterPhase::Terminated,
        cause: None,
        lost_nodes: Vec::new(),
        current_run: None,
        nodes: Vec::new(),
        created_ms: 1,
        ready_ms: None,
        ended_ms: None,
        expires_at_ms: i64::MAX,
        idle_since_ms: None,
        attended_by: None,
        usd_per_hour: None,
        node_prices: None,
    };
    let file = PlanFile { path: "p.jmx".to_owned(), bytes: 0, kind: PlanFileKind::Plan, sha256: None };
    let plan = Plan {
        id: "p-22222222".parse().expect("an id"),
        name: "theirs".to_owned(),
        owner: other,
        team: None,
        created_ms: 1,
        main_file: "p.jmx".to_owned(),
        files: vec![file],
    };
    served.app.engine.store().insert_cluster(&cluster).await.expect("written");
    served.app.engine.store().put_plan(&plan).await.expect("written");
    (cluster.id.to_string(), plan.id.to_string())
}

/// A finished run of somebody's.
pub async fn run(served: &Served, id: &str, owner: &Person) -> Run {
    let run = Run {
        id: id.parse().expect("an id"),
        name: format!("run {id}"),
        plan_id: "p-22222222".parse().expect("an id"),
        sealed_properties: None,
        main_file: String::new(),
        files: Vec::new(),
        versions: None,
        plan_name: "theirs".to_owned(),
        cluster_id: "c-22222222".parse().expect("an id"),
        cluster_name: "theirs".to_owned(),
        owner: owner.clone(),
        team: None,
        pinned: false,
        phase: RunPhase::Finished,
        step: String::new(),
        cause: Some(Cause::Completed),
        criteria: Vec::new(),
        created_ms: 1,
        started_ms: Some(1),
        ended_ms: Some(2),
        expected_s: None,
        stop_requested: None,
        stop_requested_by: None,
        nodes: Vec::new(),
        properties: BTreeMap::new(),
        system_properties: BTreeMap::new(),
        properties_files: Vec::new(),
        split: Vec::new(),
        workers: 0,
        total_threads: None,
        grace_s: 30,
        notes: Vec::new(),
        steps: Vec::new(),
        stop_sent: None,
        stop_sent_ms: None,
        failing: None,
        shutdown_port: None,
    };
    served.app.engine.store().insert_run(&run).await.expect("written");
    run
}
