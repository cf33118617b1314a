//! Failures by type, for all labels together: the top errors of JMeter's dashboard.

use crate::shown::{Labels, visible};
use crate::text::{aligned, decimals, whole};
use jac_jtl::{ErrorGroup, Settings};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Failures with one code and, but for ids, numbers and addresses, one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorType {
    /// Response code.
    pub code: String,
    /// The common pattern of the messages; IDs, numbers and addresses are `#`.
    pub message: String,
    /// The whole message of the first one.
    pub example: String,
    /// Number of failures.
    pub count: u64,
    /// Labels that have it.
    pub labels: u64,
    /// End of the first one, epoch milliseconds.
    pub first_ms: i64,
    /// End of the last one, epoch milliseconds.
    pub last_ms: i64,
}

/// Groups that differ only in their label, together; the most frequent first.
pub fn error_types(groups: &[ErrorGroup]) -> Vec<ErrorType> {
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    let mut types: Vec<ErrorType> = Vec::new();
    for group in groups {
        let place = *places.entry((&group.code, &group.message)).or_insert(types.len());
        match types.get_mut(place) {
            Some(known) => {
                if group.first_ms < known.first_ms {
                    known.example.clone_from(&group.example);
                }
                known.count += group.count;
                known.labels += 1;
                known.first_ms = known.first_ms.min(group.first_ms);
                known.last_ms = known.last_ms.max(group.last_ms);
            }
            None => types.push(ErrorType {
                code: group.code.clone(),
                message: group.message.clone(),
                example: group.example.clone(),
                count: group.count,
                labels: 1,
                first_ms: group.first_ms,
                last_ms: group.last_ms,
            }),
        }
    }
    types.sort_by_key(|error| std::cmp::Reverse(error.count));
    types
}

/// Types that are shown below the table.
const SHOWN: usize = 10;

/// The most frequent types for a terminal, or for a file; empty if nothing failed.
pub fn errors_text(types: &[ErrorType], errors: u64, labels: Labels) -> String {
    if types.is_empty() {
        return String::new();
    }
    let head = ["Errors", "% of errors", "Code", "Message"].map(str::to_owned).to_vec();
    let cells = match labels {
        Labels::Whole => Labels::Whole,
        Labels::Within(_) => Labels::Within(100),
    };
    let row = |error: &ErrorType| {
        let share = (errors > 0).then(|| error.count as f64 * 100.0 / errors as f64);
        // One message needs no pattern.
        let message =
            if error.message == Settings::OTHER_ERRORS || error.count > 1 { &error.message } else { &error.example };
        vec![
            whole(error.count),
            decimals(share, 2),
            visible(&error.code).into_owned(),
            cells.of([message.as_str()]).concat(),
        ]
    };
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(types.iter().take(SHOWN).map(row)).collect();
    let mut text: String = aligned(&rows, &[0, 1]).into_iter().map(|line| line + "\n").collect();
    if types.len() > SHOWN {
        text.push_str(&format!("Showing {SHOWN} of {} error types; the page (--html) has all.\n", types.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{error_types, errors_text};
    use crate::Labels;
    use jac_jtl::{LogStatistics, Settings};

    #[test]
    fn a_target_that_is_down_is_one_type_of_error() {
        let mut log = LogStatistics::new(Settings::default());
        log.feed(b"timeStamp,elapsed,label,responseCode,responseMessage,success,failureMessage\n");
        for n in 0..611 {
            let row = format!(
                "{n},1,Page {},Non HTTP response code: java.net.ConnectException,Non HTTP response message: Connection refused,false,\
                 Test failed: text {n} expected\n",
                n % 69
            );
            log.feed(row.as_bytes());
        }
        log.finish();
        let types = error_types(&log.errors(usize::MAX));
        assert_eq!((types.len(), types[0].count, types[0].labels), (1, 611, 69));
        assert!(errors_text(&types, 611, Labels::SHORT).contains("Connection refused"));
    }

    #[test]
    fn failures_that_differ_by_an_id_are_one_group_with_one_example() {
        let mut log = LogStatistics::new(Settings::default());
        log.feed(b"timeStamp,elapsed,label,responseCode,responseMessage,success,failureMessage\n");
        for n in 0..5_000_u64 {
            let id = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            log.feed(format!("{n},1,Buy,200,OK,false,Order {id:016x} not found\n").as_bytes());
        }
        log.finish();
        let groups = log.errors(usize::MAX);
        assert_eq!((groups.len(), groups[0].count), (1, 5_000));
        assert_eq!(groups[0].message, "Order # not found");
        assert_eq!(groups[0].example, "Order 0000000000000000 not found");
        assert!(log.notes().iter().all(|note| note.code != "errors_folded"));
    }
}
