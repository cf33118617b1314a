//! A transfer's operations on a node: it adds the key, copies the file from another node, and cleans up.

use super::sending::sent_part;
use super::{Peer, Spread};
use crate::connection::Link;
use crate::error::LinkError;
use crate::quote::quote;
use crate::upload::refused;
use crate::{exec, scripts};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A copying node gives up if fewer than [`LEAST_BYTES`] arrive in this time: a copy slower than 17 KB/s will not end soon.
const TAKE_SILENCE_LIMIT: Duration = Duration::from_secs(60);
const LEAST_BYTES: u64 = 1 << 20;
/// How long it may be silent: [`TAKE_SILENCE_LIMIT`], or the digest of a large file on a slow disk.
const SILENCE: Duration = Duration::from_secs(240);
pub(super) const SCRIPT_LIMIT: Duration = Duration::from_secs(30);

const REWRITE_KEYS: &str = include_str!("../../scripts/rewrite_keys.sh");
const TAKE: &str = include_str!("../../scripts/take.sh");

/// A node of a transfer.
#[derive(Debug, Clone)]
pub struct Member {
    pub name: String,
    pub link: Arc<Link>,
    pub peer: Peer,
    /// Its folder, and the file's path in it.
    pub folder: String,
    pub file: String,
}

/// Which node caused a failed copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blamed {
    Giver,
    Taker,
    Either,
}

impl Member {
    /// Runs a script that exists on the node; again if the connection was lost.
    pub(crate) async fn run(&self, script: &str, limit: Duration) -> Result<(), LinkError> {
        let script = scripts::on_node(&self.folder, script);
        let output = self.link.persist(|live| {
            let script = &script;
            async move { exec::run(&self.link, &live, script, limit).await }
        });
        match output.await? {
            output if output.exit_code == 0 => Ok(()),
            output => Err(refused(output.exit_code, &output.stderr)),
        }
    }

    /// Adds the key of a transfer, for its file only.
    pub(super) async fn let_in(&self, spread: &Spread) -> Result<(), LinkError> {
        self.run(&self.admission(spread), SCRIPT_LIMIT).await
    }

    pub(super) fn admission(&self, spread: &Spread) -> String {
        let words: Vec<&str> = spread.key.public.split(' ').take(2).collect();
        // Within the options' own quotes: JAC's paths contain no quotes or shell characters.
        let line = format!("restrict,command=\"cat {}\" {} {}", self.file, words.join(" "), spread.mark());
        format!(
            "rm -f -- {}\n{REWRITE_KEYS}\nmark={} line={}\nrewrite_keys",
            quote(&sent_part(&self.folder, &spread.sha256)),
            quote(&spread.mark()),
            quote(&line)
        )
    }

    /// Removes the key, the file, and the remains of cancelled copies.
    pub(super) async fn clean_up(&self, spread: &Spread) -> Result<(), LinkError> {
        let (file, mark) = (quote(&self.file), quote(&spread.mark()));
        let script = format!("rm -f -- {file} {file}.*\n{REWRITE_KEYS}\nmark={mark} line=\nrewrite_keys");
        self.run(&script, SCRIPT_LIMIT).await
    }

    /// Copies the file from another node while it makes progress; reports the progress.
    pub(super) async fn take(
        &self,
        spread: &Spread,
        from: &Self,
        got_on: &(dyn Fn() + Send + Sync),
    ) -> Result<(), (Blamed, LinkError)> {
        let script = scripts::on_node(&self.folder, &self.taking(spread, from));
        // Unless it reports another cause: its connection, its disk, a missing program.
        let blamed = Mutex::new(Blamed::Taker);
        let blame = |whom| *blamed.lock().unwrap_or_else(PoisonError::into_inner) = whom;
        let hear = |line: &str| match line {
            "giver" => blame(Blamed::Giver),
            "either" => blame(Blamed::Either),
            _ => got_on(),
        };
        let taken = self.link.persist(|live| {
            let (script, hear) = (&script, &hear);
            async move {
                let mut session = exec::open(&self.link, &live).await?;
                let taken = session.listen(script, SILENCE, hear).await;
                session.end().await;
                taken
            }
        });
        let taken = taken.await;
        taken.map_err(|error| (blamed.into_inner().unwrap_or_else(PoisonError::into_inner), error))
    }

    fn taking(&self, spread: &Spread, from: &Self) -> String {
        let Peer { address, port, host_key } = &from.peer;
        let host = if *port == 22 { address.clone() } else { format!("[{address}]:{port}") };
        format!(
            "file={} user={} address={} port={port} sha256={} least={LEAST_BYTES} timeout={}\nkey={}\nknown={}\n{TAKE}",
            quote(&self.file),
            quote(&from.link.target().user),
            quote(address),
            spread.sha256,
            TAKE_SILENCE_LIMIT.as_secs(),
            quote(spread.key.private.trim_end()),
            quote(&format!("{host} {host_key}")),
        )
    }
}
