//! The number of concurrent checks of plans is limited, and a check ends when its caller disconnects.

use crate::served::Served;
use http::{Method, StatusCode};
use jac_engine::plans::{Kept, RunSpec};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// No step takes this long, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn only_a_few_checks_go_on_at_a_time_and_one_whose_caller_is_gone_ends() {
    let served = Served::new().await;
    let (began, mut begun) = mpsc::unbounded_channel();
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut callers = Vec::new();
    for number in 0..4 {
        let (engine, began) = (served.app.engine.clone(), began.clone());
        let (running, most) = (Arc::clone(&running), Arc::clone(&most));
        callers.push(tokio::spawn(async move {
            let work = move |_: &jac_engine::Engine, is_gone: &dyn Fn() -> bool| {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                began.send(number).expect("the test listens");
                while !is_gone() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                running.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            };
            engine.check_in_turn(work).await
        }));
    }
    // Each continues until its caller disconnects, which lets the next one start.
    for _ in 0..4 {
        let number: usize = timeout(LIMIT, begun.recv()).await.expect("one begins").expect("its number");
        callers[number].abort();
    }
    assert!(most.load(Ordering::SeqCst) <= 2, "{most:?} at a time");
}

/// A plan whose check takes a while, with this many thread groups.
fn huge(groups: usize) -> String {
    let group = r#"<ThreadGroup guiclass="" testname="g"><stringProp name="ThreadGroup.num_threads">1</stringProp></ThreadGroup><hashTree><JavaSampler guiclass="" testname="s"><stringProp name="classname">${__P(a,b)}</stringProp></JavaSampler><hashTree/></hashTree>"#;
    format!(
        r#"<jmeterTestPlan><hashTree><TestPlan guiclass="" testname="p"/><hashTree>{}</hashTree></hashTree></jmeterTestPlan>"#,
        group.repeat(groups)
    )
}

/// How often a check of a plan asks whether somebody still waits for it, and whether it was carried out.
type Asked = (usize, bool);

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_a_huge_check_frees_its_place_at_once() {
    const GROUPS: usize = 20_000;
    /// What is asked on the way out of all that is going on.
    const ON_THE_WAY_OUT: usize = 20;
    let served = Served::new().await;
    let made = served.app.engine.run_blocking(|engine| {
        let mut staging = engine.stage()?;
        std::fs::write(staging.place("huge.jmx")?, huge(GROUPS)).expect("written");
        engine.create_plan(jac_engine::administrator(), None, None, Kept::UntilRemoved, staging)
    });
    let plan = made.await.expect("a plan");
    // From its `until`th question on a check waits until its caller has left.
    let check = async |until: usize| -> Asked {
        let (engine, plan) = (served.app.engine.clone(), plan.clone());
        let (reached, mut is_there) = mpsc::unbounded_channel();
        let (end, mut ended) = mpsc::unbounded_channel();
        let work = move |engine: &jac_engine::Engine, gone: &dyn Fn() -> bool| {
            let asked = std::cell::Cell::new(0);
            let is_gone = || {
                asked.set(asked.get() + 1);
                if asked.get() == until {
                    reached.send(()).expect("the test listens");
                    // Bounded, as a thread that never ends would keep the failed test from ending.
                    let since = Instant::now();
                    while !gone() && since.elapsed() < LIMIT {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                }
                gone()
            };
            let done = engine.check_plan(plan, &RunSpec { workers: 1, ..RunSpec::default() }, &is_gone);
            end.send((asked.get(), done.is_ok())).expect("the test listens");
            Ok(())
        };
        let caller = tokio::spawn(async move { engine.check_in_turn(work).await });
        if until < usize::MAX {
            timeout(LIMIT, is_there.recv()).await.expect("it gets there").expect("a word");
            caller.abort();
        }
        timeout(LIMIT, ended.recv()).await.expect("it ends").expect("how")
    };
    let whole = check(usize::MAX).await;
    assert!(whole.1 && whole.0 > GROUPS, "each group is a place to leave it: {whole:?}");
    for part in [10, 4, 2] {
        let until = whole.0 / part;
        let (asked, was_done) = check(until).await;
        assert!(!was_done && asked <= until + ON_THE_WAY_OUT, "{asked} of {}, left after {until}", whole.0);
    }
    // Over HTTP: two callers have both places, and who comes after them gets its turn.
    let path = format!("/plans/{}/check", plan.id);
    let ask = || served.as_owner(Method::GET, &path, "");
    drop(timeout(Duration::from_millis(1), futures_util::future::join(ask(), ask())).await);
    timeout(LIMIT, served.app.engine.check_in_turn(|_, _| Ok(()))).await.expect("it is its turn").expect("done");
}

/// Users and duration are properties.
pub const LOADED: &str = r#"<jmeterTestPlan><hashTree><TestPlan guiclass="" testname="p"/><hashTree><ThreadGroup guiclass="" testname="Users"><stringProp name="ThreadGroup.num_threads">${__P(threads,10)}</stringProp><stringProp name="ThreadGroup.ramp_time">${__P(ramp,5)}</stringProp><boolProp name="ThreadGroup.scheduler">true</boolProp><stringProp name="ThreadGroup.duration">600</stringProp><elementProp name="ThreadGroup.main_controller" elementType="LoopController"><stringProp name="LoopController.loops">-1</stringProp></elementProp></ThreadGroup><hashTree><JavaSampler guiclass="" testname="s"><stringProp name="classname">org.apache.jmeter.protocol.java.test.SleepTest</stringProp></JavaSampler><hashTree/></hashTree></hashTree></hashTree></jmeterTestPlan>"#;

#[tokio::test]
async fn what_is_typed_is_checked_and_each_fault_is_at_its_field() {
    let served = Served::new().await;
    let uploaded = served.upload("/plans", &[("load.jmx", LOADED.as_bytes())]).await;
    let path = format!("/plans/{}/check", uploaded.body["id"].as_str().expect("an id"));
    let check = async |body: Value| {
        let answer = served.as_owner(Method::POST, &path, &body.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body
    };
    let faults = |body: &Value| -> Vec<String> {
        let faults = body["faults"].as_array().cloned().unwrap_or_default();
        let word = |fault: &Value, key: &str| fault[key].as_str().unwrap_or_default().to_owned();
        faults.iter().map(|fault| format!("{} {}", word(fault, "field"), word(fault, "code"))).collect()
    };
    let body = check(json!({ "workers": 3, "properties": { "threads": "500", "ramp": "60" } })).await;
    assert_eq!((&body["threads_per_node"], &body["total_threads"]), (&json!(500), &json!(1500)));
    assert_eq!((&body["duration_s"], &body["thread_groups"][0]["ramp_up_s"]), (&json!(600), &json!(60)));
    assert_eq!((faults(&body), &body["ok"]), (Vec::new(), &json!(true)));
    // A total is divided.
    let body = check(json!({ "workers": 3, "share": { "threads": 1000 } })).await;
    assert_eq!((&body["threads_per_node"], &body["total_threads"]), (&json!(334), &json!(1000)));
    let findings = body["findings"].to_string();
    assert!(!findings.contains("threads_multiply"), "nothing is multiplied: {findings}");
    // The users over time with these settings, of all workers together.
    let top = |body: &Value| {
        body["shape"]["total"].as_array().map(|points| points.iter().filter_map(|point| point["users"].as_u64()).max())
    };
    assert_eq!((top(&body), &body["shape"]["length_ms"]), (Some(Some(1000)), &json!(600_000)), "{}", body["shape"]);
    // A try run is checked as what it runs: one user, on one node.
    let body =
        check(json!({ "workers": 3, "try_run": true, "min_workers": 2, "properties": { "threads": "500" } })).await;
    assert_eq!((&body["total_threads"], &body["duration_s"], &body["workers"]), (&json!(1), &json!(30), &json!(1)));
    assert_eq!(
        (faults(&body), &body["ok"], &body["findings"]),
        (Vec::new(), &json!(true), &json!([])),
        "its own listener is none of the plan's"
    );
    let body = check(json!({ "workers": 3, "properties": { "threads": "many" } })).await;
    assert_eq!((faults(&body), &body["ok"]), (vec!["/properties/threads not_a_number".to_owned()], &json!(false)));
    let body = check(json!({
        "workers": 3, "results": "rmi", "min_workers": 2, "share": { "threads": 2 }, "split": ["../x.csv"], "properties_files": ["none.properties"],
    }))
    .await;
    let expected = ["/min_workers min_workers_needs_direct", "/share share_too_small"];
    assert_eq!(&faults(&body)[..2], expected);
    assert!(faults(&body)[2].starts_with("/split/0 ") && faults(&body)[3].starts_with("/properties_files/0 "));
    let refused = served.as_owner(Method::POST, &path, r#"{"workers":1,"threads":5}"#).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    // It is called for each keystroke, so it must not count as a change.
    let trail = served.as_owner(Method::GET, "/audit?limit=50", "").await.body;
    let actions = trail["items"].as_array().cloned().unwrap_or_default();
    assert!(!actions.iter().any(|entry| entry["action"].as_str().is_some_and(|action| action.contains("check"))));
}
