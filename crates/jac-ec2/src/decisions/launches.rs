//! Launches of many machines: at AWS's rate, in another zone or type if there is no capacity, and not at all beyond the
//! account's quota.

use super::recorded::{Answer, Recorded, Words};
use super::{HOUR_MS, all_is_well, cloud, cluster, config};
use crate::aws::{Aws, Pacing};
use crate::pace::Paces;
use crate::record::ClusterRecord;
use jac_model::ports::{NodeRequest, PortError};
use jac_model::{ClusterConfig, ClusterId, Ec2Config, Message, NodePrices, Person, Role};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

fn requests(workers: u32) -> Vec<NodeRequest> {
    let request = |(name, role): (String, Role)| NodeRequest {
        cluster: cluster(),
        name,
        role,
        nodes_in_cluster: workers + 1,
        lease: Duration::from_secs(3600),
        cluster_name: "many".to_owned(),
        owner: Person { id: "admin".to_owned(), name: "Administrator".to_owned() },
        expires_at_ms: crate::cloud::machines_now_ms() + HOUR_MS,
    };
    let workers = (1..=workers).map(|number| (format!("worker-{number}"), Role::Worker));
    std::iter::once(("master".to_owned(), Role::Master)).chain(workers).map(request).collect()
}

/// The result of a launch.
struct Launch {
    record: ClusterRecord,
    failed: Vec<(String, PortError)>,
    events: Vec<(String, Message)>,
    took: Duration,
}

impl Launch {
    fn events(&self, code: &str) -> Vec<&Message> {
        self.events.iter().map(|(_, message)| message).filter(|message| message.code == code).collect()
    }
}

async fn launch(aws: &Recorded, config: &Ec2Config, workers: u32) -> Launch {
    launch_with(&aws.aws(), config, workers).await
}

async fn launch_with(aws: &Aws, config: &Ec2Config, workers: u32) -> Launch {
    let folder = tempfile::tempdir().expect("a folder");
    let (cloud, asked) = (cloud(folder.path()), requests(workers));
    let events = Mutex::new(Vec::new());
    let progress = |node: &str, message: Message| events.lock().expect("no panic").push((node.to_owned(), message));
    let record = cloud.prepare(aws, config, &asked).await.expect("it is written down");
    let began = Instant::now();
    let failed = cloud.ask(aws, &record, &asked, &progress).await.expect("an answer for each");
    let took = began.elapsed();
    let record = cloud.records.read(&cluster()).expect("it is read").expect("a record");
    Launch { record, failed, events: events.into_inner().expect("no panic"), took }
}

/// AWS's bucket of launches: 5 at once, and this many a second.
fn bucket(per_second: f64) -> Recorded {
    let state = Mutex::new((5.0, Instant::now()));
    Recorded::new(move |words| {
        if words["Action"] != "RunInstances" {
            return all_is_well(words);
        }
        let (left, at) = &mut *state.lock().expect("no panic");
        *left = (*left + at.elapsed().as_secs_f64() * per_second).min(5.0);
        *at = Instant::now();
        if *left < 1.0 {
            return Answer::Refused(503, "RequestLimitExceeded", "Request limit exceeded.");
        }
        *left -= 1.0;
        all_is_well(words)
    })
}

#[tokio::test(start_paused = true)]
async fn two_hundred_machines_come_up_at_awss_pace_without_one_call_too_many() {
    for (workers, seconds) in [(39, 20), (200, 109)] {
        let aws = bucket(2.0);
        let launch = launch(&aws, &config(), workers).await;
        assert!(launch.failed.is_empty(), "{:?}", launch.failed);
        assert!(launch.record.nodes.iter().all(|node| node.instance.is_some()));
        assert_eq!(aws.asked("RunInstances").len(), workers as usize + 1, "no call was throttled");
        assert!(launch.took <= Duration::from_secs(seconds), "{workers}: {:?}", launch.took);
        assert!(launch.events("launch_throttled").is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_whose_calls_others_use_up_is_slower_and_fails_nothing() {
    let aws = bucket(0.25);
    let launch = launch(&aws, &config(), 39).await;
    assert!(launch.failed.is_empty(), "{:?}", launch.failed);
    assert!(launch.record.nodes.iter().all(|node| node.instance.is_some()));
    assert_eq!(launch.events("launch_throttled").len(), 1, "said once");
    assert_eq!(launch.events("instance_launched").len(), 40);
    assert!(launch.took < Duration::from_secs(300), "35 machines at 4 s each are 140 s: {:?}", launch.took);
}

/// Two sets of credentials, each with clients of its own, whose calls count in the same bucket.
fn two_sets(aws: &Recorded) -> [Aws; 2] {
    let paces = Arc::new(Paces::default());
    [(); 2].map(|()| Aws { pacing: Pacing::new(Arc::clone(&paces)), ..aws.aws() })
}

#[tokio::test(start_paused = true)]
async fn two_sets_of_credentials_of_one_account_share_its_pace() {
    let aws = bucket(2.0);
    let [one, other] = two_sets(&aws);
    let config = config();
    let launched = tokio::join!(launch_with(&one, &config, 19), launch_with(&other, &config, 19));
    for launch in <[Launch; 2]>::from(launched) {
        assert!(launch.failed.is_empty() && launch.record.nodes.iter().all(|node| node.instance.is_some()));
        assert!(launch.events("launch_throttled").is_empty());
    }
    assert_eq!(aws.asked("RunInstances").len(), 40, "no call was throttled");
    assert_eq!(aws.asked("GetCallerIdentity").len(), 2, "asked once for each set");
}

#[tokio::test(start_paused = true)]
async fn credentials_whose_account_is_not_known_keep_a_pace_of_their_own_until_it_is() {
    for answer in [Answer::Refused(403, "AccessDenied", "No."), Answer::Never] {
        let known = Arc::new(AtomicBool::new(false));
        let is_known = Arc::clone(&known);
        let aws = Recorded::new(move |words| match words["Action"].as_str() {
            "GetCallerIdentity" if !is_known.load(Ordering::Relaxed) => answer.clone(),
            _ => all_is_well(words),
        });
        let [one, other] = two_sets(&aws);
        let began = Instant::now();
        assert!(!Arc::ptr_eq(&one.pace().await, &other.pace().await));
        assert!(began.elapsed() <= Duration::from_secs(20), "nobody waits for long: {:?}", began.elapsed());
        known.store(true, Ordering::Relaxed);
        assert!(Arc::ptr_eq(&one.pace().await, &other.pace().await));
    }
}

fn is_of_type(words: &Words, kind: &str) -> bool {
    words["Action"] == "RunInstances" && words["InstanceType"] == kind
}

const PRICES: &str = r#"{"FormatVersion": "aws_v1", "PriceList": ["{\"terms\": {\"OnDemand\": {\"a\": {\"priceDimensions\": {\"b\": {\"unit\": \"Hrs\", \"pricePerUnit\": {\"USD\": \"0.097\"}}}}}}}"]}"#;

fn no_capacity_of(kind: &'static str) -> Recorded {
    Recorded::new(move |words| match words["Action"].as_str() {
        "GetProducts" => Answer::Done(PRICES),
        _ if is_of_type(words, kind) => Answer::Refused(500, "InsufficientInstanceCapacity", "There is none."),
        _ => all_is_well(words),
    })
}

#[tokio::test(start_paused = true)]
async fn workers_that_there_is_no_capacity_for_are_of_the_next_zone_then_of_the_next_type_and_it_is_said_with_its_price()
 {
    let aws = no_capacity_of("c6i.large");
    let fallback_worker_types = vec!["c5.large".to_owned(), "m6i.large".to_owned()];
    let config = Ec2Config { fallback_worker_types, ..config() };
    let launch = launch(&aws, &config, 20).await;
    assert!(launch.failed.is_empty(), "{:?}", launch.failed);
    let of = |role| launch.record.nodes.iter().filter(move |node| node.role == role);
    assert!(of(Role::Worker).all(|node| node.kind.name == "c5.large" && node.instance.is_some()));
    assert!(of(Role::Master).all(|node| node.kind.name == "c6i.xlarge" && !node.is_moved));
    let missing = launch.events("capacity_missing");
    let places: BTreeSet<_> = missing
        .iter()
        .map(|message| (message.params["type"].to_string(), message.params["subnet"].to_string()))
        .collect();
    assert_eq!((missing.len(), places.len()), (6, 6), "each of the six zones once: {missing:?}");
    let moved: Vec<_> =
        launch.events("instance_launched").into_iter().filter(|message| message.params.contains_key("zone")).collect();
    assert_eq!(moved.len(), 20);
    assert!(
        moved.iter().all(|message| message.params["usd_per_hour"] == 0.097 && message.message.contains("0.097 USD"))
    );
    assert_eq!(aws.asked("GetProducts").len(), 1, "the price is asked for once");
    let refused = aws.asked("RunInstances").iter().filter(|words| is_of_type(words, "c6i.large")).count();
    assert!(refused <= 16, "who comes later does not ask for what is known not to be there: {refused}");
    let mut tokens: BTreeMap<String, Words> = BTreeMap::new();
    for words in aws.asked("RunInstances") {
        let said = tokens.entry(words["ClientToken"].clone()).or_insert_with(|| words.clone());
        assert_eq!(*said, words, "one token, one machine");
    }
}

#[tokio::test]
async fn the_check_says_what_workers_of_other_types_cost() {
    let aws = no_capacity_of("nothing");
    let ec2 = Ec2Config { fallback_worker_types: vec!["c5.large".to_owned(), "m6i.large".to_owned()], ..config() };
    let cluster = ClusterConfig { workers: 10, ..ClusterConfig::default() };
    let prices = NodePrices { master: 0.2, worker: Some(0.085) };
    let note = crate::forecast::fallback_prices(&aws.aws(), &cluster, &ec2, Some(prices)).await;
    assert_eq!(note.code, "fallback_prices");
    let second = &note.params["types"][1];
    assert_eq!((&second["type"], &second["usd_per_hour"]), (&json!("m6i.large"), &json!(0.097)));
    assert!((second["cluster_usd_per_hour"].as_f64().expect("a price") - 1.17).abs() < 1e-9, "{note:?}");
    assert!(note.message.contains("m6i.large at $0.097 an hour each (up to $1.17 for the cluster)"), "{note}");
    let unknown = Recorded::new(|_| Answer::Refused(400, "AccessDenied", "No."));
    let note = crate::forecast::fallback_prices(&unknown.aws(), &cluster, &ec2, Some(prices)).await;
    assert!(note.params["types"][0]["usd_per_hour"].is_null() && note.message.contains("unknown"), "{note}");
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_left_the_launch_fails_with_awss_words() {
    let launch = launch(&no_capacity_of("c6i.large"), &config(), 3).await;
    assert_eq!(launch.failed.len(), 3);
    assert!(launch.failed[0].1.to_string().contains("no capacity"), "{:?}", launch.failed);
    assert!(launch.record.nodes.iter().all(|node| node.asked_ms.is_some() == (node.role == Role::Master)));
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_was_moved_before_a_crash_is_asked_for_there_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = Ec2Config { fallback_worker_types: vec!["c5.large".to_owned()], ..config() };
    let asked = requests(1);
    let first = Recorded::new(|words| match words["Action"].as_str() {
        _ if is_of_type(words, "c6i.large") => Answer::Refused(500, "InsufficientInstanceCapacity", "There is none."),
        _ if is_of_type(words, "c5.large") => Answer::Cut,
        _ => all_is_well(words),
    });
    let before = cloud(folder.path());
    let record = before.prepare(&first.aws(), &config, &asked).await.expect("it is written down");
    let failed = before.ask(&first.aws(), &record, &asked, &|_, _| ()).await.expect("an answer for each");
    assert_eq!(failed.len(), 1);
    let (after, second) = (cloud(folder.path()), no_capacity_of("nothing"));
    let record = after.prepare(&second.aws(), &config, &asked).await.expect("it is known");
    let failed = after.ask(&second.aws(), &record, &asked, &|_, _| ()).await.expect("an answer for each");
    assert!(failed.is_empty(), "{failed:?}");
    let (said, again) = (first.bodies("RunInstances"), second.bodies("RunInstances"));
    assert_eq!((again.len(), &again[0]), (1, said.last().expect("the last one")), "word for word");
}

#[tokio::test(start_paused = true)]
async fn more_than_the_account_may_have_is_refused_before_anything_is_made() {
    let aws = Recorded::new(|words| match words["Action"].as_str() {
        "GetServiceQuota" => Answer::Done(r#"{"Quota": {"QuotaCode": "L-1216C47A", "Value": 32}}"#),
        _ => all_is_well(words),
    });
    let folder = tempfile::tempdir().expect("a folder");
    let refused = cloud(folder.path()).prepare(&aws.aws(), &config(), &requests(200)).await.expect_err("too many");
    let PortError::Preflight { faults } = refused else { panic!("{refused}") };
    assert_eq!((faults.len(), faults[0].code.as_str()), (1, "quota"));
    assert_eq!(faults[0].field.as_deref(), Some("/config/workers"));
    for made in ["CreateSecurityGroup", "RunInstances"] {
        assert!(aws.asked(made).is_empty(), "{made}");
    }
}

#[tokio::test(start_paused = true)]
async fn once_too_many_have_failed_no_more_are_asked_for() {
    let launched = Mutex::new(0);
    let aws = Recorded::new(move |words| {
        let mut launched = launched.lock().expect("no panic");
        if words["Action"] == "RunInstances" {
            *launched += 1;
            if *launched > 16 {
                return Answer::Refused(400, "VcpuLimitExceeded", "You have requested more.");
            }
        }
        all_is_well(words)
    });
    let launch = launch(&aws, &config(), 100).await;
    assert_eq!(launch.failed.len(), 85);
    assert_eq!(aws.asked("RunInstances").len(), 17);
    let never_asked = launch.record.nodes.iter().filter(|node| node.asked_ms.is_none()).count();
    assert_eq!(never_asked, 85, "nobody looks for what was not asked for");
}

#[tokio::test(start_paused = true)]
async fn ten_clusters_on_their_way_up_are_one_question() {
    let recorded = Recorded::new(all_is_well);
    let aws = recorded.aws();
    let clusters: Vec<ClusterId> = (1..=10).map(|number| ClusterId::from_random([number; 8])).collect();
    let looked = || clusters.iter().map(|cluster| aws.describing.of_cluster(&aws, super::INSTALLATION, cluster));
    for (found, cluster) in futures_util::future::join_all(looked()).await.into_iter().zip(&clusters) {
        assert!(found.expect("an answer").iter().all(|machine| machine.tags.cluster == *cluster));
    }
    let asked = recorded.asked("DescribeInstances");
    let ids: BTreeSet<&String> =
        asked.iter().flatten().filter(|(name, _)| name.starts_with("Filter.2.Value")).map(|(_, id)| id).collect();
    assert!(asked.len() <= 2, "{} questions", asked.len());
    assert_eq!(ids, clusters.iter().map(|cluster| cluster.as_str().to_owned()).collect::<Vec<_>>().iter().collect());
    // A caller that is cancelled does not leave the others without a response.
    let given_up = tokio::time::timeout(Duration::from_millis(100), aws.describing.of_cluster(&aws, "i", &clusters[0]));
    let others = futures_util::future::join_all(looked());
    let (given_up, others) = tokio::join!(given_up, others);
    assert!(given_up.is_err() && others.iter().all(Result::is_ok));
}

#[tokio::test(start_paused = true)]
async fn calls_of_one_account_that_are_throttled_hold_up_no_other() {
    let throttled = Recorded::new(|words| match words["Action"].as_str() {
        "RunInstances" => Answer::Refused(503, "RequestLimitExceeded", "Request limit exceeded."),
        _ => all_is_well(words),
    });
    let folder = tempfile::tempdir().expect("a folder");
    let cloud = Arc::new(cloud(folder.path()));
    let (aws, asked) = (throttled.aws(), requests(5));
    let record = cloud.prepare(&aws, &config(), &asked).await.expect("it is written down");
    let waiting = tokio::time::timeout(Duration::from_secs(600), cloud.ask(&aws, &record, &asked, &|_, _| ()));
    let other = async {
        let launch = launch(&Recorded::new(all_is_well), &config(), 5).await;
        assert!(launch.failed.is_empty() && launch.took < Duration::from_secs(3), "{:?}", launch.took);
    };
    let (waited, ()) = tokio::join!(waiting, other);
    assert!(waited.is_err(), "a throttled launch continues for as long as it may");
    let calls = throttled.asked("RunInstances").len();
    assert!((20..60).contains(&calls), "600 s with pauses up to 20 s: {calls} calls");
}
