//! The key store for JMeter's RMI: one key and its certificate, created for one cluster and deleted with it.
//!
//! One PKCS#12 store serves both ends as key store *and* trust store: Java's trust managers also trust the first
//! certificate of a key entry (`sun.security.validator.TrustStoreUtil`). Without this file nobody can send the workers
//! a test or receive their samples.

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};

/// The alias that JMeter looks for (`server.rmi.ssl.keystore.alias`).
pub const ALIAS: &str = "rmi";

/// A store and its password.
#[derive(Clone)]
pub struct RmiKeyStore {
    /// The PKCS#12 file.
    pub bytes: Vec<u8>,
    password: String,
}

/// The library could not create the key or the store.
#[derive(Debug, thiserror::Error)]
#[error("the cluster's RMI key store could not be created: {0}")]
pub struct KeyStoreError(String);

impl RmiKeyStore {
    /// Creates a P-256 key with a self-signed certificate. `password` is stored with it and should be random.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn generate(cluster: &str, password: String) -> Result<Self, KeyStoreError> {
        let fault = |error: &dyn std::fmt::Display| KeyStoreError(error.to_string());
        let key = rcgen::KeyPair::generate().map_err(|error| fault(&error))?;
        let mut parameters = rcgen::CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, format!("JAC cluster {cluster}"));
        let certificate = parameters.self_signed(&key).map_err(|error| fault(&error))?;
        let chain = PrivateKeyChain::new(
            ALIAS.as_bytes(),
            PrivateKey::from_der(&key.serialize_der()).map_err(|error| fault(&error))?,
            [Certificate::from_der(certificate.der()).map_err(|error| fault(&error))?],
        );
        let mut store = KeyStore::new();
        store.add_entry(ALIAS, KeyStoreEntry::PrivateKeyChain(chain));
        let bytes = store.writer(&password).write().map_err(|error| fault(&error))?;
        Ok(Self { bytes, password })
    }

    /// Its password.
    pub fn password(&self) -> &str {
        &self.password
    }
}

impl std::fmt::Debug for RmiKeyStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "RmiKeyStore({} bytes)", self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_opens_with_its_password_only_and_is_not_printed() {
        let store = RmiKeyStore::generate("c-22222222", "secret-word".to_owned()).expect("a store");
        let policy = p12_keystore::Pkcs12ImportPolicy::Strict;
        let opened = KeyStore::from_pkcs12(&store.bytes, "secret-word", policy).expect("it opens");
        assert_eq!(opened.private_key_chain().expect("a key").0, ALIAS);
        assert!(KeyStore::from_pkcs12(&store.bytes, "another", policy).is_err());
        assert!(!format!("{store:?}").contains("secret-word"));
    }
}
