//! XML logs: what JMeter writes with `jmeter.save.saveservice.output_format=xml`, complete, truncated and invalid.

use jac_jtl::{LogReader, LogStatistics, ReadOutcome, Sample, Settings};

const LOG: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testResults version="1.2">
<httpSample t="120" it="0" lt="100" ct="5" ts="1700000000000" s="true" lb="Home &amp; &quot;garden&quot;" rc="200" rm="OK" tn="10.0.0.1:1099-Users 1-1" dt="text" by="1234" sby="321" ng="3" na="7" hn="node">
  <httpSample t="30" lt="20" ct="0" ts="1700000000050" s="true" lb="Home-0" rc="200" rm="OK" tn="10.0.0.1:1099-Users 1-1" by="99" na="7"/>
  <responseData class="java.lang.String">&lt;sample t="1" ts="2"/&gt; <![CDATA[<sample t="1" ts="2"/>]]></responseData>
  <!-- <sample t="1" ts="2" lb="no"/> -->
  <java.net.URL>http://127.0.0.1/?a=1&amp;b=2</java.net.URL>
</httpSample>
<sample t="80" ts="1700000001000" s="false" lb="Buy" rc="500" rm="Internal" tn="Users 1-2" by="10">
  <assertionResult><name>fine</name><failure>false</failure><error>false</error></assertionResult>
  <assertionResult><name>text</name><failure>true</failure><error>false</error><failureMessage>expected &lt;b&gt;
and more</failureMessage></assertionResult>
  <assertionResult><name>second</name><failure>true</failure><error>false</error><failureMessage>not this</failureMessage></assertionResult>
</sample>
<sample t="-5" ts="1700000002000" s="true" lb="broken"/>
</testResults>
"#;

fn read(pieces: impl Iterator<Item = Vec<u8>>) -> (Vec<String>, ReadOutcome) {
    let mut seen = Vec::new();
    let mut sink = |sample: &Sample<'_>| {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        seen.push(format!(
            "{} {:?} {} {} {} {:?} {:?} {:?} {:?} {} {} {}",
            sample.start_ms,
            sample.elapsed_ms,
            text(sample.label),
            text(sample.code),
            sample.success,
            sample.received_bytes,
            sample.latency_ms,
            sample.connect_ms,
            sample.all_threads,
            text(sample.host()),
            text(sample.url),
            text(sample.failure_message)
        ));
    };
    let mut reader = LogReader::new(&Settings::default());
    for piece in pieces {
        reader.feed(&piece, &mut sink);
    }
    reader.finish(&mut sink);
    (seen, reader.outcome())
}

#[test]
fn nested_samples_assertions_and_addresses_are_read() {
    let (samples, outcome) = read([LOG.as_bytes().to_vec()].into_iter());
    assert_eq!(
        samples,
        [
            "1700000000050 Some(30) Home-0 200 true Some(99) Some(20) Some(0) Some(7) 10.0.0.1:1099  ",
            "1700000000000 Some(120) Home & \"garden\" 200 true Some(1234) Some(100) Some(5) Some(7) 10.0.0.1:1099 \
             http://127.0.0.1/?a=1&b=2 ",
            "1700000001000 Some(80) Buy 500 false Some(10) None None None   expected <b>\nand more",
            "1700000002000 None broken  true None None None None   ",
        ]
    );
    assert_eq!((outcome.rejected_rows, outcome.unread_values, outcome.cut_logs), (0, 1, 0));
    let unread = outcome.unread_value.expect("the negative time");
    assert_eq!((unread.line, unread.code.as_str()), (15, "negative"));
    assert_eq!(&LOG[unread.position as usize..][..12], "<sample t=\"-");
}

#[test]
fn any_pieces_are_read_like_one() {
    let whole = read([LOG.as_bytes().to_vec()].into_iter());
    for size in [1, 2, 3, 7, 64, 100, 1_000] {
        assert_eq!(read(LOG.as_bytes().chunks(size).map(<[u8]>::to_vec)), whole, "pieces of {size}");
    }
}

#[test]
fn a_log_cut_anywhere_gives_the_samples_before_the_cut() {
    let whole = read([LOG.as_bytes().to_vec()].into_iter()).0;
    for end in 0..LOG.len() {
        let (samples, outcome) = read([LOG.as_bytes()[..end].to_vec()].into_iter());
        assert!(whole.starts_with(&samples), "cut at {end}");
        assert!(outcome.rejected_rows <= 1 && outcome.unread_share() == 0.0);
        let ends_properly = LOG[..end].contains("</testResults>") || end < 1;
        assert_eq!(outcome.cut_logs, u64::from(!ends_properly), "cut at {end}");
    }
}

#[test]
fn the_last_of_joined_documents_has_to_end_too() {
    let cut = LOG.find("</testResults>").expect("the end");
    for (second, cut_logs) in [(LOG, 0), (&LOG[..cut], 1), ("", 0)] {
        let joined = format!("{LOG}\n{second}");
        let outcome = read([joined.into_bytes()].into_iter()).1;
        assert_eq!(outcome.cut_logs, cut_logs, "{} bytes", second.len());
    }
}

#[test]
fn a_document_cut_anywhere_costs_nothing_of_the_one_behind_it() {
    let whole = read([LOG.as_bytes().to_vec()].into_iter()).0;
    let first = LOG.find("<httpSample").expect("a sample");
    for end in first..LOG.find("</testResults>").expect("the end") {
        // Comments and CDATA sections swallow what follows; JMeter's logs have neither.
        if ["<!--", "<![CDATA["].iter().any(|begin| LOG[..end].rfind(begin).is_some_and(|at| end < at + 60)) {
            continue;
        }
        let joined = format!("{}{LOG}", &LOG[..end]);
        let (samples, outcome) = read([joined.clone().into_bytes()].into_iter());
        assert!(samples.ends_with(&whole), "cut at {end}: {samples:?}");
        assert_eq!(outcome.cut_logs, 1, "cut at {end}");
        assert_eq!(read(joined.as_bytes().chunks(7).map(<[u8]>::to_vec)), (samples, outcome), "cut at {end}");
    }
}

#[test]
fn text_behind_or_between_samples_is_counted_line_by_line() {
    let rows = "1700000000000,5,Home,200\n\n  1700000000000,6,Home,200 &amp; more\n";
    for text in [format!("{LOG}{rows}"), LOG.replace("<sample t=\"80", &format!("{rows}<sample t=\"80"))] {
        let whole = read([text.clone().into_bytes()].into_iter());
        let outcome = &whole.1;
        let unread: Vec<(u64, &str, &str)> = outcome
            .rejected
            .iter()
            .map(|row| (row.line, row.code.as_str(), &text[row.position as usize..][..15]))
            .collect();
        let first = 1 + text[..text.find(rows).expect("the rows")].matches('\n').count() as u64;
        assert_eq!(
            unread,
            [(first, "outside_samples", "1700000000000,5"), (first + 2, "outside_samples", "1700000000000,6")]
        );
        assert_eq!((outcome.rejected_rows, outcome.samples, outcome.cut_logs), (2, 4, 0));
        for size in [1, 3, 50] {
            assert_eq!(read(text.as_bytes().chunks(size).map(<[u8]>::to_vec)), whole, "pieces of {size}");
        }
    }
}

#[test]
fn labels_come_in_the_order_in_which_their_elements_begin() {
    let mut log = LogStatistics::new(Settings::default());
    log.feed(format!("\u{FEFF}\n {LOG}").as_bytes());
    log.finish();
    let labels: Vec<String> = log.summary().labels.into_iter().map(|entry| entry.label).collect();
    assert_eq!(labels, ["Home & \"garden\"", "Home-0", "Buy", "broken"]);
}

#[test]
fn what_is_no_document_costs_no_memory_and_does_not_panic() {
    let mut reader = LogReader::new(&Settings::default());
    let mut sink = |_: &Sample<'_>| panic!("there is no sample");
    reader.feed(b"<sample t=\"", &mut sink);
    for _ in 0..16 {
        reader.feed(&vec![b'x'; 1 << 20], &mut sink);
    }
    reader.finish(&mut sink);
    assert_eq!(reader.outcome().bytes, (16 << 20) + 11);
}

#[test]
fn samples_nested_deeper_than_jmeter_writes_to_csv_are_left_out_and_counted() {
    let levels = 15;
    let opened: String =
        (0..levels).map(|level| format!("<sample t=\"1\" ts=\"1700000000000\" lb=\"level {level}\">")).collect();
    let mut log = LogStatistics::new(Settings::default());
    log.feed(format!("<testResults>{opened}{}</testResults>", "</sample>".repeat(levels)).as_bytes());
    log.finish();
    let summary = log.summary();
    assert_eq!(summary.total.samples, 12);
    let note = summary.notes.iter().find(|note| note.code == "nested_samples_left_out").expect("a note");
    assert_eq!(note.params["samples"], 3_u64.into());
}
