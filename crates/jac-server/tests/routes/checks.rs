//! Checks of plans take turns, and end when nobody waits for them any more.

use crate::served::Served;
use http::Method;
use jac_engine::plans::Kept;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

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
                began.send(number).expect("the test listens");
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

/// A plan whose check takes a while, with so many thread groups.
fn huge(groups: usize) -> String {
    let group = r#"<ThreadGroup guiclass="" testname="g"><stringProp name="ThreadGroup.num_threads">1</stringProp></ThreadGroup><hashTree><JavaSampler guiclass="" testname="s"><stringProp name="classname">${__P(a,b)}</stringProp></JavaSampler><hashTree/></hashTree>"#;
    format!(
        r#"<jmeterTestPlan><hashTree><TestPlan guiclass="" testname="p"/><hashTree>{}</hashTree></hashTree></jmeterTestPlan>"#,
        group.repeat(groups)
    )
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_a_huge_check_frees_its_place_at_once() {
    let served = Served::new().await;
    let made = served.app.engine.run_blocking(|engine| {
        let mut staging = engine.stage()?;
        std::fs::write(staging.place("huge.jmx")?, huge(20_000)).expect("written");
        engine.create_plan(jac_engine::administrator(), None, None, Kept::UntilRemoved, staging)
    });
    let path = format!("/plans/{}/check", made.await.expect("a plan").id);
    let begun = Instant::now();
    let whole = served.as_owner(Method::GET, &path, "").await;
    let whole = (whole.status.is_success(), begun.elapsed());
    assert!(whole.0);
    // Both places are taken, a part of the time that a check takes passes, and the clients leave.
    for part in [10, 4, 2] {
        let both = futures_util::future::join(
            served.as_owner(Method::GET, &path, ""),
            served.as_owner(Method::GET, &path, ""),
        );
        assert!(timeout(whole.1 / part, both).await.is_err(), "they are not done after a part of the time");
        let left = Instant::now();
        let next = served.app.engine.check_in_turn(|_, _| Ok(()));
        timeout(LIMIT, next).await.expect("it is its turn").expect("done");
        let freed = left.elapsed();
        assert!(freed < whole.1 / 8 + Duration::from_millis(100), "{freed:?} after a {part}th of {:?}", whole.1);
    }
}
