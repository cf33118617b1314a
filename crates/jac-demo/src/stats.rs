//! Counts of requests, by route and by status.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::shop::Shop;

/// Counts of the shop's responses since it started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// All requests but those to `/stats`.
    pub requests: u64,
    /// By route as in the router, such as `/product/{id}`; `other` if none matched.
    pub routes: BTreeMap<String, RouteStats>,
    /// Successful logins by user: shows whether a CSV file was used.
    pub logins: BTreeMap<String, u64>,
}

/// Requests of one route.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteStats {
    /// All requests.
    pub requests: u64,
    /// By status code.
    pub statuses: BTreeMap<u16, u64>,
}

/// Maximum number of users counted by name; bounded because names come from outside.
const MAX_USERS: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<Stats>);

impl Counters {
    pub(crate) fn snapshot(&self) -> Stats {
        self.lock().clone()
    }

    pub(crate) fn logged_in(&self, user: &str) {
        let mut stats = self.lock();
        if stats.logins.contains_key(user) || stats.logins.len() < MAX_USERS {
            *stats.logins.entry(user.to_owned()).or_default() += 1;
        }
    }

    fn count(&self, route: &str, status: u16) {
        let mut stats = self.lock();
        stats.requests += 1;
        if !stats.routes.contains_key(route) {
            stats.routes.insert(route.to_owned(), RouteStats::default());
        }
        if let Some(counts) = stats.routes.get_mut(route) {
            counts.requests += 1;
            *counts.statuses.entry(status).or_default() += 1;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Stats> {
        // Counts stay correct if a handler panicked while it held them.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Counts each request after it was answered.
pub(crate) async fn count(State(shop): State<Shop>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    if route != "/stats" {
        shop.counters.count(route, response.status().as_u16());
    }
    response
}
