//! The server's configuration, read and checked by the executable.
//!
//! Only values: nothing here reads a file or the environment.

use ipnet::IpNet;
use jac_model::UserRole;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// A value that is never printed, logged or compared with others than by its own user.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The value itself, for the single call that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

/// The server's settings in addition to its address and folder. The default is a server on your own machine.
#[derive(Debug, Clone, Default)]
pub struct ServerConfig {
    /// The address that people open, without a slash at its end: `https://jac.example`.
    pub public_url: Option<String>,
    /// Proxies whose forwarded headers are trusted.
    pub trusted_proxies: Vec<IpNet>,
    pub metrics: MetricsConfig,
    /// Where sessions are stored, if not in the database.
    pub redis: Option<RedisUrl>,
    pub oidc: Option<OidcConfig>,
    pub session: SessionConfig,
    /// The names of people who may work with the server's own AWS credentials; administrators always may.
    pub environment_credentials_for: Vec<String>,
}

/// Where `/metrics` is served, in addition to the shell of this machine.
#[derive(Debug, Clone, Default)]
pub struct MetricsConfig {
    /// A separate address for metrics only.
    pub listen: Option<SocketAddr>,
    /// The token that a caller sends as `Authorization: Bearer …`.
    pub token: Option<Secret>,
}

/// The company's sign-on by OpenID Connect.
#[derive(Debug, Clone)]
pub struct OidcConfig {
    /// The provider's issuer URL, whose discovery document is read.
    pub issuer: String,
    pub client_id: String,
    /// Without a secret the client is public, and only PKCE protects the code.
    pub client_secret: Option<Secret>,
    /// The label of the sign-in page's button.
    pub name: String,
    /// The claim with the names of a person's groups.
    pub groups_claim: String,
    /// Groups that give a role. Of several roles, the one with most permissions applies.
    pub role_groups: BTreeMap<String, UserRole>,
    /// Groups that make a person a member of a team, by the team's name.
    pub team_groups: BTreeMap<String, String>,
}

/// How long a sign-in lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionConfig {
    /// A session that is not used for this long ends.
    pub idle: Duration,
    /// It ends after this in any case.
    pub absolute: Duration,
}

impl SessionConfig {
    /// A week without a visit, and thirty days.
    pub const USUAL: Self =
        Self { idle: Duration::from_secs(7 * 24 * 3600), absolute: Duration::from_secs(30 * 24 * 3600) };
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self::USUAL
    }
}

/// A Redis that several servers can share: `redis://` or, with TLS, `rediss://`. It may contain a password, which is
/// not printed.
#[derive(Clone)]
pub struct RedisUrl(redis::Client);

impl RedisUrl {
    /// `None` if it is not such an address: a host, optionally a user with a password, a port and the number of a
    /// database.
    pub fn parse(text: &str) -> Option<Self> {
        let url = redis::parse_redis_url(text)?;
        let is_plain = matches!(url.scheme(), "redis" | "rediss") && url.query().is_none() && url.fragment().is_none();
        let client = if is_plain { redis::Client::open(url).ok()? } else { return None };
        Some(Self(client))
    }

    /// The client that connects to it.
    pub(crate) fn client(&self) -> &redis::Client {
        &self.0
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0.get_connection_info().addr())
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "RedisUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed_with_what_holds_it() {
        let config = ServerConfig {
            redis: RedisUrl::parse("redis://hunter1:hunter2@localhost"),
            metrics: MetricsConfig { listen: None, token: Some(Secret::new("hunter3")) },
            ..ServerConfig::default()
        };
        let printed = format!("{config:?}");
        assert!(!printed.contains("hunter"), "{printed}");
    }

    #[test]
    fn a_redis_is_a_host_with_what_it_takes_to_be_let_in() {
        for (text, place) in [
            ("redis://localhost", "localhost:6379"),
            ("redis://10.0.0.1:7000/2", "10.0.0.1:7000"),
            ("rediss://jac:hunter2@cache.example", "cache.example:6379"),
            ("redis://:hunter2@[::1]:6380/0", "::1:6380"),
        ] {
            let url = RedisUrl::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(url.to_string(), place);
        }
        let others =
            ["", "localhost", "redis://", "redis:///1", "http://localhost", "redis://localhost/one", "unix:///redis"];
        // The last two would change the protocol, or skip the verification of the certificate.
        for text in others.into_iter().chain(["redis://localhost?protocol=resp3", "rediss://localhost/#insecure"]) {
            assert!(RedisUrl::parse(text).is_none(), "{text}");
        }
    }
}
