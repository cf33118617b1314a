//! Both protocols with a real metrics store.

use crate::figures::{exporter, figures};
use crate::victoria_metrics::VictoriaMetrics;
use jac_integrations::{ExporterProtocol, InfluxPlace};

const AT_MS: i64 = 1_700_000_010_000;

#[tokio::test]
async fn otlp_arrives_with_exact_counts_labels_and_times() {
    let Some(store) = VictoriaMetrics::start(None) else { return };
    let url = format!("{}/opentelemetry/v1/metrics", store.url);
    let target =
        jac_integrations::exporter(exporter(&url, ExporterProtocol::Otlp { headers: Vec::new() })).expect("a target");
    target.push(&[figures(1_000, AT_MS - 10_000), figures(3_000, AT_MS)]).await.expect("taken");
    // The same point sent twice is one point.
    target.push(&[figures(3_000, AT_MS)]).await.expect("taken");
    for (query, expected) in [
        ("{__name__=\"jac.run.samples\",\"jac.run.id\"=\"r-23456789\",\"jac.plan\"=\"checkout\"}", 3_001.0),
        ("{__name__=\"jac.run.errors\"}", 300.0),
        ("sum({__name__=\"jac.run.label.samples\"})", 3_001.0),
        ("{__name__=\"jac.run.label.samples\",\"jmeter.label\"=\"Cart\"}", 1_500.0),
        ("{__name__=\"jac.run.label.samples\",\"jmeter.label\"=\"a=b, c\\\\ \\\"d\\\"\\n\"}", 1.0),
        ("{__name__=\"jac.run.response.duration_bucket\",le=\"0.05\"}", 3_001.0),
        ("{__name__=\"jac.run.response.duration_bucket\",le=\"0.025\"}", 0.0),
        ("{__name__=\"jac.run.response.duration_sum\"}", 120.04),
        ("{__name__=\"jac.run.response.quantile\",quantile=\"0.95\"}", 0.04),
        ("{__name__=\"jac.run.active_users\"}", 7.0),
        ("{__name__=\"jac.run.rate\"}", 12.5),
        (
            "last_over_time({__name__=\"jac.run.samples\"}[20s]) - first_over_time({__name__=\"jac.run.samples\"}[20s])",
            2_000.0,
        ),
    ] {
        store.expect(query, AT_MS, expected).await;
    }
    target.test(AT_MS).await.expect("taken");
    store.expect("{__name__=\"jac.test\"}", AT_MS, 1.0).await;
}

#[tokio::test]
async fn line_protocol_arrives_over_both_interfaces_with_exact_counts_and_labels() {
    let Some(store) = VictoriaMetrics::start(None) else { return };
    let bucket = InfluxPlace::Bucket { org: "o".to_owned(), bucket: "two".to_owned(), token: None };
    let database = InfluxPlace::Database { database: "one".to_owned(), login: None };
    for place in [bucket, database] {
        // The database becomes a label.
        let db = if matches!(place, InfluxPlace::Database { .. }) { "db=\"one\"" } else { "db=\"\"" };
        let target =
            jac_integrations::exporter(exporter(&store.url, ExporterProtocol::Influxdb(place))).expect("a target");
        target.push(&[figures(1_000, AT_MS - 10_000), figures(3_000, AT_MS)]).await.expect("taken");
        for (query, expected) in [
            (format!("jac_run_samples{{run=\"r-23456789\",name=\"evening, \\\"second\\\" take\",{db}}}"), 3_001.0),
            (format!("jac_run_errors{{{db}}}"), 300.0),
            (format!("jac_label_samples{{label=\"Home\",kind=\"request\",{db}}}"), 1_500.0),
            (format!("sum(jac_label_samples{{{db}}})"), 3_001.0),
            (format!("jac_run_p95_ms{{{db}}}"), 40.0),
            (format!("jac_run_active_users{{{db}}}"), 7.0),
        ] {
            store.expect(&query, AT_MS, expected).await;
        }
    }
}
