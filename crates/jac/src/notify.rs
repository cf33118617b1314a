//! `jac notify`: notification targets and metrics targets.

use crate::cli::{ClientArguments, NotifyCommand};
use crate::client::{Client, Fault};
use crate::connected::{briefly, print};
use crate::exit::{Exit, with_hint};
use crate::history::encoded;
use jac_engine::{Delivery, IntegrationTest, IntegrationsView};
use jac_model::notify::DeliveryState;
use serde::Serialize;
use serde_json::json;

pub async fn notify(command: NotifyCommand) -> anyhow::Result<Exit> {
    match command {
        NotifyCommand::Test { target, whose } => {
            briefly(&whose, async |client| test(client, target.as_deref(), &whose).await).await
        }
        NotifyCommand::Status { run, whose } => {
            briefly(&whose, async |client| {
                let deliveries: Vec<Delivery> = client.get(&format!("/runs/{}/notifications", encoded(&run))).await?;
                print_deliveries(&whose, &run, &deliveries);
                Ok(Exit::Done)
            })
            .await
        }
        NotifyCommand::Retry { run, target, whose } => {
            briefly(&whose, async |client| {
                let query = target.as_ref().map_or_else(String::new, |name| format!("?target={}", encoded(name)));
                let path = format!("/runs/{}/notifications/retry{query}", encoded(&run));
                let deliveries: Vec<Delivery> = client.post(&path, &json!({})).await?;
                print_deliveries(&whose, &run, &deliveries);
                Ok(Exit::Done)
            })
            .await
        }
    }
}

/// The result of a test.
#[derive(Debug, Serialize)]
struct Tested {
    target: String,
    /// The fault; `null`: none.
    error: Option<String>,
    code: Option<String>,
}

async fn test(client: &Client, target: Option<&str>, whose: &ClientArguments) -> anyhow::Result<Exit> {
    let names = match target {
        Some(name) => vec![name.to_owned()],
        None => {
            let IntegrationsView { notifications, metrics, .. } = client.get("/integrations").await?;
            let notifications = notifications.into_iter().map(|view| view.target.name);
            notifications.chain(metrics.into_iter().map(|view| view.target.name)).collect()
        }
    };
    if names.is_empty() {
        let hint = "Add a [[notify]] or [[metrics_export]] table to jac.toml, and restart the server.".to_owned();
        return Err(with_hint("nothing to test is configured".to_owned(), Some(hint)));
    }
    let mut tested = Vec::new();
    for name in names {
        // An unknown name, or a server that does not answer, is not a fault of a target.
        let answer: Result<IntegrationTest, Fault> = client.try_behind(&format!("/integrations/{name}/test")).await?;
        let (error, code) = answer.err().map(|fault| (fault.message, fault.code)).unzip();
        tested.push(Tested { target: name, error, code });
    }
    print(whose, &tested, || {
        let line = |one: &Tested| match (&one.error, &one.code) {
            (Some(error), Some(code)) => format!("{}: {error} [{code}]", one.target),
            _ => format!("{}: accepted the test.", one.target),
        };
        tested.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    Ok(if tested.iter().all(|one| one.error.is_none()) { Exit::Done } else { Exit::Failed })
}

fn print_deliveries(whose: &ClientArguments, run: &str, deliveries: &[Delivery]) {
    print(whose, &deliveries, || {
        if deliveries.is_empty() {
            return format!("{run}: no notifications");
        }
        let line = |delivery: &Delivery| {
            let state = match delivery.state {
                DeliveryState::Waiting if delivery.attempts == 0 => "waiting".to_owned(),
                DeliveryState::Waiting => format!("failed {} times, retrying", delivery.attempts),
                DeliveryState::Delivered => "delivered".to_owned(),
                DeliveryState::GivenUp => format!("given up after {} tries", delivery.attempts),
            };
            let trouble =
                delivery.trouble.as_ref().map_or_else(String::new, |trouble| format!(": {}", trouble.message));
            format!("{}: {state}{trouble}", delivery.target)
        };
        deliveries.iter().map(line).collect::<Vec<_>>().join("\n")
    });
}
