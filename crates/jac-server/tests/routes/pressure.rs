//! More requests at once than there are threads, and callers who do not wait for their answer.

use crate::served::Served;
use crate::things::run;
use http::{Method, StatusCode};
use jac_engine::administrator;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(60);

/// Each request holds a thread and needs another one for the database: with as many requests as threads none would ever be
/// answered.
#[test]
fn more_questions_than_threads_are_all_answered() {
    let runtime = tokio::runtime::Builder::new_multi_thread().max_blocking_threads(72).enable_all().build();
    runtime.expect("threads").block_on(async {
        let served = Served::new().await;
        let id = run(&served, "r-22222222", &administrator()).await.id;
        let path = format!("/runs/{id}/live");
        let asked = (0..400).map(|_| served.as_owner(Method::GET, &path, ""));
        let answers = timeout(LIMIT, futures_util::future::join_all(asked)).await.expect("all are answered");
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
    });
}

/// A zip that is not read is a file: with few threads, each of which it could block, other requests are answered all the same.
#[test]
fn slow_readers_of_zips_hold_no_thread_and_are_few_of_a_person() {
    let runtime = tokio::runtime::Builder::new_multi_thread().max_blocking_threads(5).enable_all().build();
    runtime.expect("threads").block_on(async {
        let served = Served::new().await;
        let plan = served.upload("/plans", &[("a.jmx", crate::PLAN)]).await;
        let plan = format!("/plans/{}", plan.body["id"].as_str().expect("an id"));
        // More than is buffered for a reader.
        let noise: Vec<u8> = (0..700_000).map(|_| rand::random()).collect();
        for name in ["a.bin", "b.bin", "c.bin", "d.bin"] {
            let added = served.upload(&format!("{plan}/files"), &[(name, &noise)]).await;
            assert_eq!(added.status, StatusCode::OK, "{}", added.body);
        }
        let path = format!("{plan}/revisions");
        let zip = format!("{path}/5/zip");
        let mut unread = Vec::new();
        for _ in 0..4 {
            let answer = timeout(LIMIT, served.unread(&zip)).await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::OK);
            unread.push(answer);
        }
        let others = timeout(LIMIT, served.as_owner(Method::GET, &path, "")).await.expect("a thread is free");
        assert_eq!(others.status, StatusCode::OK);
        assert!(served.is_clean(), "the files have no names");
        let refused = served.as_owner(Method::GET, &zip, "").await;
        assert_eq!(refused.refusal(), (StatusCode::TOO_MANY_REQUESTS, "too_many_downloads"));
        unread.pop();
        let (_, whole) = served.bytes(&zip).await;
        assert!(whole.expect("a zip").len() > 4 * noise.len());
    });
}

/// Each download of a compressed log keeps a part of it in memory for as long as it is not read.
#[tokio::test]
async fn a_person_has_so_many_downloads_at_once_and_others_have_theirs() {
    let served = Served::new().await;
    let id = run(&served, "r-22222222", &administrator()).await.id;
    let folder = served.app.engine.folder().run(&id);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("results.jtl"), "timeStamp,elapsed,label\n".repeat(100_000)).expect("written");
    let log = format!("/runs/{id}/artefacts/results.jtl");
    let mut unread = Vec::new();
    let refused = loop {
        let answer = served.unread(&log).await;
        if answer.status() != StatusCode::OK {
            break answer.status();
        }
        unread.push(answer);
        assert!(unread.len() < 100, "a hundred downloads of one person");
    };
    assert_eq!((refused, unread.len()), (StatusCode::TOO_MANY_REQUESTS, 16));
    unread.pop();
    assert_eq!(served.bytes(&log).await.1.expect("a log").len(), 2_400_000, "one has ended, and so has this");
    assert_eq!(served.unread(&log).await.status(), StatusCode::OK);
}

/// A large answer is in memory until it is read.
#[tokio::test]
async fn a_person_has_so_many_unread_large_answers_and_others_have_theirs() {
    let served = Served::new().await;
    let mut of = run(&served, "r-22222222", &administrator()).await;
    of.name = "a name ".repeat(100);
    let letters = "23456789abcdefghjkmnpqrstuvwxyz".chars();
    for (first, second) in
        letters.clone().flat_map(|first| letters.clone().map(move |second| (first, second))).take(150)
    {
        of.id = format!("r-{first}{second}333333").parse().expect("an id");
        served.app.engine.store().insert_run(&of).await.expect("added");
    }
    let list = "/runs?limit=200";
    let mut unread = Vec::new();
    let refused = loop {
        let answer = served.unread(list).await;
        if answer.status() != StatusCode::OK {
            break answer.status();
        }
        unread.push(answer);
        assert!(unread.len() < 200, "200 large answers to one person");
    };
    assert_eq!((refused, unread.len()), (StatusCode::TOO_MANY_REQUESTS, 64));
    assert_eq!(served.unread("/runs?limit=1").await.status(), StatusCode::OK, "small ones do not count");
    let (cookie, page) = served.sign_in_as_another().await;
    let other = served.call(Method::GET, list, &[("cookie", &cookie), ("x-jac-page", &page)], "").await;
    assert_eq!(other.status, StatusCode::OK, "another person's");
    unread.pop();
    let (headers, whole) = served.bytes(list).await;
    let whole = whole.expect("one has ended, and so has this");
    assert_eq!(headers[http::header::CONTENT_LENGTH], whole.len().to_string().as_str());
    let runs: serde_json::Value = serde_json::from_slice(&whole).expect("JSON");
    assert_eq!(runs["items"].as_array().map(Vec::len), Some(151));
    assert_eq!(served.unread(list).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn what_was_asked_for_is_done_also_when_the_caller_has_gone() {
    let served = Served::new().await;
    let lives = async || served.as_owner(Method::GET, "/session", "").await.status == StatusCode::OK;
    assert!(lives().await);
    {
        let mut sign_out = Box::pin(served.as_owner(Method::DELETE, "/session", ""));
        // As far as it gets without waiting; then the connection is closed.
        assert!(matches!(sign_out.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    }
    let ended = async {
        while lives().await {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, ended).await.expect("the session ends");
}

#[tokio::test]
async fn one_person_has_so_many_uploads_at_once_and_the_next_one_is_asked_to_come_back_later() {
    let served = Served::new().await;
    let head = b"--xyz\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.jmx\"\r\n\r\n<";
    let mut going = Vec::new();
    let refused = loop {
        let answer = served.upload("/plans", &[("b.jmx", crate::PLAN)]).await;
        if answer.status != StatusCode::CREATED {
            break answer;
        }
        assert!(going.len() < 100, "a hundred uploads of one person");
        let (sender, answer) = served.begin_upload();
        // The second piece is accepted once the first was read: the upload has its place.
        for piece in [&head[..], b"x", b"x"] {
            sender.send(piece.to_vec()).await.expect("it is read");
        }
        going.push((sender, answer));
    };
    assert_eq!(refused.refusal(), (StatusCode::TOO_MANY_REQUESTS, "too_many_uploads"));
    assert!(refused.headers.contains_key("retry-after"));
    let (sender, answer) = going.pop().expect("some continue");
    drop(sender);
    assert_eq!(answer.await.expect("an answer").code(), "upload_broken", "it has no end");
    assert_eq!(served.upload("/plans", &[("b.jmx", crate::PLAN)]).await.status, StatusCode::CREATED);
}

/// Everything runs on one thread here: reading an artefact on it would block all other requests.
#[tokio::test]
async fn an_artefact_that_takes_its_time_keeps_nobody_else_waiting() {
    let served = Served::new().await;
    let id = run(&served, "r-22222222", &administrator()).await.id;
    let folder = served.app.engine.folder().run(&id);
    std::fs::create_dir_all(&folder).expect("a folder");
    let slow = folder.join("results.jtl");
    let made = std::process::Command::new("mkfifo").arg(&slow).status().expect("mkfifo");
    assert!(made.success());
    // Opening a pipe blocks until it has a writer: here until the others are answered, or time out.
    let (answered, writer) = (Arc::new(AtomicBool::new(false)), slow.clone());
    let until = Arc::clone(&answered);
    let writing = std::thread::spawn(move || {
        let begun = std::time::Instant::now();
        while !until.load(Ordering::SeqCst) && begun.elapsed() < Duration::from_secs(10) {
            std::thread::yield_now();
        }
        let was_answered = until.load(Ordering::SeqCst);
        let pipe = std::fs::File::options().read(true).write(true).open(&writer).expect("a pipe");
        std::fs::remove_file(&writer).expect("removed");
        drop(pipe);
        was_answered
    });
    let path = format!("/runs/{id}/artefacts");
    let listing = served.as_owner(Method::GET, &path, "");
    let others = async {
        for _ in 0..3 {
            assert_eq!(served.as_owner(Method::GET, "/session", "").await.status, StatusCode::OK);
        }
        answered.store(true, Ordering::SeqCst);
    };
    drop(tokio::join!(listing, others));
    assert!(writing.join().expect("it ends"), "the artefacts were read on the runtime's thread");
}
