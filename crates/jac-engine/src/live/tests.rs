use super::*;
use std::fmt::Write as _;

fn row(end_ms: i64) -> Vec<u8> {
    format!("{},10,Home,200,OK,TG 1-1,text,true,,5,5,1,1,null,1,0,1\n", end_ms - 10).into_bytes()
}

const HEADER: &[u8] = b"timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n";

#[test]
fn a_page_that_was_away_gets_what_it_missed_and_no_more() {
    let live = LiveRun::new(0, Evaluation::default(), Vec::new());
    live.feed(HEADER);
    for second in 0..5 {
        live.feed(&row(1_700_000_000_500 + second * 1000));
        let measured = live.advance(1_700_000_000_500 + second * 1000);
        assert_eq!(measured.seq, second.unsigned_abs() + 1);
        assert!(measured.points.len() <= 2, "only what changed");
    }
    assert_eq!(live.since(0).points.len(), 5);
    assert!(live.since(0).reset);
    let missed = live.since(3);
    assert!(!missed.reset);
    assert_eq!(
        missed.points.iter().map(|point| point.t_ms).collect::<Vec<_>>(),
        [1_700_000_003_000, 1_700_000_004_000]
    );
    assert!(live.since(5).points.is_empty());
}

#[test]
fn the_points_of_labels_follow_the_same_numbers() {
    let live = LiveRun::new(0, Evaluation::default(), Vec::new());
    live.feed(HEADER);
    for second in 0..5 {
        let home = row(1_700_000_000_500 + second * 1000);
        live.feed(&home);
        live.feed(String::from_utf8_lossy(&home).replace("Home", "Buy").as_bytes());
        live.advance(1_700_000_000_500 + second * 1000);
    }
    let labels = ["Buy".to_owned(), "none".to_owned()];
    let (seq, all, together) = live.labels_since(0, &labels);
    assert_eq!((seq, all.reset, all.labels.len(), all.labels[0].points.len()), (5, true, 1, 5));
    assert_eq!(all.labels[0].points[0].samples, 1, "those of the label alone");
    assert_eq!(together.map(|entry| entry.samples), Some(5));
    let (_, missed, _) = live.labels_since(3, &labels);
    assert!(!missed.reset);
    let times: Vec<i64> = missed.labels[0].points.iter().map(|point| point.t_ms).collect();
    assert_eq!(times, [1_700_000_003_000, 1_700_000_004_000]);
    assert!(live.labels_since(5, &labels).1.labels[0].points.is_empty());
    assert!(live.labels_since(900, &labels).1.reset, "a number of another process");
}

#[test]
fn the_response_codes_of_a_snapshot_are_those_of_the_buckets_that_changed() {
    let live = LiveRun::new(0, Evaluation::default(), Vec::new());
    live.feed(HEADER);
    let mut sent = Vec::new();
    for second in 0..4 {
        for code in ["200", "200", if second < 2 { "200" } else { "503" }] {
            let row = row(1_700_000_000_500 + second * 1000);
            live.feed(String::from_utf8_lossy(&row).replace(",200,", &format!(",{code},")).as_bytes());
        }
        sent.push(live.advance(1_700_000_000_500 + second * 1000).codes);
    }
    let times = |codes: &ChangedCodes| {
        let of = |series: &jac_jtl::CodeSeries| {
            series.points.iter().map(|point| (point.t_ms % 100_000 / 1000, point.samples)).collect::<Vec<_>>()
        };
        codes.series.iter().map(|series| (series.code.clone(), of(series))).collect::<Vec<_>>()
    };
    assert!(sent[0].reset && !sent[1].reset && !sent[3].reset);
    assert_eq!(times(&sent[0]), [("200".to_owned(), vec![(0, 3)])]);
    assert_eq!(times(&sent[3]), [("200".to_owned(), vec![(3, 2)]), ("503".to_owned(), vec![(3, 1)])]);
    let all = live.since(0).codes;
    assert!(all.reset);
    let expected = [("200".to_owned(), vec![(0, 3), (1, 3), (2, 2), (3, 2)]), ("503".to_owned(), vec![(2, 1), (3, 1)])];
    assert_eq!(times(&all), expected);
    let none = live.since(4).codes;
    assert_eq!((none.reset, times(&none)), (false, vec![("200".to_owned(), vec![]), ("503".to_owned(), vec![])]));
}

#[test]
fn a_code_that_takes_the_place_of_another_replaces_all_series_by_code_and_no_point() {
    let live = LiveRun::new(0, Evaluation::default(), Vec::new());
    live.feed(HEADER);
    let feed = |second: i64, code: u32, rows: usize| {
        let row = row(1_700_000_000_500 + second * 1000);
        let row = String::from_utf8_lossy(&row).replace(",200,", &format!(",{code},"));
        live.feed(row.repeat(rows).as_bytes());
    };
    for code in 400..411 {
        feed(0, code, if code == 410 { 2 } else { 3 });
    }
    assert!(live.advance(1_700_000_001_000).codes.reset);
    feed(1, 410, 3);
    let known = live.advance(1_700_000_002_000);
    assert!(!known.codes.reset);
    assert_eq!(known.codes.series.len(), 11);
    assert_eq!(known.codes.series[10].code, Settings::OTHER_CODES);
    feed(2, 410, 1);
    let replaced = live.advance(1_700_000_003_000);
    assert!(replaced.codes.reset && !replaced.reset);
    let place = replaced.codes.series.iter().position(|series| series.code == "410").expect("a place");
    let samples = |at: usize| replaced.codes.series[at].points.iter().map(|point| point.samples).collect::<Vec<_>>();
    assert_eq!((samples(place), samples(10)), (vec![2, 3, 1], vec![3]));
    assert!(replaced.points.len() < 3);
    assert!(live.since(2).codes.reset && !live.since(3).codes.reset);
}

#[test]
fn a_late_row_sends_its_old_bucket_again() {
    let live = LiveRun::new(0, Evaluation::default(), Vec::new());
    live.feed(HEADER);
    for second in 0..3 {
        live.feed(&row(1_700_000_000_500 + second * 1000));
    }
    live.advance(1_700_000_003_000);
    live.feed(&row(1_700_000_000_700));
    let measured = live.advance(1_700_000_004_000);
    assert!(measured.points.iter().any(|point| point.t_ms == 1_700_000_000_000 && point.samples == 2));
}

#[test]
fn a_number_of_another_process_is_answered_with_everything() {
    let live = LiveRun::new(100, Evaluation::default(), Vec::new());
    live.feed(HEADER);
    live.feed(&row(1_700_000_000_500));
    assert_eq!(live.advance(1_700_000_001_000).seq, 101);
    for unknown in [0, 99, 500] {
        let measured = live.since(unknown);
        assert!(measured.reset && measured.points.len() == 1, "{unknown}");
    }
}

#[test]
fn three_days_take_no_more_memory_than_the_first() {
    const STEP_MS: i64 = 20_000;
    const DAY: i64 = 24 * 3_600_000 / STEP_MS;
    let live = LiveRun::new(0, Evaluation::default(), Vec::new());
    live.feed(HEADER);
    let (mut rows, mut most) = (String::new(), [0; 3]);
    for step in 0..3 * DAY {
        let now_ms = 1_700_000_000_000 + step * STEP_MS;
        rows.clear();
        for row in 0..40 {
            let (end_ms, elapsed_ms) = (now_ms + row * 500, (step * 31 + row * 7_919) % 1_500);
            let (label, worker, threads) = (row % 5, row % 2, step % 50);
            let result = if row % 10 == 0 { "404,Not Found" } else { "200,OK" };
            let success = row % 10 != 0;
            let _ = writeln!(
                rows,
                "{},{elapsed_ms},Label {label},{result},10.0.0.{worker}:1099-T 1-1,text,{success},,5,5,1,{threads},null,1,0,1",
                end_ms - elapsed_ms
            );
        }
        live.feed(rows.as_bytes());
        live.advance(now_ms + STEP_MS);
        let state = live.state();
        let day = usize::try_from(step / DAY).expect("a day");
        most[day] = most[day].max(state.statistics.memory());
        assert!(state.marks.len() <= MARKS);
    }
    // Buckets fill up and become wider: it rises and falls, regardless of the time.
    assert!(most.iter().all(|bytes| *bytes <= most[0] * 5 / 4), "{most:?} bytes");
    let newest = live.state().seq;
    assert!(!live.since(newest - 100).reset && live.since(1).reset);
}

#[test]
fn the_rate_is_that_of_the_samples_however_late_they_come_until_none_come() {
    let live = LiveRun::new(0, Evaluation::default(), Vec::new());
    live.feed(HEADER);
    for at in 0..2_000 {
        live.feed(&row(1_700_000_000_000 + at * 10));
    }
    // The server's clock is six seconds ahead of the newest sample.
    let now_ms = 1_700_000_026_000;
    let rate = |now_ms| {
        live.advance(now_ms);
        live.headline().and_then(|headline| headline.rate_per_s)
    };
    assert_eq!(rate(now_ms), Some(100.0));
    assert_eq!(rate(now_ms + 9_000), Some(100.0));
    assert_eq!(rate(now_ms + 11_000), Some(0.0));
}

#[test]
fn a_node_whose_clock_is_ahead_hides_nobody() {
    let live = LiveRun::new(0, Evaluation::default(), Vec::new());
    live.feed(HEADER);
    for at in 0..100 {
        for (node, ahead_ms, threads) in [("10.0.0.1:1099", 0_i64, 3), ("10.0.0.2:1099", 12_000, 4)] {
            let start_ms = 1_700_000_000_000 + at * 100 + ahead_ms;
            let row = format!("{start_ms},10,Home,200,OK,{node}-TG 1-1,text,true,,5,5,1,{threads},null,1,0,1\n");
            live.feed(row.as_bytes());
        }
    }
    live.set_clock_offset("10.0.0.2:1099", 12_000);
    live.advance(1_700_000_010_000);
    let headline = live.headline().expect("figures");
    assert_eq!((headline.active_users, headline.rate_per_s), (Some(7), Some(20.0)));
}
