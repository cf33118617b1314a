//! The runs and figures of the tests.

use jac_integrations::{ExporterProtocol, ExporterSettings, NotifierProtocol, NotifierSettings};
use jac_model::Person;
use jac_model::monitoring::{Counted, LabelFigures, RunFigures};
use jac_model::notify::{EndCause, EndFigures, EndedPlan, EndedRun, Notification, NotificationEvent, RunSelection};
use std::sync::Arc;
use std::time::Duration;

pub fn notification() -> Notification {
    Notification {
        version: 1,
        event: NotificationEvent::RunFinished,
        id: "n-0011223344556677".to_owned(),
        run: EndedRun {
            id: "r-23456789".parse().expect("an id"),
            name: "Kasse über Nacht".to_owned(),
            plan: EndedPlan {
                id: "p-23456789".parse().expect("an id"),
                name: "checkout".to_owned(),
                revision: Some(3),
            },
            owner: Person { id: "u-1".to_owned(), name: "Ann".to_owned() },
            team: None,
            cluster: "blue".to_owned(),
            workers: 2,
            tags: Vec::new(),
            created_ms: 1_700_000_000_000,
            started_ms: Some(1_700_000_001_000),
            ended_ms: 1_700_000_061_000,
            cause: EndCause { code: "completed".to_owned(), message: "The plan completed.".to_owned() },
            verdict: "passed".to_owned(),
            figures: Some(EndFigures {
                samples: 6_000,
                errors: 6,
                error_percent: Some(0.1),
                rate_per_s: Some(100.0),
                p95_ms: Some(250.0),
            }),
            criteria: Vec::new(),
            url: Some("https://jac.example/runs/r-23456789".to_owned()),
        },
    }
}

pub fn notifier(protocol: NotifierProtocol) -> NotifierSettings {
    NotifierSettings { name: "target".to_owned(), runs: RunSelection::All, plans: Vec::new(), ca_pem: None, protocol }
}

pub fn exporter(url: &str, protocol: ExporterProtocol) -> ExporterSettings {
    let url = url.parse().expect("an address");
    ExporterSettings { name: "target".to_owned(), url, interval: Duration::from_secs(10), ca_pem: None, protocol }
}

/// This many samples of 40 ms, every tenth failed, with two labels, and one more with a third label that would not be selected.
pub fn figures(samples: u64, at_ms: i64) -> Arc<RunFigures> {
    let counted = |samples: u64| {
        let mut counted = Counted {
            samples,
            errors: samples / 10,
            sum_ms: samples * 40,
            min_ms: Some(40),
            max_ms: Some(40),
            quantiles_ms: [Some(40.0); 4],
            ..Counted::default()
        };
        counted.buckets[3] = samples;
        counted
    };
    let label =
        |label: &str, samples| LabelFigures { label: label.to_owned(), kind: "request", counted: counted(samples) };
    Arc::new(RunFigures {
        run: "r-23456789".parse().expect("an id"),
        name: "evening, \"second\" take".to_owned(),
        plan: "checkout".to_owned(),
        cluster: "blue".to_owned(),
        owner: "Ann".to_owned(),
        at_ms,
        started_ms: at_ms - 10_000,
        is_last: false,
        active_users: Some(7),
        rate_per_s: Some(12.5),
        rejected_rows: 0,
        total: counted(samples + 1),
        labels: vec![label("Home", samples / 2), label("Cart", samples - samples / 2), label("a=b, c\\ \"d\"\n", 1)],
        labels_left_out: 0,
    })
}
