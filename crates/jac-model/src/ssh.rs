//! Machines that exist already: how the provider `ssh` reaches them.

use crate::Fault;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The machines of a cluster of the provider `ssh`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SshConfig {
    /// `HOST` or `HOST:PORT` of each machine: the first is the master, the others are workers. The machines reach each
    /// other under these names too.
    pub hosts: Vec<String>,
    /// The user that signs in there.
    pub user: String,
    /// The private key: the id of a saved one.
    #[serde(default)]
    pub key: Option<String>,
    /// Or a file on the server, named absolutely, which administrators may. Only its place is stored.
    #[serde(default)]
    pub key_file: Option<String>,
    /// The machines' own keys, as lines of a `known_hosts` file. A machine with another key is refused.
    pub known_hosts: Vec<String>,
}

/// A machine and the port of its SSH server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SshHost {
    pub name: String,
    pub port: u16,
}

/// A text that names no machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid host '{0}'; expected HOST, HOST:PORT or [IPv6]:PORT")]
pub struct SshHostError(String);

impl FromStr for SshHost {
    type Err = SshHostError;

    fn from_str(text: &str) -> Result<Self, SshHostError> {
        let wrong = || SshHostError(text.escape_debug().to_string());
        let (name, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (name, port) = rest.split_once(']').ok_or_else(wrong)?;
                (name, if port.is_empty() { None } else { Some(port.strip_prefix(':').ok_or_else(wrong)?) })
            }
            // More than one colon is an IPv6 address without a port.
            None => match text.split_once(':') {
                Some((name, port)) if !port.contains(':') => (name, Some(port)),
                _ => (text, None),
            },
        };
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | ':' | '%');
        if name.is_empty() || name.starts_with('-') || !name.chars().all(allowed) {
            return Err(wrong());
        }
        let port = port.map_or(Ok(22), str::parse).ok().filter(|port| *port > 0).ok_or_else(wrong)?;
        Ok(Self { name: name.to_owned(), port })
    }
}

impl std::fmt::Display for SshHost {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.name.contains(':'), self.port) {
            (_, 22) => formatter.write_str(&self.name),
            (true, port) => write!(formatter, "[{}]:{port}", self.name),
            (false, port) => write!(formatter, "{}:{port}", self.name),
        }
    }
}

impl SshConfig {
    /// Every fault, with fields within this.
    pub(crate) fn faults(&self, workers: u32) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut seen = Vec::new();
        for (place, text) in self.hosts.iter().enumerate() {
            let field = format!("/hosts/{place}");
            match text.parse::<SshHost>() {
                Ok(host) if seen.contains(&host) => {
                    faults.push(Fault::at(&field, Fault::DUPLICATE, format!("Duplicate host {host}.")));
                }
                Ok(host) => seen.push(host),
                Err(error) => faults.push(Fault::at(&field, Fault::MALFORMED, format!("{error}."))),
            }
        }
        match self.hosts.len() {
            0 => {
                let message = "No host given. The first one is the master, the others are workers.";
                faults.push(Fault::at("/hosts", Fault::MISSING, message));
            }
            hosts if hosts - 1 != workers as usize => {
                let message = format!(
                    "{hosts} hosts give 1 master and {} workers, but {workers} workers were requested.",
                    hosts - 1
                );
                faults.push(Fault::at("/hosts", Fault::CONFLICTING, message));
            }
            _ => (),
        }
        if self.user.trim().is_empty() || self.user.chars().any(char::is_control) {
            faults.push(Fault::at("/user", Fault::MISSING, "The user to sign in with is missing."));
        }
        match (&self.key, &self.key_file) {
            (Some(_), None) => (),
            (None, Some(file)) if file.starts_with('/') => (),
            (None, Some(_)) => {
                let message = "The key file must be an absolute path on the server.";
                faults.push(Fault::at("/key_file", Fault::MALFORMED, message));
            }
            (None, None) => faults.push(Fault::at("/key", Fault::MISSING, "The SSH key is missing.")),
            (Some(_), Some(_)) => {
                let message = "Give a saved key or a file on the server, not both.";
                faults.push(Fault::at("/key_file", Fault::CONFLICTING, message));
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_a_name_and_a_port() {
        for (text, name, port) in [
            ("10.0.0.4", "10.0.0.4", 22),
            ("load-1.example.org:2222", "load-1.example.org", 2222),
            ("fe80::1", "fe80::1", 22),
            ("[fe80::1]:2222", "fe80::1", 2222),
            ("[fe80::1]", "fe80::1", 22),
        ] {
            let host: SshHost = text.parse().expect(text);
            assert_eq!((host.name.as_str(), host.port), (name, port));
            assert_eq!(host.to_string().parse(), Ok(host), "what is shown can be read");
        }
    }

    #[test]
    fn what_names_no_machine_is_refused() {
        for text in ["", ":22", "a:", "a:0", "a:99999", "a b", "-oProxyCommand=x", "$(x)", "[::1", "[::1]22", "a\n"] {
            assert!(text.parse::<SshHost>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn all_faults_of_the_machines_are_reported_at_once() {
        let config = SshConfig {
            hosts: vec!["a".to_owned(), "a:22".to_owned(), "b:x".to_owned()],
            user: String::new(),
            key: None,
            key_file: Some("id".to_owned()),
            known_hosts: Vec::new(),
        };
        assert_eq!(config.faults(1).len(), 5, "{:?}", config.faults(1));
    }
}
