//! Amazon EC2 instances: the configuration of a cluster of the provider `ec2`.

use crate::Fault;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Configuration of a cluster's EC2 instances. Everything except the region has a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(default))]
pub struct Ec2Config {
    /// `eu-central-1`…; `null`: the region of the credentials or of the server's environment.
    pub region: Option<String>,
    /// `saved` (the owner's only set, or the one named `default`), `environment`, or the id of a set.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub credentials: CredentialChoice,
    /// Instance type of the master, which receives every worker's samples.
    pub master_type: String,
    /// The instance type of each worker.
    pub worker_type: String,
    /// Instance types for workers that AWS has no capacity of that type for, in order of preference.
    pub fallback_worker_types: Vec<String>,
    /// Image that the instances boot.
    pub image: Ec2Image,
    /// `vpc-…`; `null`: the region's default VPC, or the one of the subnets.
    pub vpc: Option<String>,
    /// `subnet-…`: nodes are spread across them; none: a default subnet of the VPC.
    pub subnets: Vec<String>,
    /// `sg-…`, one that lets the server connect to port 22 and the nodes connect to each other; `null`: JAC creates one
    /// and deletes it.
    pub security_group: Option<String>,
    /// The address of an instance that JAC connects to.
    pub addresses: Ec2Addresses,
    /// CIDR block that may connect over SSH; `null`: the server's own address, detected automatically.
    pub ssh_from: Option<String>,
    /// The size of each machine's disk in GB.
    pub disk_gb: u32,
    /// A key pair of the account, for signing in manually as the image's default user. JAC does not need it: it creates
    /// a key for each cluster.
    pub key_name: Option<String>,
    /// Use Spot instances, which AWS may interrupt at any time.
    pub spot: bool,
    /// Additional tags of all resources.
    pub tags: BTreeMap<String, String>,
    /// Tolerated worker launch failures; the cluster then consists of the others.
    pub workers_may_fail: u32,
}

/// The credentials that the instances are created with.
///
/// As text: `saved`, `environment`, or the ID of a set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum CredentialChoice {
    /// The owner's only set, or the set named `default`; the credentials of the server's environment if the owner has
    /// no set. When a cluster is created, this becomes one of the other choices. In rows of earlier versions: the only
    /// set that existed.
    #[default]
    Saved,
    /// Those of the server's environment: variables, profile, role of the machine.
    Environment,
    /// The set of that id.
    Set(String),
}

impl CredentialChoice {
    /// The set that was the only one before people had their own.
    pub const FIRST_SET: &str = "aws";

    /// The id of the set that this is.
    pub fn set(&self) -> Option<&str> {
        match self {
            Self::Saved => Some(Self::FIRST_SET),
            Self::Environment => None,
            Self::Set(id) => Some(id),
        }
    }
}

impl From<String> for CredentialChoice {
    fn from(text: String) -> Self {
        match text.as_str() {
            "saved" => Self::Saved,
            "environment" => Self::Environment,
            _ => Self::Set(text),
        }
    }
}

impl From<CredentialChoice> for String {
    fn from(choice: CredentialChoice) -> Self {
        match choice {
            CredentialChoice::Saved => "saved".to_owned(),
            CredentialChoice::Environment => "environment".to_owned(),
            CredentialChoice::Set(id) => id,
        }
    }
}

/// The system of the machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Ec2Image {
    /// `ami-…`, with systemd, cloud-init and sshd.
    Id(String),
    /// The newest image of a distribution for the instance type's architecture.
    Newest(Distribution),
}

/// A distribution whose images are found by their owner and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Distribution {
    /// Debian 12.
    Debian12,
    /// Ubuntu 24.04 LTS.
    Ubuntu2404,
    /// Amazon Linux 2023.
    AmazonLinux2023,
}

/// An image that JAC created, with Java and JMeter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeImage {
    /// `ami-…`.
    pub id: String,
    pub region: String,
    pub name: String,
    /// Short description of its content.
    pub description: String,
    /// `x86_64` or `arm64`; empty while it is unknown.
    pub architecture: String,
    pub state: ImageState,
    /// The time that AWS reports, RFC 3339.
    pub created_at: Option<String>,
    /// The disk that it needs, in GB. The storage of its snapshot is billed by the data it contains.
    pub size_gb: Option<u32>,
}

/// Whether an image can be booted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ImageState {
    /// It is being created, which takes some minutes.
    Pending,
    Available,
    /// AWS could not create it.
    Failed,
}

/// The address of an instance that JAC connects to. JMeter's own traffic between nodes always uses the private
/// addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Ec2Addresses {
    /// Machines get a public address, so that they are reached from anywhere.
    #[default]
    Public,
    /// Machines get none: the server is in their network, or joined to it.
    Private,
}

impl Default for Ec2Config {
    fn default() -> Self {
        Self {
            region: None,
            credentials: CredentialChoice::default(),
            master_type: "c6i.xlarge".to_owned(),
            worker_type: "c6i.large".to_owned(),
            fallback_worker_types: Vec::new(),
            image: Ec2Image::Newest(Distribution::Debian12),
            vpc: None,
            subnets: Vec::new(),
            security_group: None,
            addresses: Ec2Addresses::default(),
            ssh_from: None,
            disk_gb: 20,
            key_name: None,
            spot: false,
            tags: BTreeMap::new(),
            workers_may_fail: 0,
        }
    }
}

impl Ec2Config {
    /// EC2's limits of a tag, see "Tag restrictions" in its user guide; ten of the fifty are JAC's own.
    const MAX_TAGS: usize = 40;
    /// More fallback types than anybody needs; each is looked up before a launch.
    const MAX_FALLBACK_TYPES: usize = 10;

    /// Every fault that shows without asking AWS, with fields within this.
    pub(crate) fn faults(&self, workers: u32) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Some(region) = &self.region
            && !is_word(region, |letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
        {
            let message = format!("Invalid region '{region}'. Expected e.g. eu-central-1.");
            faults.push(Fault::at("/region", Fault::MALFORMED, message));
        }
        if let CredentialChoice::Set(id) = &self.credentials
            && !is_word(id, |letter| letter.is_ascii_alphanumeric() || letter == '-')
        {
            let message = "Invalid credentials. Expected `saved`, `environment` or the ID of a saved set.";
            faults.push(Fault::at("/credentials", Fault::MALFORMED, message));
        }
        if self.fallback_worker_types.len() > Self::MAX_FALLBACK_TYPES {
            let (types, most) = (self.fallback_worker_types.len(), Self::MAX_FALLBACK_TYPES);
            let message = format!("Too many fallback worker types ({types}): at most {most}.");
            faults.push(Fault::at("/fallback_worker_types", Fault::OUT_OF_RANGE, message));
        }
        let fallbacks = self.fallback_worker_types.iter().enumerate();
        let fallbacks = fallbacks.map(|(place, kind)| (format!("/fallback_worker_types/{place}"), "workers", kind));
        let first = [("/master_type", "master", &self.master_type), ("/worker_type", "workers", &self.worker_type)];
        let first = first.map(|(field, role, kind)| (field.to_owned(), role, kind));
        for (field, role, kind) in first.into_iter().chain(fallbacks) {
            let letters =
                |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || ".-".contains(letter);
            if !is_word(kind, letters) || !kind.contains('.') {
                let message = format!("Invalid instance type '{kind}' for the {role}. Expected e.g. c6i.large.");
                faults.push(Fault::at(&field, Fault::MALFORMED, message));
            }
        }
        let image = match &self.image {
            Ec2Image::Id(id) => Some(id),
            Ec2Image::Newest(_) => None,
        };
        let subnets = self.subnets.iter().enumerate().map(|(place, id)| (format!("/subnets/{place}"), "subnet-", id));
        let ids = subnets
            .chain(self.vpc.iter().map(|id| ("/vpc".to_owned(), "vpc-", id)))
            .chain(self.security_group.iter().map(|id| ("/security_group".to_owned(), "sg-", id)))
            .chain(image.map(|id| ("/image".to_owned(), "ami-", id)));
        for (field, prefix, id) in ids {
            let rest = id.strip_prefix(prefix);
            if rest.is_none_or(|rest| !is_word(rest, |letter| letter.is_ascii_alphanumeric())) {
                let message = format!("Invalid ID '{id}'. Must start with {prefix}.");
                faults.push(Fault::at(&field, Fault::MALFORMED, message));
            }
        }
        if let Some(block) = &self.ssh_from
            && !is_block(block)
        {
            let message = format!("Invalid CIDR block '{block}'. Expected e.g. 203.0.113.7/32.");
            faults.push(Fault::at("/ssh_from", Fault::MALFORMED, message));
        }
        if !(8..=16_384).contains(&self.disk_gb) {
            let message = format!("Invalid disk size of {} GB. Expected 8 to 16384 GB.", self.disk_gb);
            faults.push(Fault::at("/disk_gb", Fault::OUT_OF_RANGE, message));
        }
        if self.tags.len() > Self::MAX_TAGS {
            let message = format!("Too many tags ({}): at most {}.", self.tags.len(), Self::MAX_TAGS);
            faults.push(Fault::at("/tags", Fault::OUT_OF_RANGE, message));
        }
        for (name, value) in &self.tags {
            let own = name.starts_with("jac:") || name.to_ascii_lowercase().starts_with("aws:") || name == "Name";
            if own || name.is_empty() || name.chars().count() > 127 || value.chars().count() > 255 {
                let message = format!(
                    "Invalid tag '{name}'. The name must have 1 to 127 characters, must not start with jac: or aws: \
                     and must not be Name; the value can have at most 255."
                );
                faults.push(Fault::at("/tags", Fault::MALFORMED, message));
            }
        }
        if self.workers_may_fail > workers {
            let message =
                format!("{} tolerated launch failures, but the cluster has {workers} workers.", self.workers_may_fail);
            faults.push(Fault::at("/workers_may_fail", Fault::OUT_OF_RANGE, message));
        } else if workers > 0 && self.workers_may_fail == workers {
            let message = "At least one worker must launch. Tolerate fewer failures.";
            faults.push(Fault::at("/workers_may_fail", Fault::OUT_OF_RANGE, message));
        }
        faults
    }
}

fn is_word(text: &str, allowed: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.len() <= 64 && text.chars().all(allowed)
}

/// `a.b.c.d/n`.
fn is_block(text: &str) -> bool {
    text.split_once('/').is_some_and(|(address, length)| {
        address.parse::<std::net::Ipv4Addr>().is_ok() && length.parse::<u8>().is_ok_and(|length| length <= 32)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_has_no_fault_and_can_be_written_as_nothing() {
        assert!(Ec2Config::default().faults(2).is_empty());
        assert_eq!(serde_json::from_str::<Ec2Config>("{}").expect("all has a default"), Ec2Config::default());
    }

    #[test]
    fn an_image_is_an_id_or_a_distribution() {
        let config: Ec2Config =
            serde_json::from_str(r#"{"image": {"id": "ami-0123456789abcdef0"}, "addresses": "private"}"#)
                .expect("it is");
        assert_eq!(config.image, Ec2Image::Id("ami-0123456789abcdef0".to_owned()));
        let config: Ec2Config = serde_json::from_str(r#"{"image": {"newest": "ubuntu2404"}}"#).expect("it is");
        assert_eq!(config.image, Ec2Image::Newest(Distribution::Ubuntu2404));
    }

    #[test]
    fn all_faults_are_reported_at_once() {
        let config = Ec2Config {
            region: Some("Frankfurt".to_owned()),
            master_type: "big".to_owned(),
            worker_type: "c6i.large; rm".to_owned(),
            fallback_worker_types: vec!["c5.large".to_owned(), "c5".to_owned()],
            image: Ec2Image::Id("debian".to_owned()),
            vpc: Some("subnet-1".to_owned()),
            subnets: vec!["subnet-".to_owned()],
            security_group: Some("sg 1".to_owned()),
            ssh_from: Some("everywhere".to_owned()),
            disk_gb: 1,
            tags: BTreeMap::from([("aws:x".to_owned(), String::new())]),
            workers_may_fail: 3,
            ..Ec2Config::default()
        };
        assert_eq!(config.faults(2).len(), 12, "{:#?}", config.faults(2));
        let config = Ec2Config { workers_may_fail: 2, ..Ec2Config::default() };
        assert_eq!(config.faults(2).len(), 1, "one has to come up");
    }
}
