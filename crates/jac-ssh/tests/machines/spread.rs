//! A JMeter that is sent once and then copied from node to node.

use crate::place::Place;
use futures_util::future::join_all;
use jac_jmeter::JavaSearch;
use jac_model::ports::Remote;
use jac_model::{Message, SshHost};
use jac_ssh::key::KeySource;
use jac_ssh::spread::Peer;
use jac_ssh::tools::Tools;
use jac_ssh::{Link, SshRemote, Target};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A home with this many MB that cannot be compressed.
fn home(megabytes: usize) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    for folder in ["bin", "lib"] {
        fs::create_dir_all(home.path().join(folder)).expect("a folder");
    }
    fs::write(home.path().join("bin/ApacheJMeter.jar"), "a jar").expect("a file");
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let bytes: Vec<u8> = (0..megabytes << 17).flat_map(|_| next().to_le_bytes()).collect();
    fs::write(home.path().join("lib/large.jar"), bytes).expect("a file");
    home
}

/// The nodes of a place as those of a cluster whose machines exist only for it.
pub fn remotes(place: &Place, cache: &Path, reach: impl Fn(u16) -> u16) -> Vec<SshRemote> {
    remotes_over(place, cache, reach, &BTreeMap::new())
}

/// The same through proxies to their ports.
pub fn remotes_over(
    place: &Place,
    cache: &Path,
    reach: impl Fn(u16) -> u16,
    ways: &BTreeMap<u16, u16>,
) -> Vec<SshRemote> {
    let tools =
        Arc::new(Tools::new(cache.to_owned(), JavaSearch { java_home: None, search_path: std::env::var_os("PATH") }));
    let names = (0..).map(|number| if number == 0 { "master".to_owned() } else { format!("worker-{number}") });
    let of = |(name, machine): (String, &crate::sshd::Machine)| {
        let known = machine.known_host();
        let mut host: SshHost = machine.host().parse().expect("a host");
        let mut known_here = known.clone();
        if let Some(way) = ways.get(&machine.port) {
            host = SshHost { name: "127.0.0.1".to_owned(), port: *way };
            known_here =
                known.replacen(&format!("[{}]:{}", machine.address, machine.port), &format!("[127.0.0.1]:{way}"), 1);
        }
        let link = Link::new(Target {
            host,
            user: place.machines.user(),
            key: KeySource::File(place.machines.key()),
            known_hosts: vec![known_here],
        });
        let host_key = known.split(' ').skip(1).take(2).collect::<Vec<_>>().join(" ");
        let peer = Peer { address: machine.address.clone(), port: reach(machine.port), host_key };
        let (base, folder) = (machine.home.join(".jac").display().to_string(), place.remote(&name).folder());
        SshRemote::new(name, Arc::new(link), base, folder, Arc::clone(&tools)).reached_by(Some(peer))
    };
    names.zip(&place.machines.machines).map(of).collect()
}

/// Equips all at the same time. Returns how many nodes reported each code.
async fn equip(remotes: &[SshRemote], home: &Path) -> BTreeMap<String, usize> {
    let reported: Mutex<BTreeMap<(String, String), ()>> = Mutex::default();
    let report = |node: &str, message: Message| {
        reported.lock().expect("no panic").insert((message.code, node.to_owned()), ());
    };
    for tools in join_all(remotes.iter().map(|remote| remote.equip(home, &report))).await {
        let tools = tools.expect("it is equipped");
        assert_eq!(
            fs::read_to_string(Path::new(&tools.jmeter_home).join("bin/ApacheJMeter.jar")).expect("a jar"),
            "a jar"
        );
        let large = Path::new(&tools.jmeter_home).join("lib/large.jar");
        assert!(fs::read(large).expect("a jar") == fs::read(home.join("lib/large.jar")).expect("a jar"));
    }
    let mut counts = BTreeMap::new();
    for (code, _) in reported.into_inner().expect("no panic").into_keys() {
        *counts.entry(code).or_default() += 1;
    }
    counts
}

fn assert_nothing_left(place: &Place) {
    for machine in &place.machines.machines {
        let keys = fs::read_to_string(machine.home.join(".ssh/authorized_keys")).unwrap_or_default();
        assert!(!keys.contains("jac-spread") && keys.contains("theirs"), "{keys}");
    }
    for name in ["master", "worker-1"] {
        let folder = place.remote(name).folder();
        let left: Vec<_> = fs::read_dir(folder).expect("its folder").flatten().map(|entry| entry.file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("jmeter")), "{left:?}");
    }
}

pub async fn place(nodes: u8) -> Option<Place> {
    let place = Place::launched(nodes).await?;
    for machine in &place.machines.machines {
        fs::create_dir_all(machine.home.join(".ssh")).expect("a folder");
        fs::write(machine.home.join(".ssh/authorized_keys"), "# a line of theirs\n").expect("a file");
    }
    Some(place)
}

#[tokio::test]
async fn one_node_gets_it_from_the_server_and_the_others_from_nodes() {
    let Some(place) = place(8).await else { return };
    let (home, cache) = (home(8), tempfile::tempdir().expect("a folder"));
    let remotes = remotes(&place, cache.path(), |port| port);
    let began = Instant::now();
    let reported = equip(&remotes, home.path()).await;
    println!("8 MB on 8 nodes: {:?}", began.elapsed());
    assert_eq!((reported["sending"], reported["taking"]), (1, 7), "{reported:?}");
    assert_nothing_left(&place);
    assert!(equip(&remotes, home.path()).await.is_empty(), "nothing goes anywhere again");
}

#[tokio::test]
async fn nodes_that_do_not_reach_each_other_get_it_from_the_server() {
    let Some(place) = place(5).await else { return };
    let (home, cache) = (home(1), tempfile::tempdir().expect("a folder"));
    // Nothing listens there.
    let remotes = remotes(&place, cache.path(), |_| 9);
    let reported = equip(&remotes, home.path()).await;
    assert_eq!(reported["sending"], 5, "{reported:?}");
    assert_nothing_left(&place);
}

#[tokio::test]
async fn a_node_that_shows_another_host_key_gives_nothing() {
    let Some(place) = place(3).await else { return };
    let (home, cache) = (home(1), tempfile::tempdir().expect("a folder"));
    let remotes = remotes(&place, cache.path(), |port| port);
    let wrong = place.machines.machines[0].known_host().split(' ').skip(1).take(2).collect::<Vec<_>>().join(" ");
    let remotes: Vec<SshRemote> = remotes
        .into_iter()
        .zip(&place.machines.machines)
        .enumerate()
        .map(|(at, (remote, machine))| {
            // Each but the first is given the first one's host key.
            let known = machine.known_host().split(' ').skip(1).take(2).collect::<Vec<_>>().join(" ");
            let host_key = if at == 0 { known.chars().rev().collect() } else { wrong.clone() };
            remote.reached_by(Some(Peer { address: machine.address.clone(), port: machine.port, host_key }))
        })
        .collect();
    let reported = equip(&remotes, home.path()).await;
    assert_eq!(reported["sending"], 3, "{reported:?}");
    assert_nothing_left(&place);
}

/// The server's line, which all its connections share, limited to this many bytes a second.
pub struct Line {
    bytes_per_s: f64,
    pub sent: AtomicUsize,
    free_at: tokio::sync::Mutex<tokio::time::Instant>,
}

impl Line {
    pub fn new(bytes_per_s: f64) -> Arc<Self> {
        let free_at = tokio::sync::Mutex::new(tokio::time::Instant::now());
        Arc::new(Self { bytes_per_s, sent: AtomicUsize::new(0), free_at })
    }

    async fn pass(&self, bytes: usize) {
        self.sent.fetch_add(bytes, Relaxed);
        let mut free_at = self.free_at.lock().await;
        let takes = Duration::from_secs_f64(bytes as f64 / self.bytes_per_s);
        *free_at = (*free_at).max(tokio::time::Instant::now()) + takes;
        tokio::time::sleep_until(*free_at).await;
    }

    /// Proxies to all machines of a place over this line, by their ports.
    pub async fn ways_to(self: &Arc<Self>, place: &Place) -> BTreeMap<u16, u16> {
        let mut ways = BTreeMap::new();
        for machine in &place.machines.machines {
            ways.insert(machine.port, Arc::clone(self).way_to(machine.host()).await);
        }
        ways
    }

    /// A proxy to a machine over this line. Returns its port.
    async fn way_to(self: Arc<Self>, host: String) -> u16 {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        tokio::spawn(async move {
            while let Ok((here, _)) = listener.accept().await {
                let (line, host) = (Arc::clone(&self), host.clone());
                tokio::spawn(async move {
                    let there = tokio::net::TcpStream::connect(host).await.expect("the machine");
                    let ((mut from, mut back), (mut answers, mut to)) = (here.into_split(), there.into_split());
                    let sent = async {
                        let mut buffer = vec![0; 16 << 10];
                        while let Ok(length @ 1..) = from.read(&mut buffer).await {
                            line.pass(length).await;
                            if to.write_all(&buffer[..length]).await.is_err() {
                                return;
                            }
                        }
                    };
                    let _over = tokio::join!(sent, tokio::io::copy(&mut answers, &mut back));
                });
            }
        });
        port
    }
}

/// Measures with `SPREAD_MB=75 SPREAD_MBIT=20 SPREAD_NODES=10`; by default small enough for every run of the tests.
#[tokio::test(flavor = "multi_thread")]
async fn over_a_slow_line_it_takes_as_long_as_one_copy() {
    let number = |name: &str, otherwise: usize| {
        std::env::var_os(name).and_then(|text| text.to_str()?.parse().ok()).unwrap_or(otherwise)
    };
    let (megabytes, mbit, nodes) = (number("SPREAD_MB", 2), number("SPREAD_MBIT", 4), number("SPREAD_NODES", 8));
    let Some(place) = place(u8::try_from(nodes).expect("few")).await else { return };
    let (home, cache) = (home(megabytes), tempfile::tempdir().expect("a folder"));
    let bytes_per_s = mbit as f64 * 125_000.0;
    let line = Line::new(bytes_per_s);
    let ways = line.ways_to(&place).await;
    let remotes = remotes_over(&place, cache.path(), |port| port, &ways);
    let began = Instant::now();
    let reported = equip(&remotes, home.path()).await;
    let (took, one) = (began.elapsed(), megabytes as f64 * 1_048_576.0 / bytes_per_s);
    println!("{megabytes} MB to {nodes} nodes over {mbit} Mbit/s: {took:?}; one copy alone takes {one:.1} s");
    assert_eq!(reported["sending"], 1, "{reported:?}");
    let all = one * nodes as f64;
    assert!(took.as_secs_f64() < all, "{took:?} of {all:.1} s for a copy to each");
    let (began, file) = (Instant::now(), home.path().join("lib/large.jar"));
    let put = join_all(remotes.iter().map(|remote| remote.put_on_all(&file, "plan/users.csv"))).await;
    put.into_iter().for_each(|put| put.expect("it is put"));
    let took = began.elapsed();
    println!("the same as a file of a plan: {took:?}");
    assert!(took.as_secs_f64() < all, "{took:?} of {all:.1} s for a copy to each");
}

/// Puts a file of this size at the same path of all nodes. Returns how many bytes the server sent.
async fn put_on_all(place: &Place, bytes: usize, reach: impl Fn(u16) -> u16) -> usize {
    let (cache, line) = (tempfile::tempdir().expect("a folder"), Line::new(1e9));
    let remotes = remotes_over(place, cache.path(), reach, &line.ways_to(place).await);
    let data: Vec<u8> = (0..bytes).map(|at| (at / 251 * 7 + at) as u8).collect();
    let from = cache.path().join("users.csv");
    fs::write(&from, &data).expect("a file");
    fs::set_permissions(&from, fs::Permissions::from_mode(0o640)).expect("it is ours");
    // The overhead of the connections themselves is not counted.
    for remote in &remotes {
        remote.write("before", b"").await.expect("a file");
    }
    let before = line.sent.load(Relaxed);
    let put = join_all(remotes.iter().map(|remote| remote.put_on_all(&from, "runs/r 1/it's/users.csv"))).await;
    put.into_iter().for_each(|put| put.expect("it is put"));
    for remote in &remotes {
        let path = Path::new(&remote.folder()).join("runs/r 1/it's/users.csv");
        assert!(fs::read(&path).expect("a file") == data);
        assert_eq!(fs::metadata(path).expect("a file").permissions().mode() & 0o777, 0o640);
        let left = fs::read_dir(remote.folder()).expect("its folder").flatten().map(|entry| entry.file_name());
        assert!(!left.map(|name| name.to_string_lossy().into_owned()).any(|name| name.ends_with(".given")));
    }
    assert_nothing_left(place);
    line.sent.load(Relaxed) - before
}

#[tokio::test]
async fn a_large_file_of_a_plan_is_sent_once_and_nodes_give_it_on() {
    let Some(place) = place(6).await else { return };
    let sent = put_on_all(&place, 4 << 20, |port| port).await;
    assert!((4 << 20..6 << 20).contains(&sent), "{sent} bytes for 6 nodes");
}

#[tokio::test]
async fn a_large_file_of_a_plan_is_sent_to_nodes_that_do_not_reach_each_other() {
    let Some(place) = place(3).await else { return };
    // Nothing listens there.
    let sent = put_on_all(&place, 1 << 20, |_| 9).await;
    assert!(sent > 3 << 20, "{sent} bytes for 3 nodes");
}

#[tokio::test]
async fn a_small_file_of_a_plan_is_sent_to_each_node() {
    let Some(place) = place(3).await else { return };
    let sent = put_on_all(&place, 100 << 10, |port| port).await;
    assert!(sent > 300 << 10, "{sent} bytes for 3 nodes");
}
