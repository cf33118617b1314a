//! Several copies to the same nodes at the same time, and nodes that are slow to give a copy or do not.

use crate::place::Place;
use crate::spread::{Line, place, remotes, remotes_over};
use crate::sshd::wait_for;
use futures_util::future::join_all;
use jac_model::ports::Remote;
use jac_ssh::SshRemote;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::timeout;

/// Authorising and removing a key takes a while, so that another copy on the same node happens at the same time.
const SLOW_GREP: &str = "/bin/sleep 0.2\nexec /usr/bin/grep \"$@\"";
/// Makes a minute in a waiting script take six seconds.
const SHORT_SLEEP: &str = "exec /bin/sleep 0.1";
const LENGTH: usize = 300 << 10;

/// Files of one size, each with its own content.
fn files(folder: &Path, contents: &[u8], length: usize) -> Vec<PathBuf> {
    let one = |(number, content): (usize, &u8)| {
        let path = folder.join(format!("file-{number}.csv"));
        fs::write(&path, vec![*content; length]).expect("a file");
        path
    };
    contents.iter().enumerate().map(one).collect()
}

fn replace_everywhere(place: &Place, name: &str, script: &str) {
    place.machines.machines.iter().for_each(|machine| machine.replace_program(name, script));
}

/// Puts files on all nodes, on each one after the other, as a run does with its plan's files.
async fn put_in_turn(remotes: &[SshRemote], files: &[PathBuf], below: &str) {
    join_all(remotes.iter().map(async |remote| {
        for (number, file) in files.iter().enumerate() {
            let to = format!("{below}/{number}.csv");
            remote.put_on_all(file, &to).await.expect("it is put");
            let there = fs::read(Path::new(&remote.folder()).join(&to)).expect("a file");
            assert!(there == fs::read(file).expect("a file"), "{to}");
        }
    }))
    .await;
}

fn names(folder: impl AsRef<Path>) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The content of a node's own folder and of its user's `.ssh`, and the authorised keys.
#[derive(Debug)]
struct Seen {
    folder: Vec<String>,
    ssh: Vec<String>,
    keys: String,
}

fn seen(place: &Place, remotes: &[SshRemote]) -> Vec<Seen> {
    let of = |(remote, machine): (&SshRemote, &crate::sshd::Machine)| {
        let keys = fs::read_to_string(machine.home.join(".ssh/authorized_keys")).unwrap_or_default();
        Seen { folder: names(remote.folder()), ssh: names(machine.home.join(".ssh")), keys }
    };
    remotes.iter().zip(&place.machines.machines).map(of).collect()
}

/// Nothing is new except the plan, and the authorised keys are as before.
fn is_only_the_plan_new(before: &[Seen], after: &[Seen]) -> bool {
    before.iter().zip(after).all(|(before, after)| {
        let is_expected = |name: &String| name == "plan" || before.folder.contains(name);
        (&before.ssh, &before.keys) == (&after.ssh, &after.keys) && after.folder.iter().all(is_expected)
    })
}

fn assert_only_the_plan_is_new(before: &[Seen], after: &[Seen]) {
    assert!(is_only_the_plan_new(before, after), "{before:#?}\n{after:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_of_a_node_stay_where_several_spreadings_let_theirs_in_and_out_at_once() {
    let Some(place) = place(4).await else { return };
    let cache = tempfile::tempdir().expect("a folder");
    // Two servers do not know of each other.
    let (one, another) = (remotes(&place, cache.path(), |port| port), remotes(&place, cache.path(), |port| port));
    let before = seen(&place, &one);
    replace_everywhere(&place, "grep", SLOW_GREP);
    let files = files(cache.path(), b"abcdef", LENGTH);
    tokio::join!(put_in_turn(&one, &files[..3], "plan"), put_in_turn(&another, &files[3..], "plan/other"));
    assert_only_the_plan_is_new(&before, &seen(&place, &one));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_cannot_be_read_are_left_as_they_are() {
    let Some(place) = place(3).await else { return };
    let cache = tempfile::tempdir().expect("a folder");
    let remotes = remotes(&place, cache.path(), |port| port);
    let before = seen(&place, &remotes);
    replace_everywhere(&place, "grep", "echo 'grep: a fault' >&2\nexit 2");
    put_in_turn(&remotes, &files(cache.path(), b"a", LENGTH), "plan").await;
    assert_only_the_plan_is_new(&before, &seen(&place, &remotes));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_content_comes_again_while_the_end_of_its_last_spreading_goes_on() {
    let Some(place) = place(4).await else { return };
    let (cache, line) = (tempfile::tempdir().expect("a folder"), Line::new(1e9));
    let remotes = remotes_over(&place, cache.path(), |port| port, &line.ways_to(&place).await);
    let before = seen(&place, &remotes);
    replace_everywhere(&place, "grep", SLOW_GREP);
    put_in_turn(&remotes, &files(cache.path(), b"aaaaa", LENGTH), "plan").await;
    assert_only_the_plan_is_new(&before, &seen(&place, &remotes));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_given_up_in_the_middle_is_tried_again_and_leaves_nothing() {
    let Some(place) = place(4).await else { return };
    let cache = tempfile::tempdir().expect("a folder");
    let remotes = remotes(&place, cache.path(), |port| port);
    let before = seen(&place, &remotes);
    replace_everywhere(&place, "grep", SLOW_GREP);
    let files = files(cache.path(), b"a", LENGTH);
    for limit_ms in [300, 500, 700, 900] {
        let putting = put_in_turn(&remotes, &files, "plan");
        drop(timeout(Duration::from_millis(limit_ms), putting).await);
    }
    put_in_turn(&remotes, &files, "plan").await;
    wait_for("nothing is left", Duration::from_secs(30), async || {
        is_only_the_plan_new(&before, &seen(&place, &remotes))
    })
    .await;
}

/// Puts a file of this size on three nodes with a replaced `cat`. Returns how many times its size the server sent.
async fn copies_sent(place: &Place, length: usize, cat: &str) -> f64 {
    let (cache, line) = (tempfile::tempdir().expect("a folder"), Line::new(1e9));
    let remotes = remotes_over(place, cache.path(), |port| port, &line.ways_to(place).await);
    // The overhead of the connections themselves is not counted.
    for remote in &remotes {
        remote.write("before", b"").await.expect("a file");
    }
    let (before, sent) = (seen(place, &remotes), line.sent.load(Relaxed));
    replace_everywhere(place, "sleep", SHORT_SLEEP);
    replace_everywhere(place, "cat", cat);
    put_in_turn(&remotes, &files(cache.path(), b"a", length), "plan").await;
    assert_only_the_plan_is_new(&before, &seen(place, &remotes));
    (line.sent.load(Relaxed) - sent) as f64 / length as f64
}

/// For longer than a piece may take: the limit counts from the last piece.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_may_give_for_as_long_as_it_gets_on() {
    let Some(place) = place(3).await else { return };
    let slow_s = 8_usize;
    let mb = 1 << 20;
    let cat = format!(
        "at=0\nwhile [ $at -lt {slow_s} ]; do\n/usr/bin/tail -c +$((at * {mb} + 1)) \"$1\" | /usr/bin/head -c {mb}\n\
         /bin/sleep 1\nat=$((at + 1))\ndone\nexec /usr/bin/tail -c +$((at * {mb} + 1)) \"$1\""
    );
    let sent = copies_sent(&place, (slow_s + 1) * mb, &cat).await;
    assert!(sent < 1.5, "the server sent {sent:.1} copies for 3 nodes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stops_giving_is_not_waited_for() {
    let Some(place) = place(3).await else { return };
    let sent = copies_sent(&place, LENGTH, "/usr/bin/head -c 1000 \"$1\"\nexec /bin/sleep 600").await;
    assert!(sent > 3.0, "the server sent {sent:.1} copies for 3 nodes");
}
