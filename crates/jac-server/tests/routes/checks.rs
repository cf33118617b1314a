//! Checks of plans take turns, and end when nobody waits for them any more.

use crate::served::Served;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// No step takes this long, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn only_a_few_checks_go_on_at_a_time_and_one_whose_caller_is_gone_ends() {
    let served = Served::new().await;
    let (began, mut begun) = mpsc::unbounded_channel();
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut callers = Vec::new();
    for number in 0..4 {
        let (engine, began) = (served.app.engine.clone(), began.clone());
        let (running, most) = (Arc::clone(&running), Arc::clone(&most));
        callers.push(tokio::spawn(async move {
            let work = move |_: &jac_engine::Engine, is_gone: &dyn Fn() -> bool| {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                drop(began.send(number));
                while !is_gone() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                running.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            };
            engine.check_in_turn(work).await
        }));
    }
    // Each goes on until its caller leaves, which lets the next one begin.
    for _ in 0..4 {
        let number: usize = timeout(LIMIT, begun.recv()).await.expect("one begins").expect("its number");
        callers[number].abort();
    }
    assert!(most.load(Ordering::SeqCst) <= 2, "{most:?} at a time");
}
