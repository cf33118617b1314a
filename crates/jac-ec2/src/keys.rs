//! A cluster's keys, all derived from one seed of 32 random bytes: the key that JAC signs in with, and each machine's
//! host key.
//!
//! A seed is short enough for a tag of the master, in which it is sealed: so another database of the same installation
//! can adopt the cluster. A machine knows only its own host key, from which no other key can be computed.

use hmac::{Hmac, KeyInit, Mac};
use jac_model::ports::PortError;
use jac_ssh::key::{KeyTexts, from_seed};
use sha2::Sha256;

/// The secret of one cluster.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl Seed {
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// From its bytes, as they were sealed.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The key that JAC signs in with on every machine of the cluster.
    pub fn user_key(&self) -> Result<KeyTexts, PortError> {
        self.key("user", "jac")
    }

    /// The host key of that node's machine.
    pub fn host_key(&self, node: &str) -> Result<KeyTexts, PortError> {
        self.key(&format!("host {node}"), node)
    }

    fn key(&self, purpose: &str, comment: &str) -> Result<KeyTexts, PortError> {
        let failed =
            |reason: String| PortError::Refused { node: comment.to_owned(), what: "get a key".to_owned(), reason };
        let mut derived = Hmac::<Sha256>::new_from_slice(&self.0).map_err(|error| failed(error.to_string()))?;
        derived.update(purpose.as_bytes());
        from_seed(&derived.finalize().into_bytes().into(), comment).map_err(|error| failed(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_has_a_key_of_its_own_and_the_same_each_time() {
        let seed = Seed([3; 32]);
        let publics = [
            seed.user_key().expect("a key").public,
            seed.host_key("master").expect("a key").public,
            seed.host_key("worker-1").expect("a key").public,
        ];
        let keys: Vec<&str> = publics.iter().filter_map(|line| line.split(' ').nth(1)).collect();
        assert_eq!(keys.len(), 3);
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
        assert_eq!(seed.host_key("master").expect("a key").public, publics[1]);
    }
}
