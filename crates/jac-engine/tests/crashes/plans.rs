//! Revisions of plans: their content, their runs, and their removal over time.

use crate::house::{House, PLAN, waiting};
use crate::losses::walk;
use crate::world::owner;
use jac_engine::plans::difference::LineChange;
use jac_engine::plans::revisions::RevisionPage;
use jac_engine::plans::{Kept, MovedFile};
use jac_engine::{Engine, EngineError};
use jac_model::{ClusterPhase, FileChange, Person, Plan, PlanId, RunPhase};
use std::io::Read;
use std::time::Duration;
use tokio::time::sleep;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn ada() -> Person {
    Person { id: "ada".to_owned(), name: "Ada".to_owned() }
}

/// Uploads a file of the plan, by Ada.
async fn upload(engine: &Engine, plan: &PlanId, name: &'static str, content: String) -> Plan {
    let plan = plan.clone();
    let changed = waiting(engine, move |engine| {
        let mut staging = engine.stage()?;
        std::fs::write(staging.place(name)?, content).expect("written");
        engine.add_plan_files(&plan, ada(), staging)
    });
    changed.await.expect("changed")
}

/// The tests' plan, as somebody might change it.
fn renamed() -> String {
    PLAN.replace("testname=\"P\"", "testname=\"Q\"")
}

async fn revisions(engine: &Engine, plan: &PlanId, before: Option<u32>, limit: usize) -> RevisionPage {
    let plan = engine.store().plan(plan).await.expect("the plan");
    waiting(engine, move |engine| engine.plan_revisions(&plan, before, limit)).await.expect("its revisions")
}

async fn numbers(engine: &Engine, plan: &PlanId) -> Vec<u32> {
    revisions(engine, plan, None, 50).await.items.iter().map(|revision| revision.revision).collect()
}

#[tokio::test(start_paused = true)]
async fn each_change_of_a_plan_makes_a_revision_that_can_be_had_and_compared() {
    let mut house = House::new();
    let plan = house.upload().await;
    let engine = house.engine().await;
    upload(&engine, &plan, "users.csv", "name\nada\n".to_owned()).await;
    assert_eq!(upload(&engine, &plan, "users.csv", "name\nada\n".to_owned()).await.revision, 2, "nothing has changed");
    upload(&engine, &plan, "p.jmx", renamed()).await;
    let gone = plan.clone();
    waiting(&engine, move |engine| engine.remove_plan_file(&gone, ada(), "users.csv")).await.expect("removed");

    let page = revisions(&engine, &plan, None, 3).await;
    assert_eq!((page.items.len(), page.next), (3, Some(2)));
    let listed: Vec<_> = page
        .items
        .iter()
        .map(|one| {
            let changes: Vec<_> = one.changes.iter().map(|file| (file.path.as_str(), file.change)).collect();
            (one.revision, one.by.as_ref().map(|by| by.id.as_str()), one.files, one.changes_from, changes)
        })
        .collect();
    assert_eq!(
        listed,
        [
            (4, Some("ada"), 1, Some(3), vec![("users.csv", FileChange::Removed)]),
            (3, Some("ada"), 2, Some(2), vec![("p.jmx", FileChange::Changed)]),
            (2, Some("ada"), 2, Some(1), vec![("users.csv", FileChange::Added)]),
        ]
    );
    let page = revisions(&engine, &plan, page.next, 3).await;
    assert_eq!((page.items.len(), page.items[0].revision, page.next), (1, 1, None));
    assert_eq!(page.items[0].by, Some(owner()));

    let row = engine.store().plan(&plan).await.expect("the plan");
    let compared = waiting(&engine, move |engine| engine.compare_revisions(&row, 2, 4)).await.expect("compared");
    assert_eq!(compared.files.len(), 2);
    let [jmx, users] = &compared.files[..] else { panic!("{compared:?}") };
    assert_eq!((jmx.path.as_str(), jmx.change, users.change), ("p.jmx", FileChange::Changed, FileChange::Removed));
    let lines = jmx.hunks.iter().flat_map(|hunk| &hunk.lines);
    let changed: Vec<_> = lines.filter(|line| line.change != LineChange::Same).collect();
    assert_eq!(changed.len(), 2, "one line for another: {changed:?}");
    assert!(changed[0].text.contains("\"P\"") && changed[1].text.contains("\"Q\""), "{changed:?}");

    let at = plan.clone();
    let second = waiting(&engine, move |engine| engine.plan_at(&at, 2)).await.expect("the second");
    assert_eq!(std::fs::read_to_string(second.folder.join("users.csv")).expect("a file"), "name\nada\n");
    assert_eq!(std::fs::read_to_string(second.folder.join("p.jmx")).expect("a file"), PLAN);
    let jac_engine::runs::KeptFile::Plain(mut zip, bytes) = second.zip_file(&engine).expect("a zip") else {
        panic!("it is packed for whoever asked")
    };
    let mut begin = [0; 4];
    zip.read_exact(&mut begin).expect("its beginning");
    assert!(begin == *b"PK\x03\x04" && bytes > 100, "{bytes} bytes");
    let at = plan.clone();
    let fifth = waiting(&engine, move |engine| engine.plan_at(&at, 5)).await;
    assert!(matches!(fifth, Err(EngineError::NotFound { kind: "revision", .. })), "{fifth:?}");
    drop(second);
    assert_eq!(walk(&house.data().join("uploads")), 0, "what was made for it has gone with it");

    assert_eq!(walk(&house.data().join("blobs")), 3, "equal content is kept once");
    drop(engine);
    house.crash().await;
    let engine = house.engine().await;
    assert_eq!(numbers(&engine, &plan).await, [4, 3, 2, 1], "a start loses none");
    waiting(&engine, move |engine| engine.delete_plan(&plan)).await.expect("deleted");
    for below in ["blobs", "plans", "plans-revisions"] {
        assert_eq!(walk(&house.data().join(below)), 0, "{below}");
    }
}

#[tokio::test(start_paused = true)]
async fn old_revisions_go_but_for_those_that_a_run_has_run() {
    let mut house = House::new();
    house.settings.plan_revisions = Some(1);
    let plan = house.upload().await;
    let engine = house.engine().await;
    upload(&engine, &plan, "users.csv", "one\n".to_owned()).await;
    upload(&engine, &plan, "users.csv", "two\n".to_owned()).await;
    drop(engine);
    let cluster = house.cluster(1).await;
    house.until_phase(&cluster, ClusterPhase::Ready).await;
    // Of a revision that is not the newest.
    house.plan_revision = Some(2);
    let run = house.another_run(&cluster).await;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!(ran.plan_revision, Some(2));
    let users = house.data().join("runs").join(run.as_str()).join("plan/users.csv");
    assert_eq!(std::fs::read_to_string(&users).expect("what it ran"), "one\n");
    house.terminate(&cluster).await;
    house.crash().await;
    house.settings.reconcile_every = DAY;
    let engine = house.engine().await;
    assert_eq!(numbers(&engine, &plan).await, [3, 2, 1], "not yet");
    assert_eq!(revisions(&engine, &plan, None, 50).await.items[1].runs, 1);
    sleep(DAY).await;
    assert_eq!(numbers(&engine, &plan).await, [3, 2]);
    let of = plan.clone();
    let left = waiting(&engine, move |engine| engine.plan_at(&of, 2)).await.expect("it stays");
    assert_eq!(std::fs::read_to_string(left.folder.join("users.csv")).expect("a file"), "one\n");
    drop(left);
    engine.delete_run(&run).await.expect("deleted");
    sleep(DAY).await;
    assert_eq!(numbers(&engine, &plan).await, [3], "nobody has run it any more");
    assert_eq!(walk(&house.data().join("blobs")), 2, "its content has gone");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_fails_or_is_interrupted_leaves_the_plan_as_it_was() {
    let mut house = House::new();
    let plan = house.upload().await;
    let engine = house.engine().await;
    upload(&engine, &plan, "users.csv", "one\n".to_owned()).await;
    let folder = house.data().join("plans").join(plan.as_str());
    let blobs = house.data().join("blobs");
    let is_as_it_was = |when: &str| {
        assert_eq!(std::fs::read_to_string(folder.join("users.csv")).expect("a file"), "one\n", "{when}");
        assert_eq!(std::fs::read_to_string(folder.join("p.jmx")).expect("a file"), PLAN, "{when}");
        assert_eq!((walk(&folder), walk(&blobs)), (2, 2), "{when}: nothing else");
    };
    // The plan's description cannot be replaced, as on a full disk: that follows the folder.
    let description = house.data().join("plans").join(format!("{plan}.json"));
    let content = std::fs::read(&description).expect("a description");
    std::fs::remove_file(&description).expect("removed");
    std::fs::create_dir_all(description.join("in the way")).expect("a folder");
    let of = plan.clone();
    waiting(&engine, move |engine| {
        let mut staging = engine.stage().expect("a place");
        std::fs::write(staging.place("users.csv").expect("a place"), "two\n").expect("written");
        engine.add_plan_files(&of, ada(), staging).expect_err("not added");
        engine.remove_plan_file(&of, ada(), "users.csv").expect_err("not removed");
        let moved = MovedFile { from: "users.csv".to_owned(), to: "data/users.csv".to_owned() };
        engine.move_plan_file(&of, ada(), &moved).expect_err("not moved");
        engine.restore_plan_revision(&of, ada(), 1).expect_err("not restored");
    })
    .await;
    is_as_it_was("failed");
    let row = engine.store().plan(&plan).await.expect("the plan");
    assert_eq!((row.revision, row.files.len()), (2, 2));
    std::fs::remove_dir_all(&description).expect("removed");
    std::fs::write(&description, content).expect("written");
    drop(engine);

    // As left by a JAC that changed the folder first.
    house.crash().await;
    std::fs::remove_file(folder.join("users.csv")).expect("removed");
    std::fs::write(folder.join("new"), renamed()).expect("written");
    std::fs::rename(folder.join("new"), folder.join("p.jmx")).expect("replaced");
    let engine = house.engine().await;
    is_as_it_was("interrupted");
    let of = plan.clone();
    let removed = waiting(&engine, move |engine| engine.remove_plan_file(&of, ada(), "users.csv")).await;
    assert_eq!(removed.expect("removed").revision, 3);
}

#[tokio::test(start_paused = true)]
async fn the_first_change_after_a_restore_keeps_what_it_replaces() {
    let mut house = House::new();
    let plan = house.upload().await;
    let engine = house.engine().await;
    upload(&engine, &plan, "users.csv", "one\n".to_owned()).await;
    drop(engine);
    house.crash().await;
    // A backup has the plans' folders only.
    std::fs::remove_dir_all(house.data().join("blobs")).expect("removed");
    std::fs::create_dir(house.data().join("blobs")).expect("a folder");
    let engine = house.engine().await;
    upload(&engine, &plan, "users.csv", "two\n".to_owned()).await;
    let second = waiting(&engine, move |engine| engine.plan_at(&plan, 2)).await.expect("the second");
    assert_eq!(std::fs::read_to_string(second.folder.join("users.csv")).expect("a file"), "one\n");
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_leaves_no_content_and_a_start_removes_what_nobody_has() {
    let mut house = House::new();
    let plan = house.upload().await;
    let engine = house.engine().await;
    waiting(&engine, move |engine| {
        let mut staging = engine.stage().expect("a place");
        std::fs::write(staging.place("p.jmx/users.csv").expect("a place"), "refused\n").expect("written");
        engine.add_plan_files(&plan, ada(), staging).expect_err("a file cannot be a folder");
        let mut staging = engine.stage().expect("a place");
        std::fs::write(staging.place("p.jmx").expect("a place"), "no plan").expect("written");
        engine.add_plan_files(&plan, ada(), staging).expect_err("it is not a plan");
    })
    .await;
    let blobs = house.data().join("blobs");
    assert_eq!(walk(&blobs), 1);
    drop(engine);
    house.crash().await;
    std::fs::create_dir_all(blobs.join("ab")).expect("a folder");
    std::fs::write(blobs.join("ab").join("ab".repeat(32)), "of a JAC that was killed").expect("written");
    house.engine().await;
    assert_eq!(walk(&blobs), 1);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_read_keeps_all_revisions() {
    let mut house = House::new();
    house.settings.plan_revisions = Some(1);
    house.settings.reconcile_every = DAY;
    let plan = house.upload().await;
    let engine = house.engine().await;
    for content in ["one\n", "two\n", "three\n"] {
        upload(&engine, &plan, "users.csv", content.to_owned()).await;
    }
    let kept = house.data().join("plans-revisions").join(plan.as_str());
    let before = walk(&kept);
    let record = std::fs::read(kept.join("3.json")).expect("a record");
    std::fs::write(kept.join("3.json"), "{").expect("written");
    sleep(DAY).await;
    assert_eq!(walk(&kept), before, "what it has is not known");
    assert_eq!(numbers(&engine, &plan).await, [4, 2, 1], "it is left out");
    std::fs::write(kept.join("3.json"), record).expect("written");
    sleep(DAY).await;
    assert_eq!(numbers(&engine, &plan).await, [4]);
}

#[tokio::test(start_paused = true)]
async fn a_file_with_a_long_name_is_a_plan_whose_runs_and_schedules_have_a_name_too() {
    let mut house = House::new();
    let engine = house.engine().await;
    let upload = async |engine: &Engine| {
        waiting(engine, move |engine| {
            let mut staging = engine.stage().expect("a place");
            // Longer than a name, and than what lists search.
            std::fs::write(staging.place(&format!("{}.jmx", "x".repeat(220))).expect("a place"), PLAN)
                .expect("written");
            engine.revise_plan(owner(), None, None, Kept::WithItsRuns, staging)
        })
        .await
        .expect("a plan")
    };
    let first = upload(&engine).await;
    assert_eq!(first.name, "x".repeat(100));
    assert_eq!(upload(&engine).await.id, first.id, "it is the same plan");
}
