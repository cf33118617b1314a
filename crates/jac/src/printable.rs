//! Text that comes from plans, results and other machines, as it may be shown on a terminal: what would move the cursor, change
//! colours or turn the direction of writing is shown as its code.

use std::borrow::Cow;

/// Control characters and those that change the direction of writing (Unicode's `Bidi_Control`).
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Of several lines; line ends and tabs stay.
pub fn text(text: &str) -> Cow<'_, str> {
    escaped(
        text,
        |character| is_unsafe(character) && !matches!(character, '\n' | '\t'),
        |character| character.escape_unicode().to_string(),
    )
}

/// Of one line: line ends are shown too.
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, is_unsafe, |character| character.escape_unicode().to_string())
}

/// Of JSON, whose value stays the same: between its tokens stand none of these characters but line ends.
pub fn json(text: &str) -> Cow<'_, str> {
    escaped(
        text,
        |character| is_unsafe(character) && !matches!(character, '\n' | '\r' | '\t'),
        |character| format!("\\u{:04x}", u32::from(character)),
    )
}

fn escaped(text: &str, is_unsafe: impl Fn(char) -> bool, escape: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.contains(&is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unsafe(character) { out.push_str(&escape(character)) } else { out.push(character) }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    #[test]
    fn escapes_and_directions_are_shown_and_ordinary_text_stays() {
        assert_eq!(super::text("grüß 用户\n\tb"), "grüß 用户\n\tb");
        assert_eq!(super::text("\u{1b}]0;x\u{7}\r\u{9b}1m\u{202e}"), "\\u{1b}]0;x\\u{7}\\u{d}\\u{9b}1m\\u{202e}");
        assert_eq!(super::line("a\nb"), "a\\u{a}b");
        let written = serde_json::to_string("\u{1b}\u{9b}\u{202e}é").expect("JSON");
        assert!(!super::json(&written).contains(['\u{1b}', '\u{9b}', '\u{202e}']));
        let read: String = serde_json::from_str(&super::json(&written)).expect("JSON");
        assert_eq!(read, "\u{1b}\u{9b}\u{202e}é");
    }
}
