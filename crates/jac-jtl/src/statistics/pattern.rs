//! The common pattern of similar messages: IDs, numbers and addresses in them become one character.

/// Replaces the parts that differ between messages of a pattern.
pub(super) const FOLDED: u8 = b'#';

/// Shortest run of letters and digits, with both, that counts as an ID.
const ID: usize = 6;

/// Maximum length of an address: without a limit the search in a long message would take quadratic time.
const ADDRESS: usize = 320;

/// Writes a message with its ids, numbers and addresses folded: numbers, hexadecimal numbers and UUIDs, ids of letters with
/// digits among them, IP addresses, ports, e-mail addresses.
pub(super) fn fold(message: &[u8], into: &mut Vec<u8>) {
    let mut at = 0;
    while at < message.len() {
        let rest = &message[at..];
        let length = match rest[0] {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b':' | b'_' => special(rest),
            _ => None,
        };
        if let Some(length) = length {
            put_sign(into);
            at += length;
            continue;
        }
        let run = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        if run == 0 {
            into.push(rest[0]);
            at += 1;
            continue;
        }
        put_run(&rest[..run], into);
        at += run;
    }
}

/// The length of an address or a UUID that the text begins with.
fn special(text: &[u8]) -> Option<usize> {
    let text = &text[..text.len().min(ADDRESS)];
    let address = text.iter().take_while(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')).count();
    if text[..address].iter().filter(|byte| **byte == b':').count() >= 2
        && std::str::from_utf8(&text[..address]).is_ok_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok())
    {
        return Some(address);
    }
    if is_uuid(text) {
        return Some(36);
    }
    let name = text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte)).count();
    if name > 0 && text.get(name) == Some(&b'@') {
        let host =
            text[name + 1..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte)).count();
        let host_text = &text[name + 1..name + 1 + host];
        // The name of a Java object (`java.lang.Object@1f2e3d`) is not followed by a dot.
        if host_text.contains(&b'.') && host_text.first() != Some(&b'.') {
            let points = host_text.iter().rev().take_while(|byte| **byte == b'.').count();
            return Some(name + 1 + host - points);
        }
    }
    None
}

fn is_uuid(text: &[u8]) -> bool {
    text.len() >= 36
        && text[..36].iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
        && !text.get(36).is_some_and(u8::is_ascii_alphanumeric)
}

/// A run of letters and digits.
fn put_run(run: &[u8], into: &mut Vec<u8>) {
    let digits = run.iter().filter(|byte| byte.is_ascii_digit()).count();
    let hexadecimal = run.iter().all(u8::is_ascii_hexdigit)
        || run.strip_prefix(b"0x").is_some_and(|run| run.iter().all(u8::is_ascii_hexdigit));
    if hexadecimal && (digits > 0 || run.len() >= ID) {
        return put_sign(into);
    }
    if digits == 0 {
        return into.extend_from_slice(run);
    }
    let ends_with_letters = !run[run.len() - 1].is_ascii_digit();
    let first_digit = run.iter().position(u8::is_ascii_digit).unwrap_or(0);
    let letters_among_digits = run[first_digit..].iter().any(u8::is_ascii_alphabetic);
    if run.len() >= ID && letters_among_digits && !(ends_with_letters && first_digit == 0 && is_unit(run)) {
        return put_sign(into);
    }
    for part in run.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
        if part[0].is_ascii_digit() { put_sign(into) } else { into.extend_from_slice(part) }
    }
}

/// A number with its unit: `15000ms`.
fn is_unit(run: &[u8]) -> bool {
    run.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()).count() == 2
}

/// One sign for numbers that points and colons join: addresses with their ports, fractions, times of day.
fn put_sign(into: &mut Vec<u8>) {
    match into.as_slice() {
        [.., FOLDED, b'.' | b':'] => {
            into.pop();
        }
        [.., FOLDED] => {}
        _ => into.push(FOLDED),
    }
}

#[cfg(test)]
mod tests {
    use super::fold;

    fn folded(message: &str) -> String {
        let mut into = Vec::new();
        fold(message.as_bytes(), &mut into);
        String::from_utf8(into).expect("UTF-8")
    }

    #[test]
    fn ids_numbers_and_addresses_become_one_sign_and_words_stay() {
        let table = [
            (
                "Connect to localhost:8081 [localhost/127.0.0.1, localhost/0:0:0:0:0:0:0:1] failed: Connection refused",
                "Connect to localhost:# [localhost/#, localhost/#] failed: Connection refused",
            ),
            ("Order 4711 not found", "Order # not found"),
            ("took 1.5 s", "took # s"),
            ("waited 15000ms, then 20s", "waited #ms, then #s"),
            ("id 123e4567-e89b-12d3-a456-426614174000 is taken", "id # is taken"),
            ("id abcdefab-abcd-abcd-abcd-abcdefabcdef is taken", "id # is taken"),
            ("trace deadbeef and 0x7fff12", "trace # and #"),
            ("session k3J9xQ2z expired", "session # expired"),
            ("java.lang.Object@1f2e3d", "java.lang.Object@#"),
            ("no account for jane.doe@example.com.", "no account for #."),
            ("at 10:00:07.123", "at #"),
            ("Größe ✓ of HTTP2 is fine", "Größe ✓ of HTTP# is fine"),
            ("java.net.SocketTimeoutException: Read timed out", "java.net.SocketTimeoutException: Read timed out"),
            ("", ""),
        ];
        for (message, expected) in table {
            assert_eq!(folded(message), expected);
        }
    }

    #[test]
    fn a_long_message_is_folded_in_time_that_grows_with_its_length() {
        for piece in ["a.", "a:", "1f"] {
            let message = piece.repeat(20_000);
            let started = std::time::Instant::now();
            let once = folded(&message);
            assert!(once.len() <= message.len());
            assert!(started.elapsed().as_secs() < 5, "{piece}: {:?}", started.elapsed());
        }
    }

    #[test]
    fn a_folded_message_stays_as_it_is() {
        for message in ["a #: 5", "x@y.z 1.2.3", "9f9f9f9f zz9zz9zz"] {
            let once = folded(message);
            assert_eq!(folded(&once), once);
        }
    }
}
