//! The result as JUnit XML, which build servers show.

use jac_jtl::criteria::{CriterionCode, CriterionResult};
use jac_jtl::{Entry, EntryKind, Summary};
use std::fmt::Write;

/// A test suite `criteria` with a case per criterion, failed if it is not met, and a suite `labels` with a case per
/// label, its time the mean response time in seconds.
///
/// With criteria only they decide, and a label's errors are only reported in its case. Without criteria a label with
/// errors is a failed case. The numbers of rows that were read and that could not be read are properties of the suite
/// `labels`; transactions' labels have the class `transactions`.
pub fn junit_xml(summary: &Summary, criteria: &[CriterionResult]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"jac\">\n");
    if !criteria.is_empty() {
        let failed = criteria.iter().filter(|criterion| !criterion.met).count();
        open_suite(&mut xml, "criteria", criteria.len(), failed);
        for criterion in criteria {
            let failure = (!criterion.met).then_some(criterion.sentence.as_str());
            case(&mut xml, "criteria", &criterion.expression, 0.0, failure, &criterion.sentence);
        }
        xml.push_str("  </testsuite>\n");
    }
    // Results that every run has are not criteria of the user.
    let judge_labels = criteria
        .iter()
        .all(|result| matches!(result.code, Some(CriterionCode::CannotBeJudged | CriterionCode::AllFailed)));
    let failed = summary.labels.iter().filter(|entry| judge_labels && entry.errors > 0).count();
    open_suite(&mut xml, "labels", summary.labels.len(), failed);
    let _ = writeln!(
        xml,
        "    <properties>\n      <property name=\"samples\" value=\"{}\"/>\n      <property name=\"unread_rows\" value=\"{}\"/>\n      \
         <property name=\"unread_percent\" value=\"{}\"/>\n    </properties>",
        summary.total.samples,
        summary.rejected_rows,
        summary.unread_percent.unwrap_or(0.0)
    );
    for entry in &summary.labels {
        let sentence = sentence(entry);
        let failure = (judge_labels && entry.errors > 0).then_some(sentence.as_str());
        let class = if entry.kind == EntryKind::Transaction { "transactions" } else { "labels" };
        case(&mut xml, class, &entry.label, entry.mean_ms.unwrap_or(0.0) / 1_000.0, failure, &sentence);
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

fn sentence(entry: &Entry) -> String {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"));
    format!(
        "{} samples, {} errors, mean {} ms, p95 {} ms, max {} ms",
        entry.samples,
        entry.errors,
        number(entry.mean_ms),
        number(entry.p95_ms),
        number(entry.max_ms.map(|value| value as f64))
    )
}

// Writing to a string cannot fail, so the results of `write!` are dropped.

fn open_suite(xml: &mut String, name: &str, tests: usize, failures: usize) {
    let _ = writeln!(xml, "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">");
}

fn case(xml: &mut String, class: &str, name: &str, time_s: f64, failure: Option<&str>, output: &str) {
    let _ = writeln!(xml, "    <testcase classname=\"{class}\" name=\"{}\" time=\"{time_s:.3}\">", escaped(name));
    if let Some(failure) = failure {
        let _ = writeln!(xml, "      <failure message=\"{}\"/>", escaped(failure));
    }
    let _ = writeln!(xml, "      <system-out>{}</system-out>", escaped(output));
    xml.push_str("    </testcase>\n");
}

/// Text for an attribute or an element; characters that XML 1.0 cannot represent become U+FFFD.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '\t' => escaped.push_str("&#9;"),
            control if control < ' ' || matches!(control, '\u{FFFE}' | '\u{FFFF}') => escaped.push('\u{FFFD}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::junit_xml;
    use jac_jtl::criteria::Criterion;
    use jac_jtl::{LogStatistics, Settings, Summary};

    fn summary() -> Summary {
        let mut log = LogStatistics::new(Settings::default());
        log.feed(b"timeStamp,elapsed,label,success\n0,120,a<b,true\n1000,345,Fails,false\n");
        log.finish();
        log.summary()
    }

    #[test]
    fn criteria_judge_and_labels_report() {
        let criterion: Criterion = "max > 300ms".parse().expect("a criterion");
        let xml = junit_xml(&summary(), &[criterion.evaluate(&summary())]);
        assert!(xml.contains("<testsuite name=\"criteria\" tests=\"1\" failures=\"1\""), "{xml}");
        assert!(xml.contains("<testsuite name=\"labels\" tests=\"2\" failures=\"0\""), "{xml}");
        assert!(xml.contains("name=\"a&lt;b\" time=\"0.120\""), "{xml}");
    }

    #[test]
    fn without_criteria_a_label_with_errors_fails() {
        let xml = junit_xml(&summary(), &[]);
        assert!(xml.contains("<testsuite name=\"labels\" tests=\"2\" failures=\"1\""), "{xml}");
        assert!(!xml.contains("criteria"), "{xml}");
    }
}
