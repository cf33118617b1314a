//! Passwords: the required strength, and their hashes (Argon2id, RFC 9106).

use crate::error::ApiError;
use argon2::password_hash::{Output, PasswordHash, Salt, SaltString};
use argon2::{Argon2, Block, Params};
use axum::http::StatusCode;
use jac_engine::EngineError;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::Semaphore;
use zxcvbn::Score;

/// The fewest letters.
const SHORTEST: usize = 10;
/// Longer passwords are rejected: hashing a megabyte would slow down everybody else.
const LONGEST: usize = 256;
/// Each hash takes 19 MiB and a processor for a moment: this many at a time.
const AT_A_TIME: usize = 2;

/// Turns at hashing.
#[derive(Debug, Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    memory: Arc<Mutex<Vec<Memory>>>,
}

/// The memory in which a hash is computed. It is kept for the next one: if it were returned to the allocator each time,
/// every thread that ever hashed would keep tens of megabytes.
type Memory = Vec<Block>;

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_A_TIME)), memory: Arc::default() }
    }
}

impl Passwords {
    /// Rejects a password that is easy to guess.
    ///
    /// # Errors
    /// The fault of the password.
    pub fn check(password: &str, name: &str) -> Result<(), ApiError> {
        let weak = |message: &str, hint: Option<String>| ApiError::Request {
            status: StatusCode::BAD_REQUEST,
            code: "password_weak",
            message: message.to_owned(),
            hint,
        };
        let length = password.chars().count();
        if length < SHORTEST {
            return Err(weak(&format!("The password is too short: it needs at least {SHORTEST} characters."), None));
        }
        if password.len() > LONGEST {
            return Err(weak(&format!("The password is too long: at most {LONGEST} bytes."), None));
        }
        let found = zxcvbn::zxcvbn(password, &[name, "jac", "jmeter"]);
        if found.score() < Score::Three {
            let warning = found.feedback().and_then(|feedback| feedback.warning()).map(|warning| warning.to_string());
            return Err(weak("The password is too easy to guess. Use several unrelated words.", warning));
        }
        Ok(())
    }

    /// The hash to store.
    ///
    /// # Errors
    /// When the library fails.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(failed)?;
        self.in_turn(move |memory| {
            let argon = Argon2::default();
            let output = derive(&argon, password.as_bytes(), salt.as_salt(), Params::DEFAULT_OUTPUT_LEN, memory)?;
            let params = argon.params().try_into()?;
            let (algorithm, version) = (argon2::Algorithm::default().ident(), Some(argon2::Version::default().into()));
            let hash = PasswordHash { algorithm, version, params, salt: Some(salt.as_salt()), hash: Some(output) };
            Ok::<_, argon2::password_hash::Error>(hash.to_string())
        })
        .await?
        .map_err(failed)
    }

    /// Whether it is the password of that hash. Without a hash it takes equally long, so the time does not reveal whether an account exists.
    ///
    /// # Errors
    /// When the library fails.
    pub async fn verify(&self, password: String, kept: Option<String>) -> Result<bool, ApiError> {
        static NOBODYS: OnceLock<String> = OnceLock::new();
        let kept = match (kept, NOBODYS.get()) {
            (Some(kept), _) => Some(kept),
            (None, Some(_)) => None,
            (None, None) => {
                let nobodys = self.hash(String::new()).await?;
                NOBODYS.get_or_init(|| nobodys);
                None
            }
        };
        self.in_turn(move |memory| {
            let is_somebodys = kept.is_some();
            let Some(kept) = kept.as_ref().or_else(|| NOBODYS.get()) else { return false };
            let password = password.get(..LONGEST).map_or(password.as_bytes(), str::as_bytes);
            is_of(password, kept, memory) == Some(true) && is_somebodys
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(failed)?;
        let kept = Arc::clone(&self.memory);
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let mut memory = kept.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
            let done = work(&mut memory);
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
            done
        });
        done.await.map_err(failed)
    }
}

/// Argon2's output for a password, computed in `memory`, which grows if it is too small.
fn derive(
    argon: &Argon2<'_>,
    password: &[u8],
    salt: Salt<'_>,
    length: usize,
    memory: &mut Memory,
) -> Result<Output, argon2::password_hash::Error> {
    let blocks = argon.params().block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::default());
    }
    let mut bytes = [0; Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut bytes)?;
    Output::init_with(length, |output| {
        Ok(argon.hash_password_into_with_memory(password, salt, output, &mut memory[..blocks])?)
    })
}

/// Whether a hash is that password's; `None`: it is not a hash of ours.
fn is_of(password: &[u8], hash: &str, memory: &mut Memory) -> Option<bool> {
    let hash = PasswordHash::new(hash).ok()?;
    let algorithm = hash.algorithm.try_into().ok()?;
    let version = hash.version.map_or(Ok(argon2::Version::default()), TryInto::try_into).ok()?;
    let argon = Argon2::new(algorithm, version, Params::try_from(&hash).ok()?);
    let expected = hash.hash?;
    let output = derive(&argon, password, hash.salt?, expected.len(), memory).ok()?;
    // In constant time: that is how the library compares outputs.
    Some(output == expected)
}

fn failed(error: impl std::fmt::Display) -> ApiError {
    EngineError::JMeter(format!("The password could not be hashed: {error}.")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_is_soon_guessed_is_refused() {
        for weak in ["short", "password12", "qwertyuiop", "administrator1", "aaaaaaaaaaaaaaaa", "2026-11-28"] {
            assert!(Passwords::check(weak, "Administrator").is_err(), "{weak}");
        }
        for good in ["correct horse battery staple", "Vf9#kQ2!xLm7", "drei blaue Tassen im Regal"] {
            assert!(Passwords::check(good, "Ada").is_ok(), "{good}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn however_many_sign_in_the_memory_is_that_of_two() {
        let passwords = Passwords::default();
        let kept = passwords.hash("correct horse".to_owned()).await.expect("hashed");
        let tries = (0..12).map(|_| passwords.verify("wrong".to_owned(), Some(kept.clone())));
        assert!(futures_util::future::join_all(tries).await.into_iter().all(|answer| matches!(answer, Ok(false))));
        let memory = passwords.memory.lock().expect("nobody panicked");
        assert!((1..=AT_A_TIME).contains(&memory.len()), "{}", memory.len());
        assert!(memory.iter().all(|blocks| blocks.len() == Params::DEFAULT.block_count()));
    }

    #[tokio::test]
    async fn a_hash_is_of_its_password_alone_and_no_two_are_the_same() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".to_owned()).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert_ne!(hash, passwords.hash("correct horse".to_owned()).await.expect("hashed"));
        let verify = async |password: &str, kept: Option<&str>| {
            passwords.verify(password.to_owned(), kept.map(str::to_owned)).await.expect("asked")
        };
        assert!(verify("correct horse", Some(&hash)).await);
        assert!(
            !verify("correct hors", Some(&hash)).await
                && !verify("", None).await
                && !verify("x", Some("garbage")).await
        );
    }
}
