//! Copies one file to all nodes of a cluster and uses the server's connection as little as possible: one node gets it
//! from the server, the others from nodes that have it, over SSH among themselves.
//!
//! A giving node authorizes a key that can do only one thing there: print this file (`restrict,command="cat …"`). The
//! key is created for one transfer. A receiving node has the private key for that time, connects only if the machine
//! shows its known host key, and keeps only a file with the right SHA-256. The server's own key stays on the server. If
//! nodes do not reach each other, have no `ssh`, or are lost meanwhile, the file comes from the server.
//!
//! Nodes copy JMeter, Java ([`crate::tools`]) and the larger files of a plan ([`crate::shared`]) from each other in
//! this way.
//!
//! Only for machines that exist for one cluster: it adds a line to `~/.ssh/authorized_keys` and removes it again. Its key and its file have
//! names that no other transfer has, so the end of one affects neither the next of the same content nor others on the same nodes.

mod node;
mod sending;

use crate::error::LinkError;
use crate::key::{KeyTexts, from_seed};
use futures_util::future::join_all;
pub use node::Member;
use node::{Blamed, SCRIPT_LIMIT};
pub use sending::Sending;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// Maximum number of nodes that copy from one node at the same time.
const TAKE_AT_ONCE: usize = 4;
/// Maximum number of nodes that the server sends to at the same time, when nodes cannot copy from each other.
const SEND_AT_ONCE: usize = 4;
/// The server sends to one more node after each such period in which no byte reached any node: the receiving nodes may be lost.
const TURN_TIMEOUT: Duration = Duration::from_secs(45);
/// How often a node tries to take it from others before it is sent to.
const TAKES: u32 = 2;
/// A node from which this many others could not copy is used only if no other has the file. A failure certainly caused by the giver counts as all.
const DOUBTS: u32 = 2;

/// How the other nodes of its cluster reach a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    pub address: String,
    pub port: u16,
    /// Its public host key: `ssh-ed25519 AAAA…`.
    pub host_key: String,
}

/// The active transfers, by content and cluster.
#[derive(Debug, Default)]
pub struct Spreads {
    going_on: Mutex<HashMap<String, Weak<Spread>>>,
}

/// A node's participation in a transfer.
#[derive(Debug)]
pub struct Part {
    spreads: Arc<Spreads>,
    id: String,
    /// `None`: it has left.
    spread: Option<Arc<Spread>>,
}

impl Part {
    /// The file's path in a node's folder during the transfer.
    pub fn file(&self, folder: &str) -> String {
        format!("{folder}/{}.given", self.id)
    }

    /// Like [`Spread::bring`], and then runs a script on the node.
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

    /// Leaves the transfer. The last node to leave removes the key and the file from the givers.
    pub async fn leave(mut self) {
        if let Some(spread) = self.spread.take() {
            self.spreads.leave(spread).await;
        }
    }
}

/// A cancelled participant leaves too.
impl Drop for Part {
    fn drop(&mut self) {
        let (Some(spread), Ok(runtime)) = (self.spread.take(), tokio::runtime::Handle::try_current()) else { return };
        let spreads = Arc::clone(&self.spreads);
        drop(runtime.spawn(async move { spreads.leave(spread).await }));
    }
}

/// One file on its way to the nodes of one cluster.
pub struct Spread {
    /// Random: no two transfers have the same name, even of the same content.
    id: String,
    key: KeyTexts,
    sha256: String,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    /// The nodes that have taken part, by name.
    nodes: BTreeMap<String, Node>,
    sending: usize,
    /// Since when no node has made any progress.
    since: Instant,
}

/// A node that has the file, is receiving it, or failed to.
#[derive(Debug)]
struct Node {
    member: Member,
    gives: bool,
    /// Number of nodes copying from this one.
    taking: usize,
    doubts: u32,
}

/// The next action of a node.
enum Turn<'a> {
    /// It has the file.
    Done,
    Take {
        from: Member,
        place: Place<'a>,
    },
    Send(Place<'a>),
    Wait,
}

/// A slot at a giver or at the server, returned in any case.
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
                let giver = state.nodes.get_mut(name);
                giver.into_iter().for_each(|giver| giver.taking = giver.taking.saturating_sub(1));
            }
        }
        drop(state);
        self.spread.changed.notify_waiters();
    }
}

impl Spreads {
    /// The transfer of a file, identified by its digest, in a cluster: the active one, or a new one.
    ///
    /// # Errors
    /// When no key can be created for it.
    pub fn of(self: &Arc<Self>, cluster: &str, sha256: &str) -> Result<Part, LinkError> {
        let mut going_on = self.going_on.lock().unwrap_or_else(PoisonError::into_inner);
        going_on.retain(|_, spread| spread.strong_count() > 0);
        let name = format!("{cluster}/{sha256}");
        let part =
            |spread: Arc<Spread>| Part { spreads: Arc::clone(self), id: spread.id.clone(), spread: Some(spread) };
        if let Some(spread) = going_on.get(&name).and_then(Weak::upgrade) {
            return Ok(part(spread));
        }
        let spread = Arc::new(Spread {
            id: format!("{:016x}", rand::random::<u64>()),
            key: from_seed(&rand::random(), "jac-spread")?,
            sha256: sha256.to_owned(),
            state: Mutex::new(State { nodes: BTreeMap::new(), sending: 0, since: Instant::now() }),
            changed: Notify::new(),
        });
        going_on.insert(name, Arc::downgrade(&spread));
        Ok(part(spread))
    }

    async fn leave(&self, spread: Arc<Spread>) {
        let last = {
            // Under the lock, so that nobody can join it again.
            let _held = self.going_on.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::into_inner(spread)
        };
        if let Some(last) = last {
            // The waiting caller may be cancelled, and a node may be lost: the others are cleaned up anyway.
            let cleaning = tokio::spawn(last.clean_up());
            drop(timeout(SCRIPT_LIMIT, cleaning).await);
        }
    }
}

impl Spread {
    /// Transfers the file to a node, from another node or from the server; from then on others can copy from that node too.
    ///
    /// # Errors
    /// Those of the server's sending.
    pub async fn bring(&self, member: &Member, file: &Sending<'_>) -> Result<(), LinkError> {
        let mut failed = 0;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            let got_on = || self.got_on();
            match self.turn(member, failed) {
                Turn::Done => return Ok(()),
                Turn::Take { from, place } => {
                    file.report_taking(&member.name, &from.name);
                    match member.take(self, &from, &got_on).await {
                        Ok(()) => {
                            drop(place);
                            self.give(member).await;
                            return Ok(());
                        }
                        Err((blamed, error)) => {
                            tracing::info!(node = member.name, %error, "{} cannot take a file from {}: {error}", member.name, from.name);
                            failed += 1;
                            self.doubt(&from.name, blamed);
                        }
                    }
                }
                Turn::Send(place) => {
                    file.send(&member.link, &member.name, &member.file, &member.folder, &got_on).await?;
                    self.give(member).await;
                    // Not before it gives: otherwise the server would send to the next node.
                    drop(place);
                    return Ok(());
                }
                // A slot may also become free by time alone.
                Turn::Wait => drop(timeout(TURN_TIMEOUT, changed).await),
            }
        }
    }

    fn turn(&self, member: &Member, failed: u32) -> Turn<'_> {
        let mut state = self.state();
        // The same content under another path, before the others have finished with the first; a replaced machine would
        // have another link.
        let known = state.nodes.get(&member.name).filter(|node| Arc::ptr_eq(&node.member.link, &member.link));
        if known.is_some_and(|node| node.gives) {
            return Turn::Done;
        }
        let is_trusted = |giver: &Node| giver.doubts < DOUBTS;
        let is_giver = |giver: &Node| giver.gives && giver.member.name != member.name;
        let has_trusted = state.nodes.values().any(|node| is_giver(node) && is_trusted(node));
        let has_giver = state.nodes.values().any(is_giver);
        if failed < TAKES {
            let free = state
                .nodes
                .values_mut()
                .filter(|node| is_giver(node) && node.taking < TAKE_AT_ONCE && (is_trusted(node) || !has_trusted));
            if let Some(giver) = free.min_by_key(|giver| (giver.doubts, giver.taking)) {
                giver.taking += 1;
                let place = Place { spread: self, giver: Some(giver.member.name.clone()) };
                let from = giver.member.clone();
                state.begin(member);
                return Turn::Take { from, place };
            }
        }
        let late = usize::try_from(state.since.elapsed().as_secs() / TURN_TIMEOUT.as_secs()).unwrap_or(usize::MAX);
        let most = match failed >= TAKES {
            true => SEND_AT_ONCE,
            // A single node gets the full bandwidth, so that it can give sooner.
            false if !has_giver => (1 + late).min(SEND_AT_ONCE),
            false => late.min(SEND_AT_ONCE),
        };
        if state.sending >= most {
            return Turn::Wait;
        }
        state.sending += 1;
        state.begin(member);
        Turn::Send(Place { spread: self, giver: None })
    }

    /// A node that has the file authorizes the others. If it cannot, it still has its own copy.
    async fn give(&self, member: &Member) {
        match member.let_in(self).await {
            Ok(()) => self.gives(&member.name),
            Err(error) => tracing::info!(node = member.name, %error, "{} cannot give a file: {error}", member.name),
        }
    }

    /// A part of it has reached a node.
    fn got_on(&self) {
        self.state().since = Instant::now();
    }

    fn gives(&self, name: &str) {
        let mut state = self.state();
        state.since = Instant::now();
        state.nodes.get_mut(name).into_iter().for_each(|node| node.gives = true);
        drop(state);
        self.changed.notify_waiters();
    }

    /// Other nodes are preferred over one that could not give.
    fn doubt(&self, name: &str, blamed: Blamed) {
        let doubts = match blamed {
            Blamed::Giver => DOUBTS,
            Blamed::Either => 1,
            Blamed::Taker => 0,
        };
        self.state().nodes.get_mut(name).into_iter().for_each(|giver| giver.doubts += doubts);
    }

    /// The mark of the key's line.
    fn mark(&self) -> String {
        format!("jac-spread-{}", self.id)
    }

    /// Removes the key and the file from all nodes that took part: the outcome of the last operation on a node may be unknown.
    async fn clean_up(self) {
        let members: Vec<Member> = self.state().nodes.values().map(|node| node.member.clone()).collect();
        let spread = &self;
        join_all(members.iter().map(|member| async move {
            if let Err(error) = member.clean_up(spread).await {
                tracing::info!(node = member.name, %error, "{} still has a key that prints {}: {error}", member.name, member.file);
            }
        }))
        .await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A node starts. One that is retried gives nothing until it has the file again; copies already in progress continue.
    fn begin(&mut self, member: &Member) {
        let (taking, doubts) = self.nodes.get(&member.name).map_or((0, 0), |node| (node.taking, node.doubts));
        self.nodes.insert(member.name.clone(), Node { member: member.clone(), gives: false, taking, doubts });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Link;

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

    /// A node has received it and can give it.
    fn give(spread: &Spread, name: &str) {
        spread.state().begin(&member(name));
        spread.gives(name);
    }

    fn giver(turn: &Turn<'_>) -> Option<String> {
        match turn {
            Turn::Take { from, .. } => Some(from.name.clone()),
            Turn::Done | Turn::Send(_) | Turn::Wait => None,
        }
    }

    #[test]
    fn the_key_prints_one_file_and_does_nothing_else() {
        let script = member("master").admission(&spread());
        let options = "restrict,command=\"cat /home/jac/.jac/i/c/master/jmeter.tar.gz\" ssh-ed25519 ";
        assert!(script.contains(options), "{script}");
        assert!(!script.contains("PRIVATE KEY"), "the private half stays away from who gives");
    }

    #[test]
    fn two_spreadings_of_one_content_have_nothing_in_common() {
        let spreads = Arc::<Spreads>::default();
        let file = || spreads.of("/i/c", &"ab".repeat(32)).expect("a spreading").file("/home");
        let first = spreads.of("/i/c", &"ab".repeat(32)).expect("a spreading");
        assert_eq!(first.file("/home"), file(), "as long as it continues it is the same");
        let before = first.file("/home");
        drop(first);
        assert_ne!(before, file());
        assert_ne!(spread().mark(), spread().mark());
    }

    #[tokio::test(start_paused = true)]
    async fn one_is_sent_to_until_it_gives_and_another_if_that_takes_too_long() {
        let (spread, one) = (spread(), member("worker-1"));
        let Turn::Send(first) = spread.turn(&member("master"), 0) else { panic!("the first is sent to") };
        assert!(matches!(spread.turn(&one, 0), Turn::Wait), "the others wait for it");
        let Turn::Send(unlucky) = spread.turn(&one, TAKES) else { panic!("one that cannot take is sent to") };
        drop(unlucky);
        tokio::time::advance(TURN_TIMEOUT).await;
        let Turn::Send(second) = spread.turn(&one, 0) else { panic!("the first may be lost") };
        drop((first, second));
        spread.gives("master");
        let taken: Vec<_> = (0..TAKE_AT_ONCE).map(|_| spread.turn(&one, 0)).collect();
        assert!(taken.iter().all(|turn| giver(turn).is_some_and(|name| name == "master")));
        assert!(matches!(spread.turn(&one, 0), Turn::Wait), "it gives to a few at a time");
        drop(taken);
        assert!(giver(&spread.turn(&one, 0)).is_some());
    }

    #[test]
    fn a_node_that_cannot_give_is_left_out_while_there_are_others() {
        let (spread, taker) = (spread(), member("worker-9"));
        give(&spread, "master");
        spread.doubt("master", Blamed::Giver);
        assert!(giver(&spread.turn(&taker, 0)).is_some(), "there is no other");
        give(&spread, "worker-1");
        let taken: Vec<_> = (0..TAKE_AT_ONCE).map(|_| spread.turn(&taker, 0)).collect();
        assert!(taken.iter().all(|turn| giver(turn).is_some_and(|name| name == "worker-1")));
        assert!(matches!(spread.turn(&taker, 0), Turn::Wait));
    }

    #[test]
    fn where_it_was_either_nodes_fault_the_giver_is_asked_after_the_others_and_a_second_time_no_more() {
        let (spread, taker) = (spread(), member("worker-9"));
        give(&spread, "master");
        give(&spread, "worker-1");
        spread.doubt("master", Blamed::Taker);
        assert_eq!(
            giver(&spread.turn(&taker, 0)).as_deref(),
            Some("master"),
            "the taker's own fault says nothing of it"
        );
        spread.doubt("master", Blamed::Either);
        let taken: Vec<_> = (0..=TAKE_AT_ONCE).map(|_| spread.turn(&taker, 0)).collect();
        assert_eq!(giver(&taken[0]).as_deref(), Some("worker-1"));
        assert_eq!(giver(&taken[TAKE_AT_ONCE]).as_deref(), Some("master"), "it still gives");
        spread.doubt("master", Blamed::Either);
        assert!(matches!(spread.turn(&taker, 0), Turn::Wait));
    }

    #[test]
    fn a_node_that_comes_again_has_it_and_another_machine_in_its_place_does_not() {
        let spread = spread();
        let master = member("master");
        spread.state().begin(&master);
        spread.gives("master");
        assert!(matches!(spread.turn(&master, 0), Turn::Done));
        let takes_meanwhile = spread.turn(&member("worker-1"), 0);
        assert_eq!(giver(&takes_meanwhile).as_deref(), Some("master"));
        let Turn::Send(again) = spread.turn(&member("master"), 0) else { panic!("no other has it") };
        assert_eq!(giver(&spread.turn(&member("worker-2"), 0)), None, "who is about to get it does not give it");
        spread.gives("master");
        drop((again, takes_meanwhile));
        assert_eq!(spread.state().nodes["master"].taking, 0);
        assert_eq!(spread.state().nodes.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn while_nodes_take_it_the_others_wait_however_long_that_is() {
        let (spread, taker) = (spread(), member("worker-9"));
        give(&spread, "master");
        let _taken: Vec<_> = (0..TAKE_AT_ONCE).map(|_| spread.turn(&taker, 0)).collect();
        for _ in 0..10 {
            tokio::time::advance(TURN_TIMEOUT - Duration::from_secs(1)).await;
            assert!(matches!(spread.turn(&taker, 0), Turn::Wait));
            spread.got_on();
        }
        tokio::time::advance(TURN_TIMEOUT).await;
        assert!(matches!(spread.turn(&taker, 0), Turn::Send(_)), "they may be lost");
    }
}
