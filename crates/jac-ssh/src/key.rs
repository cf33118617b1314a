//! The private key for signing in: read from its file each time, never stored anywhere else.

use crate::error::LinkError;
use crate::{key_cost, short_scalar};
use jac_model::ports::{CredentialSource, SignInKey};
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::{self, PrivateKey};
use std::fmt;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The location of a private key, until it is needed.
#[derive(Clone)]
pub enum KeySource {
    File(PathBuf),
    /// Saved under that ID, and stored nowhere else.
    Saved {
        id: String,
        in_: Arc<dyn CredentialSource>,
    },
}

impl fmt::Debug for KeySource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "the key {}", path.display()),
            Self::Saved { id, .. } => write!(formatter, "the saved key {id}"),
        }
    }
}

impl KeySource {
    /// Reads the key again.
    ///
    /// # Errors
    /// A sentence that names the fault and how to fix it. It contains nothing of the key.
    pub async fn read(&self) -> Result<PrivateKey, LinkError> {
        match self {
            // A file of another machine may take its time.
            Self::File(path) => {
                let path = path.clone();
                let read = tokio::task::spawn_blocking(move || read(&path)).await;
                read.map_err(|panic| LinkError::Refused(panic.to_string()))?
            }
            Self::Saved { id, in_ } => {
                let text = in_.ssh_key(id).await.map_err(|error| LinkError::Refused(error.to_string()))?;
                of_text(&text, None, &self.to_string())
            }
        }
    }
}

/// Reads a key that a user wants to save, and removes its passphrase, which takes seconds of CPU time.
///
/// # Errors
/// A sentence that names the fault. It contains nothing of the key.
pub fn unlocked(text: &str, passphrase: Option<&str>) -> Result<SignInKey, LinkError> {
    if text.len() as u64 > LARGEST_KEY {
        return Err(LinkError::Refused(format!("not a private key: it is larger than {} KB", LARGEST_KEY >> 10)));
    }
    let key = of_text(text, passphrase, "the text")?;
    let refused = |error: keys::ssh_key::Error| LinkError::Refused(format!("the key cannot be written: {error}"));
    Ok(SignInKey {
        private: key.to_openssh(LineEnding::LF).map_err(refused)?.to_string(),
        public: key.public_key().to_openssh().map_err(refused)?,
        fingerprint: key.fingerprint(keys::HashAlg::Sha256).to_string(),
    })
}

/// A key in the form of files.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyTexts {
    /// In OpenSSH's format, without a passphrase.
    pub private: String,
    /// One line: `ssh-ed25519 AAAA… comment`.
    pub public: String,
}

/// The Ed25519 key derived from 32 random bytes.
///
/// # Errors
/// When it cannot be encoded as text, which is not known to happen for any bytes.
pub fn from_seed(seed: &[u8; 32], comment: &str) -> Result<KeyTexts, LinkError> {
    let refused = |error: keys::ssh_key::Error| LinkError::Refused(format!("a key could not be created: {error}"));
    let pair = KeypairData::Ed25519(Ed25519Keypair::from_seed(seed));
    let key = PrivateKey::new(pair, comment).map_err(refused)?;
    Ok(KeyTexts {
        private: key.to_openssh(LineEnding::LF).map_err(refused)?.to_string(),
        public: key.public_key().to_openssh().map_err(refused)?,
    })
}

/// Reads a key in OpenSSH's format or as PEM (as AWS issues it), without a passphrase.
///
/// # Errors
/// A sentence that names the file's fault and how to fix it. It contains nothing of the file.
pub fn read(path: &Path) -> Result<PrivateKey, LinkError> {
    let shown = path.display();
    let refused = |reason: String| Err(LinkError::Refused(reason));
    let text = match read_small_file(path) {
        Ok(Some(text)) => text,
        Ok(None) => {
            return refused(format!(
                "{shown} is not a private key: expected a regular file of at most {} KB",
                LARGEST_KEY >> 10
            ));
        }
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            return refused(format!(
                "{shown} is not a private key. Give the file that `ssh-keygen` created, without .pub"
            ));
        }
        Err(error) => {
            let otherwise = || LinkError::Refused(format!("the key {shown} cannot be read: {error}"));
            return Err(LinkError::here(&error, otherwise));
        }
    };
    of_text(&text, None, &shown.to_string())
}

/// Reads a key's text; `shown` names it in errors.
fn of_text(text: &str, passphrase: Option<&str>, shown: &str) -> Result<PrivateKey, LinkError> {
    let refused = |reason: String| Err(LinkError::Refused(reason));
    let encrypted = || {
        refused(format!(
            "the key {shown} is protected by a passphrase; create a key for JAC without one (ssh-keygen -t ed25519 -N \
             '' -f jac_key), or remove the passphrase from a copy (ssh-keygen -p -f COPY)"
        ))
    };
    if passphrase.is_some() {
        key_cost::check(text)?;
    }
    match keys::decode_secret_key(text, passphrase) {
        Ok(key) if key.is_encrypted() => encrypted(),
        Ok(key) => Ok(key),
        Err(keys::Error::KeyIsEncrypted) => encrypted(),
        Err(_) if text.contains("ENCRYPTED") => encrypted(),
        Err(_) if text.trim_start().starts_with("ssh-") => {
            refused(format!("{shown} is a public key. Give the private key, the file without .pub"))
        }
        Err(_) => short_scalar::read(&key_cost::body(text)).ok_or_else(|| {
            LinkError::Refused(format!(
                "{shown} is not a private key that JAC can read. Create one with `ssh-keygen -t ed25519`"
            ))
        }),
    }
}

/// The largest file that is read as a key, in bytes: an RSA key of 16,384 bits has 13 KB.
const LARGEST_KEY: u64 = 64 << 10;

/// The text of a regular file that is no larger than a key; `None`: it is something else. It never blocks, as it would
/// for a pipe without a writer.
fn read_small_file(path: &Path) -> std::io::Result<Option<String>> {
    let file = OpenOptions::new().read(true).custom_flags(nix::libc::O_NONBLOCK).open(path)?;
    let kind = file.metadata()?;
    if !kind.is_file() || kind.len() > LARGEST_KEY {
        return Ok(None);
    }
    let mut text = String::new();
    file.take(LARGEST_KEY).read_to_string(&mut text)?;
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(passphrase: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let made = std::process::Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", passphrase, "-f"])
            .arg(folder.path().join("key"))
            .status();
        assert!(made.expect("ssh-keygen is installed with OpenSSH").success());
        folder
    }

    #[test]
    fn a_key_of_a_seed_is_the_same_each_time_and_ssh_keygen_reads_it() {
        let (made, again) = (from_seed(&[7; 32], "jac").expect("a key"), from_seed(&[7; 32], "jac").expect("a key"));
        assert_eq!(made.public, again.public);
        assert_ne!(made.public, from_seed(&[8; 32], "jac").expect("a key").public);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        std::fs::write(&path, &made.private).expect("a file");
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("its mode");
        read(&path).expect("it is one");
        let said =
            std::process::Command::new("ssh-keygen").arg("-y").arg("-f").arg(&path).output().expect("ssh-keygen");
        assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), made.public);
    }

    #[test]
    fn a_key_without_a_passphrase_is_read() {
        read(&made("").path().join("key")).expect("a key");
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_what_to_do() {
        let locked = made("a secret");
        let error = read(&locked.path().join("key")).expect_err("it is locked").to_string();
        assert!(error.contains("passphrase") && error.contains("ssh-keygen"), "{error}");
        let error = read(&locked.path().join("key.pub")).expect_err("it is public").to_string();
        assert!(error.contains("public key"), "{error}");
        let error = read(&locked.path().join("none")).expect_err("it is missing").to_string();
        assert!(error.contains("none cannot be read"), "{error}");
        std::fs::write(locked.path().join("words"), "just words").expect("a file");
        let error = read(&locked.path().join("words")).expect_err("it is none").to_string();
        assert!(error.contains("not a private key") && !error.contains("just words"), "{error}");
    }

    #[test]
    fn a_passphrase_is_taken_off_a_key_that_is_saved_and_a_wrong_one_is_reported() {
        let locked = made("a secret");
        let text = std::fs::read_to_string(locked.path().join("key")).expect("a key");
        let saved = unlocked(&text, Some("a secret")).expect("it opens");
        let public = std::fs::read_to_string(locked.path().join("key.pub")).expect("its public half");
        assert!(public.starts_with(&saved.public.split(' ').take(2).collect::<Vec<_>>().join(" ")));
        assert!(saved.fingerprint.starts_with("SHA256:"));
        let again = unlocked(&saved.private, None).expect("without a passphrase");
        assert_eq!(again.fingerprint, saved.fingerprint);
        for wrong in [None, Some("another")] {
            assert!(unlocked(&text, wrong).is_err(), "{wrong:?}");
        }
        assert!(unlocked(&public, None).is_err() && unlocked("words", None).is_err());
    }

    #[test]
    fn what_is_no_small_file_is_refused_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        let large = folder.path().join("large");
        std::fs::write(&large, vec![b'x'; (LARGEST_KEY + 1) as usize]).expect("written");
        for path in [pipe.as_path(), &large, folder.path(), Path::new("/dev/zero")] {
            let refused = read(path).expect_err("it is no key").to_string();
            assert!(refused.contains("regular file"), "{}: {refused}", path.display());
        }
    }
}
