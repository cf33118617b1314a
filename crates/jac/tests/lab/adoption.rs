//! A cluster without a row in the database: shown, adopted, or terminated.

use crate::site::{Site, is_of_the_installation};
use serde_json::{Value, json};

/// Removes everything except the installation's ID and its key, as after restoring an older backup.
fn forget(site: &Site) {
    let data = site.place.data();
    for file in ["jac.db", "jac.db-wal", "jac.db-shm"] {
        drop(std::fs::remove_file(data.join(file)));
    }
    for folder in ["runs", "plans", "clusters"] {
        drop(std::fs::remove_dir_all(data.join(folder)));
    }
    for entry in std::fs::read_dir(data.join("ec2")).expect("the records").flatten() {
        if !is_of_the_installation(&entry.file_name()) {
            std::fs::remove_file(entry.path()).expect("a record");
        }
    }
}

fn orphans(site: &Site) -> Vec<Value> {
    let machines = site.api().get("/machines");
    machines["machines"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|machine| machine["orphan"] == true)
        .cloned()
        .collect()
}

#[test]
fn an_orphan_is_shown_adopted_used_and_ended() {
    let Some(mut site) = Site::new() else { return };
    let cluster = site.ready(1, json!({}));
    let lifetime = site.cluster(&cluster)["config"]["lifetime_minutes"].clone();
    site.kill();
    forget(&site);
    site.start();
    site.until("its machines are shown as orphans", || orphans(&site).len() == 2);
    assert_eq!(orphans(&site)[0]["cluster_id"], cluster);
    site.api().post(&format!("/orphans/{cluster}/adopt"), &Value::Null);
    site.await_phase(&cluster, &["ready", "failed", "terminated"]);
    assert_eq!(site.cluster(&cluster)["phase"], "ready", "{}", site.events(&cluster));
    assert!(orphans(&site).is_empty());
    let config = site.cluster(&cluster)["config"].clone();
    assert_eq!((&config["ec2"]["credentials"], &config["lifetime_minutes"]), (&json!("environment"), &lifetime));
    let run = site.run(&cluster, 3);
    site.assert_whole(&run);
    site.terminate(&cluster);
}

#[test]
fn an_orphan_that_is_not_needed_is_terminated_manually() {
    let Some(mut site) = Site::new() else { return };
    let cluster = site.ready(0, json!({}));
    site.kill();
    forget(&site);
    site.start();
    site.until("its machine is shown as an orphan", || orphans(&site).len() == 1);
    let (status, answer) = site.api().send("DELETE", &format!("/orphans/{cluster}"), &Value::Null);
    assert_eq!(status, 204, "{answer}");
    site.assert_nothing_left();
}
