//! Signatures of webhooks according to the Standard Webhooks specification, so that receivers can verify them with an
//! existing library: HMAC-SHA256 over `ID.SECONDS.BODY`, in base64, with a key that is written as `whsec_` and base64.

use crate::settings::SettingsError;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

const PREFIX: &str = "whsec_";
/// The lengths of a key that the specification permits, in bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// The shared key. It cannot be printed.
#[derive(Clone)]
pub struct SigningKey(Box<hmac::Key>);

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

impl SigningKey {
    /// Parses a key.
    ///
    /// # Errors
    /// When it does not begin with `whsec_`, is not base64, or is too short or long.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let expected = "The secret must be whsec_ and 24 to 64 random bytes in base64, as `echo whsec_$(openssl rand -base64 32)` prints it.";
        let bytes = text.trim().strip_prefix(PREFIX).and_then(|base64| STANDARD.decode(base64).ok());
        let bytes = bytes.filter(|bytes| LENGTHS.contains(&bytes.len()));
        let bytes = bytes.ok_or_else(|| SettingsError::new("secret_file", expected))?;
        Ok(Self(Box::new(hmac::Key::new(hmac::HMAC_SHA256, &bytes))))
    }

    /// The value of the header `webhook-signature`.
    pub(crate) fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{seconds}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn the_signature_is_that_of_the_specification() {
        let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").expect("a key");
        let signed = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b"{\"test\": 2432232314}");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_that_can_be_guessed_is_refused_and_none_is_printed() {
        for weak in ["hunter2", "whsec_", "whsec_aHVudGVyMg==", "whsec_not base64!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
        {
            assert_eq!(SigningKey::parse(weak).expect_err(weak).key, "secret_file");
        }
        let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a key");
        assert_eq!(format!("{key:?}"), "…");
    }
}
