//! JMeter's `${variable}` and `${__function(argument,…)}` notation.
//!
//! Follows `org.apache.jmeter.engine.util.FunctionParser`: `\` escapes the next `$`, `,` or `\`, a comma ends an
//! argument unless it is inside another `${…}`, and parentheses in an argument are paired.

use crate::cancel::Cancel;
use std::iter::Peekable;
use std::str::Chars;

/// How deep `${…}` may be nested before a text counts as unreadable.
pub(crate) const MAX_NESTING: usize = 10;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Plain text without its escapes.
    Text(String),
    /// `${name}`.
    Variable(String),
    /// `${__name(arguments)}` with the arguments as written.
    Call { name: String, arguments: Vec<String> },
}

/// Whether the text contains something that JMeter evaluates.
pub(crate) fn has_expression(text: &str) -> bool {
    text.contains("${")
}

/// Splits a text lazily into pieces. An expression that is never closed is plain text, as in JMeter.
pub(crate) fn pieces(text: &str) -> Pieces<'_> {
    Pieces { rest: text.chars().peekable(), is_first: true }
}

/// The pieces of a text; at least one.
pub(crate) struct Pieces<'t> {
    rest: Peekable<Chars<'t>>,
    is_first: bool,
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let is_first = std::mem::take(&mut self.is_first);
        let mut plain = String::new();
        while let Some(character) = self.rest.peek().copied() {
            if character == '$' && self.rest.clone().nth(1) == Some('{') {
                if !plain.is_empty() {
                    break;
                }
                self.rest.nth(1);
                return Some(expression(&mut self.rest));
            }
            self.rest.next();
            match character {
                '\\' => match self.rest.next() {
                    Some(next @ ('$' | ',' | '\\')) => plain.push(next),
                    Some(next) => plain.extend(['\\', next]),
                    None => plain.push('\\'),
                },
                other => plain.push(other),
            }
        }
        (is_first || !plain.is_empty()).then_some(Piece::Text(plain))
    }
}

fn expression(rest: &mut impl Iterator<Item = char>) -> Piece {
    let mut name = String::new();
    while let Some(character) = rest.next() {
        match character {
            '\\' => name.extend(rest.next()),
            '(' if name.trim().starts_with("__") => {
                let arguments = arguments(rest);
                for closing in rest.by_ref() {
                    if !closing.is_whitespace() {
                        break;
                    }
                }
                return Piece::Call { name: name.trim().to_owned(), arguments };
            }
            '}' if name.starts_with("__") => {
                return Piece::Call { name, arguments: Vec::new() };
            }
            '}' => return Piece::Variable(name),
            other => name.push(other),
        }
    }
    Piece::Text(name)
}

fn arguments(rest: &mut impl Iterator<Item = char>) -> Vec<String> {
    let mut found = Vec::new();
    let mut argument = String::new();
    let mut previous = ' ';
    let (mut functions, mut parentheses) = (0_usize, 0_usize);
    while let Some(character) = rest.next() {
        match character {
            '\\' => {
                argument.push('\\');
                argument.extend(rest.next());
                previous = ' ';
                continue;
            }
            ',' if functions == 0 => {
                found.push(std::mem::take(&mut argument));
                continue;
            }
            ')' if functions == 0 && parentheses == 0 => {
                if !argument.is_empty() || !found.is_empty() {
                    found.push(argument);
                }
                return found;
            }
            '{' if previous == '$' => functions += 1,
            '}' if functions > 0 => functions -= 1,
            ')' if functions == 0 => parentheses -= 1,
            '(' if functions == 0 => parentheses += 1,
            _ => {}
        }
        argument.push(character);
        previous = character;
    }
    found.push(argument);
    found
}

/// Calls `visit` with every function call in a text, those in arguments included.
pub(crate) fn each_call(text: &str, cancel: Cancel<'_>, visit: &mut dyn FnMut(&str, &[String])) {
    each_call_at(text, 0, cancel, visit);
}

fn each_call_at(text: &str, nesting: usize, cancel: Cancel<'_>, visit: &mut dyn FnMut(&str, &[String])) {
    if nesting > MAX_NESTING || !has_expression(text) {
        return;
    }
    for piece in cancel.each(pieces(text)) {
        if let Piece::Call { name, arguments } = piece {
            visit(&name, &arguments);
            for argument in cancel.each(&arguments) {
                each_call_at(argument, nesting + 1, cancel, visit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, arguments: &[&str]) -> Piece {
        Piece::Call { name: name.to_owned(), arguments: arguments.iter().map(|a| (*a).to_owned()).collect() }
    }

    #[test]
    fn texts_variables_and_calls_are_distinguished() {
        let pieces = |text| pieces(text).collect::<Vec<_>>();
        assert_eq!(
            pieces("a${b}c${__P(d,e)}"),
            [Piece::Text("a".into()), Piece::Variable("b".into()), Piece::Text("c".into()), call("__P", &["d", "e"])]
        );
        assert_eq!(pieces("${__threadNum}"), [call("__threadNum", &[])]);
        assert_eq!(pieces("${__UUID()}"), [call("__UUID", &[])]);
        assert_eq!(pieces(""), [Piece::Text(String::new())]);
    }

    #[test]
    fn arguments_keep_nested_calls_escapes_and_pairs() {
        let pieces = |text| pieces(text).collect::<Vec<_>>();
        assert_eq!(pieces(r"${__P(x,${__property(y,,a\,b)})}"), [call("__P", &["x", r"${__property(y,,a\,b)}"])]);
        assert_eq!(pieces("${__groovy(f(1) + g())}"), [call("__groovy", &["f(1) + g()"])]);
    }

    #[test]
    fn escaped_and_unclosed_expressions_are_plain() {
        let pieces = |text| pieces(text).collect::<Vec<_>>();
        assert_eq!(pieces(r"\${a}"), [Piece::Text("${a}".into())]);
        assert_eq!(pieces("${never"), [Piece::Text("never".into())]);
        assert_eq!(pieces("${__P(x"), [call("__P", &["x"])]);
    }

    #[test]
    fn nested_calls_are_visited_up_to_a_bound() {
        let mut seen = Vec::new();
        each_call("${__a(${__b(1)},${c})} ${__d()}", Cancel::NEVER, &mut |name, _| seen.push(name.to_owned()));
        assert_eq!(seen, ["__a", "__b", "__d"]);
        let deep = "${__a(".repeat(5_000);
        let mut count = 0;
        each_call(&deep, Cancel::NEVER, &mut |_, _| count += 1);
        assert!(count <= MAX_NESTING + 1);
    }
}
