//! Logs of every shape: columns in any order, three delimiters, quotes, line breaks in quotes, invalid rows.

use proptest::prelude::*;

/// A log, shown as text when a property fails.
#[derive(Clone)]
pub struct Log {
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.bytes))
    }
}

const COLUMNS: [&str; 14] = [
    "timeStamp",
    "elapsed",
    "label",
    "responseCode",
    "responseMessage",
    "threadName",
    "success",
    "failureMessage",
    "bytes",
    "sentBytes",
    "allThreads",
    "Latency",
    "Connect",
    "Hostname",
];

#[derive(Debug, Clone)]
enum Line {
    Row(Box<[Vec<u8>; COLUMNS.len()]>),
    Raw(Vec<u8>),
}

/// A log with a header.
pub fn any_log() -> impl Strategy<Value = Log> {
    (
        Just(COLUMNS.to_vec()).prop_shuffle(),
        2..=COLUMNS.len(),
        prop::sample::select(vec![b',', b';', b'\t']),
        prop::bool::ANY,
        prop::bool::ANY,
        prop::collection::vec(line(), 0..30),
        prop::sample::select(vec![0usize, 0, 1, 3, 9]),
    )
        .prop_map(|(order, kept, delimiter, return_before_newline, mark, lines, cut)| {
            write(&order, kept, delimiter, return_before_newline, mark, &lines, cut)
        })
}

fn write(order: &[&str], kept: usize, delimiter: u8, crlf: bool, mark: bool, lines: &[Line], cut: usize) -> Log {
    let mut columns: Vec<&str> = order[..kept].to_vec();
    for needed in ["timeStamp", "elapsed"] {
        if !columns.contains(&needed) {
            columns.push(needed);
        }
    }
    let end: &[u8] = if crlf { b"\r\n" } else { b"\n" };
    let delimiter_text = String::from_utf8_lossy(&[delimiter]).into_owned();
    let header = columns.join(&delimiter_text).into_bytes();
    let mut bytes = if mark { b"\xEF\xBB\xBF".to_vec() } else { Vec::new() };
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(end);
    for line in lines {
        match line {
            Line::Raw(raw) if raw == b"HEADER" => bytes.extend_from_slice(&header),
            Line::Raw(raw) => bytes.extend_from_slice(raw),
            Line::Row(fields) => {
                for (at, column) in columns.iter().enumerate() {
                    if at > 0 {
                        bytes.push(delimiter);
                    }
                    let field = COLUMNS.iter().position(|name| name == column).map(|index| &fields[index]);
                    bytes.extend_from_slice(&quoted(field.expect("a column of the list"), delimiter));
                }
            }
        }
        bytes.extend_from_slice(end);
    }
    bytes.truncate(bytes.len().saturating_sub(cut));
    Log { bytes }
}

fn quoted(field: &[u8], delimiter: u8) -> Vec<u8> {
    if !field.iter().any(|byte| [delimiter, b'"', b'\n', b'\r'].contains(byte)) {
        return field.to_vec();
    }
    let mut quoted = vec![b'"'];
    for byte in field {
        if *byte == b'"' {
            quoted.push(b'"');
        }
        quoted.push(*byte);
    }
    quoted.push(b'"');
    quoted
}

fn line() -> impl Strategy<Value = Line> {
    prop_oneof![
        12 => row().prop_map(|fields| Line::Row(Box::new(fields))),
        1 => prop::sample::select(vec![
            &b""[..], b"garbage", b"\"", b"\"open", b"x\"y,z", b"\"a\"b,1,2", b"1,2,3", b",,,,,,,,,,,,,", b"HEADER",
            b"\"\"\"", b"\"a\"\r\"b\"", b"\xFF\xFE", b"\"1700000000000\",\"5\"", b"timeStamp,elapsed", b"elapsed;timeStamp;label",
            b"label,responseCode",
        ])
        .prop_map(|raw| Line::Raw(raw.to_vec())),
    ]
}

fn row() -> impl Strategy<Value = [Vec<u8>; COLUMNS.len()]> {
    let number = |range: std::ops::Range<u64>| {
        prop_oneof![
            30 => range.prop_map(|value| value.to_string()),
            1 => prop::sample::select(vec!["", "-1", "x", " 7 ", "99999999999999999999", "+3", "1.5"]).prop_map(str::to_owned),
        ]
    };
    let text = |choices: Vec<&'static [u8]>| prop::sample::select(choices).prop_map(<[u8]>::to_vec);
    (
        prop_oneof![
            20 => (1_700_000_000_000u64..1_700_000_030_000).prop_map(|time| time.to_string()),
            2 => (1_700_000_000_000u64..1_700_003_000_000).prop_map(|time| time.to_string()),
            1 => prop::sample::select(vec!["0", "2023/11/14 22:13:25.500", "2023-11-14 22:13:20", "253402300799999", "253402300800000", "soon"])
                .prop_map(str::to_owned),
        ],
        prop_oneof![10 => number(0..300), 2 => number(0..5_000), 1 => number(60_000..5_000_000_000)],
        text(vec![b"Home", b"Home", b"Buy", b"Pay, now", b"say \"hi\"", b"two\nlines", b"Total", b"Gr\xC3\xB6\xC3\x9Fe", b"\xFF", b"\xFE", b""]),
        text(vec![b"200", b"200", b"200", b"404", b"500", b"", b"Non HTTP response code: java.net.SocketException"]),
        text(vec![b"OK", b"OK", b"Not Found", b"Number of samples in transaction : 2, number of failing samples : 0",
            b"Number of samples in transaction : 0, number of failing samples : 0"]),
        text(vec![b"Users 1-1", b"10.0.0.1:1099-Users 1-1", b"10.0.0.2:1099-Users 1-1", b"[::1]:1-x", b"a b:1-x", b""]),
        text(vec![b"true", b"true", b"true", b"false", b"FALSE", b" true", b"perhaps"]),
        text(vec![b"", b"", b"expected \"x\", got\r\n\"y\"", b"too slow"]),
        (number(0..9_999), number(0..999), number(0..50), number(0..500), number(0..50)),
        text(vec![b"", b"node-1", b"node-2"]),
    )
        .prop_map(|(time, elapsed, label, code, message, thread, success, failure, (bytes, sent, threads, latency, connect), host)| {
            [
                time.into_bytes(), elapsed.into_bytes(), label, code, message, thread, success, failure, bytes.into_bytes(),
                sent.into_bytes(), threads.into_bytes(), latency.into_bytes(), connect.into_bytes(), host,
            ]
        })
}
