//! A search for samples in the terms of search targets: only conditions that a target evaluates exactly as the log
//! does. A pattern is used if it represents a few texts, like those in links from the tables.

use jac_logs::{Bound, Condition, Field, Keep, Search, Test};
use jac_model::RunId;
use jac_model::search::{QueryCondition, QueryField, QueryOrder, SampleQuery, TextTest, Within};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, HirKind, Look};

/// Times that every engine supports: 1970 to 9999.
const TIMES_MS: std::ops::RangeInclusive<i64> = 0..=253_402_300_799_999;
/// Maximum number of texts that a pattern may represent.
const MOST_TEXTS: usize = 32;
/// Maximum length of a text.
const MOST_BYTES: usize = 512;

/// The search as a question to a target; `None`: its answer might be another than the log's.
pub(super) fn query(run: &RunId, search: &Search) -> Option<SampleQuery> {
    let asked: Option<Vec<_>> = search.filter.conditions().iter().map(condition).collect();
    Some(SampleQuery {
        run: run.clone(),
        conditions: asked?.into_iter().flatten().collect(),
        order: match search.keep {
            Keep::First => QueryOrder::Log,
            Keep::Slowest => QueryOrder::Slowest,
        },
        limit: search.limit,
    })
}

/// A condition: `None` if it cannot be queried, `Some(None)` if it matches every sample.
fn condition(condition: &Condition) -> Option<Option<QueryCondition>> {
    Some(Some(match condition {
        Condition::Time(bound) => {
            let within = within(*bound)?;
            let known = [within.at_least, within.at_most].into_iter().flatten().all(|limit| TIMES_MS.contains(&limit));
            QueryCondition::Start(known.then_some(within)?)
        }
        // No search form can request it.
        Condition::CorrectedTime(..) => return None,
        Condition::Elapsed(bound) => QueryCondition::Elapsed(within(*bound)?),
        Condition::Success(success) => QueryCondition::Success(*success),
        Condition::Transaction(transaction) => QueryCondition::Transaction(*transaction),
        Condition::Text(field, test) => {
            let field = match field {
                Field::Label => QueryField::Label,
                Field::Code => QueryField::Code,
                Field::Thread => QueryField::Thread,
                Field::Host | Field::Message | Field::Url | Field::Anywhere => return None,
            };
            match test {
                Test::Is(text) => {
                    let text = String::from_utf8(text.clone()).ok()?;
                    QueryCondition::Text(field, text_test(vec![text], true, true)?)
                }
                Test::Matches(pattern) => match pattern.as_str() {
                    "" => return Some(None),
                    pattern => QueryCondition::Text(field, of_pattern(pattern)?),
                },
                Test::IsNot(_) | Test::Lacks(_) => return None,
            }
        }
        Condition::End(_) | Condition::SinceStart(_) | Condition::Bytes(_) => return None,
    }))
}

fn within(bound: Bound<i64>) -> Option<Within> {
    let (at_least, at_most) = match bound {
        Bound::Is(limit) => (Some(limit), Some(limit)),
        Bound::Above(limit) => (Some(limit.checked_add(1)?), None),
        Bound::AtLeast(limit) => (Some(limit), None),
        Bound::Below(limit) => (None, Some(limit.checked_sub(1)?)),
        Bound::AtMost(limit) => (None, Some(limit)),
        Bound::IsNot(_) => return None,
    };
    Some(Within { at_least, at_most })
}

/// The texts that a pattern represents, and their position.
fn of_pattern(pattern: &str) -> Option<TextTest> {
    // As the log's search reads it.
    let mut whole = ParserBuilder::new().utf8(false).build().parse(pattern).ok()?;
    while let HirKind::Capture(group) = whole.kind() {
        whole = (*group.sub).clone();
    }
    let mut parts = match whole.into_kind() {
        HirKind::Concat(parts) => parts,
        kind => vec![of_kind(kind)?],
    };
    let is = |part: Option<&Hir>, look| part.is_some_and(|part| *part.kind() == HirKind::Look(look));
    let at_start = is(parts.first(), Look::Start);
    if at_start {
        parts.remove(0);
    }
    let at_end = is(parts.last(), Look::End);
    if at_end {
        parts.pop();
    }
    let middle = Hir::concat(parts);
    if !middle.properties().look_set().is_empty() {
        return None;
    }
    let texts = Extractor::new().extract(&middle);
    let texts = texts.literals().filter(|texts| texts.iter().all(|text| text.is_exact()))?;
    let texts = texts.iter().map(|text| String::from_utf8(text.as_bytes().to_vec()).ok());
    text_test(texts.collect::<Option<_>>()?, at_start, at_end)
}

fn of_kind(kind: HirKind) -> Option<Hir> {
    match kind {
        HirKind::Literal(literal) => Some(Hir::literal(literal.0)),
        HirKind::Alternation(parts) => Some(Hir::alternation(parts)),
        HirKind::Class(class) => Some(Hir::class(class)),
        HirKind::Repetition(repetition) => Some(Hir::repetition(repetition)),
        // Nothing but a place: it is in every text, or in the empty one, which documents do not have.
        _ => None,
    }
}

/// A test for texts. Documents have a replacement character where the log has invalid UTF-8, so such texts are not
/// queried.
fn text_test(any_of: Vec<String>, at_start: bool, at_end: bool) -> Option<TextTest> {
    let is_plain = |text: &String| !text.is_empty() && text.len() <= MOST_BYTES && !text.contains('\u{FFFD}');
    let fits = !any_of.is_empty() && any_of.len() <= MOST_TEXTS && any_of.iter().all(is_plain);
    fits.then_some(TextTest { any_of, at_start, at_end })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jac_logs::Filter;

    fn asked(words: &str) -> Option<Vec<QueryCondition>> {
        let mut filter = Filter::default();
        filter.add(words.parse().expect("a condition"));
        let search = Search { filter, ..Search::default() };
        query(&"r-23456789".parse().expect("an id"), &search).map(|query| query.conditions)
    }

    fn label(any_of: &[&str], at_start: bool, at_end: bool) -> Option<Vec<QueryCondition>> {
        let any_of = any_of.iter().map(|&text| text.to_owned()).collect();
        Some(vec![QueryCondition::Text(QueryField::Label, TextTest { any_of, at_start, at_end })])
    }

    #[test]
    fn a_pattern_that_stands_for_a_few_texts_is_asked_for_and_no_other() {
        assert_eq!(asked(r"label~^Log in \(new\)$"), label(&["Log in (new)"], true, true));
        assert_eq!(asked("label~^(?:Home|Pay)$"), label(&["Home", "Pay"], true, true));
        assert_eq!(asked("label~(^Home$)"), label(&["Home"], true, true));
        assert_eq!(asked("label~^Pay"), label(&["Pay"], true, false));
        assert_eq!(asked("label~Pay$"), label(&["Pay"], false, true));
        assert_eq!(asked("label~Pay|Home"), label(&["Pay", "Home"], false, false));
        assert_eq!(asked("label~Pag[ey]"), label(&["Page", "Pagy"], false, false));
        assert_eq!(asked("label=Pay"), label(&["Pay"], true, true));
        assert_eq!(asked("label~"), Some(Vec::new()));
        for other in [
            "label~Pa.*",
            "label~Pay+",
            "label~^$",
            "label~^",
            "label=",
            "label~Pay?$|^Home",
            "label~^a$|^b$",
            r"label~\bPay\b",
            "label~(?m)^Pay$",
            "label!=Pay",
            "label!~Pay",
            "text~Pay",
            "message=OK",
            "host=a",
            "bytes>3",
            "elapsed!=3",
            "time>=+3s",
            "time>-5",
            "label~\u{FFFD}",
            "label~Pay$.",
        ] {
            assert_eq!(asked(other), None, "{other}");
        }
    }

    #[test]
    fn ends_of_ranges_belong_to_them() {
        let elapsed = |at_least, at_most| Some(vec![QueryCondition::Elapsed(Within { at_least, at_most })]);
        assert_eq!(asked("elapsed>3"), elapsed(Some(4), None));
        assert_eq!(asked("elapsed>=3"), elapsed(Some(3), None));
        assert_eq!(asked("elapsed<3"), elapsed(None, Some(2)));
        assert_eq!(asked("elapsed<=3"), elapsed(None, Some(3)));
        assert_eq!(asked("elapsed=3"), elapsed(Some(3), Some(3)));
    }
}
