//! Machines that exist for one node only, created by another adapter: their folder and their keeper are created during
//! their first boot, and the end of the node terminates the machine.

use crate::connection::Link;
use crate::error::LinkError;
use crate::upload::refused;
use crate::{exec, scripts, sftp};
use jac_model::ports::Lease;
use std::time::Duration;

const SCRIPT_LIMIT: Duration = Duration::from_secs(30);

/// The keeper's script: run as root with the node's folder as its argument, by a supervisor that restarts it when it
/// ends.
pub fn keeper() -> String {
    scripts::machine_keeper()
}

/// Whether the node's keeper runs. Fails fast.
pub async fn has_keeper(link: &Link, folder: &str) -> Result<bool, LinkError> {
    let keeper = format!("{folder}/keeper.pid");
    let keeper = &keeper;
    link.attempt(|live| async move {
        match crate::remote::identity(&live, keeper).await? {
            Some((pid, start)) => crate::remote::is_alive(&live, pid, start).await,
            None => Ok(false),
        }
    })
    .await
}

/// A small file of the machine; `None` if it does not exist. Fails fast.
pub async fn read_small(link: &Link, path: &str) -> Result<Option<String>, LinkError> {
    link.attempt(|live| async move { sftp::read_small(&live, path).await }).await
}

/// Sets when the node ends. Fails fast.
pub async fn renew_lease(link: &Link, folder: &str, lease: Lease) -> Result<(), LinkError> {
    let ran = link
        .attempt(|live| async move {
            let script = scripts::renew(folder, lease.left, lease.after_run);
            exec::run(link, &live, &script, SCRIPT_LIMIT).await
        })
        .await?;
    match ran.exit_code {
        0 => Ok(()),
        code => Err(refused(code, &ran.stderr)),
    }
}

/// Writes names into the machine's `/etc/hosts`, through its keeper: lines with an IPv4 address and a name, replacing
/// all that were given before. Fails fast.
pub async fn give_names(link: &Link, folder: &str, names: &str) -> Result<(), LinkError> {
    let ran = link
        .attempt(|live| async move { exec::run(link, &live, &scripts::give_names(folder, names), SCRIPT_LIMIT).await })
        .await?;
    match ran.exit_code {
        0 => Ok(()),
        code => Err(refused(code, &ran.stderr)),
    }
}
