//! The schedule of an Open Model Thread Group: `rate(10/min) random_arrivals(2 min) pause(5 s)`.
//!
//! Only the duration matters here. The notation is that of `ScheduleParser` and `Tokenizer`
//! (`org.apache.jmeter.threads.openmodel`, 5.6.3): JMeter starts no thread of a group whose schedule they reject
//! (verified).

/// A token of the notation with its position in the text.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Token<'a> {
    Open,
    Close,
    Divide,
    Name(&'a str),
    Number(f64),
}

/// Length of a schedule in seconds, rounded up.
///
/// # Errors
/// The part that JMeter rejects, as a part of a sentence.
pub(crate) fn duration_s(schedule: &str) -> Result<u64, String> {
    let mut parser = Parser { tokens: tokens(schedule)?, at: 0 };
    let mut total_s = 0.0;
    while let Some(step) = parser.next() {
        let Token::Name(name) = step else {
            return Err(parser.unexpected("rate, random_arrivals, even_arrivals or pause"));
        };
        let name = name.to_ascii_lowercase();
        if !matches!(name.as_str(), "rate" | "random_arrivals" | "even_arrivals" | "pause") {
            return Err(parser.unexpected("rate, random_arrivals, even_arrivals or pause"));
        }
        parser.expect(Token::Open, "\"(\"")?;
        if name == "rate" {
            parser.rate()?
        } else {
            total_s += parser.length_s()?
        }
        parser.expect(Token::Close, "\")\"")?;
    }
    Ok(total_s.ceil() as u64)
}

struct Parser<'a> {
    tokens: Vec<(usize, Token<'a>)>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).map(|(_, token)| *token)
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek();
        self.at += 1;
        token
    }

    /// The error in the last token.
    fn unexpected(&self, expected: &str) -> String {
        match self.tokens.get(self.at - 1) {
            Some((position, _)) => format!("expected {expected} at character {}", position + 1),
            None => format!("expected {expected} at its end"),
        }
    }

    fn expect(&mut self, token: Token<'_>, name: &str) -> Result<(), String> {
        if self.next() == Some(token) { Ok(()) } else { Err(self.unexpected(name)) }
    }

    fn number(&mut self) -> Result<f64, String> {
        match self.next() {
            Some(Token::Number(number)) => Ok(number),
            _ => Err(self.unexpected("a number")),
        }
    }

    /// `10/min`, `10 per min`, or `0`.
    fn rate(&mut self) -> Result<(), String> {
        let number = self.number()?;
        if number == 0.0 && self.peek() == Some(Token::Close) {
            return Ok(());
        }
        match self.next() {
            Some(Token::Divide) => {}
            Some(Token::Name(name)) if name.eq_ignore_ascii_case("per") => {}
            _ => return Err(self.unexpected("\"/\" and a unit")),
        }
        self.unit_s().map(drop)
    }

    /// `1 min 30 s`, or `0`.
    fn length_s(&mut self) -> Result<f64, String> {
        let mut total_s = 0.0;
        loop {
            let number = self.number()?;
            if number == 0.0 && self.peek() == Some(Token::Close) {
                return Ok(total_s);
            }
            total_s += number * self.unit_s()?;
            if !matches!(self.peek(), Some(Token::Number(_))) {
                return Ok(total_s);
            }
        }
    }

    fn unit_s(&mut self) -> Result<f64, String> {
        let Some(Token::Name(name)) = self.next() else { return Err(self.unexpected("a unit (ms, s, min, h, day)")) };
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "ms" => Ok(0.001),
            "s" => Ok(1.0),
            "m" => Ok(60.0),
            "h" => Ok(3_600.0),
            "d" => Ok(86_400.0),
            name if name.starts_with("sec") => Ok(1.0),
            name if name.starts_with("min") => Ok(60.0),
            name if name.starts_with("hour") => Ok(3_600.0),
            name if name.starts_with("day") => Ok(86_400.0),
            _ => Err(self.unexpected("a unit (ms, s, min, h, day)")),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<(usize, Token<'_>)>, String> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length_of = |fits: fn(char) -> bool| rest.find(|character| !fits(character)).unwrap_or(rest.len());
        let (token, length) = match first {
            // Java's `\s`.
            ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' => (None, 1),
            '/' if rest.starts_with("//") => (None, rest.find(['\n', '\r']).unwrap_or(rest.len())),
            '/' => match comment(rest) {
                Some(length) => (None, length),
                None => (Some(Token::Divide), 1),
            },
            '(' => (Some(Token::Open), 1),
            ')' => (Some(Token::Close), 1),
            'a'..='z' | 'A'..='Z' => {
                let length = length_of(|character| character.is_ascii_alphanumeric() || character == '_');
                (Some(Token::Name(&rest[..length])), length)
            }
            _ => {
                let whole = length_of(|character| character.is_ascii_digit());
                let fraction = rest[whole..].strip_prefix('.').map_or(0, |digits| {
                    digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len())
                });
                let length = if fraction > 0 { whole + 1 + fraction } else { whole };
                let number =
                    rest[..length].parse().map_err(|_| format!("unexpected \"{first}\" at character {}", at + 1))?;
                (Some(Token::Number(number)), length)
            }
        };
        tokens.extend(token.map(|token| (at, token)));
        at += length;
    }
    Ok(tokens)
}

/// The length of a comment `/* … */` at the start, which ends in its line.
fn comment(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("/*")?;
    let end = inside.find("*/")?;
    (!inside[..end].contains(['\n', '\r'])).then_some(end + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_add_up() {
        for (schedule, length_s) in [
            ("rate(10/min) random_arrivals(2 min) rate(10/min)", 120),
            ("rate(1/sec) even_arrivals(2s) pause(500 ms) /* x */ // y\n pause(1 s)", 4),
            ("rate(1/sec) random_arrivals(1.5 h)", 5_400),
            ("RATE(5/s) Random_Arrivals(2 S)", 2),
            ("rate(5/s) random_arrivals(1 min 30 s 500 ms)", 91),
            ("rate(5 per sec) even_arrivals(2 seconds)", 2),
            ("rate(0) random_arrivals(0) rate(5/s)even_arrivals(.5 minutes)", 30),
            ("random_arrivals(2 days)", 172_800),
            ("", 0),
        ] {
            assert_eq!(duration_s(schedule), Ok(length_s), "{schedule}");
        }
    }

    #[test]
    fn what_jmeter_refuses_is_refused_with_its_place() {
        for (schedule, reason) in [
            ("rate(1/sec) random_arrivals(${x})", "unexpected \"$\" at character 29"),
            ("nonsense", "expected rate, random_arrivals, even_arrivals or pause at character 1"),
            ("rate(1/sec) random_arrivals(2)", "expected a unit (ms, s, min, h, day) at character 30"),
            ("rate(5) random_arrivals(2 s)", "expected \"/\" and a unit at character 7"),
            ("rate(1", "expected \"/\" and a unit at its end"),
            ("rate(5/s), random_arrivals(2 s)", "unexpected \",\" at character 10"),
            ("random_seed(5) rate(5/s)", "expected rate, random_arrivals, even_arrivals or pause at character 1"),
            ("rate(5/s) random_arrivals(1 week)", "expected a unit (ms, s, min, h, day) at character 29"),
            ("rate(5/s) # c", "unexpected \"#\" at character 11"),
            // A comment ends in its line.
            ("rate(5/s) /* a\nb */ pause(1 s)", "unexpected \"*\" at character 12"),
        ] {
            assert_eq!(duration_s(schedule), Err(reason.to_owned()), "{schedule}");
        }
    }
}
