//! Credentials that expire or are revoked, and are replaced meanwhile: what failed with the old ones is repeated with
//! the new ones.

use super::recorded::{Answer, Recorded, SIGNED_WITH, Words};
use super::{all_is_well, cloud, cluster, config, requests};
use crate::aws::Clients;
use crate::boot::Seen;
use crate::cloud::Ec2Cloud;
use async_trait::async_trait;
use jac_model::CredentialChoice;
use jac_model::ports::{AssumedRole, AwsCredentials, Cloud, CredentialSource, PortError};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

const OLD: &str = "AKIAOLD";
const NEW: &str = "AKIANEW";

/// One saved set, with the key that was saved last.
struct Replaced(Mutex<&'static str>);

impl Replaced {
    fn save(&self, key: &'static str) {
        *self.0.lock().expect("no panic") = key;
    }
}

#[async_trait]
impl CredentialSource for Replaced {
    async fn aws(&self, _: &CredentialChoice) -> Result<(AwsCredentials, Option<String>), PortError> {
        let access_key_id = (*self.0.lock().expect("no panic")).to_owned();
        let secret_access_key = format!("the secret of {access_key_id}");
        let keys = AwsCredentials::Keys { access_key_id, secret_access_key, session_token: None, role: None };
        Ok((keys, Some("us-east-1".to_owned())))
    }

    async fn ssh_key(&self, _: &str) -> Result<String, PortError> {
        unreachable!("machines of EC2 have keys of their own")
    }

    async fn all_aws(&self) -> Result<Vec<CredentialChoice>, PortError> {
        Ok(vec![choice()])
    }

    fn seal(&self, _: &str, secret: &[u8]) -> Result<Vec<u8>, PortError> {
        Ok(secret.to_vec())
    }

    fn open(&self, _: &str, sealed: &[u8]) -> Result<Vec<u8>, PortError> {
        Ok(sealed.to_vec())
    }
}

fn choice() -> CredentialChoice {
    CredentialChoice::Set("k-1".to_owned())
}

/// A cloud with these responses, whatever clients it creates.
fn cloud_over(folder: &Path, aws: &Recorded) -> (Ec2Cloud, Arc<Replaced>) {
    let source = Arc::new(Replaced(Mutex::new(OLD)));
    let mut cloud = cloud(folder);
    cloud.clients = Clients::over(Arc::clone(&source) as Arc<dyn CredentialSource>, aws.connector());
    (cloud, source)
}

/// AWS rejects calls signed with the old key once it has expired.
fn refuses_old(is_over: Arc<Mutex<bool>>, no_machines: bool) -> Recorded {
    Recorded::new(move |words: &Words| {
        let signed_with_old = words.get(SIGNED_WITH).is_some_and(|key| key == OLD);
        if signed_with_old && *is_over.lock().expect("no panic") {
            return Answer::Refused(403, "RequestExpired", "the token has expired");
        }
        match words["Action"].as_str() {
            "DescribeInstances" if no_machines => Answer::Done("<DescribeInstancesResponse/>"),
            "DescribeSecurityGroups" => Answer::Done("<DescribeSecurityGroupsResponse/>"),
            "DeleteSecurityGroup" => Answer::Done("<DeleteSecurityGroupResponse/>"),
            _ => all_is_well(words),
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_could_not_be_ended_with_expired_credentials_ends_with_those_that_replace_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let is_over = Arc::new(Mutex::new(false));
    let aws = refuses_old(Arc::clone(&is_over), true);
    let (cloud, source) = cloud_over(folder.path(), &aws);
    let config = jac_model::Ec2Config { credentials: choice(), ..config() };
    let asked = requests("Friday's", 1);
    let client = cloud.clients.of(&choice(), None).await.expect("clients");
    let record = cloud.prepare(&client, &config, &asked).await.expect("it is written down");
    assert!(cloud.ask(&client, &record, &asked, &|_, _| ()).await.expect("an answer for each").is_empty());
    // So long ago that unlisted machines are not waited for.
    let launched_before = |record: &mut crate::record::ClusterRecord| {
        record.nodes.iter_mut().for_each(|node| node.asked_ms = Some(1));
    };
    cloud.records.change(&cluster(), launched_before).await.expect("it is written");

    *is_over.lock().expect("no panic") = true;
    for _ in 0..2 {
        let refused = cloud.terminate(&cluster()).await.expect_err("they have expired");
        assert!(matches!(refused, PortError::Retryable { .. }), "{refused}");
        assert!(cloud.records.read(&cluster()).expect("it is read").is_some(), "what it knows of them is kept");
    }
    cloud.list().await.expect_err("nothing can be listed");
    source.save(NEW);
    cloud.list().await.expect("with the new ones it can");
    cloud.terminate(&cluster()).await.expect("it ends");
    let last = aws.asked("DeleteSecurityGroup");
    assert!(last.len() == 1 && last[0][SIGNED_WITH] == NEW, "{last:?}");
    assert!(cloud.records.read(&cluster()).expect("it is read").is_none());
}

#[tokio::test(start_paused = true)]
async fn machines_that_boot_are_looked_at_with_the_credentials_of_now() {
    let folder = tempfile::tempdir().expect("a folder");
    let aws = refuses_old(Arc::new(Mutex::new(true)), false);
    let (cloud, source) = cloud_over(folder.path(), &aws);
    let record = super::living(cluster(), choice(), "us-east-1");
    cloud.records.write(record.clone()).await.expect("it is written");
    let (send, mut seen) = watch::channel(Seen::new());
    let looking = tokio::time::timeout(Duration::from_secs(60), cloud.keep_looking(&record, send));
    let waiting = async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert!(seen.borrow_and_update().is_empty(), "they have expired");
        source.save(NEW);
        seen.changed().await.expect("somebody looks");
        seen.borrow().len()
    };
    let found = tokio::select! {
        found = waiting => found,
        _ = looking => panic!("never: the machines are seen"),
    };
    assert_eq!(found, 1);
}

/// Keys for assuming a role.
struct WithRole;

#[async_trait]
impl CredentialSource for WithRole {
    async fn aws(&self, _: &CredentialChoice) -> Result<(AwsCredentials, Option<String>), PortError> {
        let role = AssumedRole { arn: "arn:aws:iam::111122223333:role/load".to_owned(), external_id: None };
        let (access_key_id, secret_access_key) = (OLD.to_owned(), "secret".to_owned());
        let keys = AwsCredentials::Keys { access_key_id, secret_access_key, session_token: None, role: Some(role) };
        Ok((keys, Some("us-east-1".to_owned())))
    }

    async fn ssh_key(&self, _: &str) -> Result<String, PortError> {
        unreachable!("machines of EC2 have keys of their own")
    }

    async fn all_aws(&self) -> Result<Vec<CredentialChoice>, PortError> {
        Ok(vec![choice()])
    }

    fn seal(&self, _: &str, secret: &[u8]) -> Result<Vec<u8>, PortError> {
        Ok(secret.to_vec())
    }

    fn open(&self, _: &str, sealed: &[u8]) -> Result<Vec<u8>, PortError> {
        Ok(sealed.to_vec())
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_that_nobody_answers_for_is_not_a_refused_one() {
    const DENIED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error>\
        <RequestId>r</RequestId></ErrorResponse>";
    const THROTTLED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message>\
        </Error><RequestId>r</RequestId></ErrorResponse>";
    for (answer, is_refused) in
        [(Answer::Recorded(403, DENIED), true), (Answer::Recorded(400, THROTTLED), false), (Answer::Cut, false)]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let recorded = answer.clone();
        let aws = Recorded::new(move |words| match words["Action"].as_str() {
            "AssumeRole" => recorded.clone(),
            other => panic!("nobody asks for {other} without a role"),
        });
        let mut cloud = cloud(folder.path());
        cloud.clients = Clients::over(Arc::new(WithRole), aws.connector());
        cloud.records.remember("us-east-1", &choice()).await.expect("it is kept");
        let ended = cloud.terminate(&cluster()).await;
        assert_eq!(ended.is_ok(), is_refused, "{answer:?}: {ended:?}");
        assert!(!aws.asked("AssumeRole").is_empty(), "{answer:?}");
    }
}
