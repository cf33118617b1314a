//! Everything that the statistics return, in one comparable value.

use jac_jtl::{CodeCount, ErrorGroup, HostCount, LogStatistics, Profiles, SampleStatistics, Series, Summary};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub struct Tables {
    pub summary: Summary,
    pub series: Series,
    pub errors: Vec<ErrorGroup>,
    pub codes: Vec<CodeCount>,
    pub hosts: Vec<HostCount>,
    pub profiles: Profiles,
}

impl Tables {
    pub fn of(log: &mut LogStatistics) -> Self {
        // The result of reading is compared separately.
        let summary = log.summary();
        Self {
            summary: Summary {
                unread_percent: None,
                rejected: Vec::new(),
                notes: Vec::new(),
                partial: None,
                ..summary
            },
            series: log.series(),
            errors: log.errors(usize::MAX),
            codes: log.codes(),
            hosts: log.hosts(),
            profiles: log.profiles(),
        }
    }

    pub fn of_samples(statistics: &mut SampleStatistics) -> Self {
        Self {
            summary: statistics.summary(),
            series: statistics.series(),
            errors: statistics.errors(usize::MAX),
            codes: statistics.codes(),
            hosts: statistics.hosts(),
            profiles: statistics.profiles(),
        }
    }
}

/// Equal except for the last digits of floating-point numbers.
pub fn assert_near(ours: &Tables, theirs: &Tables) {
    near(&json_of(&ours.summary), &json_of(&theirs.summary), "summary");
    near(&json_of(&ours.series), &json_of(&theirs.series), "series");
    assert_eq!(ours.errors, theirs.errors);
    assert_eq!(ours.codes, theirs.codes);
    assert_eq!(ours.hosts, theirs.hosts);
    near(&json_of(&ours.profiles), &json_of(&theirs.profiles), "profiles");
}

fn json_of(part: &impl serde::Serialize) -> Value {
    serde_json::to_value(part).expect("json")
}

fn near(ours: &Value, theirs: &Value, place: &str) {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>(), "{place}");
            for (key, value) in a {
                near(value, &b[key], &format!("{place}.{key}"));
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{place}");
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                near(a, b, &format!("{place}[{at}]"));
            }
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().expect("a number"), b.as_f64().expect("a number"));
            assert!((a - b).abs() <= 1e-9 * a.abs().max(b.abs()), "{place}: {a} and {b}");
        }
        (a, b) => assert_eq!(a, b, "{place}"),
    }
}
