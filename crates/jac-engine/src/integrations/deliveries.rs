//! Notifications of ended runs: a row for each run and target, written in the transaction that ends the run, and a task for each target that
//! sends what is due.
//!
//! A notification is sent at least once: after a crash between its acceptance by the target and the record of that, it is sent again with the
//! same ID. Notifications that a target does not accept are retried with growing delays for a day.

use super::IntegrationTrouble;
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::view::RunResult;
use jac_jtl::criteria::Verdict;
use jac_model::notify::{
    DeliveryState, EndCause, EndCriterion, EndFigures, EndedPlan, EndedRun, Notification, NotificationEvent, Notifier,
    Retry, SendError,
};
use jac_model::{Cause, EpochMs, PlanId, Run, RunId};
use jac_store::{DeliveryRow, NewDelivery, StoreError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// Before the second try; doubled before each further one.
const FIRST_PAUSE_MS: EpochMs = 1_000;
const LONGEST_PAUSE_MS: EpochMs = 30 * 60_000;
/// After this time, a further failure ends a delivery.
const GIVEN_UP_AFTER_MS: EpochMs = 24 * 3_600_000;
/// How often deliveries to targets that are no longer configured are checked.
const GIVE_UP_EVERY: Duration = Duration::from_secs(15 * 60);
/// Maximum time between two checks for due deliveries: the clock may be changed.
const CHECK_EVERY: Duration = Duration::from_secs(60);
/// Interval of attempts after a failure outside of a target.
const RETRY_EVERY: Duration = Duration::from_secs(15);
/// The version of the notification document.
const VERSION: u32 = 1;

/// The notification of a run to a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Delivery {
    pub run: RunId,
    /// The run's name.
    #[serde(default)]
    pub run_name: String,
    /// The target's name.
    pub target: String,
    /// ID sent to the receiver, the same in each attempt.
    pub id: String,
    pub state: DeliveryState,
    /// Number of attempts.
    pub attempts: u32,
    /// Time of the next attempt; `null`: no more attempts.
    pub next_ms: Option<EpochMs>,
    /// When it was delivered or last attempted.
    pub updated_ms: EpochMs,
    /// Error of the last attempt; `null`: none.
    pub trouble: Option<IntegrationTrouble>,
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        Self {
            run: row.run,
            run_name: row.run_name,
            target: row.target,
            id: row.id,
            state: row.state,
            attempts: row.attempts,
            next_ms: (row.state == DeliveryState::Waiting).then_some(row.next_ms),
            updated_ms: row.updated_ms,
            trouble: row.trouble.map(|(code, message)| IntegrationTrouble { code, message }),
        }
    }
}

/// The ID of the notification of a run to a target, for the receiver. It follows from both, so that a restored database sends nothing
/// under another ID.
fn id_of(run: &RunId, target: &str) -> String {
    let digest = Sha256::digest(format!("{run} {target}"));
    format!("n-{}", hex::encode(&digest[..12]))
}

/// The delay before the next attempt after this number of failures.
fn pause_ms(attempts: u32) -> EpochMs {
    FIRST_PAUSE_MS.saturating_mul(1 << attempts.saturating_sub(1).min(20)).min(LONGEST_PAUSE_MS)
}

/// Records the result of an attempt.
fn note(row: &mut DeliveryRow, sent: &Result<(), SendError>, now_ms: EpochMs) {
    row.attempts += 1;
    row.updated_ms = now_ms;
    let Err(error) = sent else {
        (row.state, row.trouble) = (DeliveryState::Delivered, None);
        return;
    };
    row.trouble = Some((error.code.to_owned(), error.message.clone()));
    let usual_ms = pause_ms(row.attempts);
    let wait_ms = match error.retry {
        Retry::Later => Some(usual_ms),
        Retry::After(wait) => Some(EpochMs::try_from(wait.as_millis()).unwrap_or(LONGEST_PAUSE_MS).max(usual_ms)),
        Retry::Never => None,
    };
    match wait_ms {
        Some(wait_ms) if now_ms - row.since_ms < GIVEN_UP_AFTER_MS => row.next_ms = now_ms + wait_ms,
        _ => row.state = DeliveryState::GivenUp,
    }
}

fn ended_run(run: &Run, result: &RunResult, ended_ms: EpochMs, public_url: Option<&str>) -> EndedRun {
    let criterion = |result: &jac_jtl::criteria::CriterionResult| EndCriterion {
        expression: result.expression.clone(),
        met: result.met,
        code: result.code.and_then(|code| word(&code)),
        message: result.sentence.clone(),
    };
    EndedRun {
        id: run.id.clone(),
        name: run.name.clone(),
        plan: EndedPlan { id: run.plan_id.clone(), name: run.plan_name.clone(), revision: run.plan_revision },
        owner: run.owner.clone(),
        team: run.team.clone(),
        cluster: run.cluster_name.clone(),
        workers: run.workers,
        tags: run.tags.clone(),
        created_ms: run.created_ms,
        started_ms: run.started_ms,
        ended_ms: run.ended_ms.unwrap_or(ended_ms),
        // A run that ended without a cause reached the end of its plan.
        cause: EndCause::from(run.cause.as_ref().unwrap_or(&Cause::Completed)),
        verdict: word(&result.verdict).unwrap_or_default(),
        figures: result.headline.as_ref().map(|headline| EndFigures {
            samples: headline.samples,
            errors: headline.errors,
            error_percent: headline.error_percent,
            rate_per_s: headline.rate_per_s,
            p95_ms: headline.p95_ms,
        }),
        criteria: result.criteria.iter().map(criterion).collect(),
        url: public_url.map(|base| format!("{base}/runs/{}", run.id)),
    }
}

/// A code as it is spelled everywhere.
fn word(code: &impl Serialize) -> Option<String> {
    serde_json::to_value(code).ok()?.as_str().map(str::to_owned)
}

impl Engine {
    /// The notifications of a run that ends like this.
    pub(crate) fn due_notifications(&self, run: &Run, result: &RunResult) -> Vec<NewDelivery> {
        if run.try_run {
            return Vec::new();
        }
        let ended = ended_run(run, result, self.now_ms(), None);
        let selects = |notifier: &Arc<dyn Notifier>| {
            let info = notifier.info();
            info.selects(&ended).then(|| NewDelivery { id: id_of(&run.id, &info.name), target: info.name })
        };
        self.integrations().notifiers.iter().filter_map(selects).collect()
    }

    /// Something may be due.
    pub(crate) fn poke_notifiers(&self) {
        self.integrations().pokes.values().for_each(|poke| poke.notify_one());
    }

    /// The notifications of a run.
    ///
    /// # Errors
    /// When the run does not exist, or the database cannot be read.
    pub async fn deliveries(&self, run: &RunId) -> Result<Vec<Delivery>, EngineError> {
        self.store().run(run).await?;
        Ok(self.store().deliveries(run).await?.into_iter().map(Delivery::from).collect())
    }

    /// Retries the undelivered notifications of a run, or the one to a target, for another day.
    ///
    /// # Errors
    /// When the run does not exist, or has no notification to the target.
    pub async fn retry_deliveries(&self, run: &RunId, target: Option<&str>) -> Result<Vec<Delivery>, EngineError> {
        self.store().run(run).await?;
        let rows = self.store().deliveries(run).await?;
        if let Some(name) = target.filter(|name| rows.iter().all(|row| row.target != *name)) {
            return Err(EngineError::NotFound { kind: "notification", id: name.to_owned() });
        }
        let is_configured =
            |name: &str| self.integrations().notifiers.iter().any(|notifier| notifier.info().name == name);
        if let Some(name) = target.filter(|name| !is_configured(name)) {
            return Err(EngineError::Conflict {
                message: format!("No target named '{name}' is configured."),
                hint: Some("Add it to the configuration and restart the server.".to_owned()),
            });
        }
        let now_ms = self.now_ms();
        let chosen = rows.iter().filter(|row| target.is_none_or(|name| row.target == name));
        for row in chosen.filter(|row| is_configured(&row.target)) {
            let again = move |row: &mut DeliveryRow| {
                if row.state != DeliveryState::Delivered {
                    (row.state, row.since_ms, row.next_ms) = (DeliveryState::Waiting, now_ms, now_ms);
                }
            };
            self.store().update_delivery(run, &row.target, again).await?;
        }
        self.poke_notifiers();
        self.notify(Event::Run(run.clone()));
        self.deliveries(run).await
    }

    /// Expires deliveries to targets that are no longer configured and that have been due for a day.
    async fn give_up_old_deliveries(&self) -> Result<(), EngineError> {
        let names = self.integrations().notifiers.iter().map(|notifier| notifier.info().name).collect();
        let now_ms = self.now_ms();
        let given_up = self.store().give_up_deliveries(names, now_ms - GIVEN_UP_AFTER_MS, now_ms).await?;
        if given_up > 0 {
            tracing::warn!(
                given_up,
                "{given_up} notifications are given up: their targets are not configured any more"
            );
        }
        Ok(())
    }

    /// Does so now and regularly.
    pub(super) async fn keep_giving_up(&self) -> Result<(), EngineError> {
        self.give_up_old_deliveries().await?;
        let engine = self.clone();
        self.keep_running("notifications", "the notifications of earlier targets".to_owned(), move |_| {
            engine.clone().give_up_forever()
        });
        Ok(())
    }

    async fn give_up_forever(self) {
        loop {
            sleep(GIVE_UP_EVERY).await;
            if let Err(error) = self.give_up_old_deliveries().await {
                tracing::warn!(%error, "notifications to targets that are no longer configured could not be closed: {error}; trying again");
            }
        }
    }

    pub(super) fn keep_delivering(&self, notifier: &Arc<dyn Notifier>) {
        let (engine, notifier) = (self.clone(), Arc::clone(notifier));
        let name = notifier.info().name;
        self.keep_running("notifications", format!("the notifications to {name}"), move |_| {
            engine.clone().deliver_forever(Arc::clone(&notifier))
        });
    }

    async fn deliver_forever(self, notifier: Arc<dyn Notifier>) {
        let name = notifier.info().name;
        let Some(poke) = self.integrations().pokes.get(&name) else { return };
        loop {
            let wait = match self.deliver_next(&name, notifier.as_ref()).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::warn!(target = name, %error, "notification target {name}: {error}; trying again");
                    RETRY_EVERY
                }
            };
            if wait > Duration::ZERO {
                tokio::select! {
                    () = poke.notified() => (),
                    () = sleep(wait) => (),
                }
            }
        }
    }

    /// Sends what is due, if anything is, and returns the time until the next check.
    async fn deliver_next(&self, name: &str, notifier: &dyn Notifier) -> Result<Duration, EngineError> {
        let Some(row) = self.store().next_delivery(name).await? else { return Ok(CHECK_EVERY) };
        let early_ms = row.next_ms - self.now_ms();
        if early_ms > 0 {
            return Ok(Duration::from_millis(early_ms.unsigned_abs()).min(CHECK_EVERY));
        }
        let stored = match self.store().run(&row.run).await {
            Ok(stored) => stored,
            // It was deleted just now, and its deliveries with it.
            Err(StoreError::NotFound { .. }) => return Ok(Duration::ZERO),
            // Only another version of JAC can read it, if at all; the others must not wait for it.
            Err(error @ StoreError::Unreadable { .. }) => {
                let unsent = Err(SendError::passing("run_unreadable", error.to_string()));
                let now_ms = self.now_ms();
                self.store().update_delivery(&row.run, name, move |row| note(row, &unsent, now_ms)).await?;
                return Ok(Duration::ZERO);
            }
            Err(error) => return Err(error.into()),
        };
        let result = stored.result.and_then(|result| serde_json::from_value(result).ok()).unwrap_or_default();
        let public_url = self.integrations().public_url.clone();
        let notification = Notification {
            version: VERSION,
            event: NotificationEvent::RunFinished,
            id: row.id.clone(),
            run: ended_run(&stored.run, &result, row.since_ms, public_url.as_deref()),
        };
        let what = format!("the notifications to {name}");
        let sent = self.guarded("notifications", what, notifier.send(&notification, self.now_ms())).await;
        // It is retried later like any failed delivery, and does not delay others.
        let sent = sent.unwrap_or_else(|panicked| Err(panicked.into()));
        let (run, now_ms) = (row.run, self.now_ms());
        match &sent {
            Ok(()) => tracing::info!(%run, target = name, "run {run}: {name} was notified"),
            Err(error) => {
                tracing::warn!(%run, target = name, code = error.code, "run {run}: notification target {name}: {error}")
            }
        }
        self.store().update_delivery(&run, name, move |row| note(row, &sent, now_ms)).await?;
        self.notify(Event::Run(run));
        Ok(Duration::ZERO)
    }

    /// A notification of a run that there never was.
    pub(super) fn test_notification(&self) -> Notification {
        let now_ms = self.now_ms();
        let public_url = self.integrations().public_url.clone();
        Notification {
            version: VERSION,
            event: NotificationEvent::Test,
            id: format!("n-{}", hex::encode(rand::random::<[u8; 12]>())),
            run: EndedRun {
                id: RunId::from_random([0; _]),
                name: "Example".to_owned(),
                plan: EndedPlan { id: PlanId::from_random([0; _]), name: "example".to_owned(), revision: Some(1) },
                owner: crate::engine::administrator(),
                team: None,
                cluster: "example".to_owned(),
                workers: 1,
                tags: Vec::new(),
                created_ms: now_ms - 61_000,
                started_ms: Some(now_ms - 60_000),
                ended_ms: now_ms,
                cause: EndCause::from(&Cause::Completed),
                verdict: word(&Verdict::None).unwrap_or_default(),
                figures: Some(EndFigures {
                    samples: 6_000,
                    errors: 0,
                    error_percent: Some(0.0),
                    rate_per_s: Some(100.0),
                    p95_ms: Some(120.0),
                }),
                criteria: Vec::new(),
                url: public_url,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> DeliveryRow {
        DeliveryRow {
            run: RunId::from_random([1; _]),
            run_name: String::new(),
            target: "hook".to_owned(),
            id: "n-1".to_owned(),
            state: DeliveryState::Waiting,
            attempts: 0,
            since_ms: 0,
            next_ms: 0,
            updated_ms: 0,
            trouble: None,
        }
    }

    #[test]
    fn pauses_double_up_to_half_an_hour_and_a_day_is_the_end() {
        let mut row = row();
        let failed = Err(SendError::passing("integration_timeout", "Late."));
        let mut pauses = Vec::new();
        let mut now_ms = 0;
        while row.state == DeliveryState::Waiting {
            note(&mut row, &failed, now_ms);
            pauses.push(row.next_ms - now_ms);
            now_ms = row.next_ms.max(now_ms + 1);
        }
        assert_eq!(pauses[..5], [1_000, 2_000, 4_000, 8_000, 16_000]);
        assert_eq!(pauses.iter().max(), Some(&LONGEST_PAUSE_MS));
        assert_eq!(
            (row.state, row.trouble.expect("a reason").0.as_str()),
            (DeliveryState::GivenUp, "integration_timeout")
        );
        assert!(
            (GIVEN_UP_AFTER_MS..GIVEN_UP_AFTER_MS + LONGEST_PAUSE_MS).contains(&row.updated_ms),
            "{}",
            row.updated_ms
        );
    }

    #[test]
    fn a_target_may_ask_for_more_time_and_what_it_refuses_is_given_up_at_once() {
        let mut waits = row();
        let retry = Retry::After(Duration::from_secs(90));
        note(&mut waits, &Err(SendError { code: "integration_busy", message: String::new(), retry }), 5);
        assert_eq!((waits.state, waits.next_ms), (DeliveryState::Waiting, 90_005));
        note(&mut waits, &Ok(()), 90_006);
        assert_eq!((waits.state, waits.attempts, waits.trouble), (DeliveryState::Delivered, 2, None));
        let mut refused = row();
        note(&mut refused, &Err(SendError::lasting("integration_gone", "Gone.")), 5);
        assert_eq!(refused.state, DeliveryState::GivenUp);
    }

    #[test]
    fn what_was_down_for_two_days_is_tried_once_more() {
        let mut late = row();
        note(&mut late, &Ok(()), 2 * GIVEN_UP_AFTER_MS);
        assert_eq!(late.state, DeliveryState::Delivered);
    }
}
