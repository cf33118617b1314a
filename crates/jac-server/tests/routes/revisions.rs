//! Revisions of plans through the API: listed, downloaded, compared; and uploads that would use the disk's reserve.

use crate::PLAN;
use crate::served::Served;
use http::{Method, StatusCode};
use jac_engine::Settings;
use std::io::Read;

#[tokio::test]
async fn a_plans_revisions_are_listed_downloaded_and_compared() {
    let served = Served::new().await;
    let plan = served.upload("/plans", &[("a.jmx", PLAN)]).await.body;
    let id = plan["id"].as_str().expect("an id");
    let changed = served.upload(&format!("/plans/{id}/files"), &[("users.csv", b"ada\n")]).await;
    assert_eq!(changed.body["revision"], 2, "{}", changed.body);
    let changed = served.upload(&format!("/plans/{id}/files"), &[("users.csv", b"ada\neve\n")]).await;
    assert_eq!(changed.body["revision"], 3);

    let listed = served.as_owner(Method::GET, &format!("/plans/{id}/revisions?limit=2"), "").await.body;
    let numbers: Vec<u64> =
        listed["items"].as_array().expect("items").iter().filter_map(|one| one["revision"].as_u64()).collect();
    assert_eq!((numbers, &listed["next"]), (vec![3, 2], &2.into()));
    assert_eq!(listed["items"][0]["changes"][0]["change"], "changed");

    let compared = served.as_owner(Method::GET, &format!("/plans/{id}/revisions/2/compare/3"), "").await.body;
    assert_eq!((&compared["files"][0]["path"], &compared["files"][1]), (&"users.csv".into(), &serde_json::Value::Null));
    let lines = &compared["files"][0]["hunks"][0]["lines"];
    assert_eq!(
        (&lines[0]["change"], &lines[1]["change"], &lines[1]["text"]),
        (&"same".into(), &"added".into(), &"eve".into())
    );

    let (_, zip) = served.bytes(&format!("/plans/{id}/revisions/2/zip")).await;
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(zip.expect("a zip"))).expect("a zip");
    let mut users = String::new();
    zip.by_name("users.csv").expect("a file").read_to_string(&mut users).expect("text");
    assert_eq!((users.as_str(), zip.len()), ("ada\n", 2));

    for path in ["revisions/4/zip", "revisions/0/compare/1", "revisions/1/compare/9"] {
        let missing = served.as_owner(Method::GET, &format!("/plans/{id}/{path}"), "").await;
        assert_eq!(missing.refusal(), (StatusCode::NOT_FOUND, "not_found"), "{path}");
    }
}

#[tokio::test]
async fn an_upload_leaves_the_disks_reserve() {
    let served = Served::with(Settings { disk_reserve_bytes: u64::MAX, ..Settings::default() }).await;
    let refused = served.upload("/plans", &[("a.jmx", PLAN)]).await;
    assert_eq!(refused.refusal(), (StatusCode::INSUFFICIENT_STORAGE, "disk_full"));
    assert!(served.is_clean(), "nothing is left of it");
}
