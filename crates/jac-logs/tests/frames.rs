//! Logs in frames: they decompress to the original, with any Zstandard program, and truncation and damage are reported.

use jac_jtl::LogStatistics;
use jac_logs::{
    CompressError, Content, FrameReader, FramedLog, Input, Keep, ReadOptions, Search, compress, holds_the_same,
    read_logs_with, search_logs,
};
use std::fmt::Write as _;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

const HEADER: &str = "timeStamp,elapsed,label,responseCode,success,failureMessage,threadName,allThreads\n";

/// About this many bytes of a log with different rows.
fn log(bytes: usize) -> String {
    let mut log = HEADER.to_owned();
    let mut row = 0_u64;
    while log.len() < bytes {
        row += 1;
        let (time, elapsed) = (1_700_000_000_000 + row * 3, row * 7_919 % 1_499);
        let failed = row.is_multiple_of(40);
        let message = if failed { "\"wanted \"\"a\"\",\ngot b\"" } else { "" };
        writeln!(
            log,
            "{time},{elapsed},Label {},{},{},{message},t {}-1,9",
            row % 7,
            if failed { 500 } else { 200 },
            !failed,
            row % 11
        )
        .expect("a string can be written to");
    }
    log
}

fn goes_on() -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Writes a log and its compressed form.
fn compressed(folder: &Path, log: &[u8], content: Content) -> (PathBuf, PathBuf) {
    let (plain, framed) = (folder.join("log.jtl"), folder.join("log.jtl.zst"));
    std::fs::write(&plain, log).expect("written");
    let done = compress(&plain, &framed, content, &mut goes_on).expect("compressed");
    assert_eq!(done.bytes, log.len() as u64);
    assert_eq!(done.packed_bytes, std::fs::metadata(&framed).expect("a file").len());
    (plain, framed)
}

fn opened(path: &Path) -> FramedLog {
    FramedLog::open(path).expect("it opens").expect("its table")
}

fn read(path: &Path, threads: usize) -> LogStatistics {
    let options = ReadOptions { threads: NonZero::new(threads), ..ReadOptions::default() };
    read_logs_with(&[Input::File(path.to_owned())], &options, &mut |_| goes_on()).expect("statistics")
}

/// Whether the log is reported as incomplete, on one thread and on several, which must agree.
fn samples_and_incomplete(path: &Path) -> (u64, bool) {
    let [one, several] = [1, 3].map(|threads| {
        let mut log = read(path, threads);
        let summary = log.summary();
        let reported = summary.notes.iter().any(|note| note.code == "log_incomplete");
        assert_eq!(reported, summary.partial.is_some());
        (summary.total.samples, reported)
    });
    assert_eq!(one, several);
    one
}

#[test]
fn what_goes_in_comes_out_by_frames_and_by_any_zstandard() {
    let folder = tempfile::tempdir().expect("a folder");
    let long = log(9 << 20);
    let noise: Vec<u8> = (0..9_000_000_u64).map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect();
    let line = vec![b'x'; 10 << 20];
    let cases: [(&[u8], Content); 6] = [
        (long.as_bytes(), Content::Samples),
        (long.as_bytes(), Content::Lines),
        (&noise, Content::Samples),
        (&line, Content::Lines),
        (b"", Content::Samples),
        (b"x", Content::Lines),
    ];
    for (bytes, content) in cases {
        let (plain, framed) = compressed(folder.path(), bytes, content);
        let packed = std::fs::read(&framed).expect("a file");
        assert!(zstd::decode_all(&packed[..]).expect("it unpacks") == bytes);
        let log = opened(&framed);
        assert_eq!(log.bytes(), bytes.len() as u64);
        let mut reader = FrameReader::default();
        let mut joined = Vec::new();
        for number in 0..log.frame_count() {
            joined.extend_from_slice(reader.read(&log, number).expect("a frame"));
        }
        assert!(joined == bytes);
        assert!(holds_the_same(&framed, &plain, &mut goes_on).expect("they can be read"));
    }
}

#[test]
fn every_frame_ends_with_a_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, framed) = compressed(folder.path(), log(9 << 20).as_bytes(), Content::Samples);
    let log = opened(&framed);
    let mut reader = FrameReader::default();
    assert!(log.frame_count() > 2);
    for number in 0..log.frame_count() {
        let bytes = reader.read(&log, number).expect("a frame");
        let begins = if number == 0 { &b"timeStamp"[..] } else { b"1700" };
        assert!(bytes.starts_with(begins) && bytes.ends_with(b",9\n"), "frame {number}");
    }
}

#[test]
fn any_part_can_be_read_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = log(9 << 20);
    let (_, framed) = compressed(folder.path(), text.as_bytes(), Content::Lines);
    let log = opened(&framed);
    let end = text.len() as u64;
    for from in [0, 1, 4_000_000, (4 << 20) - 1, 4 << 20, 5_000_000, end - 1, end, end + 1, u64::MAX] {
        for most in [0, 1, 300_000, 5 << 20] {
            let begin = usize::try_from(from.min(end)).expect("it fits");
            let expected = &text.as_bytes()[begin..(begin + most).min(text.len())];
            assert!(log.read_at(from, most).expect("it can be read") == expected, "{most} bytes from {from}");
        }
    }
}

#[test]
fn a_report_and_a_search_are_those_of_the_plain_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let (plain, framed) = compressed(folder.path(), log(9 << 20).as_bytes(), Content::Samples);
    let search = |path: &Path, keep, threads| {
        let mut filter = jac_logs::Filter::default();
        filter.add("success=false".parse().expect("a condition"));
        let search = Search { filter, keep, limit: 50, threads: NonZero::new(threads), ..Search::default() };
        search_logs(&[Input::File(path.to_owned())], &search, &mut |_| goes_on()).expect("a result")
    };
    for threads in [1, 3] {
        let (mut of_plain, mut of_framed) = (read(&plain, 1), read(&framed, threads));
        assert_eq!(of_framed.summary(), of_plain.summary(), "{threads} threads");
        assert_eq!(of_framed.series(), of_plain.series());
        for keep in [Keep::First, Keep::Slowest] {
            let found = search(&framed, keep, threads);
            assert_eq!(found, search(&plain, keep, 1));
            assert!(found.matched > 1_000 && !found.incomplete);
        }
    }
}

#[test]
fn a_file_that_was_cut_anywhere_is_reported_even_between_two_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = log(9 << 20);
    let (_, framed) = compressed(folder.path(), text.as_bytes(), Content::Samples);
    let (whole, is_incomplete) = samples_and_incomplete(&framed);
    assert!(!is_incomplete);
    let packed = std::fs::read(&framed).expect("a file");
    let ends = frame_ends(&packed);
    assert_eq!(ends.len(), opened(&framed).frame_count() + 2, "the announcement, the frames, the table");
    let cut = folder.path().join("cut.zst");
    for end in ends.iter().skip(1) {
        for length in [*end, end - 1] {
            if length == packed.len() {
                continue;
            }
            std::fs::write(&cut, &packed[..length]).expect("written");
            let (samples, is_incomplete) = samples_and_incomplete(&cut);
            // If only its table is missing, it is complete.
            let lacks_the_table = length == ends[ends.len() - 2];
            assert_eq!(is_incomplete, !lacks_the_table, "{length} of {} bytes", packed.len());
            assert!(is_incomplete || samples == whole);
            assert!(FramedLog::open(&cut).expect("it opens").is_none(), "{length} bytes have no table");
        }
    }
}

/// The offsets at which the frames of a file end.
fn frame_ends(packed: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut at = 0;
    while at < packed.len() {
        at += zstd::zstd_safe::find_frame_compressed_size(&packed[at..]).expect("a frame");
        ends.push(at);
    }
    ends
}

#[test]
fn a_damaged_byte_is_reported_wherever_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let (plain, framed) = compressed(folder.path(), log(9 << 20).as_bytes(), Content::Samples);
    let (whole, _) = samples_and_incomplete(&framed);
    let packed = std::fs::read(&framed).expect("a file");
    let ends = frame_ends(&packed);
    let damaged = folder.path().join("damaged.zst");
    for frame in 1..ends.len() - 1 {
        let mut bytes = packed.clone();
        bytes[(ends[frame - 1] + ends[frame]) / 2] ^= 0x10;
        std::fs::write(&damaged, &bytes).expect("written");
        if frame == 1 {
            // Nothing of it can be read.
            let read = read_logs_with(&[Input::File(damaged.clone())], &ReadOptions::default(), &mut |_| goes_on());
            let reported = read.map(|mut log| log.summary().partial.is_some());
            assert!(
                reported.as_ref().is_ok_and(|reported| *reported)
                    || reported.is_err_and(|error| error.code() == "log_not_read")
            );
        } else {
            let (samples, is_incomplete) = samples_and_incomplete(&damaged);
            assert!(is_incomplete && samples < whole, "frame {frame}");
        }
        assert!(!holds_the_same(&damaged, &plain, &mut goes_on).expect("it can be read"));
        let log = opened(&damaged);
        let error = FrameReader::default().read(&log, frame - 1).expect_err("it is damaged").kind();
        assert_eq!(error, std::io::ErrorKind::InvalidData);
    }
    // A wrong table is ignored: the frames are read in sequence.
    for at in [ends[ends.len() - 2] + 8, packed.len() - 9, packed.len() - 5, packed.len() - 1] {
        let mut bytes = packed.clone();
        bytes[at] ^= 0x55;
        std::fs::write(&damaged, &bytes).expect("written");
        assert_eq!(samples_and_incomplete(&damaged), (whole, false), "byte {at}");
        assert!(FramedLog::open(&damaged).expect("it opens").is_none());
    }
}

#[test]
fn files_of_others_are_read_with_one_frame_with_many_and_with_frames_that_end_anywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = log(6 << 20);
    let bytes = text.as_bytes();
    let plain = folder.path().join("log.jtl");
    std::fs::write(&plain, bytes).expect("written");
    let expected = read(&plain, 1).summary();
    let one = zstd::encode_all(bytes, 1).expect("packs");
    let parts: Vec<Vec<u8>> = bytes.chunks(1_000_003).map(|part| zstd::encode_all(part, 1).expect("packs")).collect();
    let many = parts.concat();
    let seekable = |checksums: bool| {
        let mut file = many.clone();
        let entry = if checksums { 12 } else { 8 };
        file.extend_from_slice(&0x184D_2A5E_u32.to_le_bytes());
        file.extend_from_slice(&u32::try_from(parts.len() * entry + 9).expect("it fits").to_le_bytes());
        for (part, unpacked) in parts.iter().zip(bytes.chunks(1_000_003)) {
            file.extend_from_slice(&u32::try_from(part.len()).expect("it fits").to_le_bytes());
            file.extend_from_slice(&u32::try_from(unpacked.len()).expect("it fits").to_le_bytes());
            file.extend_from_slice(&[7; 4][..entry - 8]);
        }
        file.extend_from_slice(&u32::try_from(parts.len()).expect("it fits").to_le_bytes());
        file.push(if checksums { 0x80 } else { 0 });
        file.extend_from_slice(&0x8F92_EAB1_u32.to_le_bytes());
        file
    };
    for (name, packed, has_table) in [
        ("one", one, false),
        ("many", many.clone(), false),
        ("seekable", seekable(false), true),
        ("checked", seekable(true), true),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, packed).expect("written");
        assert_eq!(FramedLog::open(&path).expect("it opens").is_some(), has_table, "{name}");
        for threads in [1, 3] {
            assert_eq!(read(&path, threads).summary(), expected, "{name}, {threads} threads");
        }
    }
}

#[test]
fn joined_files_are_read_as_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = log(5 << 20);
    let (_, framed) = compressed(folder.path(), text.as_bytes(), Content::Samples);
    let packed = std::fs::read(&framed).expect("a file");
    let both = folder.path().join("both.zst");
    std::fs::write(&both, [&packed[..], &packed].concat()).expect("written");
    let samples = read(&framed, 1).summary().total.samples;
    assert_eq!(samples_and_incomplete(&both).0, samples * 2);
}

#[test]
fn cancelling_ends_it_before_the_next_frame() {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = folder.path().join("log.jtl");
    std::fs::write(&plain, log(9 << 20)).expect("written");
    let mut asked = 0;
    let cancelled = compress(&plain, &folder.path().join("log.zst"), Content::Samples, &mut || {
        asked += 1;
        if asked > 2 { ControlFlow::Break(()) } else { goes_on() }
    });
    assert!(matches!(cancelled, Err(CompressError::Cancelled)));
    assert_eq!(asked, 3);
}
