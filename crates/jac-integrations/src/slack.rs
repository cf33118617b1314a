//! Slack: an incoming webhook with blocks.

use crate::http::Http;
use crate::settings::{NotifierSettings, Secret, SettingsError};
use crate::webhook::json;
use crate::wording;
use async_trait::async_trait;
use jac_model::EpochMs;
use jac_model::notify::{Notification, Notifier, NotifierInfo, NotifierKind, SendError};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// Slack's limit of a section's text.
const LONGEST_TEXT: usize = 3_000;

pub(crate) struct Slack {
    http: Http,
    info: NotifierInfo,
}

impl Slack {
    pub fn new(settings: NotifierSettings, url: Secret) -> Result<Self, SettingsError> {
        let http = Http::to_secret(&url, settings.ca_pem.as_deref())?;
        let info = settings.info(NotifierKind::Slack, http.shown());
        Ok(Self { http, info })
    }
}

/// Escapes Slack's three special characters; everything else is literal.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn section(text: &str) -> Value {
    let text: String = text.chars().take(LONGEST_TEXT).collect();
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text, "verbatim": true } })
}

fn message(notification: &Notification) -> Value {
    let (run, title) = (&notification.run, wording::title(notification));
    let field = |(name, value): (&str, String)| json!({ "type": "mrkdwn", "text": format!("*{name}*\n{}", escaped(&value)), "verbatim": true });
    let mut blocks = vec![
        json!({ "type": "header", "text": { "type": "plain_text", "text": title, "emoji": false } }),
        json!({ "type": "section", "fields": wording::facts(run).into_iter().map(field).collect::<Vec<_>>() }),
    ];
    blocks.extend(wording::cause(run).map(|cause| section(&escaped(&cause))));
    let criteria: Vec<String> = wording::criteria(run).iter().map(|line| escaped(line)).collect();
    if !criteria.is_empty() {
        blocks.push(section(&criteria.join("\n")));
    }
    if let Some(url) = &run.url {
        let text = json!({ "type": "plain_text", "text": "Open run" });
        blocks.push(json!({ "type": "actions", "elements": [{ "type": "button", "text": text, "url": url }] }));
    }
    let footer = format!("JAC · {} · {}", run.id, notification.id);
    blocks.push(json!({ "type": "context", "elements": [{ "type": "plain_text", "text": footer }] }));
    // The text is shown in system notifications.
    json!({ "text": escaped(&title), "blocks": blocks })
}

#[async_trait]
impl Notifier for Slack {
    fn info(&self) -> NotifierInfo {
        self.info.clone()
    }

    async fn send(&self, notification: &Notification, _: EpochMs) -> Result<(), SendError> {
        self.http.post("application/json", HeaderMap::new(), json(&message(notification))?).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::tests::example;

    #[test]
    fn the_message_is_made_of_blocks_within_slacks_limits() {
        let message = message(&example());
        assert_eq!(message["text"], "Checkout &lt;peak&gt; &amp; more: criteria not met");
        let kinds: Vec<&str> =
            message["blocks"].as_array().expect("blocks").iter().filter_map(|block| block["type"].as_str()).collect();
        assert_eq!(kinds, ["header", "section", "section", "actions", "context"]);
        assert_eq!(message["blocks"][0]["text"]["text"], "Checkout <peak> & more: criteria not met");
        assert_eq!(message["blocks"][1]["fields"][4]["text"], "*Errors*\n1,235 (0.10 %)");
        assert_eq!(message["blocks"][3]["elements"][0]["url"], "https://jac.example/runs/r-23456789");
    }

    #[test]
    fn long_criteria_are_cut_to_what_slack_takes() {
        let mut notification = example();
        notification.run.criteria[0].message = "<".repeat(5_000);
        notification.run.criteria = vec![notification.run.criteria[0].clone(); 30];
        for block in message(&notification)["blocks"].as_array().expect("blocks") {
            assert!(block["text"]["text"].as_str().unwrap_or_default().chars().count() <= LONGEST_TEXT);
        }
    }
}
