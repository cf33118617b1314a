//! Owned objects in the database: clusters, plans and runs without nodes.

use crate::served::Served;
use jac_model::{
    Cause, Cluster, ClusterConfig, ClusterId, ClusterPhase, Named, Overlap, Person, Plan, PlanCriteria, PlanFile,
    PlanFileKind, PlanId, Provider, Run, RunId, RunPhase, RunsOn, Schedule, ScheduleId, ScheduleState, ScheduledRun,
    Timing, UserRole,
};
use std::collections::BTreeMap;

/// Adds the owner of an object, unless they exist.
pub async fn be_there(served: &Served, owner: &Person) {
    let store = served.app.engine.store();
    if store.person(&owner.id).await.is_err() {
        store.add_person(&owner.id, &owner.name, UserRole::Member, Vec::new(), 0).await.expect("added");
    }
}

/// Another user's cluster and plan.
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
        // A terminated cluster is not reconciled.
        phase: ClusterPhase::Terminated,
        cause: None,
        lost_nodes: Vec::new(),
        current_run: None,
        master_restarting: false,
        nodes: Vec::new(),
        created_ms: 1,
        ready_ms: None,
        ended_ms: None,
        expires_at_ms: i64::MAX,
        idle_since_ms: None,
        ephemeral_of: None,
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
        revision: 1,
        ephemeral: false,
        keep: Vec::new(),
        main_file: "p.jmx".to_owned(),
        files: vec![file],
        criteria: PlanCriteria::default(),
    };
    be_there(served, &cluster.owner).await;
    served.app.engine.store().insert_cluster(&cluster).await.expect("written");
    served.app.engine.store().put_plan(&plan).await.expect("written");
    (cluster.id.to_string(), plan.id.to_string())
}

/// A finished run of another user.
pub async fn run(served: &Served, id: &str, owner: &Person) -> Run {
    let run = Run {
        plan_revision: Some(1),
        provider: Some(Provider::Local),
        id: id.parse().expect("an id"),
        name: format!("run {id}"),
        plan_id: "p-22222222".parse().expect("an id"),
        sealed_properties: None,
        keep: Vec::new(),
        main_file: String::new(),
        files: Vec::new(),
        versions: None,
        plan_name: "theirs".to_owned(),
        cluster_id: "c-22222222".parse().expect("an id"),
        cluster_name: "theirs".to_owned(),
        owner: owner.clone(),
        team: None,
        pinned: false,
        tags: Vec::new(),
        note: String::new(),
        annotations: Vec::new(),
        baseline_ms: None,
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
        results: jac_model::ResultsMode::Rmi,
        results_choice: jac_model::ResultsChoice::Auto,
        min_workers: None,
        share: BTreeMap::new(),
        total_threads: None,
        stop_timeout_s: 30,
        notes: Vec::new(),
        steps: Vec::new(),
        stop_sent: None,
        stop_sent_ms: None,
        failing: None,
        shutdown_port: None,
    };
    be_there(served, owner).await;
    served.app.engine.store().insert_run(&run).await.expect("written");
    run
}

/// A paused schedule of a user and their team, with an ID made from `number`.
pub async fn schedule(served: &Served, number: u8, owner: &Person, team: Option<&Named>) -> ScheduleId {
    let random = [1, 1, 1, 1, 1, 1, number / 16, number % 16];
    let schedule = Schedule {
        id: ScheduleId::from_random(random),
        name: format!("nightly {number}"),
        owner: owner.clone(),
        team: team.cloned(),
        plan_id: PlanId::from_random(random),
        plan_name: "shop".to_owned(),
        run: ScheduledRun::default(),
        sealed_properties: None,
        on: RunsOn::New { provider: Provider::Local, config: Box::default() },
        timing: Timing::Cron { expression: "0 3 * * *".to_owned(), zone: "Europe/Berlin".to_owned() },
        overlap: Overlap::Skip,
        state: ScheduleState::Paused,
        failures: 0,
        next_ms: None,
        created_ms: 1,
        ended_ms: None,
        revision: 1,
    };
    be_there(served, owner).await;
    served.app.engine.store().insert_schedule(&schedule).await.expect("written");
    schedule.id
}

/// A terminated cluster, a plan and a finished run of a user and their team, with IDs made from `number`.
pub async fn owned(served: &Served, number: u8, owner: &Person, team: Option<&Named>) -> (ClusterId, PlanId, RunId) {
    let store = served.app.engine.store();
    if number == 0 {
        others(served).await;
    }
    let cluster = store.cluster(&"c-22222222".parse().expect("an id")).await.expect("the first one");
    let plan = store.plan(&"p-22222222".parse().expect("an id")).await.expect("the first one");
    // An ID encodes each byte as one of about thirty characters.
    let random = [1, 1, 1, 1, 1, 1, number / 16, number % 16];
    let (owner, team) = (owner.clone(), team.cloned());
    let cluster = Cluster { id: ClusterId::from_random(random), owner: owner.clone(), team: team.clone(), ..cluster };
    let plan = Plan { id: PlanId::from_random(random), owner: owner.clone(), team: team.clone(), ..plan };
    be_there(served, &owner).await;
    store.insert_cluster(&cluster).await.expect("written");
    store.put_plan(&plan).await.expect("written");
    let run = run(served, RunId::from_random(random).as_str(), &owner).await;
    let given = store.update_run::<_, jac_store::StoreError>(&run.id, move |run| {
        run.team = team;
        Ok(())
    });
    given.await.expect("written");
    (cluster.id, plan.id, run.id)
}
