//! `jac-report` creates one report of a log's statistics: as data, as one offline HTML page, as CSV, as text for a
//! terminal and as JUnit XML.
//!
//! It owns the formats; the numbers come from `jac-jtl`. It reads no clock and writes no file.

mod compare;
mod comparison_report;
mod csv;
mod errors;
mod figures;
mod histograms;
mod html;
mod junit;
mod report;
mod shown;
mod text;

pub use compare::{
    Change, ChangedMetric, CoarseTimes, Comparison, ComparisonOutcome, EVERY_SAMPLE_FAILED, LineComparison,
    NumberChange, Side, TestResult, Thresholds, compare, compare_lines, comparison_text,
};
pub use comparison_report::{Compared, ComparedResult, ComparedRun, ComparisonReport, most_frequent};
pub use csv::{csv_field, plain_csv_field, table_csv};
pub use errors::{ErrorType, error_types, errors_text};
pub use histograms::{HIGHEST_MS, HistogramError, Histograms, LabelHistogram, histogram};
pub use html::{render_comparison_html, render_html};
pub use junit::junit_xml;
pub use report::{Facts, LoadGenerator, LogFile, NodeFacts, Report, ReportInterval, RunFacts, start_skew_ms};
pub use shown::{Labels, visible, visible_json, visible_lines};
pub use text::{IN_TABLE, aligned, one_line, table_text};
