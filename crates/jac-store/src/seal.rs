//! Sealing of secrets: sealed data can be neither read nor changed without the key, and the key is never in the
//! database.
//!
//! AES-256-GCM with a random nonce of 96 bits for each sealing, which NIST SP 800-38D permits for 2^32 sealings with
//! one key. The purpose is authenticated too: data that was sealed for one purpose does not open for another.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The first byte of sealed data: the format of the remaining bytes.
const FORMAT: u8 = 1;
const KEY_BYTES: usize = 32;

/// The key of an installation. It cannot be printed.
pub struct SealingKey {
    key: RandomizedNonceKey,
}

/// Why something could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("the key file {} cannot be used: {source}", path.display())]
    Unusable { path: PathBuf, source: io::Error },
    #[error(
        "the key file {} contains no key: expected 32 bytes, or 64 hexadecimal digits as printed by `openssl rand -hex \
         32`",
        path.display()
    )]
    NoKey { path: PathBuf },
    #[error("it was encrypted with another key, or was changed since")]
    NotOurs,
    #[error("the cryptographic library failed")]
    Refused,
}

impl SealingKey {
    /// The key that those bytes are.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn new(bytes: &[u8; KEY_BYTES]) -> Result<Self, SealError> {
        RandomizedNonceKey::new(&AES_256_GCM, bytes).map(|key| Self { key }).map_err(|_| SealError::Refused)
    }

    /// Reads a key file that the administrator manages.
    ///
    /// # Errors
    /// When it does not exist, or has other content. It is not created: a disk that is not mounted yet must not lead to
    /// a second key.
    pub fn read(path: &Path) -> Result<Self, SealError> {
        Self::new(&read_bytes(path)?)
    }

    /// Reads the key file, or creates it from `random`, accessible only to this user.
    ///
    /// # Errors
    /// When it cannot be read or written, or has other content.
    pub fn read_or_make(path: &Path, random: [u8; KEY_BYTES]) -> Result<Self, SealError> {
        let unusable = |source| SealError::Unusable { path: path.to_owned(), source };
        if !path.try_exists().map_err(unusable)? {
            in_one_step(path, hex::encode(random).as_bytes()).map_err(unusable)?;
        }
        Self::read(path)
    }

    /// Seals a secret for a purpose.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn seal(&self, purpose: &str, secret: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut text = secret.to_vec();
        let nonce = self.key.seal_in_place_append_tag(bound_to(purpose), &mut text).map_err(|_| SealError::Refused)?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + text.len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(nonce.as_ref());
        sealed.append(&mut text);
        Ok(sealed)
    }

    /// Opens data that was sealed for that purpose.
    ///
    /// # Errors
    /// When the key or the purpose differs, or the data was changed.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let rest = sealed.strip_prefix(&[FORMAT]).ok_or(SealError::NotOurs)?;
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or(SealError::NotOurs)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::NotOurs)?;
        let mut text = text.to_vec();
        let length = self.key.open_in_place(nonce, bound_to(purpose), &mut text).map_err(|_| SealError::NotOurs)?.len();
        text.truncate(length);
        Ok(text)
    }
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SealingKey(…)")
    }
}

fn bound_to(purpose: &str) -> Aad<String> {
    Aad::from(format!("jac seal {FORMAT} {purpose}"))
}

/// The key in a file.
pub(crate) fn read_bytes(path: &Path) -> Result<[u8; KEY_BYTES], SealError> {
    let bytes = fs::read(path).map_err(|source| SealError::Unusable { path: path.to_owned(), source })?;
    key_in(&bytes).ok_or_else(|| SealError::NoKey { path: path.to_owned() })
}

/// 32 bytes as they are, or as text.
fn key_in(bytes: &[u8]) -> Option<[u8; KEY_BYTES]> {
    if let Ok(key) = bytes.try_into() {
        return Some(key);
    }
    hex::decode(bytes.trim_ascii()).ok()?.try_into().ok()
}

/// Writes a file atomically, accessible only to this user, so that a crash leaves it complete or unchanged.
pub(crate) fn in_one_step(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => (),
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const SECRET: &[u8] = b"wJalrXUtnFEMI/K7MDENG";

    fn key(byte: u8) -> SealingKey {
        SealingKey::new(&[byte; KEY_BYTES]).expect("a key")
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_and_purpose_only() {
        let sealed = key(1).seal("aws", SECRET).expect("sealed");
        assert_eq!(key(1).open("aws", &sealed).expect("opened"), SECRET);
        assert!(matches!(key(2).open("aws", &sealed), Err(SealError::NotOurs)), "another key");
        assert!(matches!(key(1).open("ssh", &sealed), Err(SealError::NotOurs)), "another purpose");
        assert_ne!(key(1).seal("aws", SECRET).expect("sealed"), sealed, "a nonce of its own for each");
        assert!(!sealed.windows(6).any(|window| SECRET.windows(6).any(|secret| secret == window)));
    }

    #[test]
    fn a_changed_bit_anywhere_and_every_cut_is_seen() {
        let sealed = key(1).seal("aws", SECRET).expect("sealed");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key(1).open("aws", &changed).is_err(), "byte {at}");
            assert!(key(1).open("aws", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_key_is_made_once_for_its_user_only() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("secret.key");
        let sealed = SealingKey::read_or_make(&path, [7; 32]).expect("made").seal("p", SECRET).expect("sealed");
        let again = SealingKey::read_or_make(&path, [8; 32]).expect("read");
        assert_eq!(again.open("p", &sealed).expect("the same key"), SECRET);
        assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o600);
        assert!(!format!("{again:?}").contains('7'));
    }

    #[test]
    fn a_named_key_is_bytes_or_text_and_is_never_made() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("named");
        assert!(matches!(SealingKey::read(&path), Err(SealError::Unusable { .. })));
        assert!(!path.exists());
        let sealed = key(9).seal("p", SECRET).expect("sealed");
        for text in [vec![9; 32], format!("{}\n", "09".repeat(32)).into_bytes()] {
            fs::write(&path, text).expect("written");
            assert_eq!(SealingKey::read(&path).expect("a key").open("p", &sealed).expect("opened"), SECRET);
        }
        for text in ["", "short", "zz"] {
            fs::write(&path, text).expect("written");
            assert!(matches!(SealingKey::read(&path), Err(SealError::NoKey { .. })), "{text}");
        }
    }
}
