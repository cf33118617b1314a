//! Saving, testing and deleting credentials. Secrets are never returned, except to adapters.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::titles;
use jac_model::ports::{AssumedRole, AwsCredentials, PortError};
use jac_model::{Cluster, ClusterConfig, CredentialChoice, Fault, Named, Person, Provider, sentence};
use jac_store::{CredentialKind, CredentialRow, NewSet, Secret, VaultError};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::timeout;

/// Time limit for AWS to report the identity of credentials, including the assumption of a role: a user waits for it.
const TEST_LIMIT: Duration = Duration::from_secs(15);

/// AWS credentials to save. Give both keys or neither; a role without keys is assumed with the environment's credentials.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewAwsCredentials {
    #[serde(default)]
    pub access_key_id: Option<String>,
    #[serde(default)]
    pub secret_access_key: Option<String>,
    /// Only for temporary keys, which begin with `ASIA`.
    #[serde(default)]
    pub session_token: Option<String>,
    /// A role to assume: `arn:aws:iam::123456789012:role/load`.
    #[serde(default)]
    pub role_arn: Option<String>,
    /// The external ID that the role requires.
    #[serde(default)]
    pub external_id: Option<String>,
    /// Default region of clusters that use it.
    #[serde(default)]
    pub region: Option<String>,
}

impl std::fmt::Debug for NewAwsCredentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("NewAwsCredentials(…)")
    }
}

impl NewAwsCredentials {
    /// The pasted text without white space at its ends.
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

    /// Every fault, with fields within this. None of them repeats a secret.
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, code: &str, message: &str| faults.push(Fault::at(field, code, message));
        match (&self.access_key_id, &self.secret_access_key) {
            (Some(_), None) => fault("/secret_access_key", Fault::MISSING, "The secret access key is missing."),
            (None, Some(_)) => fault("/access_key_id", Fault::MISSING, "The access key ID is missing."),
            (None, None) if self.role_arn.is_none() => {
                let message = "Give an access key (its ID and its secret), a role to assume, or both.";
                fault("/access_key_id", Fault::MISSING, message);
            }
            (None, None) | (Some(_), Some(_)) => (),
        }
        if let Some(id) = &self.access_key_id {
            if !is_made_of(id, 128, |letter| letter.is_ascii_alphanumeric() || letter == '_') {
                let message = "Invalid access key ID. Expected letters and digits, e.g. AKIAIOSFODNN7EXAMPLE.";
                fault("/access_key_id", Fault::MALFORMED, message);
            }
            if id.starts_with("ASIA") && self.session_token.is_none() {
                let message = "Temporary access keys (ASIA…) need their session token.";
                fault("/session_token", Fault::MISSING, message);
            }
        }
        if self.secret_access_key.as_ref().is_some_and(|secret| !is_made_of(secret, 256, |l| l.is_ascii_graphic())) {
            let message = "Invalid secret access key: it contains a space or another invalid character.";
            fault("/secret_access_key", Fault::MALFORMED, message);
        }
        match &self.session_token {
            Some(_) if self.access_key_id.is_none() => {
                fault("/access_key_id", Fault::MISSING, "A session token needs an access key.");
            }
            Some(token) if !is_made_of(token, 8192, |letter| letter.is_ascii_graphic()) => {
                let message = "Invalid session token: it contains a space or another invalid character.";
                fault("/session_token", Fault::MALFORMED, message);
            }
            _ => (),
        }
        if self.role_arn.as_ref().is_some_and(|arn| !is_role(arn)) {
            let message = "Invalid role ARN. Expected arn:aws:iam::ACCOUNT:role/NAME.";
            fault("/role_arn", Fault::MALFORMED, message);
        }
        if let Some(id) = &self.external_id {
            if self.role_arn.is_none() {
                fault("/role_arn", Fault::MISSING, "An external ID needs a role.");
            }
            // According to the API reference of sts:AssumeRole.
            let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@:/-".contains(letter);
            if id.len() < 2 || !is_made_of(id, 1224, allowed) {
                let message = "Invalid external ID. Expected 2 to 1224 letters, digits or _+=,.@:/-.";
                fault("/external_id", Fault::MALFORMED, message);
            }
        }
        let in_regions = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if self.region.as_ref().is_some_and(|region| !is_made_of(region, 64, in_regions)) {
            fault("/region", Fault::MALFORMED, "Invalid region. Expected e.g. eu-central-1.");
        }
        faults
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

/// A set of credentials to save: either AWS's or a key for SSH.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewCredentials {
    /// Name, unique for its owner.
    pub name: String,
    #[serde(default)]
    pub aws: Option<NewAwsCredentials>,
    #[serde(default)]
    pub ssh_key: Option<NewSshKey>,
}

/// A private key that signs in by SSH.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSshKey {
    /// In OpenSSH's format or as PEM.
    pub private_key: String,
    /// Its passphrase, if it has one.
    #[serde(default)]
    pub passphrase: Option<String>,
}

impl std::fmt::Debug for NewSshKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("NewSshKey(…)")
    }
}

/// The users of a set of credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CredentialUsers {
    /// Clusters that live.
    pub clusters: Vec<Named>,
    /// Stores for results, by their addresses.
    pub stores: Vec<Named>,
    /// Search targets.
    pub targets: Vec<Named>,
}

impl CredentialUsers {
    fn is_none(&self) -> bool {
        self.clusters.is_empty() && self.stores.is_empty() && self.targets.is_empty()
    }
}

/// Whether a cluster that lives needs the set.
fn lives_by(cluster: &Cluster, id: &str) -> bool {
    let config = &cluster.config;
    let of_aws = config.ec2.as_ref().and_then(|ec2| ec2.credentials.set());
    let of_ssh = config.ssh.as_ref().and_then(|ssh| ssh.key.as_deref());
    of_aws == Some(id) || of_ssh == Some(id)
}

impl Engine {
    /// The sets of a person, or of everybody, without their secrets, each with what needs it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn credentials(&self, owner: Option<&str>) -> Result<Vec<(CredentialRow, CredentialUsers)>, EngineError> {
        let clusters = self.store().living_clusters().await?;
        let stores = self.store().results_stores().await?;
        let targets = self.store().search_targets().await?;
        let rows = self.store().credentials().await?.into_iter();
        let matching = rows.filter(|row| owner.is_none_or(|owner| row.owner.id == owner));
        let with_users = |row: CredentialRow| {
            let of_clusters = clusters.iter().filter(|cluster| lives_by(cluster, &row.id));
            let named = |cluster: &Cluster| Named { id: cluster.id.to_string(), name: cluster.name.clone() };
            let of_stores = stores.iter().filter(|store| store.credentials == row.id);
            let stores = of_stores.map(|store| Named { id: store.id.clone(), name: store.address.clone() }).collect();
            let of_targets = targets.iter().filter(|target| target.credentials.as_ref() == Some(&row.id));
            let targets = of_targets.map(|one| Named { id: one.id.clone(), name: one.name.clone() }).collect();
            let users = CredentialUsers { clusters: of_clusters.map(named).collect(), stores, targets };
            (row, users)
        };
        Ok(matching.map(with_users).collect())
    }

    /// One set.
    ///
    /// # Errors
    /// When it does not exist.
    pub async fn credentials_of(&self, id: &str) -> Result<(CredentialRow, CredentialUsers), EngineError> {
        let found = self.credentials(None).await?.into_iter().find(|(row, _)| row.id == id);
        found.ok_or_else(|| EngineError::NotFound { kind: "set of credentials", id: id.to_owned() })
    }

    /// Saves a set, either new or replacing `before`: e.g. a rotated key or a renewed session token. With `is_tried`
    /// AWS is asked first for its identity.
    ///
    /// # Errors
    /// When it is not valid as credentials (all faults are reported), AWS rejects it, or its owner has another set with
    /// that name.
    pub async fn save_credentials(
        &self,
        owner: &Person,
        before: Option<&CredentialRow>,
        new: NewCredentials,
        is_tried: bool,
    ) -> Result<CredentialRow, EngineError> {
        let name = titles::required(&new.name)?;
        let (secret, region, shown) = match (new.aws, new.ssh_key) {
            (Some(aws), None) => {
                let aws = aws.tidy();
                let faults: Vec<Fault> = aws.faults().into_iter().map(|fault| fault.under("/aws")).collect();
                if !faults.is_empty() {
                    return Err(EngineError::faulty("credentials_invalid", faults));
                }
                let region = aws.region.clone();
                (Secret::Aws(aws.credentials()), region, BTreeMap::new())
            }
            (None, Some(key)) => {
                let ssh = self.cloud(Provider::Ssh)?;
                let key = ssh.sign_in_key(&key.private_key, key.passphrase.as_deref()).await.map_err(|error| {
                    let faults = match error {
                        PortError::Preflight { faults } => faults
                            .into_iter()
                            .map(|fault| Fault { message: sentence(&fault.message), ..fault.under("/ssh_key") })
                            .collect(),
                        error => vec![Fault::at("/ssh_key/private_key", Fault::MALFORMED, sentence(&error))],
                    };
                    EngineError::faulty("credentials_invalid", faults)
                })?;
                let shown = [("fingerprint", key.fingerprint), ("public_key", key.public)];
                let shown = shown.map(|(name, text)| (name.to_owned(), text));
                (Secret::SshKey(key.private), None, BTreeMap::from(shown))
            }
            _ => {
                return Err(EngineError::invalid("credentials_invalid", "Give either AWS credentials or an SSH key."));
            }
        };
        if before.is_some_and(|before| before.kind.is_aws() != matches!(secret, Secret::Aws(_))) {
            let message = "AWS credentials and SSH keys cannot replace each other.";
            return Err(EngineError::invalid("credentials_invalid", message));
        }
        let identity = match &secret {
            Secret::Aws(aws) if is_tried => Some(self.try_aws(aws, region.as_deref()).await?),
            _ => None,
        };
        let id = before.map_or_else(|| format!("k-{}", hex::encode(rand::random::<[u8; 8]>())), |row| row.id.clone());
        let (owner, now_ms) = (before.map_or(owner, |row| &row.owner).clone(), self.now_ms());
        let saved = self.vault().save(NewSet { id, owner, name, secret, region, shown, identity, now_ms }).await?;
        tracing::info!(set = %saved.id, "the credentials {} were saved", saved.id);
        // Operations that failed without a valid key are retried.
        if before.is_some() && self.store().results_stores().await?.iter().any(|row| row.credentials == saved.id) {
            self.places_changed(&saved.owner.id).await?;
        }
        Ok(saved)
    }

    /// Queries AWS for the identity.
    async fn try_aws(&self, credentials: &AwsCredentials, region: Option<&str>) -> Result<String, EngineError> {
        let limit = TEST_LIMIT;
        let asked = timeout(limit, self.cloud(Provider::Ec2)?.identity(credentials, region)).await;
        let late = |_| PortError::TooSlow { node: "AWS".to_owned(), what: "check the credentials".to_owned(), limit };
        asked.map_err(late).and_then(|answer| answer).map_err(|error| {
            let message = sentence(&error.finding());
            let otherwise = "To save without testing: --no-test, or ?test=false.";
            match error {
                PortError::Refused { .. } | PortError::Preflight { .. } => EngineError::Invalid {
                    code: "credentials_refused",
                    message,
                    hint: Some(format!("Check the values. {otherwise}")),
                    faults: Vec::new(),
                },
                _ => EngineError::CredentialsUntested {
                    message,
                    hint: format!("Check that the server can reach AWS (network, proxy). {otherwise}"),
                },
            }
        })
    }

    /// Determines the AWS identity of a saved set, and stores the result or the fault.
    ///
    /// # Errors
    /// When there is no such set, it cannot be decrypted, or AWS cannot be asked. A rejection by AWS is not an error: the row records it.
    pub async fn test_credentials(&self, id: &str) -> Result<(), EngineError> {
        let found = self.vault().secret(id).await?;
        let (secret, region) =
            found.ok_or_else(|| EngineError::NotFound { kind: "set of credentials", id: id.to_owned() })?;
        let Secret::Aws(credentials) = secret else {
            let message = "An SSH key cannot be tested on its own. It is tested by the cluster that uses it.";
            return Err(EngineError::invalid("credentials_not_testable", message));
        };
        let (identity, fault) = match self.try_aws(&credentials, region.as_deref()).await {
            Ok(identity) => (Some(identity), None),
            Err(EngineError::Invalid { message, .. }) => (None, Some(message)),
            Err(error) => return Err(error),
        };
        Ok(self.store().note_credentials(id, identity, fault).await?)
    }

    /// Whether the server's environment has credentials that AWS accepts.
    pub async fn has_environment_credentials(&self) -> bool {
        self.try_aws(&AwsCredentials::Environment, None).await.is_ok()
    }

    /// Deletes a set.
    ///
    /// # Errors
    /// While a cluster exists that was created with it and could not be terminated any more, or a results store needs
    /// it.
    pub async fn delete_credentials(&self, id: &str) -> Result<(), EngineError> {
        let (_, users) = self.credentials_of(id).await?;
        if !users.is_none() {
            return Err(EngineError::CredentialsInUse(users));
        }
        self.store().delete_credentials(id).await?;
        tracing::info!(set = %id, "the credentials {id} were deleted");
        Ok(())
    }

    /// Hands over a removed person's sets to `next` if they are in use, and deletes the others.
    pub(crate) async fn leave_credentials(&self, leaving: &Person, next: &Person) -> Result<(), EngineError> {
        for (row, users) in self.credentials(Some(&leaving.id)).await? {
            if users.is_none() {
                self.store().delete_credentials(&row.id).await?;
            } else {
                // With the ID, because the new owner may have a set with that name.
                let name = format!("{} of {} ({})", row.name, leaving.name, row.id);
                self.vault().hand_over(&row.id, next, &name).await?;
            }
        }
        Ok(())
    }

    /// Replaces `saved` by the owner's set, or by the environment where they have none, and checks that a chosen set is theirs.
    ///
    /// # Errors
    /// When the set belongs to another person, or the owner has several and none is named `default`.
    pub async fn resolve_credentials(&self, owner: &Person, config: &mut ClusterConfig) -> Result<(), EngineError> {
        if let Some(id) = config.ssh.as_ref().and_then(|ssh| ssh.key.as_ref()) {
            self.own_set(owner, id, "/config/ssh/key", |kind| kind == CredentialKind::SshKey).await?;
        }
        let Some(ec2) = &mut config.ec2 else { return Ok(()) };
        match &ec2.credentials {
            CredentialChoice::Environment => Ok(()),
            CredentialChoice::Set(id) => {
                self.own_set(owner, id, "/config/ec2/credentials", CredentialKind::is_aws).await
            }
            CredentialChoice::Saved => {
                let rows = self.store().credentials().await?.into_iter();
                let mut own: Vec<_> = rows.filter(|row| row.owner.id == owner.id && row.kind.is_aws()).collect();
                if own.len() > 1 {
                    own.retain(|row| row.name.eq_ignore_ascii_case("default"));
                    if own.is_empty() {
                        let message = "You have several sets of credentials. Choose one, or name one `default`.";
                        let field = "/config/ec2/credentials";
                        return Err(EngineError::invalid_field("credentials_ambiguous", field, message));
                    }
                }
                ec2.credentials = own.pop().map_or(CredentialChoice::Environment, |row| CredentialChoice::Set(row.id));
                Ok(())
            }
        }
    }

    async fn own_set(
        &self,
        owner: &Person,
        id: &str,
        field: &str,
        fits: impl Fn(CredentialKind) -> bool,
    ) -> Result<(), EngineError> {
        let rows = self.store().credentials().await?;
        if rows.iter().any(|row| row.id == id && row.owner.id == owner.id && fits(row.kind)) {
            return Ok(());
        }
        Err(EngineError::invalid_field(
            "credentials_unknown",
            field,
            format!("You have no credentials with the ID {id}."),
        ))
    }
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
            assert_eq!(read(json).faults(), Vec::new(), "{json}");
        }
    }

    #[test]
    fn all_faults_are_reported_at_once_and_none_repeats_a_secret() {
        let bad = read(
            r#"{"access_key_id": "ASIA 1", "session_token": "to ken", "role_arn": "arn:aws:iam::1:user/x", "external_id": "!", "region": "Frankfurt"}"#,
        );
        assert_eq!(bad.faults().len(), 6, "{:#?}", bad.faults());
        assert!(!Fault::sentences(&bad.faults()).contains("to ken") && !format!("{bad:?}").contains("ASIA"));
        let role = r#"{"role_arn": "arn:aws:iam::123456789012:role/x", "session_token": "t"}"#;
        for (json, field, code) in [
            ("{}", "/access_key_id", Fault::MISSING),
            (r#"{"secret_access_key": "s"}"#, "/access_key_id", Fault::MISSING),
            (r#"{"secret_access_key": "s e", "access_key_id": "AKIA1"}"#, "/secret_access_key", Fault::MALFORMED),
            (role, "/access_key_id", Fault::MISSING),
            (
                r#"{"access_key_id": "AKIA1", "secret_access_key": "s", "external_id": "abc"}"#,
                "/role_arn",
                Fault::MISSING,
            ),
        ] {
            let faults = read(json).faults();
            let found: Vec<_> = faults.iter().map(|fault| (fault.field.as_deref(), fault.code.as_str())).collect();
            assert_eq!(found, [(Some(field), code)], "{json}: {faults:?}");
        }
    }
}
