//! What the server is told when it starts, read and checked by the executable.
//!
//! Only values: nothing here reads a file or the environment.

use ipnet::IpNet;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

/// A value that is never printed, logged or compared with others than by its own user.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The value itself, for the one call that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

/// What the server needs to know besides its address and folder. The default is a server on one's own machine.
#[derive(Debug, Clone, Default)]
pub struct ServerConfig {
    /// The address that people open, without a slash at its end: `https://jac.example`.
    pub public_url: Option<String>,
    /// Proxies whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    pub metrics: MetricsConfig,
    /// Where sessions are kept, if not in the database. It may hold a password.
    pub redis_url: Option<Secret>,
    pub oidc: Option<OidcConfig>,
    pub session: SessionConfig,
    /// The names of people who may work with the server's own AWS credentials; administrators always may.
    pub environment_credentials_for: Vec<String>,
}

/// Where `/metrics` is answered, besides to the shell of this machine.
#[derive(Debug, Clone, Default)]
pub struct MetricsConfig {
    /// An address of its own, which answers nothing else.
    pub listen: Option<SocketAddr>,
    /// What a caller sends as `Authorization: Bearer …`.
    pub token: Option<Secret>,
}

/// The company's sign-on by OpenID Connect.
#[derive(Debug, Clone)]
pub struct OidcConfig {
    /// The provider's issuer URL, whose discovery document is read.
    pub issuer: String,
    pub client_id: String,
    /// Without one the client is public, and PKCE alone guards the code.
    pub client_secret: Option<Secret>,
    /// What the button of the sign-in page says.
    pub name: String,
    /// The claim with the names of a person's groups.
    pub groups_claim: String,
    /// Groups that give a role. Of several roles the one with most rights holds.
    pub role_groups: BTreeMap<String, RoleName>,
    /// Groups that make somebody a member of a team, by the team's name.
    pub team_groups: BTreeMap<String, String>,
}

/// A role as the configuration names it, the one with most rights last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleName {
    Viewer,
    Member,
    Administrator,
}

impl RoleName {
    /// All of them, with the words that name them.
    pub const ALL: [(&'static str, Self); 3] =
        [("administrator", Self::Administrator), ("member", Self::Member), ("viewer", Self::Viewer)];
}

/// How long a sign-in lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionConfig {
    /// Minutes without a request after which a session ends.
    pub idle_minutes: u64,
    /// Hours after which it ends in any case.
    pub hours: u64,
}

impl SessionConfig {
    /// A week without a visit, and thirty days.
    pub const USUAL: Self = Self { idle_minutes: 7 * 24 * 60, hours: 30 * 24 };
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self::USUAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed_with_what_holds_it() {
        let config = ServerConfig {
            redis_url: Some(Secret::new("redis://:hunter2@localhost")),
            metrics: MetricsConfig { listen: None, token: Some(Secret::new("hunter3")) },
            ..ServerConfig::default()
        };
        let printed = format!("{config:?}");
        assert!(!printed.contains("hunter"), "{printed}");
    }
}
