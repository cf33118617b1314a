//! A line without an end is one rejected row, however long it is, and the rows around it are read.

use jac_jtl::LogStatistics;
use jac_logs::{Empty, Input, ReadOptions, read_logs_with};
use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::Path;

const HEADER: &[u8] = b"timeStamp,elapsed,label\n";
const ROW: &[u8] = b"1700000000000,5,Home\n";
/// Several parts of a plain file, and of a compressed one.
const LINE: u64 = 40 << 20;

/// A sparse file: zeros between `before` and `behind`, which use no space on disk.
fn with_zeros(path: &Path, before: &[u8], behind: &[u8]) {
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).open(path).expect("a file");
    file.write_all(before).expect("written");
    file.seek(SeekFrom::Current(LINE as i64)).expect("a place");
    file.write_all(behind).expect("written");
    file.set_len((before.len() + behind.len()) as u64 + LINE).expect("a length");
}

fn read(path: &Path) -> LogStatistics {
    let inputs = [Input::File(path.to_owned())];
    let options = ReadOptions { empty: Empty::Allowed, ..ReadOptions::default() };
    read_logs_with(&inputs, &options, &mut |_| ControlFlow::Continue(())).expect("statistics")
}

#[test]
fn a_line_without_an_end_is_one_rejected_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let (plain, packed) = (folder.path().join("log.jtl"), folder.path().join("log.zst"));
    let cases: [(&[u8], &[u8], u64); 4] = [
        (b"", b"", 0),
        (HEADER, b"", 0),
        (&[HEADER, ROW].concat(), &[b"\n", ROW, ROW].concat(), 3),
        // A quote that is never closed: only its first line is rejected.
        (&[HEADER, ROW, b"1,2,\""].concat(), &[b"\n", ROW].concat(), 2),
    ];
    for (before, behind, samples) in cases {
        with_zeros(&plain, before, behind);
        let bytes = std::fs::File::open(&plain).expect("a file");
        let into = std::fs::File::create(&packed).expect("a file");
        zstd::stream::copy_encode(bytes, into, -5).expect("packs");
        for path in [&plain, &packed] {
            let mut log = read(path);
            assert_eq!(log.summary().total.samples, samples, "{} of {path:?}", String::from_utf8_lossy(before));
            assert_eq!(log.rejected_rows(), 1, "{:?}", log.rejected());
            let reason = &log.rejected()[0].reason;
            assert!(reason.contains("longer than") || reason.contains("1 MB"), "{reason}");
        }
    }
}
