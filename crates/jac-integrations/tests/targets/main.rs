//! The targets with servers: sinks that record every byte and fail on request, a real mail server, and a real metrics store.

mod figures;
mod http;
mod mail;
mod metrics;
mod sink;
mod victoria_metrics;
