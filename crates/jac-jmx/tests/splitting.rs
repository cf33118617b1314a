//! Splitting rows: none lost, none twice, however the input is divided.

use std::convert::Infallible;

use jac_jmx::{CsvShape, Quoting, RowCounter, SplitCounts, Splitter};
use proptest::prelude::*;

const QUOTED: Quoting = Quoting::Quoted { delimiter: b',' };

fn split(bytes: &[u8], parts: usize, shape: CsvShape, chunk: usize) -> (Vec<Vec<u8>>, SplitCounts) {
    let mut out = vec![Vec::new(); parts];
    let mut sink = |part: usize, bytes: &[u8]| {
        out[part].extend_from_slice(bytes);
        Ok::<(), Infallible>(())
    };
    let mut splitter = Splitter::new(parts, shape);
    for piece in bytes.chunks(chunk.max(1)) {
        let Ok(()) = splitter.push(piece, &mut sink);
    }
    let Ok(counts) = splitter.finish(&mut sink);
    (out, counts)
}

fn text(bytes: &str, parts: usize, header: bool, quoting: Quoting) -> Vec<String> {
    let (out, counts) = split(bytes.as_bytes(), parts, CsvShape { header, quoting }, usize::MAX);
    let mut counter = RowCounter::new(CsvShape { header, quoting });
    counter.push(bytes.as_bytes());
    assert_eq!(counts.total(), counter.rows());
    out.into_iter().map(|part| String::from_utf8(part).unwrap()).collect()
}

/// The slow, obvious way: all rows of a text, including line ends.
fn rows(bytes: &[u8], quoting: Quoting) -> Vec<Vec<u8>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let (mut quoted, mut field) = (false, Vec::new());
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        at += 1;
        row.push(byte);
        if quoted {
            if byte == b'"' && bytes.get(at) == Some(&b'"') {
                row.push(b'"');
                at += 1;
            } else if byte == b'"' {
                quoted = false;
                field.push(byte);
            }
            continue;
        }
        match byte {
            b'\r' | b'\n' => {
                if byte == b'\r' && bytes.get(at) == Some(&b'\n') {
                    row.push(b'\n');
                    at += 1;
                }
                rows.push(std::mem::take(&mut row));
                field.clear();
            }
            b'"' if quoting != Quoting::Never && field.is_empty() => quoted = true,
            b',' => field.clear(),
            other => field.push(other),
        }
    }
    if !row.is_empty() {
        rows.push(row);
    }
    rows
}

#[test]
fn rows_are_dealt_in_turn_with_the_header_in_each_part() {
    assert_eq!(text("h\n1\n2\n3\n", 2, true, Quoting::Never), ["h\n1\n3\n", "h\n2\n"]);
    assert_eq!(text("1\n2\n3\n", 2, false, Quoting::Never), ["1\n3\n", "2\n"]);
    assert_eq!(text("h\n1\n", 3, true, Quoting::Never), ["h\n1\n", "h\n", "h\n"]);
    assert_eq!(text("h", 2, true, Quoting::Never), ["h", "h"]);
    assert_eq!(text("", 2, true, Quoting::Never), ["", ""]);
}

#[test]
fn line_ends_and_a_missing_last_one_stay() {
    assert_eq!(text("h\r\n1\r\n2\r\n3", 2, true, Quoting::Never), ["h\r\n1\r\n3", "h\r\n2\r\n"]);
    assert_eq!(text("h\r1\r2\r", 2, true, Quoting::Never), ["h\r1\r", "h\r2\r"]);
    assert_eq!(text("h\n\n1\n", 2, true, Quoting::Never), ["h\n\n", "h\n1\n"]);
}

#[test]
fn quoted_line_breaks_belong_to_their_row_only_where_quoting_is_on() {
    let csv = "a,b\n1,\"x\ny\"\n2,\"say \"\"hi\n\"\"\"\n3,z\n";
    assert_eq!(text(csv, 2, true, QUOTED), ["a,b\n1,\"x\ny\"\n3,z\n", "a,b\n2,\"say \"\"hi\n\"\"\"\n"]);
    assert_eq!(text("1,\"x\ny\"\n", 2, false, Quoting::Never), ["1,\"x\n", "y\"\n"]);
    // A quote inside a field does not start quoting.
    assert_eq!(text("5\" disk\n7\" disk\n", 2, false, QUOTED), ["5\" disk\n", "7\" disk\n"]);
    let tabs = Quoting::Quoted { delimiter: b'\t' };
    assert_eq!(text("1\t\"a\nb\"\n2\n", 2, false, tabs), ["1\t\"a\nb\"\n", "2\n"]);
}

#[test]
fn a_byte_order_mark_begins_every_part() {
    assert_eq!(text("\u{feff}h\n1\n2\n", 2, true, QUOTED), ["\u{feff}h\n1\n", "\u{feff}h\n2\n"]);
    assert_eq!(text("\u{feff}1\n2\n", 2, false, QUOTED), ["\u{feff}1\n", "\u{feff}2\n"]);
    assert_eq!(text("\u{feff}\"h\ni\"\n1\n", 1, true, QUOTED), ["\u{feff}\"h\ni\"\n1\n"]);
    let half = split(b"\xef\xbb", 2, CsvShape::default(), 1);
    assert_eq!(half.0, [b"\xef\xbb".to_vec(), Vec::new()]);
}

#[test]
fn a_failing_sink_stops_the_split() {
    let mut splitter = Splitter::new(2, CsvShape::default());
    let mut written = 0;
    let mut sink = |_: usize, _: &[u8]| {
        written += 1;
        Err("disk full")
    };
    assert_eq!(splitter.push(b"1\n2\n3\n", &mut sink), Err("disk full"));
    assert_eq!(written, 1);
}

fn csv_text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "a",
        "b1",
        ",",
        "\"",
        "\"\"",
        "\n",
        "\r\n",
        "\r",
        "\u{feff}",
        "é",
        "\"x\ny\"",
        ",\"q,\r\n\",",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parts_hold_the_original_rows_in_turn(
        bytes in csv_text(), parts in 1_usize..5, header: bool, quoted: bool, chunk in 1_usize..9,
    ) {
        let quoting = if quoted { QUOTED } else { Quoting::Never };
        let shape = CsvShape { header, quoting };
        let (out, counts) = split(&bytes, parts, shape, chunk);
        prop_assert_eq!(&split(&bytes, parts, shape, usize::MAX), &(out.clone(), counts.clone()), "any chunking");

        let mark = b"\xef\xbb\xbf";
        let (prefix, body) = match bytes.strip_prefix(mark) {
            Some(body) => (mark.as_slice(), body),
            None => (&[][..], bytes.as_slice()),
        };
        let mut all = rows(body, quoting);
        let head = if header && !all.is_empty() { all.remove(0) } else { Vec::new() };
        for (part, out) in out.iter().enumerate() {
            let mine: Vec<_> = all.iter().skip(part).step_by(parts).cloned().collect();
            prop_assert_eq!(mine.len() as u64, counts.rows[part]);
            let expected = [prefix, &head, &mine.concat()].concat();
            prop_assert_eq!(out, &expected);
        }
        let mut counter = RowCounter::new(shape);
        bytes.chunks(chunk).for_each(|chunk| counter.push(chunk));
        prop_assert_eq!(counter.rows(), counts.total());
    }
}
