//! An image whose creation is requested once exists once, however many responses are lost.

use super::recorded::{Answer, Recorded, Words};
use super::{cloud, cluster};
use crate::record::{KindRecord, NodeRecord};
use jac_model::ports::{AwsCredentials, Cloud, PortError};
use jac_model::{CredentialChoice, NodeImage, Role};
use std::path::Path;
use std::sync::{Arc, Mutex};

const MADE: &str = "<CreateImageResponse><imageId>ami-made</imageId></CreateImageResponse>";

/// An account in which images have unique names, as in EC2: by name, with ID and tags.
#[derive(Clone, Default)]
struct Account(Arc<Mutex<Vec<(String, String, String)>>>);

impl Account {
    /// Creates the requested image; `false`: the name is taken.
    fn make(&self, words: &Words) -> bool {
        let mut images = self.0.lock().expect("no panic");
        if images.iter().any(|(name, ..)| *name == words["Name"]) {
            return false;
        }
        let part = |number: u32, what: &str| words.get(&format!("TagSpecification.1.Tag.{number}.{what}"));
        let tags = (1..).map_while(|number| Some((part(number, "Key")?, part(number, "Value")?)));
        let tags: String =
            tags.map(|(key, value)| format!("<item><key>{key}</key><value>{value}</value></item>")).collect();
        images.push((words["Name"].clone(), "ami-made".to_owned(), tags));
        true
    }

    fn listed(&self, name: &str) -> String {
        let images = self.0.lock().expect("no panic");
        let named = images.iter().filter(|(of, ..)| of == name);
        let items = named.map(|(name, id, tags)| {
            format!("<item><imageId>{id}</imageId><name>{name}</name><tagSet>{tags}</tagSet></item>")
        });
        format!("<DescribeImagesResponse><imagesSet>{}</imagesSet></DescribeImagesResponse>", items.collect::<String>())
    }
}

/// An AWS that creates the image and loses this many of its responses.
fn losing(account: &Account, lost: u32) -> Recorded {
    let (account, lost) = (account.clone(), Mutex::new(lost));
    Recorded::new(move |words| match words["Action"].as_str() {
        "CreateImage" => {
            let is_made = account.make(words);
            let mut lost = lost.lock().expect("no panic");
            if *lost > 0 {
                *lost -= 1;
                return Answer::Cut;
            }
            match is_made {
                true => Answer::Done(MADE),
                false => Answer::Refused(400, "InvalidAMIName.Duplicate", "AMI name is already in use by AMI ami-made"),
            }
        }
        "DescribeImages" => {
            assert_eq!(words["Filter.1.Name"], "name");
            Answer::Done(String::leak(account.listed(&words["Filter.1.Value.1"])))
        }
        other => panic!("nobody asks for {other}"),
    })
}

async fn bake(folder: &Path, aws: &Recorded) -> Result<NodeImage, PortError> {
    let cloud = cloud(folder);
    let choice = CredentialChoice::Environment;
    let mut record = super::living(cluster(), choice.clone(), "us-east-1");
    record.nodes = vec![master()];
    cloud.records.write(record).await.expect("it is written");
    cloud.clients.keep(choice, Some("us-east-1"), AwsCredentials::Environment, aws.aws()).await;
    cloud.bake(&cluster(), "shop 1", "JMeter").await
}

fn master() -> NodeRecord {
    let (name, image, root_device) = ("c6i.large".to_owned(), "ami-1".to_owned(), "/dev/sda1".to_owned());
    NodeRecord {
        name: "master".to_owned(),
        role: Role::Master,
        kind: KindRecord { name, image, root_device, memory_mb: 4096 },
        subnet: None,
        is_moved: false,
        asked_ms: Some(1),
        instance: Some("i-master".to_owned()),
        is_up: true,
        ssh_address: None,
        private_address: None,
        zone: None,
    }
}

#[tokio::test(start_paused = true)]
async fn an_image_whose_answer_was_lost_is_found_and_one_that_another_request_made_is_not_taken_for_it() {
    // No response is lost; one, so that the SDK retries; all.
    for lost in [0, 1, 3] {
        let (folder, account) = (tempfile::tempdir().expect("a folder"), Account::default());
        let aws = losing(&account, lost);
        let baked = bake(folder.path(), &aws).await.unwrap_or_else(|error| panic!("{lost} lost: {error}"));
        assert_eq!((baked.id.as_str(), baked.name.as_str()), ("ami-made", "shop 1"));
        let bodies = aws.bodies("CreateImage");
        assert!(bodies.iter().all(|body| *body == bodies[0]), "asked again, word for word");
        // Under a name that is taken already, even by the same master, no image is created.
        let again = losing(&account, 0);
        let refused = bake(folder.path(), &again).await.expect_err("there is one");
        assert!(matches!(refused, PortError::Refused { .. }), "{refused}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let silent = Recorded::new(|words| match words["Action"].as_str() {
        "CreateImage" => Answer::Cut,
        _ => Answer::Done("<DescribeImagesResponse><imagesSet/></DescribeImagesResponse>"),
    });
    let unanswered = bake(folder.path(), &silent).await.expect_err("nobody answered, and nothing was made");
    assert!(matches!(unanswered, PortError::Unreachable { .. }), "{unanswered}");
    assert!(!silent.asked("DescribeImages").is_empty());
}
