//! The machines described on the command line: hosts with their SSH user and known host keys, or those of EC2.

use super::files;
use crate::cli::{Ec2Arguments, NewClusterArguments, ProviderName};
use crate::context;
use crate::exit::with_hint;
use jac_jmx::Finding;
use jac_model::{ClusterConfig, Distribution, Ec2Addresses, Ec2Config, Ec2Image, Provider, SshConfig, SshHost};
use jac_report::visible;
use std::path::Path;

/// A cluster to create.
pub struct NewCluster {
    pub provider: Provider,
    pub ssh: Option<SshConfig>,
    pub ec2: Option<Ec2Config>,
    pub workers: u32,
    pub heap_mb: Option<u32>,
    pub jmeter_version: Option<String>,
    /// `None`: the default of the command.
    pub lifetime_minutes: Option<u32>,
}

/// A check's findings for a plan that never ends by itself.
const ENDLESS: [&str; 2] = ["runs_until_stopped", "loops_ignored"];

impl NewCluster {
    /// A try run needs one worker only; existing machines are used as listed.
    pub fn for_run(mut self, is_try: bool) -> Self {
        if is_try && self.ssh.is_none() {
            self.workers = self.workers.min(1);
        }
        self
    }

    /// Rejects a plan that never ends by itself on billable or shared machines, unless a
    /// lifetime was given.
    pub fn refuse_endless(&self, findings: &[Finding]) -> anyhow::Result<()> {
        let machines = match self.provider {
            Provider::Local | Provider::Imported => return Ok(()),
            Provider::Ssh => "your own machines over SSH",
            Provider::Ec2 => "Amazon EC2",
        };
        let endless = findings.iter().find(|finding| ENDLESS.contains(&finding.code.as_str()));
        let (None, Some(finding)) = (self.lifetime_minutes, endless) else { return Ok(()) };
        Err(with_hint(
            format!("a plan that never ends needs a lifetime on {machines}: {}", visible(&finding.message)),
            Some(
                "Give --lifetime MINUTES, after which the cluster is terminated in any case, or set a duration in the \
                 thread group."
                    .to_owned(),
            ),
        ))
    }
}

/// The cluster requested on the command line. `on_a_server`: file names are those on the server.
pub fn read(arguments: &NewClusterArguments, on_a_server: bool) -> anyhow::Result<NewCluster> {
    refuse_others(arguments)?;
    let (provider, ssh, ec2) = match arguments.provider {
        ProviderName::Local => (Provider::Local, None, None),
        ProviderName::Ssh => (Provider::Ssh, Some(ssh(arguments, on_a_server)?), None),
        ProviderName::Ec2 => (Provider::Ec2, None, Some(ec2(&arguments.ec2)?)),
    };
    let workers = match &ssh {
        Some(ssh) => workers_of(ssh, arguments.workers)?,
        None => files::workers(arguments.workers.unwrap_or(0))?,
    };
    Ok(NewCluster {
        provider,
        ssh,
        ec2,
        workers,
        heap_mb: arguments.heap.as_deref().map(files::heap_mb).transpose()?,
        jmeter_version: arguments.jmeter_version.clone(),
        lifetime_minutes: arguments.lifetime.map(lifetime_minutes).transpose()?,
    })
}

fn lifetime_minutes(given: i64) -> anyhow::Result<u32> {
    let most = ClusterConfig::MAX_LIFETIME_MINUTES;
    u32::try_from(given).ok().filter(|minutes| (1..=most).contains(minutes)).ok_or_else(|| {
        with_hint(
            format!("invalid --lifetime {given}"),
            Some(format!("Expected 1 to {most} minutes ({} days).", most / 1440)),
        )
    })
}

/// Rejects options of another provider than the selected one: they would have no effect, which was not intended.
fn refuse_others(arguments: &NewClusterArguments) -> anyhow::Result<()> {
    let provider = arguments.provider;
    let others = [
        (ProviderName::Ssh, "ssh", "existing machines over SSH", flags_of_ssh(arguments)),
        (ProviderName::Ec2, "ec2", "Amazon EC2", flags_of_ec2(&arguments.ec2)),
    ];
    for (of, name, machines, flags) in others {
        if of == provider || flags.is_empty() {
            continue;
        }
        let (are, them) = if flags.len() == 1 { ("is", "it") } else { ("are", "them") };
        let hint = match provider {
            // It is the default, so its flag is not named.
            ProviderName::Local => format!("Remove {them}, or add --provider {name}."),
            ProviderName::Ssh | ProviderName::Ec2 => format!("Remove {them}, or use --provider {name}."),
        };
        return Err(with_hint(format!("{} {are} for {machines}", in_words(&flags)), Some(hint)));
    }
    Ok(())
}

/// `--a, --b and --c`.
fn in_words(flags: &[&str]) -> String {
    match flags {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// All given options of a new cluster.
pub fn flags(arguments: &NewClusterArguments) -> Vec<&'static str> {
    let ordinary = given([
        ("--workers", arguments.workers.is_some()),
        ("--heap", arguments.heap.is_some()),
        ("--jmeter-version", arguments.jmeter_version.is_some()),
        ("--provider", arguments.provider != ProviderName::Local),
        ("--lifetime", arguments.lifetime.is_some()),
    ]);
    [ordinary, flags_of_ssh(arguments), flags_of_ec2(&arguments.ec2)].concat()
}

/// The given SSH options.
fn flags_of_ssh(arguments: &NewClusterArguments) -> Vec<&'static str> {
    given([
        ("--hosts", !arguments.hosts.is_empty()),
        ("--user", arguments.user.is_some()),
        ("--key", arguments.key.is_some()),
        ("--known-hosts", arguments.known_hosts.is_some()),
    ])
}

/// The given EC2 options. All are listed here, so that a new one is not forgotten.
fn flags_of_ec2(arguments: &Ec2Arguments) -> Vec<&'static str> {
    let Ec2Arguments {
        region,
        both_types,
        master_type,
        worker_type,
        image,
        vpc,
        subnet,
        security_group,
        private,
        ssh_from,
        disk_gb,
        key_name,
        spot,
        tags,
        workers_may_fail,
    } = arguments;
    given([
        ("--region", region.is_some()),
        ("--type", both_types.is_some()),
        ("--master-type", master_type.is_some()),
        ("--worker-type", !worker_type.is_empty()),
        ("--image", image.is_some()),
        ("--vpc", vpc.is_some()),
        ("--subnet", !subnet.is_empty()),
        ("--security-group", security_group.is_some()),
        ("--private", *private),
        ("--ssh-from", ssh_from.is_some()),
        ("--disk-gb", disk_gb.is_some()),
        ("--key-name", key_name.is_some()),
        ("--spot", *spot),
        ("--tag", !tags.is_empty()),
        ("--workers-may-fail", workers_may_fail.is_some()),
    ])
}

pub fn given<const COUNT: usize>(flags: [(&'static str, bool); COUNT]) -> Vec<&'static str> {
    flags.into_iter().filter(|(_, is_given)| *is_given).map(|(name, _)| name).collect()
}

fn ssh(arguments: &NewClusterArguments, on_a_server: bool) -> anyhow::Result<SshConfig> {
    let (Some(user), Some(key), false) = (&arguments.user, &arguments.key, arguments.hosts.is_empty()) else {
        return Err(with_hint(
            "the provider ssh requires hosts, a user and a key".to_owned(),
            Some("Give --hosts HOST,HOST --user NAME --key FILE.".to_owned()),
        ));
    };
    // A remote server has the key; a local engine reads it early, so that a wrong one is reported before anything is
    // created.
    let key_file = if on_a_server {
        key.clone()
    } else {
        jac_ssh::key::read(key).map_err(|error| with_hint(error.to_string(), None))?;
        key.canonicalize().unwrap_or_else(|_| key.clone())
    };
    let known_hosts = known_hosts(&arguments.hosts, &context::known_hosts(arguments.known_hosts.as_deref()))?;
    Ok(SshConfig {
        hosts: arguments.hosts.clone(),
        user: user.clone(),
        key: None,
        key_file: Some(key_file.display().to_string()),
        known_hosts,
    })
}

/// The machines of EC2 that the flags describe.
pub fn ec2(given: &Ec2Arguments) -> anyhow::Result<Ec2Config> {
    let ordinary = Ec2Config::default();
    let image = match given.image.as_deref() {
        None => ordinary.image,
        Some("debian12") => Ec2Image::Newest(Distribution::Debian12),
        Some("ubuntu2404") => Ec2Image::Newest(Distribution::Ubuntu2404),
        Some("amazon-linux2023") => Ec2Image::Newest(Distribution::AmazonLinux2023),
        Some(id) if id.starts_with("ami-") => Ec2Image::Id(id.to_owned()),
        Some(other) => {
            return Err(with_hint(
                format!("invalid --image {other}"),
                Some("Expected an image ID (ami-…), debian12, ubuntu2404 or amazon-linux2023.".to_owned()),
            ));
        }
    };
    let tags = given.tags.iter().map(|tag| {
        let (name, value) = tag
            .split_once('=')
            .ok_or_else(|| with_hint(format!("invalid --tag {tag}"), Some("Expected --tag NAME=VALUE.".to_owned())))?;
        Ok((name.to_owned(), value.to_owned()))
    });
    let kind = |own: &Option<String>, otherwise: String| own.clone().or(given.both_types.clone()).unwrap_or(otherwise);
    Ok(Ec2Config {
        region: given.region.clone(),
        credentials: ordinary.credentials,
        master_type: kind(&given.master_type, ordinary.master_type),
        worker_type: kind(&given.worker_type.first().cloned(), ordinary.worker_type),
        fallback_worker_types: given.worker_type.iter().skip(1).cloned().collect(),
        image,
        vpc: given.vpc.clone(),
        subnets: given.subnet.clone(),
        security_group: given.security_group.clone(),
        addresses: if given.private { Ec2Addresses::Private } else { Ec2Addresses::Public },
        ssh_from: given.ssh_from.clone(),
        disk_gb: given.disk_gb.unwrap_or(ordinary.disk_gb),
        key_name: given.key_name.clone(),
        spot: given.spot,
        tags: tags.collect::<anyhow::Result<_>>()?,
        workers_may_fail: given.workers_may_fail.unwrap_or(0),
    })
}

/// The lines for these machines. Other lines of the file stay private.
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
        format!("{} has no host key of {}", path.display(), names.join(", ")),
        Some(format!(
            "Connect once with ssh and verify the fingerprint, or add the verified output of `ssh-keyscan -p {} {}`.",
            first.port, first.name
        )),
    ))
}

/// All machines but the master.
fn workers_of(ssh: &SshConfig, given: Option<i64>) -> anyhow::Result<u32> {
    let workers = ssh.hosts.len() - 1;
    match given {
        Some(given) if usize::try_from(given) != Ok(workers) => Err(with_hint(
            format!("--workers {given} does not match --hosts: the first of {} hosts is the master", ssh.hosts.len()),
            Some(format!("Remove --workers, or give --workers {workers}.")),
        )),
        _ => Ok(u32::try_from(workers)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jac_jmx::Severity;

    #[test]
    fn a_plan_that_never_ends_is_refused_on_machines_of_others_until_a_lifetime_is_given() {
        let new = |provider, lifetime_minutes| NewCluster {
            provider,
            ssh: None,
            ec2: None,
            workers: 1,
            heap_mb: None,
            jmeter_version: None,
            lifetime_minutes,
        };
        let found = |code: &str| {
            let (code, message) = (code.to_owned(), "It does.".to_owned());
            [Finding { severity: Severity::Info, code, element: None, message, hint: None, params: Default::default() }]
        };
        for code in ENDLESS {
            for provider in [Provider::Ssh, Provider::Ec2] {
                assert!(new(provider, None).refuse_endless(&found(code)).is_err(), "{provider} {code}");
                assert!(new(provider, Some(30)).refuse_endless(&found(code)).is_ok(), "{provider} {code}");
            }
            assert!(new(Provider::Local, None).refuse_endless(&found(code)).is_ok(), "{code}");
        }
        assert!(new(Provider::Ec2, None).refuse_endless(&found("runs_until_csv_ends")).is_ok(), "it ends");
    }
}
