//! The machines of `--provider ssh`: which, who signs in there with what, and by which keys they are known.

use crate::cli::{ProviderName, RunArguments};
use crate::context;
use crate::exit::with_hint;
use jac_model::{SshConfig, SshHost};
use std::path::Path;

/// What the command line says of them; `None` for another provider.
pub fn read(arguments: &RunArguments) -> anyhow::Result<Option<SshConfig>> {
    if arguments.provider == ProviderName::Local {
        let given = [!arguments.hosts.is_empty(), arguments.user.is_some(), arguments.key.is_some()];
        if given.contains(&true) || arguments.known_hosts.is_some() {
            return Err(with_hint(
                "--hosts, --user, --key and --known-hosts are for other machines, and the nodes are to be on this one"
                    .to_owned(),
                Some("Give --provider ssh too.".to_owned()),
            ));
        }
        return Ok(None);
    }
    let (Some(user), Some(key), false) = (&arguments.user, &arguments.key, arguments.hosts.is_empty()) else {
        return Err(with_hint(
            "the provider ssh needs its machines, a user and a key".to_owned(),
            Some("Give --hosts HOST,HOST --user NAME --key FILE.".to_owned()),
        ));
    };
    // A server somewhere else has the key; this one reads it early, so that a wrong one is said before anything is made.
    let key_file = if arguments.server.is_some() {
        key.clone()
    } else {
        jac_ssh::key::read(key).map_err(|error| with_hint(error.to_string(), None))?;
        key.canonicalize().unwrap_or_else(|_| key.clone())
    };
    let known_hosts = known_hosts(&arguments.hosts, &context::known_hosts(arguments.known_hosts.as_deref()))?;
    Ok(Some(SshConfig {
        hosts: arguments.hosts.clone(),
        user: user.clone(),
        key_file: key_file.display().to_string(),
        known_hosts,
    }))
}

/// The lines that are about these machines. The others of the file are nobody's business.
fn known_hosts(hosts: &[String], path: &Path) -> anyhow::Result<Vec<String>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(with_hint(format!("{} cannot be read: {error}", path.display()), None)),
    };
    let mut lines: Vec<String> = Vec::new();
    let mut unknown: Vec<SshHost> = Vec::new();
    for host in hosts {
        let host: SshHost = host.parse().map_err(|error| with_hint(format!("--hosts: {error}"), None))?;
        let about = jac_ssh::host_keys::lines_about(&text, &host);
        if about.is_empty() {
            unknown.push(host);
        }
        lines.extend(about.into_iter().filter(|line| !lines.contains(line)).collect::<Vec<_>>());
    }
    if unknown.is_empty() {
        return Ok(lines);
    }
    let names: Vec<String> = unknown.iter().map(SshHost::to_string).collect();
    let first = &unknown[0];
    Err(with_hint(
        format!("{} has no key of {}", path.display(), names.join(", ")),
        Some(format!(
            "Connect once with ssh and compare the fingerprint, or add what `ssh-keyscan -p {} {}` prints, compared with \
             the machine's own.",
            first.port, first.name
        )),
    ))
}

/// All machines but the master.
pub fn workers(ssh: &SshConfig, given: Option<i64>) -> anyhow::Result<u32> {
    let workers = ssh.hosts.len() - 1;
    match given {
        Some(given) if usize::try_from(given) != Ok(workers) => Err(with_hint(
            format!("--workers {given} does not fit --hosts: the first of {} machines is the master", ssh.hosts.len()),
            Some(format!("Leave --workers out, or give --workers {workers}.")),
        )),
        _ => Ok(u32::try_from(workers)?),
    }
}
