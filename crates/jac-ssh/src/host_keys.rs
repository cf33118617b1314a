//! The known host keys of machines: lines of `known_hosts`, as described in sshd(8) under "SSH_KNOWN_HOSTS FILE
//! FORMAT". Plain and hashed names, ports, patterns with `*` and `?`, and `@revoked` are supported; certificate
//! authorities are not, and their lines are skipped.
//!
//! A machine's key is accepted if and only if one of its lines has this exact key and none revokes it.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use jac_model::SshHost;
use russh::keys::{Algorithm, EcdsaCurve, HashAlg, PublicKey};
use sha1::Sha1;

/// The permitted keys of one machine.
#[derive(Debug, Clone, Default)]
pub struct HostKeys {
    known: Vec<PublicKey>,
    revoked: Vec<PublicKey>,
}

/// The judgement of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    Known,
    /// No line is about this machine.
    Unknown,
    /// There are lines about this machine, and they have other keys.
    Changed,
    Revoked,
}

/// The lines of a `known_hosts` file that are about this machine.
pub fn lines_about(text: &str, host: &SshHost) -> Vec<String> {
    let name = name_in_file(host);
    text.lines().filter(|line| parse(line).is_some_and(|line| line.is_about(&name))).map(str::to_owned).collect()
}

impl HostKeys {
    /// The keys in those of the lines that are about this machine.
    pub fn of(lines: &[String], host: &SshHost) -> Self {
        let name = name_in_file(host);
        let mut keys = Self::default();
        for line in lines.iter().filter_map(|line| parse(line)).filter(|line| line.is_about(&name)) {
            match line.marker {
                None => keys.known.push(line.key),
                Some("@revoked") => keys.revoked.push(line.key),
                Some(_) => (),
            }
        }
        keys
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The key types to request from the machine: a key of an unknown type would be rejected anyway.
    pub fn algorithms(&self) -> Vec<Algorithm> {
        let mut algorithms = Vec::new();
        for key in &self.known {
            let kinds = match key.algorithm() {
                Algorithm::Rsa { .. } => {
                    [HashAlg::Sha512, HashAlg::Sha256].map(|hash| Algorithm::Rsa { hash: Some(hash) }).to_vec()
                }
                other => vec![other],
            };
            algorithms.extend(kinds.into_iter().filter(|kind| !algorithms.contains(kind)).collect::<Vec<_>>());
        }
        algorithms
    }

    pub fn judge(&self, key: &PublicKey) -> Judgement {
        let same = |other: &&PublicKey| other.key_data() == key.key_data();
        if self.revoked.iter().any(|other| same(&other)) {
            Judgement::Revoked
        } else if self.known.iter().any(|other| same(&other)) {
            Judgement::Known
        } else if self.known.is_empty() {
            Judgement::Unknown
        } else {
            Judgement::Changed
        }
    }
}

/// What to do about an unknown machine.
pub fn unknown(host: &SshHost) -> String {
    format!(
        "its host key is unknown; get it with `ssh-keyscan -p {} {}`, verify its fingerprint on the machine \
         (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), and add the line to the known hosts",
        host.port, host.name
    )
}

/// What to do about a machine with a changed key.
pub fn changed(host: &SshHost, key: &PublicKey) -> String {
    format!(
        "its host key has changed: it is now {} {}. The machine was reinstalled, or somebody intercepts the \
         connection. If it was reinstalled, remove the old line (ssh-keygen -R '{}') and add the new one",
        short_name(&key.algorithm()),
        key.fingerprint(HashAlg::Sha256),
        name_in_file(host)
    )
}

fn short_name(algorithm: &Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Ed25519 => "ED25519",
        Algorithm::Rsa { .. } => "RSA",
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 } => "ECDSA P-256",
        Algorithm::Ecdsa { .. } => "ECDSA",
        _ => "a key",
    }
}

struct Line<'a> {
    marker: Option<&'a str>,
    names: &'a str,
    key: PublicKey,
}

fn parse(line: &str) -> Option<Line<'_>> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let mut fields = line.split_ascii_whitespace();
    let first = fields.next()?;
    let (marker, names) = if first.starts_with('@') { (Some(first), fields.next()?) } else { (None, first) };
    let (kind, key) = (fields.next()?, fields.next()?);
    Some(Line { marker, names, key: PublicKey::from_openssh(&format!("{kind} {key}")).ok()? })
}

impl Line<'_> {
    fn is_about(&self, name: &str) -> bool {
        let mut about = false;
        for entry in self.names.split(',') {
            if let Some(hashed) = entry.strip_prefix("|1|") {
                about |= is_hash_of(hashed, name);
            } else if let Some(other) = entry.strip_prefix('!') {
                // A negated pattern counts wherever it is in the list.
                if matches(other, name) {
                    return false;
                }
            } else {
                about |= matches(entry, name);
            }
        }
        about
    }
}

/// `name`, or `[name]:port` if the port is not 22.
fn name_in_file(host: &SshHost) -> String {
    let name = host.name.to_ascii_lowercase();
    if host.port == 22 { name } else { format!("[{name}]:{}", host.port) }
}

/// `salt|HMAC-SHA1(salt, name)`, both in Base64.
fn is_hash_of(hashed: &str, name: &str) -> bool {
    let Some((salt, hash)) = hashed.split_once('|') else { return false };
    let (Ok(salt), Ok(hash)) = (BASE64.decode(salt.as_bytes()), BASE64.decode(hash.as_bytes())) else { return false };
    let Ok(mut hmac) = Hmac::<Sha1>::new_from_slice(&salt) else { return false };
    hmac.update(name.as_bytes());
    hmac.verify_slice(&hash).is_ok()
}

/// `*` is any text, `?` any letter.
fn matches(pattern: &str, name: &str) -> bool {
    fn walk(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern.split_first(), name.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => (0..=name.len()).any(|skipped| walk(rest, &name[skipped..])),
            (Some((b'?', rest)), Some((_, name))) => walk(rest, name),
            (Some((expected, rest)), Some((found, name))) if expected.eq_ignore_ascii_case(found) => walk(rest, name),
            _ => false,
        }
    }
    // Bounded: a pattern with many stars would take long to match.
    pattern.bytes().filter(|letter| *letter == b'*').count() <= 4 && walk(pattern.as_bytes(), name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    const OTHER: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA6rWI3G2sz07DnfFlrouTcysQlj2P+jpNSOEWD9OJ3X";

    fn key(text: &str) -> PublicKey {
        PublicKey::from_openssh(text).expect("a key")
    }

    fn host(text: &str) -> SshHost {
        text.parse().expect("a host")
    }

    fn judge(lines: &[String], at: &str, found: &str) -> Judgement {
        HostKeys::of(lines, &host(at)).judge(&key(found))
    }

    #[test]
    fn a_key_is_known_unknown_changed_or_revoked() {
        let lines = [
            format!("load-1,10.0.0.4 {ONE}"),
            format!("[load-2]:2222 {ONE} a comment"),
            format!("*.example.org,!bad.example.org {ONE}"),
            format!("@revoked load-3 {ONE}"),
            format!("load-3 {ONE}"),
            format!("@cert-authority load-4 {ONE}"),
            "# a comment".to_owned(),
            "load-5 ssh-ed25519 nonsense".to_owned(),
        ];
        for (at, found, judgement) in [
            ("load-1", ONE, Judgement::Known),
            ("LOAD-1", ONE, Judgement::Known),
            ("10.0.0.4", ONE, Judgement::Known),
            ("10.0.0.4", OTHER, Judgement::Changed),
            ("load-1:2222", ONE, Judgement::Unknown),
            ("load-2:2222", ONE, Judgement::Known),
            ("load-2", ONE, Judgement::Unknown),
            ("good.example.org", ONE, Judgement::Known),
            ("bad.example.org", ONE, Judgement::Unknown),
            ("load-3", ONE, Judgement::Revoked),
            ("load-4", ONE, Judgement::Unknown),
            ("load-5", ONE, Judgement::Unknown),
        ] {
            assert_eq!(judge(&lines, at, found), judgement, "{at}");
        }
    }

    #[test]
    fn a_hashed_name_is_found_and_only_its_lines_are_taken() {
        // Created with `ssh-keygen -H` of OpenSSH.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("known_hosts");
        std::fs::write(&path, format!("load-1 {ONE}\n[load-2]:2222 {OTHER}\n")).expect("a file");
        let hashed = std::process::Command::new("ssh-keygen").args(["-q", "-H", "-f"]).arg(&path).status();
        assert!(hashed.expect("ssh-keygen is installed with OpenSSH").success());
        let text = std::fs::read_to_string(&path).expect("the file");
        assert!(!text.contains("load-1"), "{text}");
        let lines = lines_about(&text, &host("load-2:2222"));
        assert_eq!(lines.len(), 1);
        assert_eq!(judge(&lines, "load-2:2222", OTHER), Judgement::Known);
        assert!(lines_about(&text, &host("load-3")).is_empty());
    }
}
