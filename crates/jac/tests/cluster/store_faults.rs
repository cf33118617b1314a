//! Faults of a store in the middle of an upload: the run waits with the code, is stored on request once the fault is over,
//! and parts that had arrived are not sent again.

use crate::gateway::{BUCKET, Gateway, TestKeys, program};
use crate::place::{Place, Running};
use crate::server::Server;
use crate::store_proxy::{Fault, StoreProxy};
use crate::stored::{find, id_of, json, noise, run_folder, variables, with};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MIB: usize = 1 << 20;
const PART: usize = 8 * MIB;
/// Parts in flight at a time.
const IN_FLIGHT: usize = 4;
const PARTS: usize = 7;

/// Each is answered as the store itself would (S3's error codes; the last is of Versity's and MinIO's kind).
const FAULTS: [(Fault, &str); 7] = [
    (Fault { status: 400, code: "ExpiredToken" }, "artefacts_credentials_expired"),
    (Fault { status: 403, code: "RequestTimeTooSkewed" }, "artefacts_clock"),
    (Fault { status: 301, code: "PermanentRedirect" }, "artefacts_wrong_region"),
    (Fault { status: 400, code: "AuthorizationHeaderMalformed" }, "artefacts_wrong_region"),
    (Fault { status: 403, code: "AccessDenied" }, "artefacts_denied"),
    (Fault { status: 404, code: "NoSuchBucket" }, "artefacts_bucket_missing"),
    (Fault { status: 507, code: "InsufficientStorage" }, "artefacts_full"),
];

/// A finished run with a file that is uploaded in parts.
fn a_run_with_a_large_file(place: &Place) -> PathBuf {
    place.finish(place.run("steady.jmx", &["-Jduration=1"])).expect(0);
    let folder = run_folder(place);
    fs::write(folder.join("plan/large.bin"), noise(PARTS * PART)).expect("written");
    folder
}

/// The state of the run's upload.
fn status(place: &Place, mut command: Command) -> serde_json::Value {
    command.args(["--output", "json"]);
    json(place.finish(command).expect(0).stdout.as_bytes())
}

/// Every stored object equals the run's file.
fn assert_equal(stored: &Path, folder: &Path) {
    let manifest = json(&fs::read(stored.join("manifest.json")).expect("a manifest"));
    for object in manifest["objects"].as_array().expect("objects") {
        let name = object["name"].as_str().expect("a name");
        let local = name.replace("samples/master.", "results.").replace("logs/", "nodes/");
        let stored = fs::read(stored.join(name)).expect("it is there");
        assert!(stored == fs::read(folder.join(local)).expect("it is here"), "{name}");
    }
}

#[test]
fn a_store_that_refuses_in_mid_upload_is_waited_for_and_gets_the_rest() {
    let Some(program) = program() else { return };
    let (place, gateway) = (Place::new(), Gateway::start(&program));
    let folder = a_run_with_a_large_file(&place);
    let id = id_of(&folder);
    let proxy = StoreProxy::before(&gateway);
    for (number, (fault, code)) in FAULTS.into_iter().enumerate() {
        // A run that is in one store is not considered to be in another.
        let address = format!("s3://{BUCKET}/team/load/fault-{number}");
        let mut variables = variables(&gateway).to_vec();
        variables.extend([("AWS_ENDPOINT_URL_S3", proxy.url()), ("JAC_ARTIFACTS_URL", address)]);
        proxy.refuse_after(PARTS / 2, fault);
        let server = Server::with(&place, &variables);
        let status = || status(&place, place.jac(&["artifacts", "status", &id]));
        place.wait_until(fault.code, || status()["phase"] == "failed");
        let waits = status();
        assert_eq!((&waits["code"], waits["next_try_ms"].is_number()), (&code.into(), true), "{waits}");
        assert!(waits["hint"].is_string(), "{waits}");
        let stored = gateway.file(&format!("fault-{number}/runs"));
        assert!(!stored.exists() || !find(&stored, &id).join("manifest.json").exists(), "{}", fault.code);

        // Like the button on the run's page.
        let stored_parts = proxy.open();
        place.finish(place.jac(&["artifacts", "retry", &id])).expect(0);
        assert_eq!(status()["phase"], "stored");
        assert_equal(&find(&stored, &id), &folder);
        let (before, all) = (stored_parts, proxy.stored());
        assert!(before >= PARTS / 2 && all <= PARTS + IN_FLIGHT, "{before} parts, then {all}: {}", fault.code);
        place.finish(place.jac(&["artifacts", "verify", &id])).expect(0);
        server.end();
    }
}

#[test]
fn keys_that_expire_in_mid_upload_are_replaced_and_the_rest_is_stored_without_asking() {
    let Some(program) = program() else { return };
    let (place, gateway) = (Place::new(), Gateway::start(&program));
    let folder = a_run_with_a_large_file(&place);
    let id = id_of(&folder);
    let proxy = StoreProxy::before(&gateway);
    let old = gateway.add_person(&program, "own-results");
    proxy.refuse_key_after(PARTS / 2, &old.id, Fault { status: 400, code: "ExpiredToken" });
    let server = Server::with(&place, &[("JAC_ALLOWED_ENDPOINTS", proxy.url())]);
    let save = |keys: &TestKeys| {
        let mut command = place.jac(&["credentials", "aws", "--save", "--no-test"]);
        command.env("AWS_ACCESS_KEY_ID", &keys.id).env("AWS_SECRET_ACCESS_KEY", &keys.secret);
        place.finish(command).expect(0);
    };
    save(&old);
    let address = proxy.url();
    let store = ["artifacts", "store", "--save", "s3://own-results/load", "--region", "us-east-1", "--endpoint"];
    place.finish(place.jac(&[&store[..], &[address.as_str()]].concat())).expect(0);
    let retrying = Running::start(place.jac(&["artifacts", "retry", &id]));
    let status = || status(&place, place.jac(&["artifacts", "status", &id]));
    place.wait_until("it is refused", || status()["phase"] == "failed");
    let waits = status();
    assert_eq!((&waits["code"], waits["next_try_ms"].is_number()), (&"artefacts_credentials_expired".into(), true));
    let before = proxy.stored();
    drop(retrying);

    save(&gateway.keys);
    place.wait_until("it is stored", || status()["phase"] == "stored");
    assert_equal(&find(&gateway.bucket("own-results"), &id), &folder);
    let all = proxy.stored();
    assert!(before >= PARTS / 2 && all <= PARTS + IN_FLIGHT, "{before} parts, then {all}");
    place.finish(place.jac(&["artifacts", "verify", &id])).expect(0);
    server.end();
}

/// A small file system, gone with it.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` if the machine does not allow it.
    fn on(folder: &Path, mib: usize) -> Option<Self> {
        let size = format!("size={mib}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(folder.to_owned()));
        }
        let why = "a small file system of its own needs root and the right to mount";
        assert!(std::env::var_os("CI").is_none(), "skipped in CI: {why}");
        eprintln!("skipped: {why}");
        None
    }

    fn grow(&self, mib: usize) {
        let size = format!("remount,size={mib}m");
        assert!(Command::new("mount").args(["-o", &size]).arg(&self.0).status().expect("mount").success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_store_whose_disk_is_full_gets_the_rest_when_there_is_room() {
    let Some(program) = program() else { return };
    let (place, gateway) = (Place::new(), Gateway::start(&program));
    let folder = a_run_with_a_large_file(&place);
    let id = id_of(&folder);
    let mount = tempfile::tempdir().expect("a folder");
    for (on, address) in [
        (gateway.bucket(BUCKET), format!("s3://{BUCKET}/team/load")),
        (mount.path().to_owned(), format!("file://{}", mount.path().display())),
    ] {
        let Some(disk) = SmallDisk::on(&on, PARTS * 8 / 2) else { return };
        let at_address = |command: Command| {
            let mut command = with(command, &gateway);
            command.env("JAC_ARTIFACTS_URL", &address);
            command
        };
        let mut variables = variables(&gateway).to_vec();
        variables.push(("JAC_ARTIFACTS_URL", address.clone()));
        let server = Server::with(&place, &variables);
        let status = || status(&place, place.jac(&["artifacts", "status", &id]));
        place.wait_until("it is full", || status()["phase"] == "failed");
        assert_eq!(status()["code"], "artefacts_full", "{address}: {}", status());
        disk.grow(PARTS * 8 * 4);
        place.finish(place.jac(&["artifacts", "retry", &id])).expect(0);
        place.finish(at_address(place.jac(&["artifacts", "verify", &id]))).expect(0);
        assert_equal(&find(&on, &id), &folder);
        server.end();
    }
}
