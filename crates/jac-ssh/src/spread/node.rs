//! What a spreading does on a node: it lets the others in, copies the file from one of them, and cleans up.

use super::sending::sent_part;
use super::{Peer, Spread};
use crate::connection::Link;
use crate::error::LinkError;
use crate::quote::quote;
use crate::upload::refused;
use crate::{exec, scripts};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A node that takes gives up when fewer than [`LEAST_BYTES`] arrive in so long: what has become slower than 17 KB/s will not end soon.
const TAKE_PATIENCE: Duration = Duration::from_secs(60);
const LEAST_BYTES: u64 = 1 << 20;
/// How long it may say nothing: [`TAKE_PATIENCE`], or the digest of a large file on a slow disk.
const SILENCE: Duration = Duration::from_secs(240);
pub(super) const SCRIPT_LIMIT: Duration = Duration::from_secs(30);

const REWRITE_KEYS: &str = include_str!("../../scripts/rewrite_keys.sh");
const TAKE: &str = include_str!("../../scripts/take.sh");

/// A node of a spreading.
#[derive(Debug, Clone)]
pub struct Member {
    pub name: String,
    pub link: Arc<Link>,
    pub peer: Peer,
    /// Its own folder, and where the file lies below it.
    pub folder: String,
    pub file: String,
}

/// Because of which node it is that one could not take the file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blamed {
    Giver,
    Taker,
    Either,
}

impl Member {
    /// Runs a script on the node, which has to be there; again if the connection was lost.
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

    /// Lets the key of a spreading in, for its file only.
    pub(super) async fn let_in(&self, spread: &Spread) -> Result<(), LinkError> {
        self.run(&self.admission(spread), SCRIPT_LIMIT).await
    }

    pub(super) fn admission(&self, spread: &Spread) -> String {
        let words: Vec<&str> = spread.key.public.split(' ').take(2).collect();
        // Within the options' own quotes: a path of ours has none, and nothing that a shell would read.
        let line = format!("restrict,command=\"cat {}\" {} {}", self.file, words.join(" "), spread.mark());
        format!(
            "rm -f -- {}\n{REWRITE_KEYS}\nmark={} line={}\nrewrite_keys",
            quote(&sent_part(&self.folder, &spread.sha256)),
            quote(&spread.mark()),
            quote(&line)
        )
    }

    /// Takes the key out, and removes the file and what those have left who copied it and were given up.
    pub(super) async fn clean_up(&self, spread: &Spread) -> Result<(), LinkError> {
        let (file, mark) = (quote(&self.file), quote(&spread.mark()));
        let script = format!("rm -f -- {file} {file}.*\n{REWRITE_KEYS}\nmark={mark} line=\nrewrite_keys");
        self.run(&script, SCRIPT_LIMIT).await
    }

    /// Copies the file from another node, for as long as it gets on; says each time that it did.
    pub(super) async fn take(
        &self,
        spread: &Spread,
        from: &Self,
        got_on: &(dyn Fn() + Send + Sync),
    ) -> Result<(), (Blamed, LinkError)> {
        let script = scripts::on_node(&self.folder, &self.taking(spread, from));
        // Unless it says otherwise: its connection, its disk, what it has no program for.
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
            TAKE_PATIENCE.as_secs(),
            quote(spread.key.private.trim_end()),
            quote(&format!("{host} {host_key}")),
        )
    }
}
