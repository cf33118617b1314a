//! The first boot of a machine, as cloud-init's user data: the user that may sign in, the machine's host key, the
//! node's folder, its keeper, and Java if the image has none.
//!
//! The machine terminates itself: a timer that is set before anything else terminates it if its first boot fails, and
//! the keeper, a service of root, terminates it as soon as its lease has expired. `poweroff` terminates it, because the
//! launch is configured so.
//!
//! It is identical for the same node each time, because a repeated launch must have the same parameters.

use crate::errors::refused;
use crate::keys::Seed;
use crate::record::LaunchRecord;
use data_encoding::BASE64;
use jac_model::ports::PortError;
use serde_json::json;

/// The user that runs JMeter, without any rights.
pub const USER: &str = "jac";
pub const HOME: &str = "/home/jac";
/// How far the first boot is, a line; the last one is [`DONE`].
pub const PROGRESS: &str = "/var/lib/jac/progress";
pub const DONE: &str = "done";
/// EC2's limit, before Base64: "Run commands at launch" in its user guide.
const LIMIT: usize = 16 * 1024;
/// Additional time beyond the first lease before the boot timer terminates a machine.
const BOOT_MARGIN_S: u64 = 600;

/// Our folder of a node.
pub fn node_folder(installation: &str, cluster: &jac_model::ClusterId, node: &str) -> String {
    format!("{HOME}/.jac/{installation}/{cluster}/{node}")
}

/// The user data of one machine, in Base64.
pub fn of(launch: &LaunchRecord, seed: &Seed, node: &str, folder: &str) -> Result<String, PortError> {
    let own = launch.first_boot.clone().unwrap_or_else(words);
    let text = filled(&own, launch.first_lease_s, seed, node, folder)?;
    if text.len() > LIMIT {
        return Err(refused(
            "EC2",
            "launch",
            format!("the machine's first boot has {} bytes, over {LIMIT}", text.len()),
        ));
    }
    Ok(BASE64.encode(text.as_bytes()))
}

/// Fills in what differs from cluster to cluster and from node to node.
fn filled(words: &str, first_lease_s: u64, seed: &Seed, node: &str, folder: &str) -> Result<String, PortError> {
    let (user_key, host_key) = (seed.user_key()?, seed.host_key(node)?);
    let within_json = |text: &str| {
        let quoted = serde_json::Value::from(text).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    let filled = words
        .replace("@FOLDER@", folder)
        .replace("@FIRST_LEASE@", &first_lease_s.to_string())
        .replace("@FIRST_END@", &(first_lease_s + BOOT_MARGIN_S).to_string())
        .replace("@USER_KEY@", &within_json(&user_key.public))
        .replace("@HOST_PRIVATE@", &within_json(&host_key.private))
        .replace("@HOST_PUBLIC@", &within_json(&host_key.public));
    Ok(filled)
}

/// The user data of this version of JAC, with places for what differs between machines.
pub fn words() -> String {
    let first_boot = include_str!("../scripts/first_boot.sh").replace("@PROGRESS@", PROGRESS).replace("@DONE@", DONE);
    let keeper = format!("#!/bin/sh\n{}\n{}", include_str!("../scripts/before_keeper.sh"), jac_ssh::machine::keeper());
    let service = include_str!("../scripts/jac-keeper.service");
    let file = |path: &str, mode: &str, content: &str| json!({ "path": path, "permissions": mode, "content": content });
    // JSON is YAML too, and needs no care with quotes.
    let config = json!({
        // At this early stage of the boot only the service manager is running: nothing waits for this, and it waits for
        // nothing. Once per machine: an image that JAC created contains the state of another machine.
        "bootcmd": [["cloud-init-per", "instance", "jac-first-end", "systemd-run", "--no-block", "--unit=jac-first-end",
            "--property=DefaultDependencies=no", "--timer-property=DefaultDependencies=no",
            "--on-active=@FIRST_END@", "systemctl", "poweroff"],
            ["cloud-init-per", "instance", "jac-forget-keys", "rm", "-f", format!("{HOME}/.ssh/authorized_keys")]],
        "users": ["default", {
            "name": USER, "homedir": HOME, "shell": "/bin/bash", "lock_passwd": true,
            "ssh_authorized_keys": ["@USER_KEY@"],
        }],
        // The keeper manages names: cloud-init's entries would resolve to a loopback address, again with each boot.
        "manage_etc_hosts": false,
        "ssh_deletekeys": true,
        "ssh_keys": { "ed25519_private": "@HOST_PRIVATE@", "ed25519_public": "@HOST_PUBLIC@" },
        "ssh_pwauth": false,
        "disable_root": true,
        "write_files": [
            file("/usr/local/lib/jac/keeper", "0755", &keeper),
            file("/usr/local/lib/jac/first-boot", "0755", &first_boot),
            file("/etc/systemd/system/jac-keeper.service", "0644", service),
            // A load generator opens many connections.
            file("/etc/security/limits.d/90-jac.conf", "0644", "jac - nofile 1048576\njac - nproc 131072\n"),
            file("/etc/sysctl.d/90-jac.conf", "0644", "net.ipv4.ip_local_port_range = 10240 65535\nnet.ipv4.tcp_tw_reuse = 1\n"),
        ],
        "runcmd": [["/usr/local/lib/jac/first-boot"]],
    });
    format!("#cloud-config\n{config}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_small_and_the_same_each_time_and_has_no_key_but_the_machines_own() {
        let seed = Seed([9; 32]);
        let text = || filled(&words(), 3600, &seed, "worker-200", "/home/jac/.jac/i/c/worker-200").expect("it is made");
        let made = text();
        assert!(made.starts_with("#cloud-config\n{") && made.len() < LIMIT * 3 / 4, "{}", made.len());
        assert_eq!(made, text());
        let read: serde_json::Value = serde_json::from_str(made.trim_start_matches("#cloud-config")).expect("JSON");
        assert_eq!(read["ssh_keys"]["ed25519_private"], seed.host_key("worker-200").expect("a key").private);
        assert!(!made.contains('@'), "all places are filled in: {:?}", made.find('@').map(|at| &made[at..at + 20]));
        assert_eq!(made.matches("BEGIN OPENSSH PRIVATE KEY").count(), 1);
        let secret = seed.user_key().expect("a key").private;
        let line = secret.lines().nth(3).expect("a line of the key");
        assert!(!made.contains(line), "who signs in keeps the key");
    }
}
