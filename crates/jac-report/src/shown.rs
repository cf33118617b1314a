//! Texts of logs and plans on a terminal: characters that control it, or that change how the surrounding text is read,
//! are shown by their codes instead of being sent.

use std::borrow::Cow;
use std::collections::HashMap;
use unicode_width::UnicodeWidthStr;

/// Whether this character moves the cursor, colours the screen, changes the direction of the text, or is invisible.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0001}' | '\u{E0020}'..='\u{E007F}')
}

/// The text on one line, with characters that control a terminal shown as `\n`, `\t`, `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    shown(text, |_| false)
}

/// The same for a text of several lines, which keeps its line ends.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    shown(text, |character| character == '\n')
}

/// JSON without characters that control a terminal: they occur only in strings, where they can be escaped.
pub fn visible_json(json: &str) -> Cow<'_, str> {
    if !json.chars().any(|character| steers(character) && character != '\n') {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if steers(character) && character != '\n' {
            for unit in character.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(character);
        }
    }
    Cow::Owned(text)
}

fn shown(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let hides = |character: char| steers(character) && !stays(character);
    if !text.chars().any(hides) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            hidden if !hides(hidden) => shown.push(hidden),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            hidden => shown.push_str(&format!("\\u{{{:x}}}", u32::from(hidden))),
        }
    }
    Cow::Owned(shown)
}

/// Cells of a terminal that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// How labels are written in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Labels {
    /// As they are, however long: for files.
    Whole,
    /// In at most this many cells of a terminal.
    Within(usize),
}

impl Labels {
    /// For a terminal of common width.
    pub const SHORT: Self = Self::Within(42);

    /// The labels with visible characters, distinguishable even if truncated.
    pub fn of<'a>(self, labels: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let Self::Within(cells) = self else {
            return labels.into_iter().map(|label| visible(label).into_owned()).collect();
        };
        let mut labels: Vec<String> = labels.into_iter().map(|label| cut(&visible(label), cells)).collect();
        let mut times: HashMap<String, usize> = HashMap::new();
        for label in &labels {
            *times.entry(label.clone()).or_default() += 1;
        }
        let mut numbers: HashMap<String, usize> = HashMap::new();
        for label in labels.iter_mut().filter(|label| times[*label] > 1) {
            let number = numbers.entry(label.clone()).or_default();
            *number += 1;
            let suffix = format!(" ({number})");
            let room = cells.saturating_sub(suffix.len());
            *label = cut(label, room) + &suffix;
        }
        labels
    }
}

/// A text in at most this many cells: its beginning and its end, as labels mostly differ in their ends.
fn cut(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let room = cells.saturating_sub(1);
    let behind = room / 3;
    let before = fitting(text.chars(), room - behind);
    let mut end: Vec<char> = fitting(text.chars().rev(), behind).chars().collect();
    end.reverse();
    format!("{before}…{}", end.into_iter().collect::<String>())
}

/// As many of the characters as fit.
fn fitting(characters: impl Iterator<Item = char>, cells: usize) -> String {
    let mut text = String::new();
    for character in characters {
        text.push(character);
        if width(&text) > cells {
            text.pop();
            break;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Labels, visible, visible_json, visible_lines, width};

    #[test]
    fn what_steers_a_terminal_is_shown_and_not_sent() {
        let table = [
            ("plain ü 日本 👩‍👩‍👧", "plain ü 日本 👩‍👩‍👧"),
            ("two\nlines\ttab", "two\\nlines\\ttab"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("\u{9b}31m\u{7f}", "\\u{9b}31m\\u{7f}"),
            ("\u{202e}evil\u{2066}\u{feff}", "\\u{202e}evil\\u{2066}\\u{feff}"),
        ];
        for (text, expected) in table {
            assert_eq!(visible(text), expected);
        }
        assert_eq!(visible_lines("a\n\u{1b}b"), "a\n\\u{1b}b");
        assert_eq!(visible_json("{\n\"a\":\"\u{202e}\"}"), "{\n\"a\":\"\\u202e\"}");
    }

    #[test]
    fn long_labels_are_cut_to_their_cells_and_stay_different() {
        let long = |end: &str| format!("{}{end}", "/api/v1/customers/".repeat(20));
        let labels = [
            long("first"),
            long("second"),
            format!("{}b{}", "a".repeat(60), "a".repeat(60)),
            "a".repeat(200),
            "日".repeat(60),
            "short".to_owned(),
        ];
        let short = Labels::SHORT.of(labels.iter().map(String::as_str));
        assert!(short.iter().all(|label| width(label) <= 42), "{short:?}");
        let mut different = short.clone();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), labels.len(), "{short:?}");
        assert_eq!(Labels::Whole.of(labels.iter().map(String::as_str)), labels);
    }
}
