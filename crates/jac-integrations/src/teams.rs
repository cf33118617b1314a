//! Microsoft Teams: a webhook of Workflows ("Post to a channel when a webhook request is received"), with an Adaptive Card. The connectors that
//! took message cards were retired.

use crate::http::Http;
use crate::settings::{NotifierSettings, Secret, SettingsError};
use crate::webhook::json;
use crate::wording;
use async_trait::async_trait;
use jac_model::EpochMs;
use jac_model::notify::{Notification, Notifier, NotifierInfo, NotifierKind, SendError};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

pub(crate) struct Teams {
    http: Http,
    info: NotifierInfo,
}

impl Teams {
    pub fn new(settings: NotifierSettings, url: Secret) -> Result<Self, SettingsError> {
        let http = Http::to_secret(&url, settings.ca_pem.as_deref())?;
        let info = settings.info(NotifierKind::Teams, http.shown());
        Ok(Self { http, info })
    }
}

/// Cards read some Markdown: names are shown as they are.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '*' | '_' | '[' | ']' | '(' | ')' | '\\' | '`' | '#' | '~') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

fn message(notification: &Notification) -> Value {
    let run = &notification.run;
    let block = |text: &str| json!({ "type": "TextBlock", "text": escaped(text), "wrap": true });
    let colour = match wording::outcome(run) {
        _ if run.is_failure() => "Attention",
        "criteria met" | "completed" => "Good",
        _ => "Default",
    };
    let mut title = block(&wording::title(notification));
    title["size"] = "Large".into();
    title["weight"] = "Bolder".into();
    title["color"] = colour.into();
    let fact = |(name, value): (&str, String)| json!({ "title": name, "value": escaped(&value) });
    let facts: Vec<Value> = wording::facts(run).into_iter().map(fact).collect();
    let mut body = vec![title, json!({ "type": "FactSet", "facts": facts })];
    body.extend(wording::cause(run).map(|cause| block(&cause)));
    body.extend(wording::criteria(run).iter().map(|line| block(line)));
    let mut footer = block(&format!("JAC · {} · {}", run.id, notification.id));
    footer["isSubtle"] = true.into();
    footer["size"] = "Small".into();
    body.push(footer);
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        // The version that all Teams clients support.
        "version": "1.4",
        "body": body,
    });
    if let Some(url) = &run.url {
        card["actions"] = json!([{ "type": "Action.OpenUrl", "title": "Open run", "url": url }]);
    }
    let attachment =
        json!({ "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card });
    json!({ "type": "message", "attachments": [attachment] })
}

#[async_trait]
impl Notifier for Teams {
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
    fn the_message_is_an_adaptive_card_with_facts_and_a_button() {
        let message = message(&example());
        let attachment = &message["attachments"][0];
        assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
        let card = &attachment["content"];
        assert_eq!((card["type"].as_str(), card["version"].as_str()), (Some("AdaptiveCard"), Some("1.4")));
        assert_eq!(card["body"][0]["text"], "Checkout <peak> & more: criteria not met");
        assert_eq!(card["body"][0]["color"], "Attention");
        assert_eq!(card["body"][1]["facts"][3], json!({ "title": "Samples", "value": "1,234,567" }));
        assert_eq!(card["body"][2]["text"], "Not met: p95 of Total = 812 ms \\(fails when > 800 ms\\)");
        assert_eq!(card["actions"][0]["url"], "https://jac.example/runs/r-23456789");
    }

    #[test]
    fn the_largest_message_is_below_the_limit_of_teams() {
        let mut notification = example();
        notification.run.name = "*".repeat(5_000);
        notification.run.plan.name = "*".repeat(5_000);
        notification.run.criteria[0].message = "\\".repeat(5_000);
        notification.run.criteria = vec![notification.run.criteria[0].clone(); 30];
        assert!(message(&notification).to_string().len() < 28 << 10);
    }
}
