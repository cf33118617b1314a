//! Places for connections: limited in total and per address (for IPv6: per /64 network), and a few more for the shell
//! of this machine.

use super::Limits;
use crate::forwarded::is_trusted;
use crate::metrics::Metrics;
use ipnet::IpNet;
use jac_model::network_of;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// Number of places reserved for requests with the shell's token.
const KEPT_PLACES: usize = 16;

/// The occupied places.
#[derive(Debug, Default)]
struct Taken {
    ordinary: usize,
    /// The oldest first.
    kept: Vec<Kept>,
    /// By the peer's network.
    of: HashMap<IpAddr, usize>,
}

/// One of the places for the shell of this machine. Until its first request it is lent only: any process of this machine could occupy it.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    evicted: CancellationToken,
    has_asked: Arc<AtomicBool>,
}

impl Kept {
    /// Its first request with the shell's token has arrived.
    pub fn has_asked(&self) {
        self.has_asked.store(true, Ordering::Relaxed);
    }

    /// Returns when another connection has received the place.
    pub async fn evicted(&self) {
        self.evicted.cancelled().await;
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.has_asked, &other.has_asked)
    }
}

/// All places of an address that is listened on.
pub struct Places {
    limits: Limits,
    taken: Arc<Mutex<Taken>>,
    proxies: Vec<IpNet>,
    metrics: Option<Metrics>,
}

/// A place, returned when it is dropped.
pub struct Place {
    taken: Arc<Mutex<Taken>>,
    pub peer: IpAddr,
    /// Its network has used up one of its places; a trusted proxy's connections are its clients', and use up none.
    counts: bool,
    /// It is one of those for the shell of this machine.
    pub kept: Option<Kept>,
    /// Whether the connection has become a WebSocket.
    pub is_socket: Arc<AtomicBool>,
    pub metrics: Option<Metrics>,
}

impl Taken {
    /// Whether one of the kept places is free. If none is, the connection that has been silent for longest loses its.
    fn has_room_for_the_shell(&mut self, metrics: Option<&Metrics>) -> bool {
        if self.kept.len() < KEPT_PLACES {
            return true;
        }
        let silent = self.kept.iter().position(|kept| !kept.has_asked.load(Ordering::Relaxed));
        silent.is_some_and(|at| {
            self.kept.remove(at).evicted.cancel();
            metrics.inspect(|metrics| metrics.connection_refused());
            true
        })
    }
}

impl Place {
    pub fn handshake_failed(&self) {
        if let Some(metrics) = &self.metrics {
            metrics.handshake_failed();
        }
    }
}

fn open(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Places {
    pub fn new(limits: &Limits, proxies: Vec<IpNet>, metrics: Option<Metrics>) -> Self {
        Self { limits: limits.clone(), taken: Arc::default(), proxies, metrics }
    }

    /// Reserves a place for a connection from this peer; `None` when its limit or the total is reached.
    pub fn take(&self, peer: IpAddr) -> Option<Place> {
        let mut taken = open(&self.taken);
        let network = network_of(peer);
        let of_peer = taken.of.get(&network).copied().unwrap_or_default();
        let counts = !is_trusted(peer, &self.proxies);
        let is_welcome = of_peer < self.limits.connections_per_peer || !counts;
        let kept = if taken.ordinary < self.limits.connections && is_welcome {
            taken.ordinary += 1;
            if counts {
                *taken.of.entry(network).or_default() += 1;
            }
            None
        } else if peer.is_loopback() && taken.has_room_for_the_shell(self.metrics.as_ref()) {
            let kept = Kept::default();
            taken.kept.push(kept.clone());
            Some(kept)
        } else {
            self.metrics.as_ref().inspect(|metrics| metrics.connection_refused());
            return None;
        };
        self.metrics.as_ref().inspect(|metrics| metrics.connection_opened());
        let (taken, metrics) = (Arc::clone(&self.taken), self.metrics.clone());
        Some(Place { taken, peer, counts, kept, is_socket: Arc::default(), metrics })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(metrics) = &self.metrics {
            metrics.connection_closed();
            if self.is_socket.load(Ordering::Relaxed) {
                metrics.socket_closed();
            }
        }
        let mut taken = open(&self.taken);
        if let Some(kept) = &self.kept {
            taken.kept.retain(|each| !each.is(kept));
            return;
        }
        taken.ordinary -= 1;
        let network = network_of(self.peer);
        if self.counts
            && let Some(count) = taken.of.get_mut(&network)
        {
            *count -= 1;
            if *count == 0 {
                taken.of.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trusted_proxy_uses_up_no_place_of_its_network() {
        let limits = Limits { connections_per_peer: 1, ..Limits::for_descriptors(1_024) };
        let places = Places::new(&limits, vec!["2001:db8:1::10/128".parse().expect("a network")], None);
        let take = |peer: &str| places.take(peer.parse().expect("an address"));
        let of_proxy = [take("2001:db8:1::10"), take("2001:db8:1::10"), take("2001:db8:1::10")];
        assert!(of_proxy.iter().all(Option::is_some));
        let neighbour = take("2001:db8:1::20").expect("a place");
        assert!(take("2001:db8:1::21").is_none());
        drop(of_proxy);
        assert!(take("2001:db8:1::21").is_none(), "the neighbour still has the network's only place");
        drop(neighbour);
        assert!(open(&places.taken).of.is_empty());
    }

    #[test]
    fn the_addresses_of_one_network_of_ipv6_share_their_places() {
        let limits = Limits { connections_per_peer: 2, ..Limits::for_descriptors(1_024) };
        let places = Places::new(&limits, Vec::new(), None);
        let take = |peer: &str| places.take(peer.parse().expect("an address"));
        let first = take("2001:db8:1:2::1").expect("a place");
        let second = take("2001:db8:1:2:3:4:5:6").expect("another");
        assert!(take("2001:db8:1:2:ffff::").is_none(), "the network has its places");
        let of_others = [take("2001:db8:1:3::1"), take("192.0.2.1"), take("192.0.2.2")];
        assert!(of_others.iter().all(Option::is_some));
        drop(first);
        let third = take("2001:db8:1:2::2");
        assert!(third.is_some(), "one was given back");
        drop((second, third, of_others));
        assert!(open(&places.taken).of.is_empty());
    }
}
