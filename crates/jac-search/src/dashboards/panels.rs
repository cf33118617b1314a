//! The contents of the dashboards, defined once for both applications.

use serde_json::{Value, json};

/// A visualization.
pub(super) struct Panel {
    /// Its saved object's id.
    pub id: &'static str,
    pub title: &'static str,
    pub kind: Kind,
    /// A query that narrows it, in the language of both (KQL); empty: everything.
    pub query: &'static str,
    /// Column, row, width and height on a grid of 48 columns.
    pub place: (u32, u32, u32, u32),
}

pub(super) enum Kind {
    /// One number for each metric.
    Numbers(&'static [Metric]),
    /// Lines over time; `by`: one for each of a field's most frequent values.
    Lines { metrics: &'static [Metric], by: Option<&'static str> },
    /// A table, one row for each of a field's values.
    Table { by: &'static str, by_title: &'static str, rows: u32, metrics: &'static [Metric] },
}

/// A figure.
pub(super) struct Metric {
    pub title: &'static str,
    pub of: Figure,
}

#[derive(Clone, Copy)]
pub(super) enum Figure {
    Count,
    Average(&'static str),
    Sum(&'static str),
    Max(&'static str),
    Percentiles(&'static str, &'static [f64]),
    /// How many different values a field has.
    Distinct(&'static str),
}

/// Requests without the transactions that contain them: with both, sums would be doubled.
const REQUESTS: &str = "jmeter.transaction: false";
const FAILED: &str = "jmeter.transaction: false and event.outcome: failure";
const ELAPSED: &str = "jmeter.elapsed_ms";

const fn metric(title: &'static str, of: Figure) -> Metric {
    Metric { title, of }
}

/// Of one run.
pub(super) const RUN: &[Panel] = &[
    Panel {
        id: "jac-run-figures",
        title: "Requests",
        kind: Kind::Numbers(&[
            metric("Requests", Figure::Count),
            metric("Errors", Figure::Sum("jmeter.error_count")),
            metric("Mean (ms)", Figure::Average(ELAPSED)),
            metric("Percentiles (ms)", Figure::Percentiles(ELAPSED, &[50.0, 95.0, 99.0])),
            metric("Max (ms)", Figure::Max(ELAPSED)),
        ]),
        query: REQUESTS,
        place: (0, 0, 48, 7),
    },
    Panel {
        id: "jac-run-throughput",
        title: "Requests by outcome over time",
        kind: Kind::Lines { metrics: &[metric("Requests", Figure::Count)], by: Some("event.outcome") },
        query: REQUESTS,
        place: (0, 7, 24, 13),
    },
    Panel {
        id: "jac-run-percentiles",
        title: "Response time percentiles over time (ms)",
        kind: Kind::Lines {
            metrics: &[metric("Response time (ms)", Figure::Percentiles(ELAPSED, &[50.0, 95.0, 99.0]))],
            by: None,
        },
        query: REQUESTS,
        place: (24, 7, 24, 13),
    },
    Panel {
        id: "jac-run-users",
        title: "Active threads per load generator over time",
        kind: Kind::Lines {
            metrics: &[metric("Active threads", Figure::Max("jmeter.all_threads"))],
            by: Some("host.name"),
        },
        query: REQUESTS,
        place: (0, 20, 24, 12),
    },
    Panel {
        id: "jac-run-bytes",
        title: "Bytes received over time",
        kind: Kind::Lines { metrics: &[metric("Bytes received", Figure::Sum("http.response.bytes"))], by: None },
        query: REQUESTS,
        place: (24, 20, 24, 12),
    },
    Panel {
        id: "jac-run-labels",
        title: "Labels",
        kind: Kind::Table {
            by: "jmeter.label",
            by_title: "Label",
            rows: 100,
            metrics: &[
                metric("Requests", Figure::Count),
                metric("Errors", Figure::Sum("jmeter.error_count")),
                metric("Mean (ms)", Figure::Average(ELAPSED)),
                metric("Percentiles (ms)", Figure::Percentiles(ELAPSED, &[50.0, 95.0, 99.0])),
            ],
        },
        query: REQUESTS,
        place: (0, 32, 48, 15),
    },
    Panel {
        id: "jac-run-transactions",
        title: "Transactions",
        kind: Kind::Table {
            by: "jmeter.label",
            by_title: "Transaction",
            rows: 100,
            metrics: &[
                metric("Transactions", Figure::Count),
                metric("Mean (ms)", Figure::Average(ELAPSED)),
                metric("Percentiles (ms)", Figure::Percentiles(ELAPSED, &[50.0, 95.0, 99.0])),
            ],
        },
        query: "jmeter.transaction: true",
        place: (0, 47, 24, 15),
    },
    Panel {
        id: "jac-run-errors",
        title: "Errors",
        kind: Kind::Table {
            by: "error.message",
            by_title: "Error",
            rows: 50,
            metrics: &[metric("Errors", Figure::Count)],
        },
        query: FAILED,
        place: (24, 47, 24, 15),
    },
];

/// Across runs.
pub(super) const RUNS: &[Panel] = &[
    Panel {
        id: "jac-runs-figures",
        title: "Runs",
        kind: Kind::Numbers(&[
            metric("Runs", Figure::Distinct("run.id")),
            metric("Requests", Figure::Count),
            metric("Errors", Figure::Sum("jmeter.error_count")),
        ]),
        query: REQUESTS,
        place: (0, 0, 48, 7),
    },
    Panel {
        id: "jac-runs-table",
        title: "Runs",
        kind: Kind::Table {
            by: "run.id",
            by_title: "Run",
            rows: 100,
            metrics: &[
                metric("Requests", Figure::Count),
                metric("Errors", Figure::Sum("jmeter.error_count")),
                metric("Mean (ms)", Figure::Average(ELAPSED)),
                metric("Percentiles (ms)", Figure::Percentiles(ELAPSED, &[50.0, 95.0, 99.0])),
            ],
        },
        query: REQUESTS,
        place: (0, 7, 48, 15),
    },
    Panel {
        id: "jac-runs-percentiles",
        title: "95th percentile by plan over time (ms)",
        kind: Kind::Lines {
            metrics: &[metric("p95 (ms)", Figure::Percentiles(ELAPSED, &[95.0]))],
            by: Some("run.plan"),
        },
        query: REQUESTS,
        place: (0, 22, 24, 14),
    },
    Panel {
        id: "jac-runs-errors",
        title: "Errors by plan over time",
        kind: Kind::Lines { metrics: &[metric("Errors", Figure::Count)], by: Some("run.plan") },
        query: FAILED,
        place: (24, 22, 24, 14),
    },
];

impl Figure {
    /// Aggregation type and parameters, as in `visState`.
    pub(super) fn aggregation(self) -> (&'static str, Value) {
        match self {
            Self::Count => ("count", json!({})),
            Self::Average(field) => ("avg", json!({ "field": field })),
            Self::Sum(field) => ("sum", json!({ "field": field })),
            Self::Max(field) => ("max", json!({ "field": field })),
            Self::Percentiles(field, percents) => ("percentiles", json!({ "field": field, "percents": percents })),
            Self::Distinct(field) => ("cardinality", json!({ "field": field })),
        }
    }
}
