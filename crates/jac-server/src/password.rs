//! Passwords: how strong one has to be, and their hashes (Argon2id, RFC 9106).

use crate::error::ApiError;
use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use axum::http::StatusCode;
use jac_engine::EngineError;
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;
use zxcvbn::Score;

/// The fewest letters.
const SHORTEST: usize = 10;
/// More are not read: a hash of a megabyte would cost everybody else.
const LONGEST: usize = 256;
/// Each hash takes 19 MiB and a processor for a moment: so many at a time.
const AT_A_TIME: usize = 2;

/// Turns at hashing.
#[derive(Debug, Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_A_TIME)) }
    }
}

impl Passwords {
    /// Refuses a password that is soon guessed.
    ///
    /// # Errors
    /// With what is wrong with it.
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

    /// The hash to keep.
    ///
    /// # Errors
    /// When the library fails.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(failed)?;
        self.in_turn(move || {
            Argon2::default().hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string()).map_err(failed)
        })
        .await?
    }

    /// Whether it is the password of that hash. Without a hash it takes as long, so that the time tells nobody who has an account.
    ///
    /// # Errors
    /// When the library fails.
    pub async fn verify(&self, password: String, kept: Option<String>) -> Result<bool, ApiError> {
        static NOBODYS: OnceLock<String> = OnceLock::new();
        self.in_turn(move || {
            let is_somebodys = kept.is_some();
            let kept = kept.unwrap_or_else(|| {
                let nobodys = || {
                    let salt = SaltString::encode_b64(b"a salt of nobody").ok()?;
                    Argon2::default().hash_password(b"", &salt).ok().map(|hash| hash.to_string())
                };
                NOBODYS.get_or_init(|| nobodys().unwrap_or_default()).clone()
            });
            let Ok(hash) = PasswordHash::new(&kept) else { return false };
            let password = password.get(..LONGEST).map_or(password.as_bytes(), str::as_bytes);
            Argon2::default().verify_password(password, &hash).is_ok() && is_somebodys
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(failed)?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(failed)
    }
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
