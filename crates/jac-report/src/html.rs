//! A report or a comparison as one self-contained HTML page: the page that `web/` builds, with the data inserted.

use crate::{ComparisonReport, Report};
use jac_jtl::Point;

/// The page, created by `npm run build` in `web/`; `build.rs` has verified that it exists and has the placeholder.
const SHELL: &str = include_str!("../../../web/dist-report/report.html");
const BEGIN: &str = r#"<script type="application/json" id="jac-report">"#;
const EMPTY: &str = "null</script>";

/// Renders the page. In its charts' points, means and percentiles are rounded to a thousandth of a millisecond, which
/// halves the page; the table's numbers are unrounded.
///
/// # Errors
/// When the report cannot be serialized to JSON.
pub fn render_html(report: &Report) -> serde_json::Result<String> {
    let mut shown = report.clone();
    let labels = shown.series.labels.iter_mut().flat_map(|label| &mut label.points);
    for point in shown.series.points.iter_mut().chain(labels) {
        round(point);
    }
    page(&shown)
}

/// Renders the page of a comparison. Its charts' points are rounded in the same way.
///
/// # Errors
/// When the comparison cannot be serialized to JSON.
pub fn render_comparison_html(report: &ComparisonReport) -> serde_json::Result<String> {
    let mut shown = report.clone();
    for point in shown.results.iter_mut().flat_map(|result| &mut result.points) {
        round(point);
    }
    page(&shown)
}

fn page(data: &impl serde::Serialize) -> serde_json::Result<String> {
    let json = script_safe(&serde_json::to_string(data)?);
    let place = SHELL.find(BEGIN).map_or(SHELL.len(), |at| at + BEGIN.len());
    let (before, after) = SHELL.split_at(place);
    let after = after.strip_prefix(EMPTY).unwrap_or(after);
    Ok([before, &json, "</script>", after].concat())
}

fn round(point: &mut Point) {
    let numbers = [
        &mut point.mean_ms,
        &mut point.p50_ms,
        &mut point.p90_ms,
        &mut point.p95_ms,
        &mut point.p99_ms,
        &mut point.latency_ms,
        &mut point.connect_ms,
    ];
    for number in numbers.into_iter().flatten() {
        *number = (*number * 1_000.0).round() / 1_000.0;
    }
}

/// JSON that can neither end the script element that contains it nor begin a comment there. In JSON, `<` occurs only in
/// strings.
fn script_safe(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, render_html};
    use crate::{Facts, Report};
    use jac_jtl::{LogStatistics, Settings};

    #[test]
    fn a_label_cannot_break_out_of_the_page() {
        let label = "</script><script>alert(1)</script><!--";
        let mut log = LogStatistics::new(Settings::default());
        log.feed(format!("timeStamp,elapsed,label\n1000,20,{label}\n").as_bytes());
        log.finish();
        let facts = Facts {
            title: label.to_owned(),
            jac_version: "0".to_owned(),
            created_ms: 0,
            files: Vec::new(),
            run: None,
            notes: Vec::new(),
        };
        let report = Report::new(facts, &mut log);
        let page = render_html(&report).expect("a page");
        assert!(!page.contains(label));
        let data = page.split(BEGIN).nth(1).and_then(|rest| rest.split("</script>").next()).expect("the data");
        let read: Report = serde_json::from_str(data).expect("the page holds the report");
        assert_eq!(read, report);
        assert_eq!(read.summary.labels[0].label, label);
    }
}
