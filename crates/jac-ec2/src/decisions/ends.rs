//! Terminations: every machine, group, image and snapshot is removed, including those that AWS has not listed yet.

use super::recorded::{Answer, Recorded};
use super::{NOT_FOUND, all_is_well, cloud, cluster, config, requests};
use crate::machines::{self, InstanceState};
use crate::{ending, network};
use jac_model::CredentialChoice;
use jac_model::ports::{AwsCredentials, Cloud};
use std::sync::Mutex;
use tokio::time::Instant;

const REGION: &str = "us-east-1";
const NO_MACHINES: &str = "<DescribeInstancesResponse/>";
const NO_GROUPS: &str = "<DescribeSecurityGroupsResponse/>";

#[tokio::test]
async fn of_many_machines_the_one_that_is_gone_is_found_by_halves_and_the_others_end() {
    for (count, most_calls) in [(2, 3), (200, 17)] {
        let gone = format!("i-{}", count - 1);
        let unknown = gone.clone();
        let aws = Recorded::new(move |words| match words.values().any(|value| *value == unknown) {
            true => Answer::Recorded(400, NOT_FOUND),
            false => all_is_well(words),
        });
        let ids = (0..count).map(|number| format!("i-{number}")).collect();
        ending::end(&aws.aws(), ids).await.expect("one is gone, the others end");
        let asked = aws.asked("TerminateInstances");
        assert!(asked.len() <= most_calls, "{count}: {} calls", asked.len());
        let done = asked.iter().filter(|words| !words.values().any(|value| *value == gone));
        let mut ended: Vec<&String> = done
            .flat_map(|words| words.iter().filter(|(name, _)| name.starts_with("InstanceId.")).map(|(_, id)| id))
            .collect();
        ended.sort();
        ended.dedup();
        assert_eq!(ended.len(), count - 1, "{ended:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_the_cluster_does_without_ends_although_the_answer_to_its_launch_was_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let aws = Recorded::new(all_is_well);
    let shown = machines::of_cluster(&aws.aws(), super::INSTALLATION, &cluster()).await.expect("a list");
    let [machine] = shown.as_slice() else { panic!("{shown:?}") };
    assert_eq!(machine.state, InstanceState::Running);
    let cloud = cloud(folder.path());
    let mut asked = requests("Friday's", 1);
    asked[2].name.clone_from(&machine.tags.node);
    let asked_for = machine.tags.node.clone();
    let cut = Recorded::new(move |words| match words["Action"].as_str() {
        "RunInstances" if words.values().any(|value| *value == asked_for) => Answer::Cut,
        _ => all_is_well(words),
    });
    let record = cloud.prepare(&cut.aws(), &config(), &asked).await.expect("it is written down");
    let failed = cloud.ask(&cut.aws(), &record, &asked, &|_, _| ()).await.expect("two of three");
    assert_eq!(failed.iter().map(|(name, _)| name).collect::<Vec<_>>(), [&machine.tags.node]);
    let record = cloud.known(&cluster()).expect("a record");
    cloud.drop_nodes(&aws.aws(), &record, &[&machine.tags.node]).await.expect("it is dropped");
    let ended = aws.asked("TerminateInstances");
    let ids: Vec<&String> = ended.iter().map(|words| &words["InstanceId.1"]).collect();
    assert_eq!(ids, [&machine.id], "it costs money until the cluster ends");
    let left = cloud.known(&cluster()).expect("a record").nodes;
    assert!(left.len() == 2 && left.iter().all(|node| node.name != machine.tags.node), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_too_new_to_be_listed_goes_with_the_cluster_whose_launch_was_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let deletions = Mutex::new(0);
    let aws = Recorded::new(move |words| match words["Action"].as_str() {
        "RunInstances" => Answer::Refused(403, "UnauthorizedOperation", "no"),
        "DescribeInstances" => Answer::Done(NO_MACHINES),
        "DescribeSecurityGroups" => Answer::Done(NO_GROUPS),
        "DeleteSecurityGroup" => {
            let mut deletions = deletions.lock().expect("no panic");
            *deletions += 1;
            match *deletions {
                1..=2 => Answer::Refused(400, "InvalidGroup.NotFound", "not yet"),
                _ => Answer::Done("<DeleteSecurityGroupResponse/>"),
            }
        }
        _ => all_is_well(words),
    });
    let cloud = cloud(folder.path());
    let asked = requests("Friday's", 1);
    let record = cloud.prepare(&aws.aws(), &config(), &asked).await.expect("it is written down");
    cloud.ask(&aws.aws(), &record, &asked, &|_, _| ()).await.expect("an answer for each");
    let choice = record.config.credentials.clone();
    cloud.clients.keep(choice, Some(REGION), AwsCredentials::Environment, aws.aws()).await;
    cloud.terminate(&cluster()).await.expect("it ends");
    let deleted = aws.asked("DeleteSecurityGroup");
    let own = record.own_group().expect("it was made");
    assert!(deleted.len() == 3 && deleted.iter().all(|words| words["GroupId"] == own), "{deleted:?}");

    // A group that is gone is not waited for endlessly.
    let gone = Recorded::new(|words| match words["Action"].as_str() {
        "DescribeSecurityGroups" => Answer::Done(NO_GROUPS),
        _ => Answer::Refused(400, "InvalidGroup.NotFound", "none"),
    });
    let began = Instant::now();
    network::remove_groups(&gone.aws(), &cluster(), Some("sg-1")).await.expect("it is gone");
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_rule_of_a_group_that_is_gone_holds_up_no_look_at_the_machines() {
    let gone = Recorded::new(|_| Answer::Refused(400, "InvalidGroup.NotFound", "none"));
    let began = Instant::now();
    network::move_ssh(&gone.aws(), "sg-1", None, "198.51.100.2/32").await.expect_err("there is no such group");
    assert_eq!((began.elapsed().as_secs(), gone.asked("AuthorizeSecurityGroupIngress").len()), (0, 1));
}

const IMAGE: &str = "<DescribeImagesResponse><imagesSet><item><imageId>ami-1</imageId><imageState>available</imageState>\
    <tagSet><item><key>jac:installation</key><value>an-installation</value></item></tagSet><blockDeviceMapping>\
    <item><ebs><snapshotId>snap-1</snapshotId></ebs></item><item><ebs><snapshotId>snap-2</snapshotId></ebs></item>\
    </blockDeviceMapping></item></imagesSet></DescribeImagesResponse>";

#[tokio::test]
async fn an_image_goes_with_its_snapshots_and_one_that_stays_is_named() {
    for fails in [false, true] {
        let folder = tempfile::tempdir().expect("a folder");
        let aws = Recorded::new(move |words| match words["Action"].as_str() {
            "DescribeImages" => Answer::Done(IMAGE),
            "DeregisterImage" => Answer::Done("<DeregisterImageResponse/>"),
            "DeleteSnapshot" if fails && words["SnapshotId"] == "snap-1" => {
                Answer::Refused(403, "UnauthorizedOperation", "no")
            }
            // As after the call that removed the image with them.
            "DeleteSnapshot" => Answer::Refused(400, "InvalidSnapshot.NotFound", "it is gone"),
            _ => all_is_well(words),
        });
        let cloud = cloud(folder.path());
        let choice = CredentialChoice::Environment;
        cloud.clients.keep(choice, Some(REGION), AwsCredentials::Environment, aws.aws()).await;
        let removed = cloud.remove_image(REGION, "ami-1").await;
        assert_eq!(aws.asked("DeregisterImage")[0]["DeleteAssociatedSnapshots"], "true");
        let asked: Vec<String> = aws.asked("DeleteSnapshot").iter().map(|words| words["SnapshotId"].clone()).collect();
        assert_eq!(asked, ["snap-1", "snap-2"], "one that cannot be deleted keeps no other");
        match removed {
            Ok(()) => assert!(!fails),
            Err(error) => assert!(fails && error.to_string().contains("snap-1"), "{error}"),
        }
    }
}
