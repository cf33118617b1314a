//! One file on all nodes of a cluster, over the server's line as seldom as possible: one node gets it from the server, the others from nodes
//! that have it, over SSH among themselves.
//!
//! A node that gives lets one key in that can do one thing there: print this file (`restrict,command="cat …"`). The key is made for one
//! spreading. A node that takes has the key's private half for as long as that lasts, signs in only where the machine shows its known
//! host key, and keeps only what has the right SHA-256. The server's own key stays on the server. Where nodes do not reach each
//! other, have no `ssh`, or are lost meanwhile, the file comes from the server.
//!
//! What nodes give to each other this way is JMeter, Java ([`crate::tools`]) and the larger files of a plan ([`crate::shared`]).
//!
//! For machines that are there for one cluster only: it writes into `~/.ssh/authorized_keys`, and takes that out again.

use crate::connection::Link;
use crate::error::LinkError;
use crate::exec;
use crate::key::{KeyTexts, from_seed};
use crate::quote::quote;
use crate::scripts;
use crate::upload::{refused, upload};
use futures_util::future::join_all;
use jac_model::Message;
use jac_model::ports::ProgressSink;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// Nodes that take from one node at the same time.
const TAKE_AT_ONCE: usize = 4;
/// Nodes that the server sends to at the same time, when nodes cannot take from each other.
const SEND_AT_ONCE: usize = 4;
/// One more may be sent to for each time so long in which no byte got to the one that is sent to: it may be lost.
const PATIENCE: Duration = Duration::from_secs(45);
/// How often a node tries to take it from others before it is sent to.
const TAKES: u32 = 2;
/// How long one node may take it from another.
const TAKE_LIMIT: Duration = Duration::from_secs(120);
const SCRIPT_LIMIT: Duration = Duration::from_secs(30);
const TELL_EVERY: Duration = Duration::from_secs(1);

/// How the other nodes of its cluster reach a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    pub address: String,
    pub port: u16,
    /// Its public host key: `ssh-ed25519 AAAA…`.
    pub host_key: String,
}

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

/// Where a node has the file from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    Server,
    Node(String),
}

/// A file that the server sends to nodes, and who is told of it.
pub struct Sending<'a> {
    /// What it is, for people.
    pub what: &'a str,
    pub path: &'a Path,
    pub progress: ProgressSink<'a>,
}

impl Sending<'_> {
    /// Sends it from here to a place on a node, and says each time that it got on. `folder` has to be there.
    pub(crate) async fn send(
        &self,
        link: &Link,
        node: &str,
        to: &str,
        folder: &str,
        got_on: &(dyn Fn() + Send + Sync),
    ) -> Result<(), LinkError> {
        let told = Mutex::new(None::<Instant>);
        let progress = |sent: u64, total: u64| {
            got_on();
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
                *told = Some(Instant::now());
                let text = format!("Sending {}: {} of {} MB.", self.what, sent / 1_000_000, total / 1_000_000);
                let message = Message::new("sending", text).with("what", self.what).with("unit", "bytes");
                (self.progress)(node, message.with("done", sent).with("total", total));
            }
        };
        upload(link, self.path, to, folder, &progress).await
    }

    fn tell_taking(&self, node: &str, from: &str) {
        let message = Message::new("taking", format!("Copying {} from {from}.", self.what)).with("what", self.what);
        (self.progress)(node, message.with("from", from));
    }
}

/// The spreadings that go on, by what is spread where.
#[derive(Debug, Default)]
pub struct Spreads {
    going_on: Mutex<HashMap<String, Weak<Spread>>>,
}

/// A node's part in a spreading.
#[derive(Debug)]
pub struct Part {
    spreads: Arc<Spreads>,
    /// `None`: it was left.
    spread: Option<Arc<Spread>>,
}

impl Part {
    /// Does what [`Spread::bring`] does, and then runs a script on the node.
    ///
    /// # Errors
    /// Those of both.
    pub async fn bring(
        &self,
        member: &Member,
        file: &Sending<'_>,
        then: &str,
        limit: Duration,
    ) -> Result<(), LinkError> {
        let Some(spread) = &self.spread else { return Ok(()) };
        spread.bring(member, file).await?;
        member.run(then, limit).await
    }

    /// Leaves the spreading. The last node that does so takes the key, and the file, out of those that gave.
    pub async fn leave(mut self) {
        if let Some(spread) = self.spread.take() {
            self.spreads.leave(spread).await;
        }
    }
}

/// Whoever gives up in the middle leaves all the same.
impl Drop for Part {
    fn drop(&mut self) {
        let (Some(spread), Ok(runtime)) = (self.spread.take(), tokio::runtime::Handle::try_current()) else { return };
        let spreads = Arc::clone(&self.spreads);
        drop(runtime.spawn(async move { spreads.leave(spread).await }));
    }
}

/// One file on its way to the nodes of one cluster.
pub struct Spread {
    key: KeyTexts,
    sha256: String,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    givers: Vec<Giver>,
    sending: usize,
    /// Since when no node got any of it.
    since: Instant,
}

/// A node that has the file.
#[derive(Debug)]
struct Giver {
    member: Member,
    taking: usize,
    has_failed: bool,
}

/// What a node does next.
enum Turn<'a> {
    Take { from: Member, place: Place<'a> },
    Send(Place<'a>),
    Wait,
}

/// A place at a giver or at the server, given back in any case.
struct Place<'a> {
    spread: &'a Spread,
    /// `None`: at the server.
    giver: Option<String>,
}

impl std::fmt::Debug for Spread {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Spread({})", self.sha256)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.spread.state();
        match &self.giver {
            None => state.sending -= 1,
            Some(name) => {
                let giver = state.givers.iter_mut().find(|giver| giver.member.name == *name);
                giver.into_iter().for_each(|giver| giver.taking -= 1);
            }
        }
        drop(state);
        self.spread.changed.notify_waiters();
    }
}

impl Spreads {
    /// The spreading of a file, known by its digest, in a cluster: the one that goes on, or a new one.
    ///
    /// # Errors
    /// When no key can be made for it.
    pub fn of(self: &Arc<Self>, cluster: &str, sha256: &str) -> Result<Part, LinkError> {
        let mut going_on = self.going_on.lock().unwrap_or_else(PoisonError::into_inner);
        going_on.retain(|_, spread| spread.strong_count() > 0);
        let name = format!("{cluster}/{sha256}");
        let part = |spread| Part { spreads: Arc::clone(self), spread: Some(spread) };
        if let Some(spread) = going_on.get(&name).and_then(Weak::upgrade) {
            return Ok(part(spread));
        }
        let spread = Arc::new(Spread {
            key: from_seed(&rand::random(), "jac-spread")?,
            sha256: sha256.to_owned(),
            state: Mutex::new(State { givers: Vec::new(), sending: 0, since: Instant::now() }),
            changed: Notify::new(),
        });
        going_on.insert(name, Arc::downgrade(&spread));
        Ok(part(spread))
    }

    async fn leave(&self, spread: Arc<Spread>) {
        let last = {
            // While nobody can come back to it.
            let _held = self.going_on.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::into_inner(spread)
        };
        if let Some(last) = last {
            last.forget_key().await;
        }
    }
}

impl Spread {
    /// Brings the file to a node, from another or from the server; from then on that node gives it too. Says from where it came.
    ///
    /// # Errors
    /// Those of the server's sending.
    pub async fn bring(&self, member: &Member, file: &Sending<'_>) -> Result<From, LinkError> {
        let mut failed = 0;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            match self.turn(failed) {
                Turn::Take { from, place } => {
                    file.tell_taking(&member.name, &from.name);
                    match self.take(member, &from).await {
                        Ok(()) => {
                            drop(place);
                            self.give(member).await;
                            return Ok(From::Node(from.name));
                        }
                        Err(error) => {
                            tracing::info!(node = member.name, %error, "{} cannot take a file from {}: {error}", member.name, from.name);
                            failed += 1;
                            self.blame(&from.name, &error);
                        }
                    }
                }
                Turn::Send(place) => {
                    file.send(&member.link, &member.name, &member.file, &member.folder, &|| {
                        self.state().since = Instant::now()
                    })
                    .await?;
                    self.give(member).await;
                    // Not before it gives: else the next would be sent to.
                    drop(place);
                    return Ok(From::Server);
                }
                // A place may also come with time.
                Turn::Wait => drop(timeout(PATIENCE, changed).await),
            }
        }
    }

    fn turn(&self, failed: u32) -> Turn<'_> {
        let mut state = self.state();
        if failed < TAKES {
            let free = state.givers.iter_mut().filter(|giver| !giver.has_failed && giver.taking < TAKE_AT_ONCE);
            if let Some(giver) = free.min_by_key(|giver| giver.taking) {
                giver.taking += 1;
                let place = Place { spread: self, giver: Some(giver.member.name.clone()) };
                return Turn::Take { from: giver.member.clone(), place };
            }
        }
        let has_giver = state.givers.iter().any(|giver| !giver.has_failed);
        let late = usize::try_from(state.since.elapsed().as_secs() / PATIENCE.as_secs()).unwrap_or(usize::MAX);
        let most = match failed >= TAKES {
            true => SEND_AT_ONCE,
            // One gets all of the line, so that it can give the sooner.
            false if !has_giver => (1 + late).min(SEND_AT_ONCE),
            false => late.min(SEND_AT_ONCE),
        };
        if state.sending >= most {
            return Turn::Wait;
        }
        state.sending += 1;
        Turn::Send(Place { spread: self, giver: None })
    }

    /// A node that has the file lets the others in. One that cannot has its own file all the same.
    async fn give(&self, member: &Member) {
        match member.run(&self.admission(member), SCRIPT_LIMIT).await {
            Ok(()) => self.gives(member.clone()),
            Err(error) => tracing::info!(node = member.name, %error, "{} cannot give a file: {error}", member.name),
        }
    }

    fn gives(&self, member: Member) {
        let mut state = self.state();
        state.since = Instant::now();
        state.givers.push(Giver { member, taking: 0, has_failed: false });
        drop(state);
        self.changed.notify_waiters();
    }

    /// Nobody else asks a node that cannot give. That the *taking* node failed is not known, so a giver is left out after one failure
    /// while there are others.
    fn blame(&self, name: &str, error: &LinkError) {
        let mut state = self.state();
        let others = state.givers.iter().filter(|giver| !giver.has_failed && giver.member.name != name).count();
        let is_takers_own = matches!(error, LinkError::DiskFull | LinkError::Unreachable(_) | LinkError::Gone);
        if let Some(giver) = state.givers.iter_mut().find(|giver| giver.member.name == name)
            && !is_takers_own
        {
            giver.has_failed = others > 0;
        }
    }

    /// Copies the file from one node to another.
    async fn take(&self, to: &Member, from: &Member) -> Result<(), LinkError> {
        let Peer { address, port, host_key } = &from.peer;
        let host = if *port == 22 { address.clone() } else { format!("[{address}]:{port}") };
        let script = format!(
            "file={file} key={file}.key known={file}.hosts\n\
             command -v ssh >/dev/null 2>&1 || {{ echo 'it has no ssh' >&2; exit 1; }}\n\
             umask 077\n\
             trap 'rm -f -- \"$key\" \"$known\" \"$file.part\"' EXIT\n\
             printf '%s\\n' {private} >\"$key\" && printf '%s\\n' {line} >\"$known\" || exit 1\n\
             ssh -q -T -F /dev/null -i \"$key\" -p {port} -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes \
             -o StrictHostKeyChecking=yes -o UserKnownHostsFile=\"$known\" -o GlobalKnownHostsFile=/dev/null \
             -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3 {user}@{address} </dev/null \
             >\"$file.part\" || {{ echo 'it was not given' >&2; exit 1; }}\n\
             found=$(sha256sum <\"$file.part\")\n\
             [ \"${{found%% *}}\" = {sha256} ] || {{ echo 'what arrived is not what was sent' >&2; exit 1; }}\n\
             mv -f -- \"$file.part\" \"$file\"",
            file = quote(&to.file),
            private = quote(self.key.private.trim_end()),
            line = quote(&format!("{host} {host_key}")),
            user = quote(&from.link.target().user),
            address = quote(address),
            sha256 = self.sha256,
        );
        to.run(&script, TAKE_LIMIT).await
    }

    /// The lines that let the key in on a node, for that file only.
    fn admission(&self, member: &Member) -> String {
        let words: Vec<&str> = self.key.public.split(' ').take(2).collect();
        // Within the options' own quotes: a path of ours has none, and nothing that a shell would read.
        let line = format!("restrict,command=\"cat {}\" {} {}", member.file, words.join(" "), self.mark());
        format!(
            "keys=$HOME/.ssh/authorized_keys\n( umask 077; mkdir -p -- \"$HOME/.ssh\"\n\
             {{ [ ! -e \"$keys\" ] || grep -v {mark} \"$keys\"; printf '%s\\n' {line}; }} >\"$keys.jac\" && \
             mv -f -- \"$keys.jac\" \"$keys\" )",
            mark = quote(&format!(" {}$", self.mark())),
            line = quote(&line),
        )
    }

    fn mark(&self) -> String {
        format!("jac-spread-{}", &self.sha256[..16])
    }

    /// Takes the key out of the nodes that gave, and the file.
    async fn forget_key(self) {
        let mark = format!(" {}$", self.mark());
        let givers = self.state.into_inner().unwrap_or_else(PoisonError::into_inner).givers;
        join_all(givers.iter().map(|Giver { member, .. }| {
            let script = format!(
                "rm -f -- {}\nkeys=$HOME/.ssh/authorized_keys\n[ -e \"$keys\" ] || exit 0\n\
                 ( umask 077; grep -v {} \"$keys\" >\"$keys.jac\"; mv -f -- \"$keys.jac\" \"$keys\" )",
                quote(&member.file),
                quote(&mark)
            );
            async move {
                if let Err(error) = member.run(&script, SCRIPT_LIMIT).await {
                    tracing::info!(node = member.name, %error, "{} keeps a key that prints {}: {error}", member.name, member.file);
                }
            }
        }))
        .await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str) -> Member {
        Member {
            name: name.to_owned(),
            link: Arc::new(Link::nowhere(name)),
            peer: Peer { address: "10.0.0.7".to_owned(), port: 22, host_key: "ssh-ed25519 AAAA".to_owned() },
            folder: format!("/home/jac/.jac/i/c/{name}"),
            file: format!("/home/jac/.jac/i/c/{name}/jmeter.tar.gz"),
        }
    }

    fn spread() -> Arc<Spread> {
        let spreads = Arc::<Spreads>::default();
        let part = spreads.of("/i/c", &"ab".repeat(32)).expect("a spreading");
        Arc::clone(part.spread.as_ref().expect("it was not left"))
    }

    #[test]
    fn the_key_prints_one_file_and_does_nothing_else() {
        let script = spread().admission(&member("master"));
        let options = "restrict,command=\"cat /home/jac/.jac/i/c/master/jmeter.tar.gz\" ssh-ed25519 ";
        assert!(script.contains(options), "{script}");
        assert!(!script.contains("PRIVATE KEY"), "the private half stays away from who gives");
    }

    #[tokio::test(start_paused = true)]
    async fn one_is_sent_to_until_it_gives_and_another_if_that_takes_too_long() {
        let spread = spread();
        let Turn::Send(first) = spread.turn(0) else { panic!("the first is sent to") };
        assert!(matches!(spread.turn(0), Turn::Wait), "the others wait for it");
        let Turn::Send(unlucky) = spread.turn(TAKES) else { panic!("one that cannot take is sent to") };
        drop(unlucky);
        tokio::time::advance(PATIENCE).await;
        let Turn::Send(second) = spread.turn(0) else { panic!("the first may be lost") };
        drop((first, second));
        spread.gives(member("master"));
        let taken: Vec<_> = (0..TAKE_AT_ONCE).map(|_| spread.turn(0)).collect();
        assert!(taken.iter().all(|turn| matches!(turn, Turn::Take { from, .. } if from.name == "master")));
        assert!(matches!(spread.turn(0), Turn::Wait), "it gives to a few at a time");
        drop(taken);
        assert!(matches!(spread.turn(0), Turn::Take { .. }));
    }

    #[test]
    fn a_node_that_cannot_give_is_left_out_while_there_are_others() {
        let spread = spread();
        spread.gives(member("master"));
        let refused = LinkError::Refused("it was not given".to_owned());
        spread.blame("master", &refused);
        assert!(matches!(spread.turn(0), Turn::Take { .. }), "there is no other");
        spread.gives(member("worker-1"));
        spread.blame("master", &refused);
        let Turn::Take { from, .. } = spread.turn(0) else { panic!("there is one that gives") };
        assert_eq!(from.name, "worker-1");
    }
}
