//! The targets against servers: sinks that keep every byte and fail on command, a real mail server, and a real store of metrics.

mod figures;
mod http;
mod mail;
mod metrics;
mod sink;
mod victoria_metrics;
