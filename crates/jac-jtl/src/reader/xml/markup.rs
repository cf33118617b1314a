//! XML as far as a result log needs it: tags, attributes, text, entities; comments and declarations passed over.

use memchr::{memchr, memchr2, memmem};

/// A piece of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Markup<'a> {
    /// `<name attributes>` or `<name attributes/>`.
    Start { name: &'a [u8], attributes: &'a [u8], closed: bool },
    /// `</name>`.
    End { name: &'a [u8] },
    /// Text with entities in it.
    Text(&'a [u8]),
    /// `<![CDATA[…]]>`.
    Characters(&'a [u8]),
    /// A comment, a declaration or an instruction.
    Other,
}

/// The first complete piece and its length; `None` when more bytes are needed.
pub(super) fn next_markup(bytes: &[u8]) -> Option<(Markup<'_>, usize)> {
    match memchr(b'<', bytes) {
        Some(0) => {}
        Some(text) => return Some((Markup::Text(&bytes[..text]), text)),
        None if bytes.is_empty() => return None,
        // Text may be consumed up to an incomplete entity.
        None => {
            let tail = bytes.len().saturating_sub(12);
            let end = memchr(b'&', &bytes[tail..]).map_or(bytes.len(), |at| tail + at);
            return (end > 0).then(|| (Markup::Text(&bytes[..end]), end));
        }
    }
    let until = |end: &[u8], from: usize| memmem::find(bytes.get(from..)?, end).map(|at| from + at + end.len());
    for (begin, end) in [(&b"<!--"[..], &b"-->"[..]), (b"<![CDATA[", b"]]>"), (b"<?", b"?>"), (b"<!", b">")] {
        if bytes.starts_with(begin) {
            let length = until(end, begin.len())?;
            let inside = &bytes[begin.len()..length - end.len()];
            let markup = if begin == b"<![CDATA[" { Markup::Characters(inside) } else { Markup::Other };
            return Some((markup, length));
        }
        if begin.starts_with(bytes) {
            // It may still become one of these.
            return None;
        }
    }
    let length = match tag_length(bytes)? {
        Tag::Whole(length) => length,
        Tag::Cut(length) => return Some((Markup::Text(&bytes[..length]), length)),
    };
    let inside = &bytes[1..length - 1];
    if let Some(name) = inside.strip_prefix(b"/") {
        return Some((Markup::End { name: name.trim_ascii() }, length));
    }
    let (inside, closed) = inside.strip_suffix(b"/").map_or((inside, false), |inside| (inside, true));
    let name_end = inside.iter().position(u8::is_ascii_whitespace).unwrap_or(inside.len());
    let (name, attributes) = inside.split_at(name_end);
    Some((Markup::Start { name, attributes, closed }, length))
}

/// The end of a tag.
enum Tag {
    /// Its length.
    Whole(usize),
    /// The length up to the beginning of another document: the log was truncated within the tag, and another one
    /// appended.
    Cut(usize),
}

/// The tag that the bytes begin with: up to a `>` that is not in quotes.
fn tag_length(bytes: &[u8]) -> Option<Tag> {
    let mut at = 1;
    let end = loop {
        let Some(found) = bytes.get(at..)?.iter().position(|byte| matches!(byte, b'>' | b'"' | b'\'')) else {
            break None;
        };
        let found = at + found;
        match bytes[found] {
            b'>' => break Some(found + 1),
            quote => match memchr(quote, &bytes[found + 1..]) {
                Some(closing) => at = found + 1 + closing + 1,
                None => break None,
            },
        }
    };
    let tag = &bytes[1..end.unwrap_or(bytes.len())];
    let begins = || [&b"<?xml "[..], b"<testResults"].iter().filter_map(|begin| memmem::find(tag, begin)).min();
    let next = memchr(b'<', tag).and_then(|_| begins());
    next.map(|next| Tag::Cut(1 + next)).or(end.map(Tag::Whole))
}

/// The attributes of a tag: name and value, entities unresolved.
pub(super) fn attributes(mut text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        let equals = memchr(b'=', text)?;
        let name = text[..equals].trim_ascii();
        let rest = text[equals + 1..].trim_ascii_start();
        let quote = *rest.first()?;
        if !matches!(quote, b'"' | b'\'') {
            return None;
        }
        let end = memchr(quote, &rest[1..])?;
        text = &rest[end + 2..];
        Some((name, &rest[1..=end]))
    })
}

/// Appends text with its entities resolved; invalid entities are kept as text.
pub(super) fn unescape(mut text: &[u8], into: &mut Vec<u8>) {
    while let Some(ampersand) = memchr(b'&', text) {
        into.extend_from_slice(&text[..ampersand]);
        text = &text[ampersand..];
        let resolved = memchr2(b';', b'<', &text[..text.len().min(12)]).and_then(|end| {
            let character = entity(text.get(1..end)?)?;
            Some((character, end + 1))
        });
        match resolved {
            Some((character, length)) => {
                into.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                text = &text[length..];
            }
            None => {
                into.push(b'&');
                text = &text[1..];
            }
        }
    }
    into.extend_from_slice(text);
}

fn entity(name: &[u8]) -> Option<char> {
    Some(match name {
        b"lt" => '<',
        b"gt" => '>',
        b"amp" => '&',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
        [b'#', digits @ ..] => number(digits, 10)?,
        _ => return None,
    })
}

fn number(digits: &[u8], radix: u32) -> Option<char> {
    char::from_u32(u32::from_str_radix(str::from_utf8(digits).ok()?, radix).ok()?)
}

#[cfg(test)]
mod tests {
    use super::{Markup, attributes, next_markup, unescape};

    #[test]
    fn markup_is_taken_when_it_is_complete() {
        type Case<'a> = (&'a [u8], Option<(Markup<'a>, usize)>);
        let table: &[Case<'_>] = &[
            (
                b"<a b=\"x>y\" c='1'/>rest",
                Some((Markup::Start { name: b"a", attributes: b" b=\"x>y\" c='1'", closed: true }, 18)),
            ),
            (b"<a>", Some((Markup::Start { name: b"a", attributes: b"", closed: false }, 3))),
            (b"</a >", Some((Markup::End { name: b"a" }, 5))),
            (b"text<a>", Some((Markup::Text(b"text"), 4))),
            (b"text &am", Some((Markup::Text(b"text "), 5))),
            (b"&am", None),
            (b"<a b=\"x>", None),
            (b"<a b=\"x<?xml version=\"1.0\"?>", Some((Markup::Text(b"<a b=\"x"), 7))),
            (b"<a b=\"<c>\">", Some((Markup::Start { name: b"a", attributes: b" b=\"<c>\"", closed: false }, 11))),
            (b"<!-- <a> --", None),
            (b"<!-- <a> -->", Some((Markup::Other, 12))),
            (b"<![CDATA[<b>]]>", Some((Markup::Characters(b"<b>"), 15))),
            (b"<![CD", None),
            (b"<?xml version=\"1.0\"?>", Some((Markup::Other, 21))),
            (b"<", None),
            (b"", None),
        ];
        for (bytes, expected) in table {
            assert_eq!(next_markup(bytes), *expected, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn attributes_and_entities_are_resolved() {
        let found: Vec<(&[u8], &[u8])> = attributes(b" lb=\"a &amp; b\" t = '5' broken").collect();
        assert_eq!(found, [(&b"lb"[..], &b"a &amp; b"[..]), (b"t", b"5")]);
        let mut text = Vec::new();
        unescape("&lt;&gt;&amp;&quot;&apos;&#10;&#x20AC;&nothing; & &".as_bytes(), &mut text);
        assert_eq!(String::from_utf8_lossy(&text), "<>&\"'\n€&nothing; & &");
    }
}
