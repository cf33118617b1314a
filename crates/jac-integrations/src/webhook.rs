//! The webhook: the document itself, signed.

use crate::http::Http;
use crate::settings::{NotifierSettings, Secret, SettingsError};
use crate::signature::SigningKey;
use async_trait::async_trait;
use jac_model::EpochMs;
use jac_model::notify::{Notification, Notifier, NotifierInfo, NotifierKind, SendError};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

pub(crate) struct Webhook {
    http: Http,
    key: SigningKey,
    info: NotifierInfo,
}

impl Webhook {
    pub fn new(settings: NotifierSettings, url: Secret, key: SigningKey) -> Result<Self, SettingsError> {
        let http = Http::to_secret(&url, settings.ca_pem.as_deref())?;
        let info = settings.info(NotifierKind::Webhook, http.shown());
        Ok(Self { http, key, info })
    }
}

/// A document as the bytes that are sent.
pub(crate) fn json(document: &impl serde::Serialize) -> Result<Vec<u8>, SendError> {
    let unwritable =
        |error| SendError::lasting("integration_refused", format!("It cannot be written as JSON: {error}."));
    serde_json::to_vec(document).map_err(unwritable)
}

#[async_trait]
impl Notifier for Webhook {
    fn info(&self) -> NotifierInfo {
        self.info.clone()
    }

    async fn send(&self, notification: &Notification, now_ms: EpochMs) -> Result<(), SendError> {
        let body = json(notification)?;
        let seconds = now_ms.div_euclid(1_000);
        let signature = self.key.sign(&notification.id, seconds, &body);
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("webhook-id", notification.id.clone()),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", signature),
        ] {
            let value = HeaderValue::from_str(&value);
            let value =
                value.map_err(|error| SendError::lasting("integration_refused", format!("{name}: {error}.")))?;
            headers.insert(HeaderName::from_static(name), value);
        }
        self.http.post("application/json", headers, body).await.map(drop)
    }
}
