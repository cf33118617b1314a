//! Comparing names without regard to case, by one rule everywhere.
//!
//! Owns the rule: Unicode's default case folding of the composed form (NFC), so that `Ädä`, `ädä` and an `A` with a combining
//! diaeresis are one name. Does not own display: a folded text is compared, searched and sorted by, never shown.

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;

/// The form of a text in which it is compared: two texts differ only in case, or in how their accents are encoded, if and only if this is
/// the same of both.
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let composed: String = text.nfc().collect();
    // Folding may take composed letters apart.
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
        ] {
            assert!(is_same_name(one, other), "{one} {other}: {:?} {:?}", folded(one), folded(other));
        }
        for (one, other) in [("Ada", "Ädä"), ("ı", "i"), ("", " ")] {
            assert!(!is_same_name(one, other), "{one} {other}");
        }
    }

    #[test]
    fn what_is_folded_stays_as_it_is() {
        for text in ["Ädä", "ŉ", "İ", "ﬃ", "ᾳ", "A\u{308}"] {
            assert_eq!(folded(&folded(text)), folded(text), "{text}");
        }
    }
}
