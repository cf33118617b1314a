//! The machines that the command line describes: hosts with who signs in there and by which keys they are known, or those of
//! EC2.

use super::files;
use crate::cli::{Ec2Arguments, MachineArguments, ProviderName};
use crate::context;
use crate::exit::with_hint;
use jac_model::{Distribution, Ec2Addresses, Ec2Config, Ec2Image, Provider, SshConfig, SshHost};
use std::path::Path;

/// What nodes are made of.
pub struct Machines {
    pub provider: Provider,
    pub ssh: Option<SshConfig>,
    pub ec2: Option<Ec2Config>,
    pub workers: u32,
}

/// What the command line says of them. `on_a_server`: files are named as that server sees them.
pub fn read(arguments: &MachineArguments, workers: Option<i64>, on_a_server: bool) -> anyhow::Result<Machines> {
    let hosts_given = !arguments.hosts.is_empty()
        || arguments.user.is_some()
        || arguments.key.is_some()
        || arguments.known_hosts.is_some();
    if arguments.provider != ProviderName::Ssh && hosts_given {
        return Err(with_hint(
            "--hosts, --user, --key and --known-hosts are for machines that exist already".to_owned(),
            Some("Give --provider ssh too.".to_owned()),
        ));
    }
    match arguments.provider {
        ProviderName::Local => Ok(Machines {
            provider: Provider::Local,
            ssh: None,
            ec2: None,
            workers: files::workers(workers.unwrap_or(0))?,
        }),
        ProviderName::Ssh => {
            let ssh = ssh(arguments, on_a_server)?;
            let workers = workers_of(&ssh, workers)?;
            Ok(Machines { provider: Provider::Ssh, ssh: Some(ssh), ec2: None, workers })
        }
        ProviderName::Ec2 => Ok(Machines {
            provider: Provider::Ec2,
            ssh: None,
            ec2: Some(ec2(&arguments.ec2)?),
            workers: files::workers(workers.unwrap_or(0))?,
        }),
    }
}

fn ssh(arguments: &MachineArguments, on_a_server: bool) -> anyhow::Result<SshConfig> {
    let (Some(user), Some(key), false) = (&arguments.user, &arguments.key, arguments.hosts.is_empty()) else {
        return Err(with_hint(
            "the provider ssh needs its machines, a user and a key".to_owned(),
            Some("Give --hosts HOST,HOST --user NAME --key FILE.".to_owned()),
        ));
    };
    // A server somewhere else has the key; this one reads it early, so that a wrong one is said before anything is made.
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
        key_file: key_file.display().to_string(),
        known_hosts,
    })
}

fn ec2(given: &Ec2Arguments) -> anyhow::Result<Ec2Config> {
    let ordinary = Ec2Config::default();
    let image = match given.image.as_deref() {
        None => ordinary.image,
        Some("debian12") => Ec2Image::Newest(Distribution::Debian12),
        Some("ubuntu2404") => Ec2Image::Newest(Distribution::Ubuntu2404),
        Some("amazon-linux2023") => Ec2Image::Newest(Distribution::AmazonLinux2023),
        Some(id) if id.starts_with("ami-") => Ec2Image::Id(id.to_owned()),
        Some(other) => {
            return Err(with_hint(
                format!("--image {other} is no image"),
                Some("Give an id that begins with ami-, or debian12, ubuntu2404 or amazon-linux2023.".to_owned()),
            ));
        }
    };
    let tags = given.tags.iter().map(|tag| {
        let (name, value) = tag
            .split_once('=')
            .ok_or_else(|| with_hint(format!("--tag {tag} has no value"), Some("Give --tag NAME=VALUE.".to_owned())))?;
        Ok((name.to_owned(), value.to_owned()))
    });
    let kind = |own: &Option<String>, otherwise: String| own.clone().or(given.both_types.clone()).unwrap_or(otherwise);
    Ok(Ec2Config {
        region: given.region.clone(),
        credentials: ordinary.credentials,
        master_type: kind(&given.master_type, ordinary.master_type),
        worker_type: kind(&given.worker_type, ordinary.worker_type),
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
fn workers_of(ssh: &SshConfig, given: Option<i64>) -> anyhow::Result<u32> {
    let workers = ssh.hosts.len() - 1;
    match given {
        Some(given) if usize::try_from(given) != Ok(workers) => Err(with_hint(
            format!("--workers {given} does not fit --hosts: the first of {} machines is the master", ssh.hosts.len()),
            Some(format!("Leave --workers out, or give --workers {workers}.")),
        )),
        _ => Ok(u32::try_from(workers)?),
    }
}
