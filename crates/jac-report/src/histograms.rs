//! Response times as HdrHistograms, which other tools read and merge: a run's `histograms.json`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};
use jac_jtl::ResponseTimes;
use serde::{Deserialize, Serialize};

/// The maximum distinguishable response time, an hour in milliseconds; longer ones count as this.
pub const HIGHEST_MS: u64 = 3_600_000;
/// Significant figures of a response time.
pub const SIGNIFICANT_FIGURES: u8 = 3;
const ENCODING: &str = "HdrHistogram V2, compressed, base64";

/// A histogram could not be created.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct HistogramError(String);

/// A run's response times, in total and by label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histograms {
    /// `ms`.
    pub unit: String,
    /// The distinguishable range: from here…
    pub lowest: u64,
    /// …to there.
    pub highest: u64,
    pub significant_figures: u8,
    /// How a histogram is written.
    pub encoding: String,
    /// Of the samples that the table's total is over.
    pub total: String,
    /// Of each label, in the table's order.
    pub labels: Vec<LabelHistogram>,
}

/// The response times of a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelHistogram {
    pub label: String,
    pub histogram: String,
}

impl Histograms {
    /// Of a log's response times.
    ///
    /// # Errors
    /// When the library cannot write one.
    pub fn of(times: &ResponseTimes) -> Result<Self, HistogramError> {
        let labels = times.labels.iter().map(|(label, counts)| {
            Ok(LabelHistogram { label: label.clone(), histogram: encoded(&histogram(counts.iter().copied())?)? })
        });
        Ok(Self {
            unit: "ms".to_owned(),
            lowest: 1,
            highest: HIGHEST_MS,
            significant_figures: SIGNIFICANT_FIGURES,
            encoding: ENCODING.to_owned(),
            total: encoded(&histogram(times.total.iter().copied())?)?,
            labels: labels.collect::<Result<_, _>>()?,
        })
    }
}

/// A histogram of response times in milliseconds and their counts.
///
/// # Errors
/// Never, unless the bounds above are changed to ones that the library rejects.
pub fn histogram(times: impl IntoIterator<Item = (u32, u64)>) -> Result<Histogram<u64>, HistogramError> {
    let made = Histogram::new_with_bounds(1, HIGHEST_MS, SIGNIFICANT_FIGURES);
    let mut histogram = made.map_err(|error| HistogramError(error.to_string()))?;
    for (elapsed_ms, count) in times {
        histogram.saturating_record_n(u64::from(elapsed_ms).min(HIGHEST_MS), count);
    }
    Ok(histogram)
}

fn encoded(histogram: &Histogram<u64>) -> Result<String, HistogramError> {
    let mut bytes = Vec::new();
    let written = V2DeflateSerializer::new().serialize(histogram, &mut bytes);
    written.map_err(|error| HistogramError(format!("{error:?}")))?;
    Ok(STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::serialization::Deserializer;

    #[test]
    fn what_is_written_has_every_sample() {
        let of_buy = vec![(0, 2), (7, 3), (5_000_000, 1)];
        let times = ResponseTimes { total: of_buy.clone(), labels: vec![("Buy".to_owned(), of_buy)] };
        let made = Histograms::of(&times).expect("made");
        assert_eq!(made.labels[0].histogram, made.total);
        let bytes = STANDARD.decode(&made.total).expect("base64");
        let read: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).expect("a histogram");
        assert_eq!((read.len(), read.count_at(0), read.count_at(7), read.count_at(HIGHEST_MS)), (6, 2, 3, 1));
    }
}
