//! Names of plans, runs, clusters and other objects, and of people. They are shown on pages and terminals, so they are
//! short and have no characters that change how adjacent text is displayed.

use crate::error::EngineError;
use jac_model::is_invisible;

/// The longest name, in characters.
const LONGEST: usize = 100;

/// The fault of a name, a sentence.
pub(crate) fn fault(name: &str) -> Option<String> {
    if name.chars().count() > LONGEST {
        return Some(format!("The name is longer than {LONGEST} characters."));
    }
    if !name.is_empty() && name.chars().all(is_invisible) {
        return Some("The name has no visible characters.".to_owned());
    }
    let strange =
        name.chars().find(|letter| is_strange(*letter) || (is_invisible(*letter) && !is_for_others(*letter)))?;
    let kind = if is_strange(strange) { "control" } else { "invisible" };
    Some(format!("The name contains the {kind} character U+{:04X}.", u32::from(strange)))
}

/// Emoji, and scripts such as Persian, are written with these between their letters: joiners and selectors of variants.
fn is_for_others(letter: char) -> bool {
    matches!(letter, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}')
}

/// Unicode's controls of writing direction and separators of lines and paragraphs: they reorder or break the
/// surrounding text.
fn changes_direction(letter: char) -> bool {
    matches!(letter, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Whether a character is not allowed in a line of text.
pub(crate) fn is_strange(letter: char) -> bool {
    letter.is_control() || changes_direction(letter)
}

/// The given name without white space around it; `None` if none was given.
pub(crate) fn given(name: Option<String>) -> Result<Option<String>, EngineError> {
    let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    match name.as_deref().and_then(fault) {
        Some(fault) => Err(EngineError::invalid_field("name_invalid", "/name", fault)),
        None => Ok(name),
    }
}

/// The name of an object that must have one: a person, a team, a set of credentials, a token.
///
/// # Errors
/// `name_invalid` when it is empty, too long or has control characters.
pub fn required(name: &str) -> Result<String, EngineError> {
    let empty = || EngineError::invalid_field("name_invalid", "/name", "The name is missing.");
    given(Some(name.to_owned()))?.ok_or_else(empty)
}

/// The beginning of a text, as long as a name may be: for a name that JAC creates itself, such as one derived from a
/// file.
pub fn fitting(text: &str) -> String {
    text.chars().take(LONGEST).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_made_fits_however_long_its_text_is() {
        assert_eq!(fitting("shop"), "shop");
        let made = fitting(&format!("{} ü", "ü".repeat(LONGEST - 1)));
        assert_eq!(made, "ü".repeat(LONGEST - 1));
        assert_eq!(required(&fitting(&"x".repeat(300))).expect("a name").len(), LONGEST);
    }

    #[test]
    fn a_name_is_short_and_changes_nothing_around_it() {
        for good in ["Friday's peak, 2×", "負荷テスト", "a", "❤\u{FE0F} shop", &"ü".repeat(100)] {
            assert_eq!(given(Some(format!("  {good} "))).expect("a name").as_deref(), Some(good));
        }
        let invisible = ["Administrator\u{200B}", "a\u{AD}b", "\u{3164}", "\u{200D}\u{FE0F}"];
        for bad in ["a\u{1b}[31mred", "a\nb", "\u{202E}txt.exe", "a\0b", &"x".repeat(101)].into_iter().chain(invisible)
        {
            assert!(given(Some(bad.to_owned())).is_err(), "{bad:?}");
        }
        assert_eq!(given(Some("  ".to_owned())).expect("none"), None);
        assert_eq!(given(None).expect("none"), None);
        assert_eq!(required(" Ada ").expect("a name"), "Ada");
        for bad in ["", " ", "a\u{202E}b"] {
            assert!(matches!(required(bad), Err(EngineError::Invalid { code: "name_invalid", .. })), "{bad:?}");
        }
    }
}
