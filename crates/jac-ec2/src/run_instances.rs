//! Requests a cluster's missing machines from AWS, at the account's rate ([`crate::pace`]).
//!
//! | response of AWS                  | then                                                                      |
//! |----------------------------------|---------------------------------------------------------------------------|
//! | the machine                      | it is recorded                                                            |
//! | too many calls                   | all of the account wait, and the request is repeated as often as necessary |
//! | none, or an internal error       | the request is repeated, a few times                                      |
//! | no capacity there                | the next zone or type is requested ([`crate::placing`])                   |
//! | anything else                    | the node has failed; after too many failures, no further one is requested |
//!
//! A throttled API is retried within the time limit of the whole launch, which the engine sets.

use crate::bring_up::failures_allowed;
use crate::cloud::{Ec2Cloud, machines_now_ms};
use crate::errors::Refusal;
use crate::keys::Seed;
use crate::launch::{Call, Launched};
use crate::placing::{self, Exhausted};
use crate::prices;
use crate::record::{ClusterRecord, NodeRecord};
use crate::{aws::Aws, tags};
use futures_util::future::join_all;
use jac_model::ports::{NodeRequest, PortError, ProgressSink};
use jac_model::{Backoff, Message, Role};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Number of attempts for a request without a response.
const TRIES: u32 = 7;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// The launch of a cluster's machines.
struct Launching<'a> {
    cloud: &'a Ec2Cloud,
    call: Call<'a>,
    seed: Seed,
    progress: ProgressSink<'a>,
    state: Mutex<State>,
    /// Hourly prices of machines, by type, as far as they were queried.
    prices: tokio::sync::Mutex<HashMap<String, Option<f64>>>,
}

#[derive(Default)]
struct State {
    exhausted: Exhausted,
    failed: usize,
    /// Why no further machines are requested.
    given_up: Option<Refusal>,
    was_throttled: bool,
}

impl Ec2Cloud {
    /// Requests every missing machine. Returns the rejections, by node.
    pub(crate) async fn ask(
        &self,
        aws: &Aws,
        record: &ClusterRecord,
        requests: &[NodeRequest],
        progress: ProgressSink<'_>,
    ) -> Result<Vec<(String, PortError)>, PortError> {
        let (Some(launch), Some(first)) = (&record.launch, requests.first()) else { return Ok(Vec::new()) };
        let seed = self.seed(launch, &record.cluster)?;
        // A crash may have prevented the writing of the key's file.
        self.records.write_key(&record.cluster, &seed.user_key()?.private).await?;
        let common = if launch.common_tags.is_empty() {
            &tags::of_all(&self.installation, first, &launch.tags)
        } else {
            &launch.common_tags
        };
        let cluster_name = common.get(tags::CLUSTER_NAME).unwrap_or(&first.cluster_name);
        let common = tags::list(common);
        let (pace, installation) = (&aws.pace().await, &self.installation);
        let call = Call { aws, pace, installation, record, launch, cluster_name, common_tags: &common };
        let (state, prices) = (Mutex::default(), tokio::sync::Mutex::default());
        let launching = Launching { cloud: self, call, seed, progress, state, prices };
        // A node with a recorded response exists; only a request that may have been made is repeated.
        let open = record.nodes.iter().filter(|node| node.instance.is_none());
        let asked = join_all(open.map(|node| async { (node.name.clone(), launching.ask_for(node).await) })).await;
        let mut failed = Vec::new();
        for (name, asked) in asked {
            if let Err(refusal) = asked? {
                let error = refusal.at(&aws.region, &format!("launch {name}"));
                failed.push((name, error));
            }
        }
        Ok(failed)
    }
}

impl Launching<'_> {
    /// Requests a node until it exists or is rejected. The outer error only means that the record could not be written.
    async fn ask_for(&self, node: &NodeRecord) -> Result<Result<(), Refusal>, PortError> {
        let mut node = node.clone();
        let (mut tries, mut pauses) = (0, Backoff::new(FIRST_PAUSE, LONGEST_PAUSE));
        loop {
            self.call.pace.turn().await;
            if let Some(refusal) = self.state().given_up.clone() {
                return Ok(Err(refusal));
            }
            // What may have been requested before a crash is requested with the same place, whatever has no capacity
            // now.
            if node.asked_ms.is_none() {
                node = self.where_capacity_may_be(node);
                node.asked_ms = Some(machines_now_ms());
                self.write(&node).await?;
            }
            let refusal = match self.call.ask(&node, &self.seed).await {
                Ok(launched) => {
                    self.call.pace.taken();
                    return self.launched(node, launched).await.map(Ok);
                }
                Err(refusal) => refusal,
            };
            if refusal.is_throttled() {
                self.call.pace.throttled();
                self.report_throttled(&node);
            } else if refusal.is_hiccup() && tries < TRIES {
                tries += 1;
                tokio::time::sleep(pauses.pause()).await;
            } else if refusal.is_no_capacity() && self.note_exhausted(&node, &refusal) {
                // No instance was launched, so nothing has to be searched for if this ends here.
                node.asked_ms = None;
                self.write(&node).await?;
            } else {
                return self.refused(node, refusal).await.map(Err);
            }
        }
    }

    /// The node with its next place. After its last place it stays unchanged, and is rejected once more.
    fn where_capacity_may_be(&self, node: NodeRecord) -> NodeRecord {
        let state = self.state();
        let is_exhausted = state.exhausted.contains(&placing::place(self.call.launch, &node));
        let next = is_exhausted.then(|| placing::next(self.call.launch, &node, &state.exhausted)).flatten();
        next.unwrap_or(node)
    }

    /// Records that there is no capacity for the node's place, and reports it once. Returns whether there is another
    /// place.
    fn note_exhausted(&self, node: &NodeRecord, refusal: &Refusal) -> bool {
        let place = placing::place(self.call.launch, node);
        let (is_new, next) = {
            let mut state = self.state();
            let is_new = state.exhausted.insert(place.clone());
            (is_new, placing::next(self.call.launch, node, &state.exhausted))
        };
        let Some(next) = next else { return false };
        if is_new {
            let ((kind, subnet), (next_kind, next_subnet)) = (place, placing::place(self.call.launch, &next));
            let text = format!("No capacity for {kind} in {subnet}; trying {next_kind} in {next_subnet}.");
            let message = Message::new("capacity_missing", text).with("type", kind).with("subnet", subnet);
            let message = message.with("next_type", next_kind).with("next_subnet", next_subnet);
            (self.progress)(&node.name, message.with("reason", refusal.sentence.as_str()));
        }
        true
    }

    async fn launched(&self, mut node: NodeRecord, launched: Launched) -> Result<(), PortError> {
        let Launched { id, zone } = launched;
        let kind = node.kind.name.clone();
        node.instance = Some(id.clone());
        self.write(&node).await?;
        let message = if node.is_moved {
            let price = self.price_of(&kind).await;
            let said = price.map_or_else(String::new, |usd| format!(", {usd} USD per hour"));
            let text = format!("Launched {id} ({kind}{said}) in {zone}, as its first choice has no capacity.");
            Message::new("instance_launched", text).with("zone", zone).with("usd_per_hour", price)
        } else {
            Message::new("instance_launched", format!("Launched {id} ({kind})."))
        };
        (self.progress)(&node.name, message.with("instance", id).with("type", kind));
        Ok(())
    }

    async fn refused(&self, mut node: NodeRecord, refusal: Refusal) -> Result<Refusal, PortError> {
        if refusal.has_made_nothing() {
            // AWS reported that no instance was launched, so nothing has to be searched for.
            node.asked_ms = None;
            self.write(&node).await?;
        }
        let mut state = self.state();
        state.failed += 1;
        if node.role == Role::Master || state.failed > failures_allowed(self.call.record) {
            state.given_up.get_or_insert_with(|| refusal.clone());
        }
        Ok(refusal)
    }

    /// Reports once that the launch takes longer.
    fn report_throttled(&self, node: &NodeRecord) {
        if !std::mem::replace(&mut self.state().was_throttled, true) {
            let text = "AWS limits how fast this account may launch instances; the launch continues more slowly.";
            (self.progress)(&node.name, Message::new("launch_throttled", text));
        }
    }

    /// The hourly price of a machine of that type, in US dollars, if AWS provides it.
    async fn price_of(&self, kind: &str) -> Option<f64> {
        // Held during the request: others that moved to this type need the same result.
        let mut prices = self.prices.lock().await;
        if let Some(known) = prices.get(kind) {
            return *known;
        }
        // The price is only displayed: an unknown one is omitted from the event and stops no launch.
        let price = prices::per_hour(self.call.aws, kind, self.call.record.config.spot).await.ok();
        prices.insert(kind.to_owned(), price);
        price
    }

    async fn write(&self, node: &NodeRecord) -> Result<(), PortError> {
        let change = |record: &mut ClusterRecord| {
            if let Some(known) = record.node_mut(&node.name) {
                known.clone_from(node);
            }
        };
        self.cloud.records.change(&self.call.record.cluster, change).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
