//! OpenTelemetry's protocol: HTTP with protobuf, cumulative sums, histograms and gauges, with the run's id among the attributes of each point.
//!
//! Names and units are those of OpenTelemetry's conventions: seconds, `{sample}`. The total and the labels have metrics of their own, so
//! that nothing is counted twice when one of them is summed up.

use crate::http::Http;
use crate::settings::{ExporterSettings, Secret, SettingsError, http_url};
use async_trait::async_trait;
use jac_model::EpochMs;
use jac_model::monitoring::{
    BOUNDS_MS, Counted, ExporterInfo, ExporterKind, LabelFigures, MetricsExporter, QUANTILES, RunFigures,
};
use jac_model::notify::SendError;
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum, metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use reqwest::header::HeaderMap;
use std::sync::Arc;
use std::time::Duration;

/// The path of the protocol below a collector's address.
const PATH: &str = "v1/metrics";

pub(crate) struct Otlp {
    http: Http,
    settings: ExporterSettings,
}

impl Otlp {
    pub fn new(settings: ExporterSettings, headers: &[(String, Secret)]) -> Result<Self, SettingsError> {
        let mut url = http_url(settings.url.as_str())?;
        // An address with a path is used unchanged.
        if url.path() == "/" {
            url.set_path(PATH);
        }
        let mut http = Http::new(url, settings.ca_pem.as_deref())?;
        for (name, value) in headers {
            http = http.with_header(name, value.reveal(), "headers_file")?;
        }
        Ok(Self { http, settings })
    }

    async fn send(&self, metrics: Vec<Metric>) -> Result<u64, SendError> {
        let body = request(metrics).encode_to_vec();
        let answer = self.http.post("application/x-protobuf", HeaderMap::new(), body).await?;
        // An unreadable response does not mean that anything was rejected.
        let refused = ExportMetricsServiceResponse::decode(answer).ok().and_then(|answer| answer.partial_success);
        Ok(refused.map_or(0, |refused| u64::try_from(refused.rejected_data_points).unwrap_or(0)))
    }
}

fn request(metrics: Vec<Metric>) -> ExportMetricsServiceRequest {
    let scope = InstrumentationScope {
        name: "jac".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let resource = Resource { attributes: vec![text("service.name", "jac")], ..Resource::default() };
    let scoped = ScopeMetrics { scope: Some(scope), metrics, schema_url: String::new() };
    let resource_metrics =
        ResourceMetrics { resource: Some(resource), scope_metrics: vec![scoped], schema_url: String::new() };
    ExportMetricsServiceRequest { resource_metrics: vec![resource_metrics] }
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) };
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}

fn nanos(ms: EpochMs) -> u64 {
    u64::try_from(ms).unwrap_or(0).saturating_mul(1_000_000)
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a float are what the protocol has")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

/// The points of all runs, by metric.
#[derive(Default)]
struct Points {
    samples: Vec<NumberDataPoint>,
    errors: Vec<NumberDataPoint>,
    times: Vec<HistogramDataPoint>,
    quantiles: Vec<NumberDataPoint>,
}

impl Points {
    fn add(&mut self, run: &RunFigures, attributes: Vec<KeyValue>, counted: &Counted) {
        let of = |value| number(run, attributes.clone(), value);
        self.samples.push(of(count(counted.samples)));
        self.errors.push(of(count(counted.errors)));
        self.times.push(HistogramDataPoint {
            attributes: attributes.clone(),
            start_time_unix_nano: nanos(run.started_ms),
            time_unix_nano: nanos(run.at_ms),
            // Samples without a response time are in no bucket.
            count: counted.timed(),
            sum: Some(seconds(counted.sum_ms)),
            bucket_counts: counted.buckets.to_vec(),
            explicit_bounds: BOUNDS_MS.iter().map(|bound| f64::from(*bound) / 1_000.0).collect(),
            min: counted.min_ms.map(seconds),
            max: counted.max_ms.map(seconds),
            ..HistogramDataPoint::default()
        });
        for (quantile, ms) in QUANTILES.iter().zip(counted.quantiles_ms) {
            if let Some(ms) = ms {
                let mut attributes = attributes.clone();
                attributes.push(text("quantile", &quantile.to_string()));
                self.quantiles.push(number(run, attributes, number_data_point::Value::AsDouble(ms / 1_000.0)));
            }
        }
    }

    fn metrics(self, of: &str) -> [Metric; 4] {
        let samples = "{sample}";
        [
            sum(&format!("{of}.samples"), samples, "Samples since the run began", self.samples),
            sum(&format!("{of}.errors"), samples, "Failed samples since the run began", self.errors),
            Metric {
                name: format!("{of}.response.duration"),
                description: "Response times of the run so far".to_owned(),
                unit: "s".to_owned(),
                metadata: Vec::new(),
                data: Some(metric::Data::Histogram(Histogram {
                    data_points: self.times,
                    aggregation_temporality: AggregationTemporality::Cumulative.into(),
                })),
            },
            gauge(
                &format!("{of}.response.quantile"),
                "s",
                "Exact percentiles of the response times so far",
                self.quantiles,
            ),
        ]
    }
}

fn count(number: u64) -> number_data_point::Value {
    number_data_point::Value::AsInt(i64::try_from(number).unwrap_or(i64::MAX))
}

fn number(run: &RunFigures, attributes: Vec<KeyValue>, value: number_data_point::Value) -> NumberDataPoint {
    NumberDataPoint {
        attributes,
        start_time_unix_nano: nanos(run.started_ms),
        time_unix_nano: nanos(run.at_ms),
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

fn sum(name: &str, unit: &str, description: &str, data_points: Vec<NumberDataPoint>) -> Metric {
    Metric {
        name: name.to_owned(),
        description: description.to_owned(),
        unit: unit.to_owned(),
        metadata: Vec::new(),
        data: Some(metric::Data::Sum(Sum {
            data_points,
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
            is_monotonic: true,
        })),
    }
}

fn gauge(name: &str, unit: &str, description: &str, data_points: Vec<NumberDataPoint>) -> Metric {
    Metric {
        name: name.to_owned(),
        description: description.to_owned(),
        unit: unit.to_owned(),
        metadata: Vec::new(),
        data: Some(metric::Data::Gauge(Gauge { data_points })),
    }
}

fn metrics(runs: &[Arc<RunFigures>]) -> Vec<Metric> {
    let (mut total, mut labels) = (Points::default(), Points::default());
    let (mut users, mut rates) = (Vec::new(), Vec::new());
    for run in runs {
        let of_run =
            || vec![text("jac.run.id", run.run.as_str()), text("jac.run.name", &run.name), text("jac.plan", &run.plan)];
        total.add(run, of_run(), &run.total);
        for LabelFigures { label, kind, counted } in &run.labels {
            let mut attributes = of_run();
            attributes.extend([text("jmeter.label", label), text("jmeter.kind", kind)]);
            labels.add(run, attributes, counted);
        }
        users.extend(run.active_users.map(|users| number(run, of_run(), count(users))));
        rates.extend(run.rate_per_s.map(|rate| number(run, of_run(), number_data_point::Value::AsDouble(rate))));
    }
    let mut metrics: Vec<Metric> =
        total.metrics("jac.run").into_iter().chain(labels.metrics("jac.run.label")).collect();
    metrics.push(gauge("jac.run.active_users", "{thread}", "Active threads on all workers together", users));
    metrics.push(gauge("jac.run.rate", "{sample}/s", "Samples per second over the last seconds", rates));
    metrics.retain(|metric| match &metric.data {
        Some(metric::Data::Gauge(gauge)) => !gauge.data_points.is_empty(),
        Some(metric::Data::Sum(sum)) => !sum.data_points.is_empty(),
        Some(metric::Data::Histogram(histogram)) => !histogram.data_points.is_empty(),
        _ => true,
    });
    metrics
}

#[async_trait]
impl MetricsExporter for Otlp {
    fn info(&self) -> ExporterInfo {
        ExporterInfo {
            name: self.settings.name.clone(),
            kind: ExporterKind::Otlp,
            address: self.http.shown(),
            interval_s: self.settings.interval.as_secs(),
        }
    }

    fn interval(&self) -> Duration {
        self.settings.interval
    }

    async fn push(&self, points: &[Arc<RunFigures>]) -> Result<u64, SendError> {
        self.send(metrics(points)).await
    }

    async fn test(&self, now_ms: EpochMs) -> Result<(), SendError> {
        let point =
            NumberDataPoint { time_unix_nano: nanos(now_ms), value: Some(count(1)), ..NumberDataPoint::default() };
        self.send(vec![gauge("jac.test", "1", "Somebody tried this target", vec![point])]).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::influx::tests::example;

    #[test]
    fn samples_without_a_time_are_counted_as_samples_alone() {
        let mut run = RunFigures::clone(&example());
        run.total.samples += 2;
        let metrics = metrics(&[run.into()]);
        let Some(metric::Data::Histogram(times)) = &metrics[2].data else { panic!("{:?}", metrics[2]) };
        let point = &times.data_points[0];
        assert_eq!((point.bucket_counts.iter().sum::<u64>(), point.count), (3, 3));
    }

    #[test]
    fn each_metric_is_cumulative_and_has_its_run() {
        let metrics = metrics(&[example()]);
        let names: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "jac.run.samples",
                "jac.run.errors",
                "jac.run.response.duration",
                "jac.run.response.quantile",
                "jac.run.label.samples",
                "jac.run.label.errors",
                "jac.run.label.response.duration",
                "jac.run.label.response.quantile",
                "jac.run.active_users",
                "jac.run.rate"
            ]
        );
        let Some(metric::Data::Histogram(times)) = &metrics[2].data else { panic!("{:?}", metrics[2]) };
        assert_eq!(times.aggregation_temporality, AggregationTemporality::Cumulative as i32);
        let point = &times.data_points[0];
        assert_eq!((point.count, point.sum), (3, Some(0.62)));
        assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
        assert_eq!(point.bucket_counts.iter().sum::<u64>(), point.count);
        assert_eq!(point.attributes[0], text("jac.run.id", "r-23456789"));
        assert_eq!(point.start_time_unix_nano, 1_700_000_000_000_000_000);
    }
}
