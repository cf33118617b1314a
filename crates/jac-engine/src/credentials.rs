//! Saving and forgetting AWS credentials. What comes in here never goes out again but to adapters.

use crate::clusters::conflict;
use crate::engine::Engine;
use crate::error::EngineError;
use jac_model::ports::{AssumedRole, AwsCredentials};
use jac_model::{Cluster, CredentialChoice};
use jac_store::{SavedAws, VaultError};
use serde::Deserialize;

/// AWS credentials to save. Keys come both or not at all; a role without keys is assumed with the environment's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewAwsCredentials {
    #[serde(default)]
    pub access_key_id: Option<String>,
    #[serde(default)]
    pub secret_access_key: Option<String>,
    /// Of temporary keys, those that begin with `ASIA`.
    #[serde(default)]
    pub session_token: Option<String>,
    /// A role to assume: `arn:aws:iam::123456789012:role/load`.
    #[serde(default)]
    pub role_arn: Option<String>,
    /// What the role's account wants to hear along.
    #[serde(default)]
    pub external_id: Option<String>,
    /// The region of clusters that name none.
    #[serde(default)]
    pub region: Option<String>,
}

impl std::fmt::Debug for NewAwsCredentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("NewAwsCredentials(…)")
    }
}

impl NewAwsCredentials {
    /// What a person pasted, without what came along at its ends.
    fn tidy(self) -> Self {
        let tidy = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        Self {
            access_key_id: tidy(self.access_key_id),
            secret_access_key: tidy(self.secret_access_key),
            session_token: tidy(self.session_token),
            role_arn: tidy(self.role_arn),
            external_id: tidy(self.external_id),
            region: tidy(self.region),
        }
    }

    /// Every fault, each a sentence. None of them repeats a secret.
    fn faults(&self) -> Vec<String> {
        let mut faults: Vec<&str> = Vec::new();
        match (&self.access_key_id, &self.secret_access_key) {
            (Some(_), None) => faults.push("The secret access key is missing."),
            (None, Some(_)) => faults.push("The access key id is missing."),
            (None, None) if self.role_arn.is_none() => {
                faults.push("Give an access key (its id and its secret), a role to assume, or both.");
            }
            (None, None) | (Some(_), Some(_)) => (),
        }
        if let Some(id) = &self.access_key_id {
            if !is_made_of(id, 128, |letter| letter.is_ascii_alphanumeric() || letter == '_') {
                faults.push("The access key id is none: it has letters and digits only, such as AKIAIOSFODNN7EXAMPLE.");
            }
            if id.starts_with("ASIA") && self.session_token.is_none() {
                faults.push("An access key that begins with ASIA works only with its session token.");
            }
        }
        if self.secret_access_key.as_ref().is_some_and(|secret| !is_made_of(secret, 256, |l| l.is_ascii_graphic())) {
            faults.push("The secret access key is none: there is a space or another unusual letter in it.");
        }
        match &self.session_token {
            Some(_) if self.access_key_id.is_none() => {
                faults.push("A session token goes with an access key, and there is none.");
            }
            Some(token) if !is_made_of(token, 8192, |letter| letter.is_ascii_graphic()) => {
                faults.push("The session token is none: there is a space or another unusual letter in it.");
            }
            _ => (),
        }
        if self.role_arn.as_ref().is_some_and(|arn| !is_role(arn)) {
            faults.push("The role is no ARN of one: give it as arn:aws:iam::123456789012:role/name.");
        }
        if let Some(id) = &self.external_id {
            if self.role_arn.is_none() {
                faults.push("An external id goes with a role, and there is none.");
            }
            // As the API reference of sts:AssumeRole has it.
            let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@:/-".contains(letter);
            if id.len() < 2 || !is_made_of(id, 1224, allowed) {
                faults.push("The external id is none: it has 2 to 1224 letters, digits and _+=,.@:/- only.");
            }
        }
        let in_regions = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if self.region.as_ref().is_some_and(|region| !is_made_of(region, 64, in_regions)) {
            faults.push("The region is none: give one such as eu-central-1.");
        }
        faults.into_iter().map(str::to_owned).collect()
    }

    fn credentials(self) -> AwsCredentials {
        let external_id = self.external_id;
        let role = self.role_arn.map(|arn| AssumedRole { arn, external_id });
        match (self.access_key_id, self.secret_access_key, role) {
            (Some(access_key_id), Some(secret_access_key), role) => {
                AwsCredentials::Keys { access_key_id, secret_access_key, session_token: self.session_token, role }
            }
            (_, _, Some(role)) => AwsCredentials::Role(role),
            (_, _, None) => AwsCredentials::Environment,
        }
    }
}

fn is_made_of(text: &str, longest: usize, allowed: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.len() <= longest && text.chars().all(allowed)
}

/// `arn:PARTITION:iam::ACCOUNT:role/PATH`.
fn is_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [start, partition, service, region, account, resource] = parts[..] else { return false };
    start == "arn"
        && partition.starts_with("aws")
        && service == "iam"
        && region.is_empty()
        && account.len() == 12
        && account.bytes().all(|digit| digit.is_ascii_digit())
        && resource.strip_prefix("role/").is_some_and(|name| is_made_of(name, 512, |letter| letter.is_ascii_graphic()))
}

impl Engine {
    /// What is saved, without its secrets.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn saved_aws(&self) -> Result<Option<SavedAws>, EngineError> {
        Ok(self.vault().saved_aws().await?)
    }

    /// Saves AWS credentials in the place of those that were saved before: a key is rotated, a session token renewed.
    ///
    /// # Errors
    /// When they cannot be credentials; all faults are told.
    pub async fn save_aws(&self, new: NewAwsCredentials) -> Result<Option<SavedAws>, EngineError> {
        let new = new.tidy();
        let faults = new.faults();
        if !faults.is_empty() {
            return Err(EngineError::Invalid {
                code: "credentials_invalid",
                message: faults.join(" "),
                hint: None,
                details: faults,
            });
        }
        let region = new.region.clone();
        let saved = self.vault().save_aws(&new.credentials(), region.as_deref(), self.now_ms()).await?;
        tracing::info!("AWS credentials were saved");
        Ok(saved)
    }

    /// Forgets the saved AWS credentials.
    ///
    /// # Errors
    /// While a cluster lives that was made with them: nobody could take it away any more.
    pub async fn delete_aws(&self) -> Result<(), EngineError> {
        let made_with_them: Vec<Cluster> =
            self.store().living_clusters().await?.into_iter().filter(lives_by_saved).collect();
        if !made_with_them.is_empty() {
            let names: Vec<String> =
                made_with_them.iter().map(|cluster| format!("'{}' ({})", cluster.name, cluster.id)).collect();
            return Err(conflict(
                format!("The credentials are still needed to take away {}.", names.join(", ")),
                Some("Terminate first what was made with them, or save others of the same account in their place."),
            ));
        }
        self.vault().delete_aws().await?;
        tracing::info!("the saved AWS credentials were deleted");
        Ok(())
    }

    /// What a new cluster's row says of its credentials: `saved` only where there are saved ones, so that those which
    /// are saved later do not become those of a cluster that was made without them.
    pub(crate) async fn resolve_credentials(&self, config: &mut jac_model::ClusterConfig) -> Result<(), EngineError> {
        if let Some(ec2) = &mut config.ec2
            && ec2.credentials == CredentialChoice::Saved
            && self.vault().saved_aws().await?.is_none()
        {
            ec2.credentials = CredentialChoice::Environment;
        }
        Ok(())
    }
}

fn lives_by_saved(cluster: &Cluster) -> bool {
    let choice = cluster.config.ec2.as_ref().map(|ec2| ec2.credentials);
    choice == Some(CredentialChoice::Saved)
}

impl From<VaultError> for EngineError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            other => Self::Vault(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> NewAwsCredentials {
        serde_json::from_str::<NewAwsCredentials>(json).expect("JSON").tidy()
    }

    #[test]
    fn keys_a_role_or_both_are_credentials() {
        for json in [
            r#"{"access_key_id": " AKIAIOSFODNN7EXAMPLE\n", "secret_access_key": "wJalrXUtnFEMI/K7MDENG"}"#,
            r#"{"role_arn": "arn:aws-cn:iam::123456789012:role/path/load", "external_id": "a:b"}"#,
            r#"{"access_key_id": "ASIA1", "secret_access_key": "s", "session_token": "t", "role_arn": "arn:aws:iam::123456789012:role/load", "region": ""}"#,
        ] {
            assert_eq!(read(json).faults(), Vec::<String>::new(), "{json}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once_and_none_repeats_a_secret() {
        let bad = read(
            r#"{"access_key_id": "ASIA 1", "session_token": "to ken", "role_arn": "arn:aws:iam::1:user/x", "external_id": "!", "region": "Frankfurt"}"#,
        );
        assert_eq!(bad.faults().len(), 6, "{:#?}", bad.faults());
        assert!(!bad.faults().join(" ").contains("to ken") && !format!("{bad:?}").contains("ASIA"));
        for (json, fault) in [
            ("{}", "Give an access key"),
            (r#"{"secret_access_key": "s"}"#, "access key id is missing"),
            (r#"{"secret_access_key": "s e", "access_key_id": "AKIA1"}"#, "a space"),
            (r#"{"role_arn": "arn:aws:iam::123456789012:role/x", "session_token": "t"}"#, "goes with an access key"),
            (r#"{"access_key_id": "AKIA1", "secret_access_key": "s", "external_id": "abc"}"#, "goes with a role"),
        ] {
            let faults = read(json).faults();
            assert!(faults.len() == 1 && faults[0].contains(fault), "{json}: {faults:?}");
        }
    }
}
