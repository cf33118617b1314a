//! Uploads that become the next revision of a plan: by name, as `jac run` of a file does, and by replacing all files of a plan.

use crate::PLAN;
use crate::checks::LOADED;
use crate::served::{Answer, Served};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A user who uploads.
struct Uploader<'a> {
    served: &'a Served,
    cookie: String,
    page: String,
}

impl<'a> Uploader<'a> {
    fn new(served: &'a Served, (cookie, page): (String, String)) -> Self {
        Self { served, cookie, page }
    }

    async fn send(&self, path: &str, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Answer {
        let headers = [("cookie", self.cookie.as_str()), ("x-jac-page", self.page.as_str())];
        self.served.post_form(path, &headers, fields, files).await
    }

    /// Uploads a plan; returns its ID and its revision.
    async fn plan(&self, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> (String, u64) {
        let answer = self.send("/plans", fields, files).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        let id = answer.body["id"].as_str().expect("an ID").to_owned();
        (id, answer.body["revision"].as_u64().expect("a number"))
    }

    async fn get(&self, path: &str) -> Value {
        let headers = [("cookie", self.cookie.as_str()), ("x-jac-page", self.page.as_str())];
        self.served.call(Method::GET, path, &headers, "").await.body
    }
}

fn paths(plan: &Value) -> Vec<&str> {
    plan["files"].as_array().expect("files").iter().filter_map(|file| file["path"].as_str()).collect()
}

const OF_A_RUN: [(&str, &str); 2] = [("name", "shop"), ("ephemeral", "true")];

#[tokio::test]
async fn a_file_that_is_run_again_is_the_next_revision_of_its_owners_plan() {
    let served = Served::new().await;
    let ann = Uploader::new(&served, served.sign_in().await);
    let ben = Uploader::new(&served, served.sign_in_as_another().await);
    let kept = ann.plan(&[("name", "shop")], &[("shop.jmx", PLAN)]).await;
    let first = ann.plan(&OF_A_RUN, &[("shop.jmx", PLAN), ("rows.csv", b"1\n")]).await;
    assert_ne!(first.0, kept.0, "what was uploaded to be kept is not changed by a run");
    assert_eq!(ann.plan(&OF_A_RUN, &[("shop.jmx", PLAN), ("rows.csv", b"1\n")]).await, first, "nothing has changed");
    let other = [("name", "Shop"), ("ephemeral", "true")];
    let second = ann.plan(&other, &[("shop.jmx", LOADED.as_bytes()), ("data/rows.csv", b"2\n")]).await;
    assert_eq!(second, (first.0.clone(), 2), "a name is the same in capitals");
    let plan = ann.get(&format!("/plans/{}", first.0)).await;
    assert_eq!((paths(&plan), &plan["ephemeral"]), (vec!["data/rows.csv", "shop.jmx"], &json!(true)), "{plan}");
    // A file where a folder was.
    let third = ann.plan(&OF_A_RUN, &[("shop.jmx", PLAN), ("data", b"3\n")]).await;
    assert_eq!(third, (first.0.clone(), 3));
    let of_ben = ben.plan(&OF_A_RUN, &[("shop.jmx", PLAN)]).await;
    assert!(of_ben.0 != first.0 && of_ben.1 == 1, "two people's plans never mix");
    assert_eq!(ann.get(&format!("/plans/{}", kept.0)).await["revision"], 1);

    let refused = ann.send("/plans", &OF_A_RUN, &[("shop.jmx", b"no plan")]).await;
    assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, "not_a_plan"), "{}", refused.body);
    assert_eq!(ann.get(&format!("/plans/{}", first.0)).await["revision"], 3, "it is as it was");
    assert!(served.is_clean());
}

#[tokio::test]
async fn uploads_at_the_same_time_make_one_plan() {
    let served = Served::new().await;
    let ann = Uploader::new(&served, served.sign_in().await);
    let texts: Vec<String> = (0..4).map(|number| format!("{number}\n")).collect();
    let ann = &ann;
    let uploads = texts.iter().map(|text| async move {
        let files = [("shop.jmx", PLAN), ("rows.csv", text.as_bytes())];
        ann.plan(&OF_A_RUN, &files).await
    });
    let plans = futures_util::future::join_all(uploads).await;
    let ids: BTreeSet<&String> = plans.iter().map(|(id, _)| id).collect();
    let revisions: BTreeSet<u64> = plans.iter().map(|(_, revision)| *revision).collect();
    assert_eq!((ids.len(), revisions), (1, (1..=4).collect()), "each knows its own");
}

#[tokio::test]
async fn a_plan_of_ones_own_is_revised_by_name_and_any_that_one_may_change_by_id() {
    let served = Served::new().await;
    let ann = Uploader::new(&served, served.sign_in().await);
    let ben = Uploader::new(&served, served.sign_in_as_another().await);
    let by_name = [("name", "Nightly"), ("revise", "true")];
    let first = ann.plan(&by_name, &[("shop.jmx", PLAN), ("rows.csv", b"1\n")]).await;
    assert_eq!(ann.get(&format!("/plans/{}", first.0)).await["ephemeral"], false, "it stays until it is deleted");
    let second = ann.plan(&by_name, &[("a/other.jmx", LOADED.as_bytes()), ("shop.jmx", PLAN)]).await;
    assert_eq!(second, (first.0.clone(), 2));
    assert_ne!(ben.plan(&by_name, &[("shop.jmx", PLAN)]).await.0, first.0);

    let path = format!("/plans/{}/files", first.0);
    let replace = [("replace", "true"), ("main_file", "a/other.jmx")];
    let replaced = ann.send(&path, &replace, &[("a/other.jmx", LOADED.as_bytes())]).await;
    assert_eq!(replaced.status, StatusCode::OK, "{}", replaced.body);
    assert_eq!(
        (paths(&replaced.body), &replaced.body["main_file"], &replaced.body["name"]),
        (vec!["a/other.jmx"], &json!("a/other.jmx"), &json!("Nightly"))
    );
    let anothers = ben.send(&path, &replace, &[("a/other.jmx", LOADED.as_bytes())]).await;
    assert_eq!(anothers.status, StatusCode::FORBIDDEN, "{}", anothers.body);
    for (files, code) in [
        (vec![("rows.csv", b"1\n".as_slice())], "no_plan"),
        (vec![("shop.jmx", PLAN)], "no_plan"),
        (vec![], "upload_empty"),
    ] {
        let refused = ann.send(&path, &replace, &files).await;
        assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, code), "{}", refused.body);
    }
    assert_eq!(ann.get(&format!("/plans/{}", first.0)).await["revision"], 3);

    ann.plan(&[("name", "nightly")], &[("shop.jmx", PLAN)]).await;
    let several = ann.send("/plans", &by_name, &[("shop.jmx", PLAN)]).await;
    assert_eq!(several.refusal(), (StatusCode::BAD_REQUEST, "plan_ambiguous"), "{}", several.body);
    assert!(served.is_clean());
}
