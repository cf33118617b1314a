//! What machines boot: without Java, and from an image that JAC created.

use crate::site::Site;
use serde_json::json;

#[test]
fn a_machine_without_java_and_without_internet_gets_the_servers() {
    let Some(site) = Site::new() else { return };
    site.lab(&["no-java", "2"]);
    let cluster = site.ready(1, json!({}));
    let events = site.events(&cluster);
    for node in ["master", "worker-1"] {
        let is_brought = |line: &str| line.starts_with(node) && line.ends_with("[java_brought]");
        assert!(events.lines().any(is_brought), "{events}");
    }
    let tools = &site.cluster(&cluster)["nodes"][0]["tools"];
    assert!(tools["java"].as_str().is_some_and(|java| java.contains("/.jac/java/")), "{tools}");
    let run = site.run(&cluster, 3);
    site.assert_whole(&run);
    site.terminate(&cluster);
}

#[test]
fn an_image_has_everything_and_nothing_of_the_cluster_that_it_was_made_of() {
    let Some(site) = Site::new() else { return };
    // The image is created from a machine that got both, so a machine booted from it needs neither.
    site.lab(&["no-java", "1"]);
    let done = site.place.finish(site.place.jac(&[
        "image",
        "build",
        "--private",
        "--disk-gb",
        "8",
        "--name",
        "of a test",
        "--output",
        "json",
    ]));
    let done = done.expect(0);
    let image: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!(image["state"], "available", "{image}");
    assert!(image["description"].as_str().is_some_and(|text| text.contains("JMeter 5.6.3")), "{image}");
    site.until("only the image is left", || site.left().is_empty());

    let id = image["id"].as_str().expect("its id");
    let cluster = site.ready(1, json!({ "image": { "id": id } }));
    let events = site.events(&cluster);
    for code in ["[sending]", "[java_brought]", "Installing Java"] {
        assert!(!events.contains(code), "all is there: {events}");
    }
    let run = site.run(&cluster, 3);
    site.assert_whole(&run);
    // It has its own lease, which is renewed and keeps the machine running.
    let listed = site.api().get("/images");
    assert_eq!(listed[0]["id"], id, "{listed}");
    site.terminate(&cluster);

    let remove = || site.place.finish(site.place.jac(&["image", "remove", id]));
    assert!(remove().expect(0).stdout.contains("Removed"));
    assert_eq!(site.api().get("/images"), json!([]));
    assert!(remove().expect(2).stderr.contains("no image"));
}
