//! The provider's errors when this process has no file descriptor left. A separate file, and therefore a separate process:
//! no other test runs in it.

use jac_model::ports::PortError;
use jac_model::{ClusterId, SshHost};
use jac_ssh::record_files::RecordFiles;
use jac_ssh::{Link, LinkError, Target};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::fs::File;

/// All descriptors of this process, until they are dropped.
fn use_up() -> Vec<File> {
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    taken
}

#[tokio::test]
async fn without_a_descriptor_no_machine_counts_as_away_and_no_record_as_missing() {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("the limit");
    setrlimit(Resource::RLIMIT_NOFILE, 64, hard).expect("a low one");
    let folder = tempfile::tempdir().expect("a folder");
    let key_file = folder.path().join("key");
    std::fs::write(&key_file, jac_ssh::key::from_seed(&[7; 32], "jac").expect("a key").private).expect("written");
    // A port that refuses connections at once.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("its address").port();
    drop(free);
    let host = SshHost { name: "127.0.0.1".to_owned(), port };
    let public = jac_ssh::key::from_seed(&[8; 32], "host").expect("a key").public;
    let known_hosts = vec![format!("[127.0.0.1]:{port} {public}")];
    let link = Link::new(Target {
        host,
        user: "nobody".to_owned(),
        key: jac_ssh::key::KeySource::File(key_file),
        known_hosts,
    });

    let open = || RecordFiles::<Vec<String>>::new(folder.path().join("records"));
    let (records, cluster) = (open(), ClusterId::from_random([1; 8]));
    records.write(&cluster, vec!["master".to_owned()]).await.expect("it is written");
    // What the runtime opens once is already open.
    tokio::task::spawn_blocking(|| ()).await.expect("a thread");

    let taken = use_up();
    let answer = link.live().await.map(drop);
    let next = open();
    let (known, unknown, all) = (records.read(&cluster), next.read(&cluster), next.all());
    drop(taken);
    assert!(matches!(answer, Err(LinkError::OutOfDescriptors(_))), "{answer:?}");
    assert_eq!(known.expect("what was known of it before"), Some(vec!["master".to_owned()]));
    assert!(matches!(unknown, Err(PortError::OutOfDescriptors { .. })), "{unknown:?}");
    assert!(matches!(all, Err(PortError::OutOfDescriptors { .. })), "no list without them: {all:?}");

    // Once some are free the machine is queried again at once, and then a missing answer is the machine's.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    loop {
        match link.live().await.map(drop) {
            Err(LinkError::OutOfDescriptors(_)) if std::time::Instant::now() < deadline => {
                tokio::task::yield_now().await;
            }
            answer => break assert!(matches!(answer, Err(LinkError::Unreachable(_))), "{answer:?}"),
        }
    }
    assert_eq!(next.all().expect("the folder").len(), 1);
}
