//! External targets that JAC notifies: notification targets at a run's end (webhook, Slack, Teams, mail), and metrics targets while it continues
//! (OTLP, InfluxDB).
//!
//! Owns protocols, wording and signatures, and names faults. Each call sends once, within a bounded time; the engine
//! decides what is sent when, and retries.

mod http;
mod influx;
mod mail;
mod otlp;
mod settings;
mod signature;
mod slack;
mod teams;
mod webhook;
mod wording;

pub use settings::{
    ExporterProtocol, ExporterSettings, InfluxPlace, MailSettings, MailTls, NotifierProtocol, NotifierSettings, Secret,
    SettingsError,
};
pub use signature::SigningKey;

use jac_model::monitoring::MetricsExporter;
use jac_model::notify::Notifier;
use std::sync::Arc;

/// A notification target.
///
/// # Errors
/// When the settings do not fit together.
pub fn notifier(settings: NotifierSettings) -> Result<Arc<dyn Notifier>, SettingsError> {
    settings::check_name(&settings.name)?;
    Ok(match settings.protocol.clone() {
        NotifierProtocol::Webhook { url, key } => Arc::new(webhook::Webhook::new(settings, url, key)?),
        NotifierProtocol::Slack { url } => Arc::new(slack::Slack::new(settings, url)?),
        NotifierProtocol::Teams { url } => Arc::new(teams::Teams::new(settings, url)?),
        NotifierProtocol::Mail(mail) => Arc::new(mail::Mail::new(settings, *mail)?),
    })
}

/// A metrics target.
///
/// # Errors
/// When the settings do not fit together.
pub fn exporter(settings: ExporterSettings) -> Result<Arc<dyn MetricsExporter>, SettingsError> {
    settings::check_name(&settings.name)?;
    Ok(match settings.protocol.clone() {
        ExporterProtocol::Otlp { headers } => Arc::new(otlp::Otlp::new(settings, &headers)?),
        ExporterProtocol::Influxdb(place) => Arc::new(influx::Influx::new(settings, &place)?),
    })
}
