//! Comparing names without regard to case, by one rule everywhere.
//!
//! Owns the rule: Unicode's default case folding of the composed form (NFC) without letters that are not visible, so that `Ädä`, `ädä` and an `A`
//! with a combining diaeresis are one name. Does not own display: a folded text is compared, searched and sorted by, never shown.

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;

/// Whether a letter is invisible: those with the property `Default_Ignorable_Code_Point` of Unicode 16
/// (DerivedCoreProperties.txt).
pub fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFF8}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// The form of a text that is used for comparison. Two texts have the same form if and only if they differ at most in
/// case, in the encoding of accents, or in invisible characters.
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let composed: String = text.chars().filter(|letter| !is_invisible(*letter)).nfc().collect();
    // Case folding may decompose composed letters.
    UniCase::unicode(composed).to_folded_case().nfc().collect()
}

/// Whether two names are one without regard to case.
pub fn is_same_name(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_or_encoding_are_one() {
        for (one, other) in [
            ("Ada", "aDA"),
            ("Ädä", "äDÄ"),
            ("A\u{308}da\u{308}", "ädä"),
            ("Straße", "STRASSE"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("ǰ", "J\u{30c}"),
            ("Administrator", "Admin\u{200B}istrator\u{FEFF}"),
            ("A\u{200D}\u{308}da", "ä\u{AD}da"),
        ] {
            assert!(is_same_name(one, other), "{one} {other}: {:?} {:?}", folded(one), folded(other));
        }
        for (one, other) in [("Ada", "Ädä"), ("ı", "i"), ("", " ")] {
            assert!(!is_same_name(one, other), "{one} {other}");
        }
    }

    #[test]
    fn what_is_folded_stays_as_it_is() {
        for text in ["Ädä", "ŉ", "İ", "ﬃ", "ᾳ", "A\u{308}", "A\u{200B}\u{308}", "\u{3164}"] {
            assert_eq!(folded(&folded(text)), folded(text), "{text}");
        }
    }
}
