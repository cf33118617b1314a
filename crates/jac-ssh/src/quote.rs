//! The only way to insert text into a shell script.

/// The text as one word of a POSIX shell, whatever its content. It ends at the first NUL byte, which a word cannot
/// contain.
pub fn quote(text: &str) -> String {
    let text = text.split('\0').next().unwrap_or_default();
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Several words, separated by spaces.
pub fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// Whether the text can be the name of a shell's variable.
pub fn is_variable_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_shell_gives_every_text_back_as_it_was() {
        let hostile = [
            "",
            " ",
            "two  words",
            "it's",
            "''",
            r"a\b\'c",
            "$HOME `id` $(id) ${x}",
            "*?[a]~!#&|;<>(){}",
            "\"quoted\"",
            "-n",
            "--",
            "a\nb\n",
            "\ttab\r",
            "ümläut 日本 \u{1F600}",
            "\u{7f}\u{1}",
        ];
        let script = format!("printf '%s\\0' {}", words(hostile));
        let output = std::process::Command::new("/bin/sh").arg("-c").arg(script).output().expect("a shell");
        let expected: Vec<u8> = hostile.iter().flat_map(|text| text.bytes().chain([0])).collect();
        assert_eq!(String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&expected));
    }

    #[test]
    fn names_of_variables_are_distinguished_from_others() {
        assert!(is_variable_name("JAVA_HOME") && is_variable_name("_x1"));
        for name in ["", "1x", "a-b", "a b", "a=b", "ä"] {
            assert!(!is_variable_name(name), "{name}");
        }
    }
}
