//! The secrets of a set, as other modules use them and as they are sealed, and their displayable attributes.

use crate::credentials::CredentialKind;
use jac_model::ports::{AssumedRole, AwsCredentials};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The secrets of a set. It has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    Aws(AwsCredentials),
    /// A private key in OpenSSH's format, without a passphrase.
    SshKey(String),
}

/// The sealed form. It has no `Debug`.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Secrets {
    keys: Option<Keys>,
    role_arn: Option<String>,
    external_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ssh_key: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Keys {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

impl Secrets {
    /// The sealed form of a secret, and the kind of its set.
    pub fn of(secret: Secret) -> (CredentialKind, Self) {
        let with_role = |role: Option<AssumedRole>, keys: Option<Keys>| {
            let external_id = role.as_ref().and_then(|role| role.external_id.clone());
            Secrets { keys, role_arn: role.map(|role| role.arn), external_id, ssh_key: None }
        };
        match secret {
            Secret::Aws(AwsCredentials::Keys { access_key_id, secret_access_key, session_token, role }) => {
                let keys = Keys { access_key_id, secret_access_key, session_token };
                (CredentialKind::AwsKeys, with_role(role, Some(keys)))
            }
            Secret::Aws(AwsCredentials::Role(role)) => (CredentialKind::AwsRole, with_role(Some(role), None)),
            Secret::Aws(AwsCredentials::Environment) => (CredentialKind::AwsRole, Secrets::default()),
            Secret::SshKey(key) => (CredentialKind::SshKey, Secrets { ssh_key: Some(key), ..Secrets::default() }),
        }
    }

    /// The secret itself.
    pub fn together(self) -> Secret {
        if let Some(key) = self.ssh_key {
            return Secret::SshKey(key);
        }
        let external_id = self.external_id;
        let role = self.role_arn.map(|arn| AssumedRole { arn, external_id });
        Secret::Aws(match (self.keys, role) {
            (Some(Keys { access_key_id, secret_access_key, session_token }), role) => {
                AwsCredentials::Keys { access_key_id, secret_access_key, session_token, role }
            }
            (None, Some(role)) => AwsCredentials::Role(role),
            (None, None) => AwsCredentials::Environment,
        })
    }

    /// Its displayable attributes, by name.
    pub fn shown(&self) -> BTreeMap<String, String> {
        let saved = || "saved".to_owned();
        let token = self.keys.as_ref().and_then(|keys| keys.session_token.as_ref());
        let texts = [
            ("access_key_id", self.keys.as_ref().map(|keys| shortened(&keys.access_key_id))),
            ("role_arn", self.role_arn.clone()),
            ("external_id", self.external_id.as_ref().map(|_| saved())),
            ("session_token", token.map(|_| saved())),
        ];
        texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?))).collect()
    }
}

/// `AKIA…WXYZ`; nothing if it is too short for that.
fn shortened(id: &str) -> String {
    let letters: Vec<char> = id.chars().collect();
    if letters.len() < 12 {
        return "…".to_owned();
    }
    let (first, last) = (&letters[..4], &letters[letters.len() - 4..]);
    format!("{}…{}", first.iter().collect::<String>(), last.iter().collect::<String>())
}
