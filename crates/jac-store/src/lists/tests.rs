use super::*;
use crate::examples;
use crate::{ClusterFilter, PersonFilter, PlanFilter, RunFilter, ScheduleFilter, Store};
use jac_jtl::criteria::Verdict;
use jac_model::{
    ClusterPhase, ClusterSort, PersonSort, PlanSort, Provider, RunPhase, RunSort, ScheduleSort, ScheduleState, UserRole,
};
use serde_json::json;

const ORDERS: [Order; 2] = [Order::Ascending, Order::Descending];
const RUN_SORTS: [RunSort; 7] = [
    RunSort::Created,
    RunSort::Started,
    RunSort::Duration,
    RunSort::Samples,
    RunSort::Errors,
    RunSort::P95,
    RunSort::Rate,
];
const CLUSTER_SORTS: [ClusterSort; 3] = [ClusterSort::Created, ClusterSort::Expires, ClusterSort::Name];
const PLAN_SORTS: [PlanSort; 3] = [PlanSort::Created, PlanSort::Name, PlanSort::LastRun];

fn page<S>(sort: S, order: Order) -> PageRequest<S> {
    PageRequest { sort, order, limit: 3, after: None }
}

fn is_in(bits: u32, bit: u32) -> bool {
    bits & (1 << bit) != 0
}

fn some(bits: u32, bit: u32, values: &[&str]) -> Option<Vec<String>> {
    is_in(bits, bit).then(|| values.iter().map(|value| (*value).to_owned()).collect())
}

/// Every combination of the filters of runs.
fn run_filters() -> impl Iterator<Item = RunFilter> {
    (0..1 << 13).map(|bits| RunFilter {
        owners: some(bits, 0, if is_in(bits, 11) { &["ada"] } else { &["ada", "bob"] }),
        teams: some(bits, 1, &["t-web", "t-shop"]),
        plan: is_in(bits, 2).then(|| examples::plan(1).id),
        cluster: is_in(bits, 3).then(|| examples::cluster(1).id),
        provider: is_in(bits, 4).then_some(Provider::Ec2),
        phase: is_in(bits, 5).then_some(if is_in(bits, 6) { RunPhase::Running } else { RunPhase::Finished }),
        verdict: is_in(bits, 6).then_some(Verdict::Passed),
        pinned: is_in(bits, 7).then_some(true),
        try_run: (is_in(bits, 7) && is_in(bits, 11)).then_some(false),
        tag: is_in(bits, 12).then(|| "nightly".to_owned()),
        text: is_in(bits, 8).then(|| "shop ada".to_owned()),
        from_ms: is_in(bits, 9).then_some(1),
        to_ms: is_in(bits, 10).then_some(9),
    })
}

fn cluster_filters() -> impl Iterator<Item = ClusterFilter> {
    (0..1 << 6).map(|bits| ClusterFilter {
        owners: some(bits, 0, &["ada"]),
        teams: some(bits, 1, &["t-web", "t-shop"]),
        provider: is_in(bits, 2).then_some(Provider::Ec2),
        phase: is_in(bits, 3).then_some(ClusterPhase::Ready),
        living: is_in(bits, 4),
        text: is_in(bits, 5).then(|| "load".to_owned()),
    })
}

fn plan_filters() -> impl Iterator<Item = PlanFilter> {
    (0..1 << 3).map(|bits| PlanFilter {
        owners: some(bits, 0, &["ada"]),
        teams: some(bits, 1, &["t-web", "t-shop"]),
        text: is_in(bits, 2).then(|| "shop".to_owned()),
    })
}

fn schedule_filters() -> impl Iterator<Item = ScheduleFilter> {
    (0..1 << 5).map(|bits| ScheduleFilter {
        owners: some(bits, 0, &["ada"]),
        teams: some(bits, 1, &["t-web", "t-shop"]),
        plan: is_in(bits, 2).then(|| examples::plan(1).id),
        state: is_in(bits, 3).then_some(ScheduleState::SwitchedOff),
        text: is_in(bits, 4).then(|| "shop".to_owned()),
    })
}

fn person_filters() -> impl Iterator<Item = PersonFilter> {
    (0..1 << 4).map(|bits| PersonFilter {
        role: is_in(bits, 0).then_some(UserRole::Viewer),
        disabled: is_in(bits, 1).then_some(true),
        team: is_in(bits, 2).then(|| "t-web".to_owned()),
        text: is_in(bits, 3).then(|| "ada".to_owned()),
    })
}

/// Every statement, and whether it may sort.
fn statements() -> Vec<(String, bool)> {
    let mut may_sort = Vec::new();
    let mut statements = Vec::new();
    for order in ORDERS {
        for sort in RUN_SORTS {
            for filter in run_filters() {
                let tags = if filter.tag.is_some() { &[true, false][..] } else { &[false] };
                for tag_is_rare in tags {
                    let sql = runs::query(&filter, *tag_is_rare, &page(sort, order)).expect("a query").sql();
                    let is_few = runs::is_few(&filter, *tag_is_rare);
                    if is_few && (sort != RunSort::Created || (*tag_is_rare && filter.cluster.is_none())) {
                        may_sort.push((sql, true));
                    } else {
                        statements.push(sql);
                    }
                }
            }
        }
        for sort in CLUSTER_SORTS {
            let all =
                cluster_filters().map(|filter| clusters::query(&filter, &page(sort, order)).expect("a query").sql());
            statements.extend(all);
        }
        for sort in PLAN_SORTS {
            statements
                .extend(plan_filters().map(|filter| plans::query(&filter, &page(sort, order)).expect("a query").sql()));
        }
    }
    for sort in [ScheduleSort::Next, ScheduleSort::Name, ScheduleSort::Created] {
        for order in ORDERS {
            statements.extend(
                schedule_filters().map(|filter| schedules::query(&filter, &page(sort, order)).expect("a query").sql()),
            );
        }
    }
    for order in ORDERS {
        for sort in [PersonSort::Name, PersonSort::Created, PersonSort::LastSeen] {
            let all = person_filters().map(|filter| people::query(&filter, &page(sort, order)).expect("a query").sql());
            statements.extend(all);
        }
        for text in [None, Some("shop")] {
            statements.push(crate::teams::query(text, &page((), order)).expect("a query").sql());
        }
    }
    // Frequent queries of the engine itself.
    let asked = [
        crate::clusters::LIVING,
        crate::runs::UNFINISHED,
        plans::LAST_RUN,
        plans::RUNS,
        crate::schedules::DUE,
        crate::schedules::NEXT,
        crate::plans::RUNS_BY_REVISION,
        crate::people::OWNED_CLUSTERS,
        crate::people::OWNED_PLANS,
        crate::people::OWNED_RUNS,
        crate::teams::MEMBERS,
        crate::teams::SOME_MEMBERS,
    ];
    statements.extend(crate::history::statements());
    statements.extend(asked.into_iter().chain(crate::retention::STATEMENTS).map(str::to_owned));
    statements.into_iter().map(|sql| (sql, false)).chain(may_sort).collect()
}

#[tokio::test]
async fn no_list_reads_a_whole_table_or_sorts() {
    let store = crate::examples::store().await;
    let looked_at = store
        .read(|connection| {
            let mut looked_at = 0;
            for (sql, may_sort) in statements() {
                let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("a statement");
                let details = plan.raw_query().mapped(|row| row.get::<_, String>("detail"));
                for detail in details {
                    let detail = detail.expect("a line");
                    let sorts = detail.contains("TEMP B-TREE") && !may_sort;
                    assert!(!detail.contains("SCAN") && !sorts, "{detail}\n{sql}");
                    looked_at += 1;
                }
            }
            Ok(looked_at)
        })
        .await
        .expect("read");
    assert!(looked_at > 50_000, "{looked_at} steps");
}

/// Runs of two people, some with equal figures, some without figures.
async fn many_runs(store: &Store) {
    store.add_person("bob", "Bob", UserRole::Member, Vec::new(), 0).await.expect("added");
    for number in 0..20 {
        let mut run = examples::run(number);
        run.created_ms = i64::from(number / 3);
        run.phase = if number % 5 == 0 { RunPhase::Running } else { RunPhase::Finished };
        run.owner.id = if number % 2 == 0 { "ada".to_owned() } else { "bob".to_owned() };
        run.ended_ms = (number % 5 != 0).then(|| 100 + i64::from(number % 4));
        run.pinned = number == 7;
        store.insert_run(&run).await.expect("written");
        if number % 5 != 0 {
            let headline = json!({ "samples": number % 4, "errors": number % 2, "p95_ms": 0.1 * f64::from(number % 6), "rate_per_s": 1.0 / f64::from(number) });
            let result = json!({ "verdict": if number % 3 == 0 { "failed" } else { "passed" }, "headline": headline });
            store.put_run_result(&run.id, &result).await.expect("written");
        }
    }
}

async fn pages_of_runs(store: &Store, filter: &RunFilter, sort: RunSort, order: Order) -> Vec<crate::ListedRun> {
    let mut request = page(sort, order);
    let mut found = Vec::new();
    loop {
        let page = store.list_runs(filter, &request).await.expect("a page");
        found.extend(page.items);
        match page.next {
            Some(next) => request.after = Some(next),
            None => return found,
        }
    }
}

#[tokio::test]
async fn the_pages_of_every_order_are_together_the_list_in_that_order() {
    let store = crate::examples::store().await;
    many_runs(&store).await;
    for sort in RUN_SORTS {
        let figure = |run: &crate::ListedRun| match sort {
            RunSort::Created => Some(run.created_ms as f64),
            RunSort::Started => run.started_ms.map(|time| time as f64),
            RunSort::Duration => run.ended_ms.zip(run.started_ms).map(|(end, start)| (end - start) as f64),
            RunSort::Samples => run.samples.map(|number| number as f64),
            RunSort::Errors => run.errors.map(|number| number as f64),
            RunSort::P95 => run.p95_ms,
            RunSort::Rate => run.rate_per_s,
        };
        let rising = pages_of_runs(&store, &RunFilter::default(), sort, Order::Ascending).await;
        let mut falling = pages_of_runs(&store, &RunFilter::default(), sort, Order::Descending).await;
        let keys: Vec<_> = rising.iter().map(|run| (figure(run).unwrap_or(-1.0), run.id.to_string())).collect();
        assert!(keys.len() == 20 && keys.windows(2).all(|pair| pair[0] < pair[1]), "{sort:?}: {keys:?}");
        falling.reverse();
        assert_eq!(rising, falling, "{sort:?}");
    }
}

#[tokio::test]
async fn every_filter_takes_the_rows_that_have_what_it_names() {
    let store = crate::examples::store().await;
    many_runs(&store).await;
    let all = pages_of_runs(&store, &RunFilter::default(), RunSort::Created, Order::Descending).await;
    let owners = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    type Takes = fn(&crate::ListedRun) -> bool;
    let cases: [(RunFilter, Takes); 18] = [
        (RunFilter { owners: owners(&["ada"]), ..RunFilter::default() }, |run| run.owner.id == "ada"),
        (RunFilter { owners: owners(&["ada", "bob"]), ..RunFilter::default() }, |_| true),
        (RunFilter { owners: owners(&[]), ..RunFilter::default() }, |_| false),
        (RunFilter { teams: owners(&["t-web", "t-x"]), ..RunFilter::default() }, |_| true),
        (RunFilter { phase: Some(RunPhase::Running), ..RunFilter::default() }, |run| run.phase == RunPhase::Running),
        (RunFilter { phase: Some(RunPhase::Finished), ..RunFilter::default() }, |run| run.phase == RunPhase::Finished),
        (RunFilter { verdict: Some(Verdict::Failed), ..RunFilter::default() }, |run| run.verdict == Verdict::Failed),
        (RunFilter { pinned: Some(true), ..RunFilter::default() }, |run| run.pinned),
        (RunFilter { try_run: Some(true), ..RunFilter::default() }, |run| run.try_run),
        (RunFilter { try_run: Some(false), ..RunFilter::default() }, |run| !run.try_run),
        (RunFilter { tag: Some("NIGHTLY".to_owned()), ..RunFilter::default() }, |_| true),
        (RunFilter { tag: Some("night".to_owned()), ..RunFilter::default() }, |_| false),
        (RunFilter { text: Some("SHOP 1".to_owned()), ..RunFilter::default() }, |run| {
            // Each word by itself: "shop" and "1" are searched for independently.
            format!("{}\n{}", run.id, run.name).contains('1')
        }),
        (RunFilter { text: Some("sh?p [s]hop *".to_owned()), ..RunFilter::default() }, |_| false),
        (RunFilter { cluster: Some(examples::cluster(1).id), ..RunFilter::default() }, |_| true),
        (RunFilter { from_ms: Some(2), to_ms: Some(4), ..RunFilter::default() }, |run| {
            (2..4).contains(&run.created_ms)
        }),
        (RunFilter { provider: Some(Provider::Local), ..RunFilter::default() }, |_| false),
        (RunFilter { plan: Some(examples::plan(2).id), ..RunFilter::default() }, |_| false),
    ];
    for (filter, takes) in cases {
        for sort in RUN_SORTS {
            let mut found: Vec<_> = pages_of_runs(&store, &filter, sort, Order::Descending).await;
            found.sort_by(|one, other| (other.created_ms, &other.id).cmp(&(one.created_ms, &one.id)));
            let expected: Vec<_> = all.iter().filter(|run| takes(run)).cloned().collect();
            assert_eq!(found, expected, "{filter:?} by {sort:?}");
        }
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_left_out_of_its_page_and_remembered() {
    let store = crate::examples::store().await;
    many_runs(&store).await;
    let all = pages_of_runs(&store, &RunFilter::default(), RunSort::Created, Order::Ascending).await;
    let bad = all[1].id.to_string();
    let damage = bad.clone();
    let damaged = store.write::<_, crate::StoreError>(move |connection| {
        connection
            .execute("UPDATE runs SET cause_whole = '{\"kind\":\"of_tomorrow\"}' WHERE id = ?1", [damage])
            .map(drop)
            .map_err(during("damage"))
    });
    damaged.await.expect("written");
    let readable = pages_of_runs(&store, &RunFilter::default(), RunSort::Created, Order::Ascending).await;
    let ids = |runs: &[crate::ListedRun]| runs.iter().map(|run| run.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&readable), ids(&all).into_iter().filter(|id| *id != bad).collect::<Vec<_>>());
    let unreadable: Vec<_> = store.unreadable().into_iter().map(|row| (row.kind, row.id)).collect();
    assert_eq!(unreadable, [("run", bad)]);
}

#[tokio::test]
async fn a_cursor_that_is_damaged_or_of_another_list_is_refused() {
    let store = crate::examples::store().await;
    many_runs(&store).await;
    let first = store.list_runs(&RunFilter::default(), &page(RunSort::P95, Order::Descending)).await.expect("a page");
    let cursor = first.next.expect("another page");
    let ask = async |after: &str, sort, order| {
        let request = PageRequest { after: Some(after.to_owned()), ..page(sort, order) };
        store.list_runs(&RunFilter::default(), &request).await
    };
    ask(&cursor, RunSort::P95, Order::Descending).await.expect("the next page");
    let flipped = format!("{}0", &cursor[..cursor.len() - 1]).replace('7', "3");
    let damaged = ["", "x", "é", "éééééééé", &cursor[1..], &cursor[..cursor.len() - 2], &flipped];
    for text in damaged {
        let refused = ask(text, RunSort::P95, Order::Descending).await;
        assert!(matches!(refused, Err(StoreError::Cursor)), "{text}: {refused:?}");
    }
    for (sort, order) in [(RunSort::Rate, Order::Descending), (RunSort::P95, Order::Ascending)] {
        assert!(matches!(ask(&cursor, sort, order).await, Err(StoreError::Cursor)), "{sort:?} {order:?}");
    }
}

#[tokio::test]
async fn clusters_and_plans_are_listed_by_name_whatever_its_case() {
    let store = crate::examples::store().await;
    for (number, name) in ["beta", "Alpha", "alpha", "Gamma"].into_iter().enumerate() {
        let number = u32::try_from(number).expect("small");
        let mut cluster = examples::cluster(number);
        cluster.name = name.to_owned();
        cluster.phase = if number == 0 { ClusterPhase::Terminated } else { ClusterPhase::Ready };
        store.insert_cluster(&cluster).await.expect("written");
        let mut plan = examples::plan(number);
        plan.name = name.to_owned();
        store.put_plan(&plan).await.expect("written");
    }
    let request = PageRequest { limit: 2, ..page(ClusterSort::Name, Order::Ascending) };
    let first = store.list_clusters(&ClusterFilter::default(), &request).await.expect("a page");
    let request = PageRequest { after: first.next.clone(), ..request };
    let second = store.list_clusters(&ClusterFilter::default(), &request).await.expect("a page");
    let names: Vec<_> = first.items.iter().chain(&second.items).map(|cluster| cluster.name.as_str()).collect();
    assert_eq!((names, second.next), (vec!["Alpha", "alpha", "beta", "Gamma"], None));
    let living = ClusterFilter { living: true, ..ClusterFilter::default() };
    for sort in CLUSTER_SORTS {
        let request = PageRequest { limit: 9, ..page(sort, Order::Descending) };
        assert_eq!(store.list_clusters(&living, &request).await.expect("a page").items.len(), 3, "{sort:?}");
    }
    let of_no_team = ClusterFilter { teams: Some(Vec::new()), ..living };
    for sort in CLUSTER_SORTS {
        let request = PageRequest { limit: 9, ..page(sort, Order::Descending) };
        let listed = store.list_clusters(&of_no_team, &request).await.expect("a page");
        assert_eq!((listed.items, listed.next), (Vec::new(), None), "{sort:?}");
    }
    let request = PageRequest { limit: 9, ..page(PlanSort::Name, Order::Descending) };
    let plans = store.list_plans(&PlanFilter::default(), &request).await.expect("a page").items;
    let names: Vec<_> = plans.iter().map(|plan| plan.name.as_str()).collect();
    assert_eq!(names, ["Gamma", "beta", "alpha", "Alpha"]);
}

#[tokio::test]
async fn a_plan_knows_its_runs_as_they_come_and_go() {
    let store = crate::examples::store().await;
    store.put_plan(&examples::plan(1)).await.expect("written");
    store.put_plan(&examples::plan(2)).await.expect("written");
    let order = async || {
        let request = page(PlanSort::LastRun, Order::Descending);
        let plans = store.list_plans(&PlanFilter::default(), &request).await.expect("a page").items;
        let shown =
            |plan: &crate::ListedPlan| (plan.name.clone(), plan.runs, plan.last_run.as_ref().map(|run| run.created_ms));
        plans.iter().map(shown).collect::<Vec<_>>()
    };
    let (one, two) = ("shop 1".to_owned(), "shop 2".to_owned());
    assert_eq!(order().await, [(two.clone(), 0, None), (one.clone(), 0, None)]);
    for number in [4, 5] {
        store.insert_run(&examples::run(number)).await.expect("written");
    }
    assert_eq!(order().await, [(one.clone(), 2, Some(5)), (two.clone(), 0, None)]);
    store.delete_run(&examples::run(5).id).await.expect("deleted");
    assert_eq!(order().await, [(one, 1, Some(4)), (two, 0, None)]);
}

#[tokio::test]
async fn people_and_teams_come_in_pages_by_name_whatever_its_case_and_script() {
    let store = Store::in_memory().await.expect("a database");
    for (id, name) in [("t-1", "Öl"), ("t-2", "shop"), ("t-3", "ÄPFEL")] {
        store.add_team(id, name).await.expect("made");
    }
    for (at, name) in ["Zoë", "ädä", "Bob", "ada", "Ängström"].into_iter().enumerate() {
        let teams = if at % 2 == 0 { vec!["t-2".to_owned()] } else { Vec::new() };
        let role = if at == 3 { UserRole::Viewer } else { UserRole::Member };
        let created_ms = 10 - i64::try_from(at).expect("small");
        store.add_person(&format!("u-{at}"), name, role, teams, created_ms).await.expect("added");
    }
    let names = async |filter: PersonFilter, sort, order| {
        let (mut request, mut names) = (PageRequest { limit: 2, ..page(sort, order) }, Vec::new());
        loop {
            let page = store.list_people(&filter, &request).await.expect("a page");
            names.extend(page.items.into_iter().map(|person| person.name));
            match page.next {
                Some(next) => request.after = Some(next),
                None => return names,
            }
        }
    };
    let all = PersonFilter::default();
    let by_name = names(all.clone(), PersonSort::Name, Order::Ascending).await;
    assert_eq!(by_name, ["ada", "Administrator", "Bob", "Zoë", "ädä", "Ängström"]);
    let by_creation = names(all.clone(), PersonSort::Created, Order::Descending).await;
    assert_eq!(by_creation, ["Zoë", "ädä", "Bob", "ada", "Ängström", "Administrator"]);
    assert_eq!(names(all, PersonSort::LastSeen, Order::Descending).await.len(), 6, "nobody has signed in");
    let cases: [(PersonFilter, &[&str]); 4] = [
        (PersonFilter { text: Some("ÄD".to_owned()), ..PersonFilter::default() }, &["ädä"]),
        (PersonFilter { role: Some(UserRole::Viewer), ..PersonFilter::default() }, &["ada"]),
        (PersonFilter { team: Some("t-2".to_owned()), ..PersonFilter::default() }, &["Bob", "Zoë", "Ängström"]),
        (PersonFilter { disabled: Some(true), ..PersonFilter::default() }, &[]),
    ];
    for (filter, expected) in cases {
        assert_eq!(names(filter.clone(), PersonSort::Name, Order::Ascending).await, expected, "{filter:?}");
    }
    let first = store.list_teams(None, &PageRequest { limit: 2, ..page((), Order::Ascending) }).await.expect("a page");
    assert_eq!(first.items.iter().map(|team| team.name.as_str()).collect::<Vec<_>>(), ["shop", "ÄPFEL"]);
    let members: Vec<_> = first.items[0].members.iter().map(|person| person.name.as_str()).collect();
    assert_eq!((first.items[0].member_count, members), (3, vec!["Bob", "Zoë", "Ängström"]));
    let found = store.list_teams(Some("öL"), &page((), Order::Descending)).await.expect("a page").items;
    assert_eq!(found.iter().map(|team| team.id.as_str()).collect::<Vec<_>>(), ["t-1"]);
}
