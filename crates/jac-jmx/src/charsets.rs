//! The names of Java's character encodings.

/// Their names and aliases in lower case, one per line: `Charset.availableCharsets()` of OpenJDK 17, which includes all
/// of OpenJDK 25.
const NAMES: &str = include_str!("charsets.txt");

/// Whether Java has an encoding with this name, regardless of case.
pub(crate) fn is_known(name: &str) -> bool {
    NAMES.lines().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::is_known;

    #[test]
    fn encodings_are_known_by_their_names_and_aliases() {
        for name in ["UTF-8", "utf8", "ISO-8859-1", "latin1", "windows-1252", "Cp1252", "x-UTF-16LE-BOM", "Shift_JIS"] {
            assert!(is_known(name), "{name}");
        }
        for name in ["", " UTF-8", "UTF-9", "UTF 8", "ANSI"] {
            assert!(!is_known(name), "{name}");
        }
    }
}
