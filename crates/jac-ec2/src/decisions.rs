//! Tests of this adapter's decisions and messages with responses recorded from the lab's emulator (`tests/recorded`),
//! through the real SDK, without a network.

mod ends;
mod images;
mod launches;
mod recorded;
mod replaced;

use crate::cloud::{Ec2Cloud, Ec2Settings};
use crate::errors::{Retryability, refusal};
use crate::machines::{self, InstanceState};
use crate::record::ClusterRecord;
use crate::{network, tags};
use async_trait::async_trait;
use jac_jmeter::JavaSearch;
use jac_model::ports::{AwsCredentials, Cloud, CredentialSource, Lease, NodeRequest, PortError};
use jac_model::{ClusterId, CredentialChoice, Ec2Config, Person, Role};
use recorded::{Answer, Recorded, Words};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!("../tests/recorded/", $name, ".xml"))
    };
}

/// One of the machines that were named is unknown.
const NOT_FOUND: &str = recorded!("not_found");
const INSTALLATION: &str = "an-installation";
const IDENTITY: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/a</Arn>\
    <UserId>A</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
const HOUR_MS: i64 = 3_600_000;

fn cluster() -> ClusterId {
    "c-aaaaaaaa".parse().expect("a cluster's id")
}

/// The calls of a launch, each with the emulator's response.
fn all_is_well(words: &Words) -> Answer {
    Answer::Done(match words["Action"].as_str() {
        "DescribeInstanceTypes" => recorded!("instance_types"),
        "DescribeImages" => recorded!("images"),
        "DescribeSubnets" => recorded!("subnets"),
        "CreateSecurityGroup" => recorded!("create_group"),
        "AuthorizeSecurityGroupIngress" => recorded!("authorize"),
        "RevokeSecurityGroupIngress" => recorded!("revoke"),
        "DescribeSecurityGroups" => recorded!("groups"),
        "RunInstances" => recorded!("run_instances"),
        "CreateTags" => recorded!("create_tags"),
        "TerminateInstances" => recorded!("terminate"),
        // Compared with the quota: there is no further page.
        "DescribeInstances" => recorded!("describe_2"),
        "GetCallerIdentity" => IDENTITY,
        "GetServiceQuota" => r#"{"Quota": {"QuotaCode": "L-1216C47A", "Value": 1000}}"#,
        other => panic!("nobody asks for {other}"),
    })
}

#[tokio::test]
async fn machines_of_all_pages_are_read_with_their_tags_addresses_and_states() {
    let aws = Recorded::new(|words| match words.get("NextToken") {
        None => Answer::Done(recorded!("describe_1")),
        Some(_) => Answer::Done(recorded!("describe_2")),
    });
    let found = machines::of_installation(&aws.aws(), INSTALLATION).await.expect("two pages");
    let seen: Vec<_> = found.iter().map(|machine| (machine.tags.node.as_str(), machine.state)).collect();
    // Of the five that are shown one carries no tag of a cluster.
    assert_eq!(
        seen,
        [
            ("master", InstanceState::Running),
            ("worker-1", InstanceState::Terminated),
            ("worker-2", InstanceState::ShuttingDown),
            ("worker-3", InstanceState::Running)
        ]
    );
    let (master, worker) = (&found[0], &found[3]);
    assert_eq!((&master.tags.cluster, master.tags.role, worker.tags.role), (&cluster(), Role::Master, Role::Worker));
    assert_eq!(master.tags.cluster_name, "Friday's <load>");
    assert_eq!(master.tags.expires_at_ms, tags::time_of_text("2026-11-28T04:00:00Z"));
    assert_eq!((master.tags.sealed_seed.as_deref(), &worker.tags.sealed_seed), (Some("c2VhbGVk"), &None));
    assert_eq!(worker.private_address.as_deref(), Some("172.31.0.7"));
    assert_eq!(worker.private_name.as_deref(), Some("ip-172-31-0-7.ec2.internal"));
    assert!(worker.public_address.as_deref().is_some_and(|address| address.starts_with("54.")), "{worker:?}");
    assert_eq!((worker.kind.as_str(), worker.zone.as_deref(), worker.spot), ("c6i.large", Some("us-east-1a"), false));
    assert_eq!((worker.key_name.as_ref(), worker.reason.as_ref()), (None, None), "what is empty says nothing");
    let asked = aws.asked("DescribeInstances");
    assert_eq!(asked.len(), 2, "a page each");
    assert_eq!(asked[0]["Filter.1.Name"], "tag:jac:installation");
    assert_eq!(asked[0]["Filter.1.Value.1"], INSTALLATION);
    assert!(!asked[0].values().any(|value| value == "terminated"), "what is gone is not asked for: {:?}", asked[0]);
}

#[test]
fn names_for_the_hosts_file_are_awss_then_the_nodes() {
    let aws = Recorded::new(|words| match words.get("NextToken") {
        None => Answer::Done(recorded!("describe_1")),
        Some(_) => Answer::Done(recorded!("describe_2")),
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let found = runtime.block_on(machines::of_installation(&aws.aws(), INSTALLATION)).expect("two pages");
    let lines = machines::names(&[("worker-3", &found[3])]);
    assert_eq!(
        lines.lines().collect::<Vec<_>>(),
        ["172.31.0.7 ip-172-31-0-7.ec2.internal", "172.31.0.7 ip-172-31-0-7", "172.31.0.7 worker-3"]
    );
}

/// How often a launch is requested, and what its rejection means.
async fn launched(answer: Answer) -> (usize, Retryability, bool) {
    let aws = Recorded::new(move |_| answer.clone());
    let refused = aws.aws().ec2.run_instances().image_id("ami-1").send().await.expect_err("it is refused");
    let refusal = refusal(&refused);
    (aws.bodies("RunInstances").len(), refusal.retryability, refusal.has_made_nothing())
}

#[tokio::test]
async fn each_refusal_of_a_launch_is_asked_again_or_is_final_and_says_whether_something_was_made() {
    let refused = |status, code| launched(Answer::Refused(status, code, "It says why."));
    // Nothing was created, and the same call would fail again.
    for (status, code) in [
        (403, "UnauthorizedOperation"),
        (400, "InvalidAMIID.NotFound"),
        (400, "InvalidParameterValue"),
        (400, "VcpuLimitExceeded"),
        (400, "InstanceLimitExceeded"),
        (400, "MaxSpotInstanceCountExceeded"),
        (400, "OptInRequired"),
    ] {
        assert_eq!(refused(status, code).await, (1, Retryability::Final, true), "{code}");
    }
    // Retried by the SDK, because it is a failure of the server, and nothing was created.
    assert_eq!(refused(500, "InsufficientInstanceCapacity").await, (3, Retryability::Final, true));
    // An instance with that token exists: never to be taken for a launch without effect.
    assert_eq!(refused(400, "IdempotentParameterMismatch").await, (1, Retryability::Final, false));
    // It may pass, and whether something was created is unknown.
    for (status, code) in
        [(503, "RequestLimitExceeded"), (503, "Unavailable"), (500, "InternalError"), (503, "ServiceUnavailable")]
    {
        assert_eq!(refused(status, code).await, (3, Retryability::MayPass, false), "{code}");
    }
    assert_eq!(refused(400, "RequestExpired").await.1, Retryability::MayPass);
    assert_eq!(
        launched(Answer::Cut).await,
        (3, Retryability::Unanswered, false),
        "the answer was lost, not the launch"
    );
}

#[tokio::test]
async fn a_group_lets_in_the_servers_address_and_its_own_machines_and_is_found_again() {
    for there in [false, true] {
        let aws = Recorded::new(move |words| match words["Action"].as_str() {
            "CreateSecurityGroup" if there => Answer::Recorded(400, recorded!("duplicate_group")),
            "AuthorizeSecurityGroupIngress" if there => Answer::Recorded(400, recorded!("duplicate_rule")),
            _ => all_is_well(words),
        });
        let common = [tags::tag(tags::INSTALLATION, INSTALLATION)];
        let made = network::make_group(&aws.aws(), &cluster(), "vpc-1", "203.0.113.7/32", &common).await;
        let group = made.expect("a group");
        assert!(group.is_ours && group.id.starts_with("sg-"), "{group:?}");
        let created = &aws.asked("CreateSecurityGroup")[0];
        assert_eq!((created["GroupName"].as_str(), created["VpcId"].as_str()), ("jac-c-aaaaaaaa", "vpc-1"));
        assert_eq!(created["TagSpecification.1.Tag.1.Value"], INSTALLATION);
        let rules = aws.asked("AuthorizeSecurityGroupIngress");
        assert_eq!(rules.len(), 2);
        assert_eq!(rules[0]["IpPermissions.1.IpProtocol"], "-1");
        assert_eq!(rules[0]["IpPermissions.1.Groups.1.GroupId"], group.id, "everything among its own");
        assert!(!rules[0].values().any(|value| value.contains('/')), "from no address: {:?}", rules[0]);
        let ssh = &rules[1];
        let of = |name: &str| ssh[&format!("IpPermissions.1.{name}")].as_str();
        assert_eq!((of("FromPort"), of("ToPort"), of("IpProtocol")), ("22", "22", "tcp"));
        assert_eq!(of("IpRanges.1.CidrIp"), "203.0.113.7/32");
        assert!(!ssh.contains_key("IpPermissions.1.IpRanges.2.CidrIp"), "from nowhere else");
    }
}

#[tokio::test]
async fn ssh_is_let_in_from_the_new_address_before_it_is_shut_to_the_old_one() {
    let aws = Recorded::new(all_is_well);
    network::move_ssh(&aws.aws(), "sg-1", Some("203.0.113.7/32"), "198.51.100.2/32").await.expect("it moves");
    let (opened, shut) = (aws.asked("AuthorizeSecurityGroupIngress"), aws.asked("RevokeSecurityGroupIngress"));
    assert_eq!(opened[0]["IpPermissions.1.IpRanges.1.CidrIp"], "198.51.100.2/32");
    assert_eq!(shut[0]["IpPermissions.1.IpRanges.1.CidrIp"], "203.0.113.7/32");
    network::move_ssh(&aws.aws(), "sg-1", Some("198.51.100.2/32"), "198.51.100.2/32").await.expect("it stays");
    assert_eq!(aws.asked("RevokeSecurityGroupIngress").len(), 1, "the one that holds is not shut");
    let refused = Recorded::new(|words| match words["Action"].as_str() {
        "AuthorizeSecurityGroupIngress" => Answer::Refused(403, "UnauthorizedOperation", "no"),
        _ => all_is_well(words),
    });
    network::move_ssh(&refused.aws(), "sg-1", Some("203.0.113.7/32"), "198.51.100.2/32").await.expect_err("no right");
    assert!(refused.asked("RevokeSecurityGroupIngress").is_empty(), "nobody is shut out");
}

/// Credentials of the environment until a set is saved, and seals that hide nothing.
#[derive(Default)]
struct Plain {
    has_set: AtomicBool,
}

#[async_trait]
impl CredentialSource for Plain {
    async fn aws(&self, _: &CredentialChoice) -> Result<(AwsCredentials, Option<String>), PortError> {
        Ok((AwsCredentials::Environment, Some("us-east-1".to_owned())))
    }

    async fn ssh_key(&self, _: &str) -> Result<String, PortError> {
        unreachable!("machines of EC2 have keys of their own")
    }

    async fn all_aws(&self) -> Result<Vec<CredentialChoice>, PortError> {
        let has_set = self.has_set.load(Ordering::SeqCst);
        Ok(vec![if has_set { CredentialChoice::Set("k-1".to_owned()) } else { CredentialChoice::Environment }])
    }

    fn seal(&self, _: &str, secret: &[u8]) -> Result<Vec<u8>, PortError> {
        Ok(secret.to_vec())
    }

    fn open(&self, _: &str, sealed: &[u8]) -> Result<Vec<u8>, PortError> {
        Ok(sealed.to_vec())
    }
}

fn cloud(folder: &Path) -> Ec2Cloud {
    cloud_with(folder, Arc::new(Plain::default()))
}

fn cloud_with(folder: &Path, credentials: Arc<Plain>) -> Ec2Cloud {
    Ec2Cloud::new(Ec2Settings {
        records: folder.join("ec2"),
        bundles: folder.join("bundles"),
        installation: INSTALLATION.to_owned(),
        credentials,
        java: JavaSearch::default(),
        boot_limit: None,
    })
}

fn config() -> Ec2Config {
    Ec2Config {
        ssh_from: Some("203.0.113.7/32".to_owned()),
        // All named ones are used, and nodes are spread over them.
        subnets: vec!["subnet-a".to_owned(), "subnet-b".to_owned()],
        ..Ec2Config::default()
    }
}

/// A master and two workers, of a cluster with that name and that much time.
fn requests(cluster_name: &str, hours: i64) -> Vec<NodeRequest> {
    let now_ms = crate::cloud::machines_now_ms();
    let nodes = [("master", Role::Master), ("worker-1", Role::Worker), ("worker-2", Role::Worker)];
    let request = |(name, role): (&str, Role)| NodeRequest {
        cluster: cluster(),
        name: name.to_owned(),
        role,
        nodes_in_cluster: 3,
        lease: std::time::Duration::from_millis((hours * HOUR_MS).unsigned_abs()),
        cluster_name: cluster_name.to_owned(),
        owner: Person { id: "admin".to_owned(), name: "Administrator".to_owned() },
        expires_at_ms: now_ms + hours * HOUR_MS,
    };
    nodes.map(request).to_vec()
}

fn is_of(words: &Words, node: &str) -> bool {
    words["Action"] == "RunInstances" && words.values().any(|value| value == node)
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_goes_on_after_a_crash_says_the_same_words_whatever_has_changed_meanwhile() {
    let folder = tempfile::tempdir().expect("a folder");
    let progress = |_: &str, _: jac_model::Message| ();
    let first = Recorded::new(|words| match is_of(words, "worker-2") {
        true => Answer::Cut,
        false => all_is_well(words),
    });
    let aws = first.aws();
    let before = cloud(folder.path());
    let asked = requests("Friday's", 1);
    let record = before.prepare(&aws, &config(), &asked).await.expect("it is written down");
    let subnets: Vec<_> = record.nodes.iter().map(|node| node.subnet.clone().expect("a subnet")).collect();
    assert!(subnets[0] != subnets[1] && subnets[1] != subnets[2], "{subnets:?}");
    let failed = before.ask(&aws, &record, &asked, &progress).await.expect("two of three");
    assert_eq!(failed.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["worker-2"]);
    let of_worker_2 = |aws: &Recorded| -> Vec<String> {
        let bodies = aws.bodies("RunInstances");
        bodies.into_iter().filter(|body| is_of(&recorded::words(body), "worker-2")).collect()
    };
    let said = of_worker_2(&first);
    assert!(said.len() == 8 && said.windows(2).all(|pair| pair[0] == pair[1]), "asked again, word for word");

    // The server is restarted; then the cluster has another name and more time, and one of its nodes was abandoned.
    let after = cloud(folder.path());
    let later = requests("Monday's", 9);
    let others = |record: &mut ClusterRecord| record.nodes.retain(|node| node.name != "worker-1");
    after.records.change(&cluster(), others).await.expect("it is dropped");
    let second = Recorded::new(all_is_well);
    let aws = second.aws();
    let record = after.prepare(&aws, &config(), &later).await.expect("it is known");
    assert!(second.asked("CreateSecurityGroup").is_empty(), "what was made is not made again");
    let failed = after.ask(&aws, &record, &later, &progress).await.expect("the last one");
    assert!(failed.is_empty(), "{failed:?}");
    let again = second.bodies("RunInstances");
    assert_eq!(again.len(), 1, "a node that has an instance is not asked for again");
    assert_eq!(again[0], said[0], "the same token with other words would be refused");
    let record = after.records.read(&cluster()).expect("it is read").expect("a record");
    assert!(record.nodes.iter().all(|node| node.instance.is_some() && node.asked_ms.is_some()), "{record:?}");
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_an_upgrade_cuts_goes_on_with_the_first_boot_that_it_began_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let cut = Recorded::new(|words| match words["Action"].as_str() {
        "RunInstances" => Answer::Cut,
        _ => all_is_well(words),
    });
    let asked = requests("Friday's", 1);
    let before = cloud(folder.path());
    before.prepare(&cut.aws(), &config(), &asked).await.expect("it is written down");
    // As recorded by a version with other texts.
    let older = |record: &mut ClusterRecord| {
        let launch = record.launch.as_mut().expect("it was prepared");
        launch.first_boot = launch.first_boot.take().map(|words| words.replace("jac-first-end", "jac-older-end"));
    };
    before.records.change(&cluster(), older).await.expect("it is written");
    let record = before.records.read(&cluster()).expect("it is read").expect("a record");
    before.ask(&cut.aws(), &record, &asked, &|_, _| ()).await.expect("an answer for each");

    let after = cloud(folder.path());
    let well = Recorded::new(all_is_well);
    let record = after.prepare(&well.aws(), &config(), &asked).await.expect("it is known");
    after.ask(&well.aws(), &record, &asked, &|_, _| ()).await.expect("all are launched");
    let (mut first, mut again) = (cut.bodies("RunInstances"), well.bodies("RunInstances"));
    first.sort();
    first.dedup();
    again.sort();
    assert_eq!((first.len(), &first), (3, &again), "word for word");
    for words in well.asked("RunInstances") {
        let user_data = data_encoding::BASE64.decode(words["UserData"].as_bytes()).expect("Base64");
        assert!(String::from_utf8_lossy(&user_data).contains("jac-older-end"), "the words that it began with");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_has_made_nothing_leaves_nothing_to_look_for_and_a_lost_answer_does() {
    for (answer, is_looked_for) in [
        (Answer::Refused(400, "VcpuLimitExceeded", "no more"), false),
        (Answer::Refused(400, "IdempotentParameterMismatch", "there is one"), true),
        (Answer::Cut, true),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let recorded = answer.clone();
        let aws = Recorded::new(move |words| match words["Action"].as_str() {
            "RunInstances" => recorded.clone(),
            _ => all_is_well(words),
        });
        let cloud = cloud(folder.path());
        let asked = requests("Friday's", 1);
        let record = cloud.prepare(&aws.aws(), &config(), &asked).await.expect("it is written down");
        let failed = cloud.ask(&aws.aws(), &record, &asked, &|_, _| ()).await.expect("an answer for each");
        assert_eq!(failed.len(), 3);
        let record = cloud.records.read(&cluster()).expect("it is read").expect("a record");
        let looked_for = record.nodes.iter().all(|node| node.asked_ms.is_some());
        assert_eq!(looked_for, is_looked_for, "{answer:?}");
    }
}

#[tokio::test]
async fn the_end_is_written_on_all_machines_once_and_again_when_it_moves_or_was_not_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let calls = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&calls);
    let aws = Recorded::new(move |words| match words["Action"].as_str() {
        "CreateTags" if count.fetch_add(1, Ordering::SeqCst) == 0 => {
            Answer::Refused(403, "UnauthorizedOperation", "not now")
        }
        _ => all_is_well(words),
    });
    let cloud = cloud(folder.path());
    let asked = requests("Friday's", 1);
    let record = cloud.prepare(&aws.aws(), &config(), &asked).await.expect("it is written down");
    cloud.ask(&aws.aws(), &record, &asked, &|_, _| ()).await.expect("all are launched");
    let choice = record.config.credentials.clone();
    cloud.clients.keep(choice, Some("us-east-1"), AwsCredentials::Environment, aws.aws()).await;
    let end_ms = 1_764_000_000_000;
    let lease = |expires_at_ms| Lease { left: std::time::Duration::from_secs(3600), after_run: None, expires_at_ms };
    // A rejected tag fails no lease: it would be renewed again at once, on all nodes.
    for expires_at_ms in [end_ms, end_ms, end_ms, end_ms + HOUR_MS] {
        cloud.renew_lease(&cluster(), lease(expires_at_ms), &[]).await.expect("it is renewed");
    }
    let tagged = aws.asked("CreateTags");
    let ends: Vec<_> = tagged.iter().map(|words| words["Tag.1.Value"].as_str()).collect();
    assert_eq!(ends, ["2025-11-24T16:00:00Z", "2025-11-24T16:00:00Z", "2025-11-24T17:00:00Z"]);
    assert!(tagged.iter().all(|words| words["Tag.1.Key"] == "jac:expires-at" && words.contains_key("ResourceId.3")));
}

#[tokio::test]
async fn the_end_is_written_on_the_machines_that_are_left_when_others_are_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let aws = Recorded::new(move |words| match words["Action"].as_str() {
        // All or none.
        "CreateTags" if words.contains_key("ResourceId.2") || words["ResourceId.1"] == "i-worker-1" => {
            Answer::Recorded(400, NOT_FOUND)
        }
        _ => all_is_well(words),
    });
    let cloud = cloud(folder.path());
    let asked = requests("Friday's", 1);
    let record = cloud.prepare(&aws.aws(), &config(), &asked).await.expect("it is written down");
    let launched = |record: &mut ClusterRecord| {
        for node in &mut record.nodes {
            node.instance = Some(format!("i-{}", node.name));
        }
    };
    cloud.records.change(&cluster(), launched).await.expect("it is written");
    let choice = record.config.credentials.clone();
    cloud.clients.keep(choice, Some("us-east-1"), AwsCredentials::Environment, aws.aws()).await;
    let lease = Lease { left: std::time::Duration::from_secs(3600), after_run: None, expires_at_ms: 1_764_000_000_000 };
    cloud.renew_lease(&cluster(), lease, &["worker-2".to_owned()]).await.expect("it is tagged");
    let tagged = aws.asked("CreateTags");
    let ids: Vec<_> = tagged.iter().map(|words| words["ResourceId.1"].as_str()).collect();
    assert_eq!(
        ids,
        ["i-master", "i-master", "i-worker-1"],
        "together, then each alone, and never what the engine has lost"
    );
}

#[tokio::test]
async fn a_cluster_whose_launch_was_refused_ends_whatever_credentials_have_expired() {
    let folder = tempfile::tempdir().expect("a folder");
    let cloud = cloud(folder.path());
    let expired = Recorded::new(|_| Answer::Refused(403, "RequestExpired", "the token has expired"));
    cloud.prepare(&expired.aws(), &config(), &requests("Friday's", 1)).await.expect_err("nothing can be looked up");
    let record = cloud.records.read(&cluster()).expect("it is read").expect("a record of where it was to be");
    assert_eq!((record.region.as_str(), record.nodes.len(), record.launch), ("us-east-1", 0, None));
    let asked_before = expired.asked("DescribeInstances").len();
    cloud.terminate(&cluster()).await.expect("nothing was made");
    assert_eq!(expired.asked("DescribeInstances").len(), asked_before, "AWS has nothing to say");
    assert_eq!(cloud.records.read(&cluster()).expect("it is read"), None);

    // Without a record, with what all others have saved.
    let choice = CredentialChoice::Environment;
    cloud.clients.keep(choice.clone(), Some("us-east-1"), AwsCredentials::Environment, expired.aws()).await;
    cloud.terminate(&cluster()).await.expect("a refusal of somebody's credentials holds up nobody");
    let silent = Recorded::new(|_| Answer::Cut);
    cloud.clients.keep(choice, Some("us-east-1"), AwsCredentials::Environment, silent.aws()).await;
    cloud.terminate(&cluster()).await.expect_err("whether there are machines nobody has said");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_without_a_record_stays_while_aws_does_not_say_whether_it_has_machines() {
    for (status, code, is_refused) in [
        (403, "UnauthorizedOperation", true),
        (401, "AuthFailure", true),
        (403, "ExpiredToken", true),
        (401, "OptInRequired", true),
        (503, "RequestLimitExceeded", false),
        (400, "Throttling", false),
        (503, "Unavailable", false),
        (500, "InternalError", false),
        (400, "InvalidParameterValue", false),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let cloud = cloud(folder.path());
        let choice = CredentialChoice::Environment;
        cloud.records.remember("us-east-1", &choice).await.expect("it is kept");
        let aws = Recorded::new(move |_| Answer::Refused(status, code, "It says why."));
        cloud.clients.keep(choice, Some("us-east-1"), AwsCredentials::Environment, aws.aws()).await;
        assert_eq!(cloud.terminate(&cluster()).await.is_ok(), is_refused, "{code}");
        assert!(!aws.asked("DescribeInstances").is_empty(), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn rejected_credentials_are_told_apart_from_an_aws_that_cannot_be_asked() {
    macro_rules! of_sts {
        ($status:literal, $code:literal) => {
            Answer::Recorded($status, concat!("<ErrorResponse><Error><Code>", $code, "</Code></Error></ErrorResponse>"))
        };
    }
    for (answer, is_rejected) in [
        (of_sts!(403, "InvalidClientTokenId"), true),
        (of_sts!(403, "SignatureDoesNotMatch"), true),
        (of_sts!(403, "ExpiredToken"), true),
        (of_sts!(403, "AccessDenied"), true),
        (of_sts!(400, "Throttling"), false),
        (of_sts!(503, "ServiceUnavailable"), false),
        (Answer::Cut, false),
    ] {
        let aws = Recorded::new(move |_| answer.clone());
        let error = aws.aws().identity().await.expect_err("no identity");
        assert_eq!(matches!(error, PortError::Refused { .. }), is_rejected, "{error:?}");
    }
}

#[tokio::test]
async fn credentials_that_are_refused_hide_their_own_clusters_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let cloud = cloud(folder.path());
    let set = |id: &str| CredentialChoice::Set(id.to_owned());
    let other: ClusterId = "c-bbbbbbbb".parse().expect("a cluster's id");
    for (cluster, choice) in [(cluster(), set("k-good")), (other.clone(), set("k-expired"))] {
        cloud.records.write(living(cluster, choice, "us-east-1")).await.expect("it is written");
    }
    let good = Recorded::new(|words| match words.get("NextToken") {
        None => Answer::Done(recorded!("describe_1")),
        Some(_) => Answer::Done(recorded!("describe_2")),
    });
    let expired = Recorded::new(|_| Answer::Refused(403, "RequestExpired", "the token has expired"));
    for (choice, aws) in [(set("k-good"), good.aws()), (set("k-expired"), expired.aws())] {
        cloud.clients.keep(choice, Some("us-east-1"), AwsCredentials::Environment, aws).await;
    }
    let listed = cloud.list().await.expect("one of two answers");
    assert_eq!(listed.instances.len(), 4, "what the good ones see");
    assert_eq!(listed.unknown.keys().collect::<Vec<_>>(), [&other]);
    assert!(listed.unknown[&other].contains("expired"), "{:?}", listed.unknown);
    let unseen = cloud.unseen();
    assert_eq!(unseen.iter().map(|place| place.region.as_str()).collect::<Vec<_>>(), ["us-east-1"]);

    cloud.records.remove(&cluster()).await.expect("it goes");
    cloud.list().await.expect_err("nobody answers any more");
}

/// A cluster of which only the location is known.
fn living(cluster: ClusterId, credentials: CredentialChoice, region: &str) -> ClusterRecord {
    let config = Ec2Config { credentials, ..Ec2Config::default() };
    ClusterRecord { cluster, config, region: region.to_owned(), nodes: Vec::new(), launch: None }
}

#[tokio::test]
async fn images_of_the_environments_account_stay_listed_when_somebody_saves_a_set() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = Arc::new(Plain::default());
    let cloud = cloud_with(folder.path(), Arc::clone(&source));
    let (own, other) = (Recorded::new(all_is_well), Recorded::new(|_| Answer::Done("<DescribeImagesResponse/>")));
    let set = CredentialChoice::Set("k-1".to_owned());
    for (choice, aws) in [(CredentialChoice::Environment, own.aws()), (set.clone(), other.aws())] {
        cloud.clients.keep(choice, Some("us-east-1"), AwsCredentials::Environment, aws).await;
    }
    source.has_set.store(true, Ordering::SeqCst);
    cloud.records.remember("us-east-1", &set).await.expect("it is kept");
    assert_eq!(cloud.images().await.expect("the set's"), [], "nothing was ever made with the environment's");
    source.has_set.store(false, Ordering::SeqCst);
    let before = cloud.images().await.expect("the environment's");
    assert!(!before.is_empty());
    source.has_set.store(true, Ordering::SeqCst);
    assert_eq!(cloud.images().await.expect("both"), before);
    assert_eq!((own.asked("DescribeImages").len(), other.asked("DescribeImages").len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_region_that_never_answers_hides_its_own_clusters_only_and_is_given_up_before_the_engine_gives_all_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let cloud = cloud(folder.path());
    let set = |id: &str| CredentialChoice::Set(id.to_owned());
    let silent: ClusterId = "c-bbbbbbbb".parse().expect("a cluster's id");
    for record in [living(cluster(), set("k-good"), "us-east-1"), living(silent.clone(), set("k-silent"), "us-east-1")]
    {
        cloud.records.write(record).await.expect("it is written");
    }
    let good = Recorded::new(|words| match words.get("NextToken") {
        None => Answer::Done(recorded!("describe_1")),
        Some(_) => Answer::Done(recorded!("describe_2")),
    });
    for (choice, aws) in [("k-good", good.aws()), ("k-silent", Recorded::new(|_| Answer::Never).aws())] {
        cloud.clients.keep(set(choice), Some("us-east-1"), AwsCredentials::Environment, aws).await;
    }
    let asked = tokio::time::Instant::now();
    let listed = cloud.list().await.expect("one of two answers");
    assert!(asked.elapsed() < std::time::Duration::from_secs(60), "the engine's own limit: {:?}", asked.elapsed());
    assert_eq!(listed.instances.len(), 4, "what the good ones see");
    assert_eq!(listed.unknown.keys().collect::<Vec<_>>(), [&silent]);
}
