//! How fast samples are shipped: against a sink that answers at once, and side by side with a bare loop against a real engine.
//! `scripts/bench-search` calls it.

#[path = "../tests/common/log.rs"]
mod log;

use jac_model::search::{Cursor, TargetKind};
use jac_search::{Settings, target};
use log::{MemoryLog, log_of, run};
use nix::sys::resource::{UsageWho, getrusage};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const RUN: &str = "r-23456789";

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<usize>().expect("a number of rows");
    match words.as_slice() {
        ["sink"] => {
            let (url, sink) = sink(None).await;
            println!("{url}");
            sink.await.expect("it continues");
        }
        ["ship", url, rows] => {
            let seconds = ship(url, log_of(number(rows))).await;
            let usage = getrusage(UsageWho::RUSAGE_SELF).expect("its usage");
            let cpu = usage.user_time().tv_sec() as f64
                + usage.user_time().tv_usec() as f64 / 1e6
                + usage.system_time().tv_sec() as f64
                + usage.system_time().tv_usec() as f64 / 1e6;
            println!(
                "{rows} rows in {seconds:.2} s: {:.0} rows/s; {cpu:.2} s of processor with making the log; {} MB at most",
                number(rows) as f64 / seconds,
                usage.max_rss() / 1024
            );
        }
        ["compare", url, rows] => compare(url, number(rows)).await,
        _ => eprintln!("bench sink | bench ship URL ROWS | bench compare URL ROWS"),
    }
}

/// Ships a log, and says how long that took.
async fn ship(url: &str, bytes: Vec<u8>) -> f64 {
    let settings = Settings::new("bench", TargetKind::Elasticsearch, url.parse().expect("a URL"));
    let target = target(settings).expect("a target");
    let log = MemoryLog::new(bytes);
    let began = Instant::now();
    let end = target.ship(&run(RUN), Cursor::default(), &log).await.expect("shipped");
    assert_eq!((end.rows, end.refused), (end.shipped, 0));
    began.elapsed().as_secs_f64()
}

/// The same rows to the same engine: by a loop that only posts requests which were made before, and by the shipper.
async fn compare(url: &str, rows: usize) {
    let bodies = Arc::default();
    let (sink_url, _sink) = sink(Some(Arc::clone(&bodies))).await;
    ship(&sink_url, log_of(rows)).await;
    let bodies: Vec<Vec<u8>> = std::mem::take(&mut *bodies.lock().unwrap_or_else(PoisonError::into_inner));
    let index = "logs-jmeter.sample-default";
    let (mut bare, mut shipped) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        // The templates are there from the first time on.
        ship(url, log_of(1)).await;
        for (times, is_bare) in [(&mut bare, true), (&mut shipped, false)] {
            let client = reqwest::Client::new();
            client.delete(format!("{url}/_data_stream/{index}")).send().await.expect("an answer");
            times.push(if is_bare {
                post_all(&client, &format!("{url}/{index}/_bulk"), bodies.clone()).await
            } else {
                ship(url, log_of(rows)).await
            });
        }
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        rows as f64 / times[times.len() / 2]
    };
    let (bare, shipped) = (median(&mut bare), median(&mut shipped));
    println!("bare loop: {bare:.0} rows/s; shipped: {shipped:.0} rows/s; {:.2} of it", shipped / bare);
}

/// Posts requests, four at a time, and reads no answer but its status.
async fn post_all(client: &reqwest::Client, url: &str, bodies: Vec<Vec<u8>>) -> f64 {
    let left = Arc::new(Mutex::new(VecDeque::from(bodies)));
    let began = Instant::now();
    let loops: Vec<_> = (0..4)
        .map(|_| {
            let (left, client, url) = (Arc::clone(&left), client.clone(), url.to_owned());
            tokio::spawn(async move {
                loop {
                    let body = left.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some(body) = body else { return };
                    let request =
                        client.post(&url).header(CONTENT_TYPE, "application/x-ndjson").header(CONTENT_ENCODING, "gzip");
                    let answer = request.body(body).send().await.expect("an answer");
                    assert!(answer.status().is_success(), "{}", answer.status());
                    answer.bytes().await.expect("all of it");
                }
            })
        })
        .collect();
    for each in loops {
        each.await.expect("posted");
    }
    began.elapsed().as_secs_f64()
}

/// An engine that takes everything at once. Keeps the bodies on request.
async fn sink(kept: Option<Arc<Mutex<Vec<Vec<u8>>>>>) -> (String, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, kept.clone()));
        }
    });
    (url, serving)
}

async fn answer(stream: TcpStream, kept: Option<Arc<Mutex<Vec<Vec<u8>>>>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut length, mut is_bulk, mut line) = (0, false, String::new());
        loop {
            line.clear();
            match stream.read_line(&mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) if line.trim().is_empty() => break,
                Ok(_) => {
                    is_bulk |= line.contains("/_bulk");
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap_or(0);
                    }
                }
            }
        }
        let mut body = vec![0; length];
        if stream.read_exact(&mut body).await.is_err() {
            return;
        }
        let text = if is_bulk {
            let mut unpacked = Vec::new();
            flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut unpacked).expect("gzip");
            let rows = unpacked.iter().filter(|byte| **byte == b'\n').count() / 2;
            format!("{{\"errors\":false,\"items\":[{}]}}", vec![r#"{"create":{"status":201}}"#; rows].join(","))
        } else {
            r#"{"version":{"number":"9.2.0"},"acknowledged":true}"#.to_owned()
        };
        if let (true, Some(kept)) = (is_bulk, &kept) {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(body);
        }
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
            text.len()
        );
        if stream.get_mut().write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
