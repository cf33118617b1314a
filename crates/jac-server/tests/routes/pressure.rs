//! More at once than there are threads, and callers who do not wait for their answer.

use crate::served::Served;
use crate::things::run;
use http::{Method, StatusCode};
use jac_engine::administrator;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(60);

/// Each question holds a thread and needs another one for the database: with as many questions as threads nothing would ever be answered
/// again.
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

#[tokio::test]
async fn what_was_asked_for_is_done_also_when_the_caller_has_gone() {
    let served = Served::new().await;
    let lives = async || served.as_owner(Method::GET, "/session", "").await.status == StatusCode::OK;
    assert!(lives().await);
    {
        let mut sign_out = Box::pin(served.as_owner(Method::DELETE, "/session", ""));
        // As far as it comes without waiting; then the connection is gone.
        assert!(matches!(sign_out.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    }
    let ended = async {
        while lives().await {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, ended).await.expect("the session ends");
}
