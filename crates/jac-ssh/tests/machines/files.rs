//! A node's files.

use crate::place::Place;
use jac_model::ports::{PortError, Remote};
use jac_ssh::Target;
use jac_ssh::upload::upload;
use sha2::{Digest, Sha256};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Mutex;

fn on_disk(remote: &dyn Remote, path: &str) -> PathBuf {
    PathBuf::from(remote.folder()).join(path)
}

/// This many bytes without repetition in any piece.
fn bytes(count: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..count / 8).flat_map(|_| next().to_le_bytes()).collect()
}

#[tokio::test]
async fn a_file_arrives_as_it_is_in_its_folders_and_replaces_an_older_one() {
    let Some(place) = Place::launched(1).await else { return };
    let (remote, folder) = (place.master(), tempfile::tempdir().expect("a folder"));
    let from = folder.path().join("a file");
    for content in [bytes(300_000), Vec::new(), b"#!/bin/sh\n".to_vec()] {
        fs::write(&from, &content).expect("a file");
        fs::set_permissions(&from, fs::Permissions::from_mode(0o750)).expect("it is ours");
        remote.put(&from, "runs/r 1/it's/$HOME").await.expect("it is put");
        let there = on_disk(remote.as_ref(), "runs/r 1/it's/$HOME");
        assert!(fs::read(&there).expect("it is there") == content);
        assert_eq!(fs::metadata(&there).expect("it is there").permissions().mode() & 0o777, 0o750);
        let left = fs::read_dir(there.parent().expect("a folder")).expect("the folder").count();
        assert_eq!(left, 1, "nothing unfinished is left");
    }
}

#[tokio::test]
async fn a_put_goes_on_where_a_cut_connection_left_it() {
    let Some(place) = Place::launched(1).await else { return };
    let (remote, folder) = (place.master(), tempfile::tempdir().expect("a folder"));
    let (from, content) = (folder.path().join("bundle"), bytes(48 << 20));
    fs::write(&from, &content).expect("a file");
    let ssh = place.config().ssh.expect("machines");
    let link = jac_ssh::Link::new(Target {
        host: ssh.hosts[0].parse().expect("a host"),
        user: ssh.user,
        key: jac_ssh::key::KeySource::File(ssh.key_file.expect("a file").into()),
        known_hosts: ssh.known_hosts,
    });
    let seen = Mutex::new(Vec::new());
    let progress = |sent: u64, _total: u64| {
        let mut seen = seen.lock().expect("no panic");
        seen.push(sent);
        // Two cuts, each in the middle of a transfer.
        if [2, 5].contains(&seen.len()) {
            assert!(place.machines.machines[0].cut() > 0);
        }
    };
    let to = on_disk(remote.as_ref(), "bundle");
    upload(&link, &from, to.to_str().expect("a name"), &remote.folder(), &progress).await.expect("it arrives");
    assert!(fs::read(&to).expect("it is there") == content);
    let seen = seen.into_inner().expect("no panic");
    assert_eq!(seen[0], 0);
    let begun_again = (1..seen.len()).filter(|at| *at > 1 && seen[*at] <= seen[*at - 1] + (4 << 20)).count();
    assert!(begun_again > 0, "{seen:?}");
    assert_eq!(seen.iter().filter(|sent| **sent == 0).count(), 1, "what had arrived was not sent again: {seen:?}");
}

#[tokio::test]
async fn what_lies_there_half_and_is_another_file_is_not_continued() {
    let Some(place) = Place::launched(1).await else { return };
    let (remote, folder) = (place.master(), tempfile::tempdir().expect("a folder"));
    let (from, content) = (folder.path().join("data"), bytes(1 << 20));
    fs::write(&from, &content).expect("a file");
    let part = format!("data.{}.part", &hex::encode(Sha256::digest(&content))[..16]);
    fs::write(on_disk(remote.as_ref(), &part), bytes(4096).iter().map(|byte| !byte).collect::<Vec<u8>>())
        .expect("a file");
    remote.put(&from, "data").await.expect("it is put");
    assert!(fs::read(on_disk(remote.as_ref(), "data")).expect("it is there") == content);
}

#[tokio::test]
async fn a_growing_file_is_read_from_an_offset_to_its_end() {
    use std::io::Write;
    let Some(place) = Place::launched(1).await else { return };
    let remote = place.master();
    assert_eq!(remote.read_at("log", 0, 10).await.expect("it answers"), None, "there is none yet");
    let path = on_disk(remote.as_ref(), "log");
    let mut file = fs::File::create(&path).expect("a file");
    let (mut written, mut read) = (Vec::new(), Vec::new());
    for round in 0..8 {
        let piece = bytes(100_000 + round * 8);
        file.write_all(&piece).expect("it grows");
        written.extend(piece);
        loop {
            let chunk = remote.read_at("log", read.len() as u64, 64 * 1024).await.expect("it reads").expect("a file");
            assert_eq!(chunk.file_size, written.len() as u64);
            if chunk.bytes.is_empty() {
                break;
            }
            read.extend_from_slice(&chunk.bytes);
        }
        assert!(read == written, "round {round}");
    }
    let whole = remote.read_at("log", 0, 1 << 20).await.expect("it reads").expect("a file");
    assert!(whole.bytes == written, "also in one go");
    let beyond = remote.read_at("log", u64::MAX, 0).await.expect("it reads").expect("a file");
    assert!(beyond.bytes.is_empty() && beyond.file_size == written.len() as u64);
}

#[tokio::test]
async fn a_digest_is_computed_there_and_a_missing_file_has_none() {
    let Some(place) = Place::launched(1).await else { return };
    let remote = place.master();
    let content = bytes(70_000);
    remote.write("a/b c", &content).await.expect("it is written");
    let digest = remote.digest("a/b c").await.expect("it answers").expect("it is there");
    assert_eq!(digest, (content.len() as u64, Sha256::digest(&content).into()));
    assert_eq!(remote.digest("none").await.expect("it answers"), None);
}

#[tokio::test]
async fn a_small_file_is_for_its_user_alone_and_replaced_in_one_step() {
    let Some(place) = Place::launched(1).await else { return };
    let remote = place.master();
    for text in ["the first", "2"] {
        remote.write("runs/r/jac.properties", text.as_bytes()).await.expect("it is written");
        let there = on_disk(remote.as_ref(), "runs/r/jac.properties");
        assert_eq!(fs::read_to_string(&there).expect("it is there"), text);
        assert_eq!(fs::metadata(there).expect("it is there").permissions().mode() & 0o777, 0o600);
    }
    remote.remove("runs").await.expect("it is removed");
    remote.remove("runs").await.expect("none there is a success");
    assert!(!on_disk(remote.as_ref(), "runs").exists());
}

#[tokio::test]
async fn a_path_never_leaves_the_node() {
    let Some(place) = Place::launched(1).await else { return };
    let remote = place.master();
    for path in ["../x", "/etc/passwd", "a/../../x"] {
        assert!(matches!(remote.write(path, b"").await, Err(PortError::Refused { .. })), "{path}");
        assert!(matches!(remote.remove(path).await, Err(PortError::Refused { .. })), "{path}");
    }
}

#[tokio::test]
async fn files_below_a_folder_are_found_without_following_links() {
    let Some(place) = Place::launched(1).await else { return };
    let remote = place.master();
    assert!(remote.list_files("none", 10).await.expect("asked").files.is_empty());
    for (path, length) in [("plan/a.csv", 3), ("plan/deep/er/b.png", 5), ("beside.csv", 1)] {
        remote.write(path, &bytes(8)[..length]).await.expect("written");
    }
    let plan = on_disk(remote.as_ref(), "plan");
    for (from, to) in [("/etc", "folder"), ("/etc/passwd", "file.csv"), ("../beside.csv", "beside.csv")] {
        std::os::unix::fs::symlink(from, plan.join(to)).expect("a link");
    }
    let found = remote.list_files("plan", 100).await.expect("asked");
    let mut files: Vec<(&str, u64)> = found.files.iter().map(|file| (file.path.as_str(), file.bytes)).collect();
    files.sort_unstable();
    assert_eq!((files, found.is_whole), (vec![("a.csv", 3), ("deep/er/b.png", 5)], true));
    assert!(!remote.list_files("plan", 2).await.expect("asked").is_whole);
    assert!(matches!(remote.list_files("../x", 2).await, Err(PortError::Refused { .. })));
}
