//! Every dialect of result logs, and every kind of invalid row, as tables.

use jac_jtl::{LogReader, LogStatistics, ReadOutcome, Sample, Settings, TimestampMeaning};

/// The fields that the tables compare: start, elapsed, label, success, bytes.
type Seen = (i64, Option<u32>, String, bool, Option<u64>);

fn read_with(log: &[u8], settings: &Settings) -> (Vec<Seen>, ReadOutcome) {
    let mut seen = Vec::new();
    let mut sink = |sample: &Sample<'_>| {
        let label = String::from_utf8_lossy(sample.label).into_owned();
        seen.push((sample.start_ms, sample.elapsed_ms, label, sample.success, sample.received_bytes));
    };
    let mut reader = LogReader::new(settings);
    reader.feed(log, &mut sink);
    reader.finish(&mut sink);
    (seen, reader.outcome())
}

fn read(log: &[u8]) -> (Vec<Seen>, ReadOutcome) {
    read_with(log, &Settings::default())
}

fn seen(start_ms: i64, elapsed_ms: u32, label: &str, success: bool, bytes: Option<u64>) -> Seen {
    (start_ms, Some(elapsed_ms), label.to_owned(), success, bytes)
}

#[test]
fn dialects() {
    let expected = vec![seen(1_700_000_000_123, 45, "Home, sweet \"home\"", true, Some(678))];
    let table: &[(&str, &[u8])] = &[
        ("comma", b"timeStamp,elapsed,label,success,bytes\n1700000000123,45,\"Home, sweet \"\"home\"\"\",true,678\n"),
        ("semicolon", b"timeStamp;elapsed;label;success;bytes\n1700000000123;45;\"Home, sweet \"\"home\"\"\";true;678\n"),
        ("tab", b"timeStamp\telapsed\tlabel\tsuccess\tbytes\n1700000000123\t45\t\"Home, sweet \"\"home\"\"\"\ttrue\t678\n"),
        ("pipe", b"timeStamp|elapsed|label|success|bytes\n1700000000123|45|\"Home, sweet \"\"home\"\"\"|true|678\n"),
        ("another delimiter", b"timeStamp^elapsed^label^success^bytes\n1700000000123^45^\"Home, sweet \"\"home\"\"\"^true^678\n"),
        (
            "a control character as the delimiter",
            b"\"timeStamp\"\x01\"elapsed\"\x01label\x01success\x01bytes\n1700000000123\x0145\x01Home, sweet \"home\"\x01true\x01678\n",
        ),
        ("quote not at a field's start", b"timeStamp;elapsed;label;success;bytes\n1700000000123;45;Home, sweet \"home\";true;678\n"),
        ("other order", b"bytes,success,label,elapsed,timeStamp\n678,true,\"Home, sweet \"\"home\"\"\",45,1700000000123\n"),
        ("CRLF", b"timeStamp,elapsed,label,success,bytes\r\n1700000000123,45,\"Home, sweet \"\"home\"\"\",true,678\r\n"),
        ("byte order mark", b"\xEF\xBB\xBFtimeStamp,elapsed,label,success,bytes\n1700000000123,45,\"Home, sweet \"\"home\"\"\",true,678\n"),
        ("no last line end", b"timeStamp,elapsed,label,success,bytes\n1700000000123,45,\"Home, sweet \"\"home\"\"\",true,678"),
        ("all quoted", b"\"timeStamp\",\"elapsed\",\"label\",\"success\",\"bytes\"\n\"1700000000123\",\"45\",\"Home, sweet \"\"home\"\"\",\"true\",\"678\"\n"),
        ("blank lines", b"\n\r\ntimeStamp,elapsed,label,success,bytes\n\n1700000000123,45,\"Home, sweet \"\"home\"\"\",true,678\n\n\r\n"),
        ("other case", b"timestamp,ELAPSED,Label,Success,Bytes\n1700000000123,45,\"Home, sweet \"\"home\"\"\",TRUE,678\n"),
        (
            "extra variables, one of them called like a column",
            b"timeStamp,elapsed,label,success,bytes,\"user\",\"label\"\n1700000000123,45,\"Home, sweet \"\"home\"\"\",true,678,\"a,\nb\",x\n",
        ),
        (
            "sample count, host, idle time",
            b"timeStamp,elapsed,label,success,bytes,SampleCount,ErrorCount,Hostname,IdleTime\n1700000000123,45,\"Home, sweet \"\"home\"\"\",true,678,5,0,node,0\n",
        ),
        ("a date", b"timeStamp,elapsed,label,success,bytes\n2023/11/14 22:13:20.123,45,\"Home, sweet \"\"home\"\"\",true,678\n"),
        (
            "no header",
            b"1700000000123,45,\"Home, sweet \"\"home\"\"\",200,OK,Users 1-1,text,true,,678,12,1,1,http://x/,40,0,2\n",
        ),
        (
            "no header, semicolons, a date",
            b"2023-11-14T22:13:20.123Z;45;Home, sweet \"home\";200;OK;Users 1-1;text;true;;678;12;1;1;http://x/;40;0;2\n",
        ),
        (
            "no header, without the URL",
            b"1700000000123,45,\"Home, sweet \"\"home\"\"\",200,OK,Users 1-1,text,true,,678,12,1,1,40,0,2\n",
        ),
        (
            "no header, with variables",
            b"1700000000123,45,\"Home, sweet \"\"home\"\"\",200,OK,Users 1-1,text,true,,678,12,1,1,http://x/,40,0,2,\"u\n1\",7",
        ),
        (
            "two logs joined",
            b"label,elapsed,timeStamp\ntimeStamp,elapsed,label,success,bytes\n1700000000123,45,\"Home, sweet \"\"home\"\"\",true,678\n",
        ),
    ];
    for (name, log) in table {
        let (samples, outcome) = read(log);
        assert_eq!(samples, expected, "{name}: {:?}", outcome.rejected);
        assert_eq!(outcome.rejected, [], "{name}");
    }
}

#[test]
fn broken_rows_are_counted_with_place_and_reason_and_the_others_are_read() {
    let table: &[(&str, &str)] = &[
        ("1000,5,a,true", "expected 5 columns, found 4"),
        ("1000,5,a,true,1,2", "expected 5 columns, found 6"),
        ("soon,5,a,true,1", "unrecognised timeStamp: \"soon\""),
        ("-1000,5,a,true,1", "timeStamp is negative: \"-1000\""),
        ("99999999999999999,5,a,true,1", "timeStamp is out of range: \"99999999999999999\""),
        ("1000,,a,true,1", "elapsed is not a whole number: \"\""),
        ("1000,1.5,a,true,1", "elapsed is not a whole number: \"1.5\""),
        ("1000,4294967296,a,true,1", "elapsed is out of range: \"4294967296\""),
        ("1000,5,a,perhaps,1", "success is neither true nor false: \"perhaps\""),
        ("1000,5,\"a\"b,true,1", "text after the closing quote of a field"),
        ("\u{0}\u{1}binary", "expected 5 columns, found 1"),
    ];
    for (row, reason) in table {
        let log = format!("timeStamp,elapsed,label,success,bytes\n1,1,x,true,1\n{row}\n2,2,y,true,2\n");
        let (samples, outcome) = read(log.as_bytes());
        assert_eq!(samples.len(), 2, "{row}");
        let rejected = &outcome.rejected[0];
        assert_eq!((outcome.rejected_rows, rejected.line, rejected.position), (1, 3, 51), "{row}");
        assert_eq!(rejected.reason, *reason, "{row}");
    }
}

#[test]
fn a_cut_last_row_is_rejected_and_a_whole_one_counts() {
    let header = "timeStamp,elapsed,label,success,bytes\n";
    for cut in ["1000,5,a,tr", "1000,5,a", "1000", "1000,5,\"a", "1000,5,\"a\nsecond line"] {
        let (samples, outcome) = read(format!("{header}1,1,x,true,1\n{cut}").as_bytes());
        assert_eq!(samples.len(), 1, "{cut:?}");
        assert_eq!(outcome.rejected_rows, 1, "{cut:?}");
        assert_eq!(outcome.rejected[0].reason, "truncated row", "{cut:?}");
    }
}

#[test]
fn a_quote_without_its_partner_swallows_no_good_rows() {
    let rows: String = (0..50).map(|n| format!("{n},1,x,true,1\n")).collect();
    let (samples, outcome) =
        read(format!("timeStamp,elapsed,label,success,bytes\n7,7,\"open,true,1\n{rows}").as_bytes());
    assert_eq!(samples.len(), 50);
    assert_eq!((outcome.rejected_rows, outcome.rejected[0].line), (1, 2));
}

#[test]
fn a_field_of_more_than_a_megabyte_is_rejected_and_one_of_a_megabyte_is_read() {
    let log = |quote: &str, length: usize| {
        let field = "x".repeat(length);
        format!("timeStamp,elapsed,label,success,bytes\n1,1,{quote}{field}{quote},true,1\n2,2,y,true,2\n")
    };
    for quote in ["", "\""] {
        let (samples, outcome) = read(log(quote, 1 << 20).as_bytes());
        assert_eq!((samples.len(), outcome.rejected_rows), (2, 0), "quote {quote:?}");
        let (samples, outcome) = read(log(quote, (1 << 20) + 1).as_bytes());
        assert_eq!((samples.len(), outcome.rejected_rows), (1, 1), "quote {quote:?}");
        assert_eq!(outcome.rejected[0].reason, "a field is longer than 1 MB", "quote {quote:?}");
    }
}

#[test]
fn a_line_without_end_costs_no_memory_and_one_rejection() {
    let mut reader = LogReader::new(&Settings::default());
    let mut sink = |_: &Sample<'_>| panic!("there is no sample");
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..64 {
        reader.feed(&piece, &mut sink);
    }
    reader.finish(&mut sink);
    assert_eq!(reader.outcome().rejected_rows, 1);
    assert_eq!(reader.outcome().bytes, 64 << 20);
}

#[test]
fn no_log_at_all_has_no_numbers() {
    for log in ["", "timeStamp,elapsed,label\n", "\n\n", "\u{FEFF}"] {
        let mut statistics = LogStatistics::new(Settings::default());
        statistics.feed(log.as_bytes());
        statistics.finish();
        let summary = statistics.summary();
        assert_eq!((summary.total.samples, summary.rejected_rows, summary.start_ms), (0, 0, None), "{log:?}");
        assert_eq!((summary.total.mean_ms, summary.total.throughput_per_s, summary.total.apdex), (None, None, None));
        assert!(statistics.series().points.is_empty() && statistics.profiles().total.distribution.is_empty());
    }
}

#[test]
fn a_header_without_a_needed_column_rejects_every_row_with_that_reason() {
    let (samples, outcome) = read(b"timeStamp,label,success\n1000,a,true\n2000,b,true\n");
    assert_eq!((samples.len(), outcome.rejected_rows), (0, 3));
    assert!(outcome.rejected.iter().all(|row| row.reason == "the header lacks the column elapsed"));
}

#[test]
fn a_binary_is_rejected_line_by_line_and_nothing_panics() {
    let mut state = 1u64;
    let noise: Vec<u8> = (0..1 << 20)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u8
        })
        .collect();
    let (samples, outcome) = read(&noise);
    assert_eq!(samples, []);
    assert!(outcome.rejected_rows > 1_000);
    assert_eq!(outcome.rejected.len(), 100);
}

#[test]
fn absurd_and_backward_times_cost_buckets_and_nothing_more() {
    let mut statistics = LogStatistics::new(Settings::default());
    statistics.feed(b"timeStamp,elapsed,label,success\n");
    let mut state = 7u64;
    for _ in 0..50_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let time = (state >> 16) % 253_402_300_800_000;
        statistics.feed(format!("{time},{},Home,true\n", state % 4_000_000_000).as_bytes());
    }
    statistics.finish();
    let series = statistics.series();
    assert!(series.points.len() <= Settings::default().max_buckets);
    assert_eq!(series.points.iter().map(|point| point.samples).sum::<u64>(), 50_000);
    assert!(series.points.is_sorted_by_key(|point| point.t_ms));
}

#[test]
fn limits_fold_into_named_remainders_and_the_notes_say_so() {
    let settings = Settings { max_labels: 3, max_groups: 2, ..Settings::default() };
    let mut statistics = LogStatistics::new(settings);
    statistics.feed(b"timeStamp,elapsed,label,responseCode,success,failureMessage,Hostname\n");
    for n in 0..100 {
        let frequent = if n % 2 == 0 { "always".to_owned() } else { format!("once {n}") };
        statistics
            .feed(format!("{n},10,label {},{},false,{frequent},host {}\n", n % 10, 500 + n % 5, n % 4).as_bytes());
    }
    statistics.finish();
    let summary = statistics.summary();
    assert_eq!(summary.total.samples, 100);
    assert_eq!(summary.labels.iter().map(|entry| entry.samples).collect::<Vec<_>>(), [10, 10, 10, 70]);
    assert_eq!(summary.labels[3].label, Settings::OTHER_LABELS);
    assert_eq!(statistics.codes().iter().map(|code| code.count).sum::<u64>(), 100);
    assert_eq!(statistics.codes().len(), 3);
    assert_eq!(statistics.hosts().len(), 3);
    let errors = statistics.errors(usize::MAX);
    assert_eq!(errors.iter().map(|group| group.count).sum::<u64>(), 100);
    assert_eq!((errors.len(), errors[2].message.as_str()), (3, Settings::OTHER_ERRORS));
    let codes: Vec<String> = statistics.notes().into_iter().map(|note| note.code).collect();
    let folded = ["labels_folded", "response_codes_folded", "hosts_folded", "errors_folded"];
    assert!(folded.iter().all(|code| codes.iter().any(|found| found == code)), "{codes:?}");
}

#[test]
fn labels_that_are_no_utf8_are_merged_by_what_is_shown() {
    let mut statistics = LogStatistics::new(Settings::default());
    statistics.feed(b"timeStamp,elapsed,label\n1,1,a\xFFb\n2,2,a\xFEb\n3,3,a\xFFb\n");
    statistics.finish();
    let summary = statistics.summary();
    assert_eq!(summary.labels.len(), 1);
    assert_eq!((summary.labels[0].label.as_str(), summary.labels[0].samples), ("a\u{FFFD}b", 3));
}

#[test]
fn a_time_stamp_may_be_the_end_and_a_date_in_another_zone() {
    let end = Settings { timestamp: TimestampMeaning::End, ..Settings::default() };
    assert_eq!(read_with(b"timeStamp,elapsed,label\n1000,300,a\n", &end).0[0].0, 700);
    let vienna = Settings { utc_offset_minutes: 60, ..Settings::default() };
    let log = b"timeStamp,elapsed,label\n2023/11/14 23:13:20,300,a\n";
    assert_eq!(read_with(log, &vienna).0[0].0, 1_700_000_000_000);
}

#[test]
fn active_users_are_the_sum_over_workers_of_their_latest_count() {
    let mut statistics = LogStatistics::new(Settings::default());
    statistics.feed(b"timeStamp,elapsed,label,threadName,allThreads\n");
    for (end, worker, threads) in [
        (1_000, "10.0.0.1:1099-", 3),
        (1_100, "10.0.0.2:1099-", 4),
        (1_900, "10.0.0.1:1099-", 5),
        // Worker 2 is silent for a while and still has its users.
        (2_500, "10.0.0.1:1099-", 6),
        (3_500, "10.0.0.2:1099-", 1),
        (4_500, "10.0.0.1:1099-", 2),
    ] {
        statistics.feed(format!("{end},0,a,{worker}Users 1-1,{threads}\n").as_bytes());
    }
    let users = |statistics: &mut LogStatistics| {
        statistics.series().points.iter().map(|point| point.active_users.unwrap_or(0)).collect::<Vec<_>>()
    };
    // While the log grows, worker 2 is assumed to continue.
    assert_eq!(users(&mut statistics), [9, 10, 7, 3]);
    assert_eq!(statistics.active_users(), Some(3));
    statistics.finish();
    assert_eq!(users(&mut statistics), [9, 10, 7, 2]);
}

#[test]
fn late_rows_change_their_bucket_and_it_is_handed_out_again() {
    let mut statistics = LogStatistics::new(Settings::default());
    statistics.feed(b"timeStamp,elapsed,label\n1000,0,a\n5000,0,a\n");
    let first = statistics.changed_points(0);
    assert!(first.reset);
    assert_eq!(first.points.len(), 2);
    assert_eq!(statistics.changed_points(first.now).points, []);
    statistics.feed(b"1500,100,a\n");
    let late = statistics.changed_points(first.now);
    assert!(!late.reset);
    assert_eq!(late.points.iter().map(|point| (point.t_ms, point.samples)).collect::<Vec<_>>(), [(1_000, 2)]);
}

#[test]
fn the_rate_is_over_the_last_full_seconds() {
    let mut statistics = LogStatistics::new(Settings::default());
    statistics.feed(b"timeStamp,elapsed,label\n");
    assert_eq!(statistics.rate_per_s(), None);
    for n in 0..100u64 {
        // Ten a second.
        statistics.feed(format!("{},0,a\n", n * 100).as_bytes());
    }
    assert_eq!(statistics.rate_per_s(), Some(10.0));
}

#[test]
fn a_number_that_is_not_needed_is_missing_where_it_cannot_be_read() {
    for (row, code) in [
        ("1000,5,a,true,much", "not_a_number"),
        ("1000,5,a,true,-1", "negative"),
        ("1000,5,a,true,99999999999999999999", "out_of_range"),
        ("1000,-5,a,true,7", "negative"),
    ] {
        let log = format!("timeStamp,elapsed,label,success,bytes\n1,1,x,true,1\n{row}\n2,2,y,true,2\n");
        let (samples, outcome) = read(log.as_bytes());
        assert_eq!((samples.len(), outcome.rejected_rows, outcome.unread_values), (3, 0, 1), "{row}");
        let unread = outcome.unread_value.expect(row);
        assert_eq!((unread.line, unread.position, unread.code.as_str()), (3, 51, code), "{row}");
        assert!(samples[1].1.is_none() || samples[1].4.is_none(), "{row}");
    }
}

#[test]
fn a_quoted_field_that_ends_with_a_return_at_a_blocks_border_is_read() {
    // Every block size, so that each byte of the rows is once the last of a block.
    let log = b"timeStamp,elapsed,label,success,bytes\r\n1,1,\"a \"\"b\"\"\r\nc\",true,1\r\n2,2,y,true,2\r\ntimeStamp,elapsed,label,success,bytes\r\n3,3,z,false,3\r\n";
    let expected = read(log);
    assert_eq!((expected.0.len(), expected.1.rejected_rows), (3, 0));
    for block_bytes in 1..log.len() + 1 {
        assert_eq!(
            read_with(log, &Settings { block_bytes, ..Settings::default() }),
            expected,
            "blocks of {block_bytes}"
        );
    }
}

/// Two nodes that send 50 samples a second each.
fn of_two_nodes(from_s: [i64; 2], to_s: [i64; 2]) -> LogStatistics {
    let mut statistics = LogStatistics::new(Settings::default());
    statistics.feed(b"timeStamp,elapsed,label,threadName,allThreads\n");
    for (node, (from_s, to_s)) in from_s.into_iter().zip(to_s).enumerate() {
        for at in from_s * 50..to_s * 50 {
            let start_ms = 1_700_000_000_000 + at * 20;
            statistics.feed(format!("{start_ms},0,a,10.0.0.{node}:1099-U 1-1,{}\n", node + 3).as_bytes());
        }
    }
    statistics
}

#[test]
fn a_node_whose_samples_come_late_is_in_the_rate() {
    assert_eq!(of_two_nodes([0, 0], [30, 24]).rate_per_s(), Some(100.0));
    // One that has stopped is not.
    assert_eq!(of_two_nodes([0, 0], [30, 12]).rate_per_s(), Some(50.0));
}

#[test]
fn a_clock_that_is_ahead_hides_nobody() {
    let mut statistics = of_two_nodes([0, 11], [30, 41]);
    statistics.set_clock_offset("10.0.0.1:1099", 11_000);
    assert_eq!((statistics.active_users(), statistics.rate_per_s()), (Some(7), Some(100.0)));
    let last = |statistics: &mut LogStatistics| statistics.series().points.last().and_then(|point| point.active_users);
    assert_eq!(last(&mut statistics), Some(7));
    let mut behind = of_two_nodes([0, -15], [30, 15]);
    behind.set_clock_offset("10.0.0.1:1099", -15_000);
    assert_eq!((behind.active_users(), behind.rate_per_s()), (Some(7), Some(100.0)));
}

#[test]
fn one_sample_from_the_future_hides_nobody() {
    let mut statistics = of_two_nodes([0, 0], [30, 30]);
    statistics.set_now(1_700_000_030_000);
    statistics.feed(b"1700003600000,0,a,10.0.0.1:1099-U 1-1,4\n");
    assert_eq!((statistics.active_users(), statistics.rate_per_s()), (Some(7), Some(100.0)));
    let last =
        |statistics: &mut LogStatistics| statistics.series().points.iter().rev().nth(1).and_then(|p| p.active_users);
    assert_eq!(last(&mut statistics), Some(7));
    // With a clock that is known to be an hour ahead, it is a current sample.
    let mut ahead = of_two_nodes([0, 3_600], [30, 3_630]);
    ahead.set_clock_offset("10.0.0.1:1099", 3_600_000);
    ahead.set_now(1_700_000_030_000);
    assert_eq!(ahead.active_users(), Some(7));
}

#[test]
fn dates_of_digits_alone_are_no_milliseconds() {
    let rows: String =
        (0..2_000).map(|n| format!("202403052359{:02}{:03},7,Home,true\n", n / 100 % 60, n % 1_000)).collect();
    let (samples, outcome) = read(format!("timeStamp,elapsed,label,success\n{rows}").as_bytes());
    assert_eq!((samples.len(), outcome.rejected_rows), (2_000, 0));
    let start_ms = 1_709_683_140_000;
    let expected = (0..2_000).map(|n| start_ms + n / 100 % 60 * 1_000 + n % 1_000);
    assert!(samples.iter().map(|sample| sample.0).eq(expected));
    // One that is no date is not a time centuries away.
    let (samples, outcome) =
        read(format!("timeStamp,elapsed,label,success\n{rows}20241305235958,7,Home,true\n").as_bytes());
    assert_eq!((samples.len(), outcome.rejected_rows), (2_000, 1));
    // A log of milliseconds stays one.
    let (samples, _) =
        read(b"timeStamp,elapsed,label,success\n1700000000123,7,Home,true\n20240305235958,7,Home,true\n");
    assert_eq!(samples.last().map(|sample| sample.0), Some(20_240_305_235_958));
}

#[test]
fn times_of_day_around_midnight_stay_together() {
    let log = b"timeStamp,elapsed,label\n23:59:59,0,a\n00:00:01,0,a\n23:59:58,0,a\n00:00:02,1000,a\n00:00:00,0,a\n";
    let time_format = Some("HH:mm:ss".parse().expect("a pattern"));
    for settings in [Settings::default(), Settings { time_format, utc_offset_minutes: 120, ..Settings::default() }] {
        let (seen, outcome) = read_with(log, &settings);
        let starts: Vec<i64> = seen.iter().map(|sample| sample.0 - seen[0].0).collect();
        assert_eq!(starts, [0, 2_000, -1_000, 3_000, 1_000]);
        assert!(outcome.guesses.day && outcome.rejected_rows == 0);
        // Also if the first row is the late one.
        let (seen, _) = read_with(b"timeStamp,elapsed,label\n00:00:00,0,a\n23:59:58,0,a\n00:00:01,0,a\n", &settings);
        let starts: Vec<i64> = seen.iter().map(|sample| sample.0).collect();
        assert_eq!(starts, [86_400_000, 86_398_000, 86_401_000]);
    }
}

#[test]
fn a_later_one_of_joined_logs_may_begin_with_a_byte_order_mark() {
    let mark = "\u{FEFF}";
    let joined = format!(
        "{mark}label,elapsed,timeStamp,success\nHome,5,1700000000000,true\n{mark}label,timeStamp,elapsed,success\nBuy,1700000001000,6,true\n"
    );
    let expected = [seen(1_700_000_000_000, 5, "Home", true, None), seen(1_700_000_001_000, 6, "Buy", true, None)];
    let (samples, outcome) = read(joined.as_bytes());
    assert_eq!((samples.as_slice(), outcome.rejected_rows), (&expected[..], 0));
    // Without a header, or after one that cannot be used.
    let rows = format!("timeStamp,elapsed,label\n1700000000000,5,a\n{mark}1700000001000,6,a\n");
    assert_eq!(read(rows.as_bytes()).0.len(), 2);
    let unusable = format!("label,elapsed\na,5\n{mark}timeStamp,elapsed,label\n1700000001000,6,Buy\n");
    assert_eq!(read(unusable.as_bytes()).0, [seen(1_700_000_001_000, 6, "Buy", true, None)]);
}

#[test]
fn lines_that_end_with_a_carriage_return_alone_are_said_to_do_so() {
    for rows in [3, 100_000] {
        let log = format!("timeStamp,elapsed,label\r{}", "1700000000000,5,a\r".repeat(rows));
        let (samples, outcome) = read(log.as_bytes());
        assert!(samples.is_empty());
        assert_eq!((outcome.rejected_rows, outcome.rejected[0].code.as_str()), (1, "carriage_returns"), "{rows}");
    }
}

#[test]
fn a_zero_does_not_show_its_unit() {
    for (rows, expected) in [
        ("0,0,a\n1700000000,5,a\n", [0, 1_700_000_000_000]),
        ("0,0,a\n1700000000000,5,a\n", [0, 1_700_000_000_000]),
        ("1700000000,5,a\n0,0,a\n", [1_700_000_000_000, 0]),
    ] {
        let (samples, _) = read(format!("timeStamp,elapsed,label\n{rows}").as_bytes());
        assert_eq!(samples.iter().map(|sample| sample.0).collect::<Vec<_>>(), expected, "{rows}");
    }
}

#[test]
fn sums_that_do_not_fit_stay_at_the_greatest() {
    let mut statistics = LogStatistics::new(Settings::default());
    statistics.feed(b"timeStamp,elapsed,label,bytes,sentBytes,Latency,Connect\n");
    let most = 1_u64 << 48;
    for at in 0..70_000 {
        statistics.feed(format!("{},5,a,{most},{most},{most},{most}\n", at % 7).as_bytes());
    }
    statistics.finish();
    let summary = statistics.summary();
    assert_eq!(summary.total.avg_bytes, Some(u64::MAX as f64 / 70_000.0));
    assert_eq!(statistics.series().points[0].received_bytes, Some(u64::MAX));
}
