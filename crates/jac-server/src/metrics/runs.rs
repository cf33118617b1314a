//! The figures of running tests among the metrics.
//!
//! The total and the labels have metrics of their own, so that nothing is counted twice when one of them is summed up. The labels of a run that
//! are exported are bounded by the engine.

use jac_model::monitoring::{BOUNDS_MS, Counted, QUANTILES, RunFigures};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeLabelSet, NoLabelSet};
use prometheus_client::metrics::MetricType;
use std::fmt;
use std::sync::Arc;

/// Figures of one moment.
#[derive(Debug)]
pub(super) struct Runs(pub Vec<Arc<RunFigures>>);

/// Of every series of a run.
fn run_labels(run: &RunFigures) -> [(&'static str, &str); 2] {
    [("run", run.run.as_str()), ("plan", run.plan.as_str())]
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a float are what the format has")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

impl Runs {
    fn counter<'a>(
        &'a self,
        encoder: &mut DescriptorEncoder<'_>,
        (name, help): (&str, &str),
        of: impl Fn(&'a RunFigures) -> u64,
    ) -> fmt::Result {
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for run in &self.0 {
            family.encode_family(&run_labels(run))?.encode_counter::<NoLabelSet, _, u64>(&of(run), None)?;
        }
        Ok(())
    }

    fn gauge<'a, V: EncodeGaugeValue>(
        &'a self,
        encoder: &mut DescriptorEncoder<'_>,
        (name, help): (&str, &str),
        of: impl Fn(&'a RunFigures) -> Option<V>,
    ) -> fmt::Result {
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for run in &self.0 {
            if let Some(value) = of(run) {
                family.encode_family(&run_labels(run))?.encode_gauge(&value)?;
            }
        }
        Ok(())
    }
}

/// Encodes the counts for each set of labels, as the metrics whose names begin with `prefix`.
fn encode_counted<L: EncodeLabelSet + Clone>(
    encoder: &mut DescriptorEncoder<'_>,
    prefix: &str,
    all: &[(L, &Counted)],
) -> fmt::Result {
    type Count = fn(&Counted) -> u64;
    let counts: [(&str, &str, Count); 2] = [
        ("samples", "Samples since the start of the run", |counted| counted.samples),
        ("errors", "Failed samples since the start of the run", |counted| counted.errors),
    ];
    for (name, help, of) in counts {
        let name = format!("{prefix}_{name}");
        let mut family = encoder.encode_descriptor(&name, help, None, MetricType::Counter)?;
        for (labels, counted) in all {
            family.encode_family(labels)?.encode_counter::<NoLabelSet, _, u64>(&of(counted), None)?;
        }
    }
    let name = format!("{prefix}_response_seconds");
    let mut family =
        encoder.encode_descriptor(&name, "Response times of the run so far", None, MetricType::Histogram)?;
    for (labels, counted) in all {
        let bounds = BOUNDS_MS.iter().map(|bound| f64::from(*bound) / 1_000.0).chain([f64::MAX]);
        let buckets: Vec<(f64, u64)> = bounds.zip(counted.buckets).collect();
        // Samples without a response time are in no bucket.
        let (sum, count) = (seconds(counted.sum_ms), counted.timed());
        family.encode_family(labels)?.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
    }
    let name = format!("{prefix}_response_quantile_seconds");
    let help = "Exact percentiles of the response times of the run so far";
    let mut family = encoder.encode_descriptor(&name, help, None, MetricType::Gauge)?;
    for (labels, counted) in all {
        for (quantile, ms) in QUANTILES.iter().zip(counted.quantiles_ms) {
            if let Some(ms) = ms {
                let labels = (labels.clone(), [("quantile", quantile.to_string())]);
                family.encode_family(&labels)?.encode_gauge(&(ms / 1_000.0))?;
            }
        }
    }
    Ok(())
}

impl Collector for Runs {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        let encoder = &mut encoder;
        let mut family = encoder.encode_descriptor("run_info", "What a run is called", None, MetricType::Gauge)?;
        for run in &self.0 {
            let RunFigures { name, cluster, owner, .. } = run.as_ref();
            let names = [("name", name.as_str()), ("cluster", cluster.as_str()), ("owner", owner.as_str())];
            let labels = (run_labels(run), names);
            family.encode_family(&labels)?.encode_gauge(&1_u32)?;
        }
        let totals: Vec<_> = self.0.iter().map(|run| (run_labels(run), &run.total)).collect();
        encode_counted(encoder, "run", &totals)?;
        let mut labels = Vec::new();
        for run in &self.0 {
            for label in &run.labels {
                let own = [("label", label.label.as_str()), ("kind", label.kind)];
                labels.push(((run_labels(run), own), &label.counted));
            }
        }
        encode_counted(encoder, "run_label", &labels)?;
        self.counter(encoder, ("run_rows_rejected", "Rows of the log that could not be read"), |run| {
            run.rejected_rows
        })?;
        let users = ("run_active_users", "Active threads on all workers together");
        self.gauge(encoder, users, |run| run.active_users)?;
        let rate = ("run_samples_per_second", "Samples per second over the last seconds");
        self.gauge(encoder, rate, |run| run.rate_per_s)?;
        let left_out = ("run_labels_left_out", "Labels beyond those that are exported");
        self.gauge(encoder, left_out, |run| Some(run.labels_left_out))
    }
}
