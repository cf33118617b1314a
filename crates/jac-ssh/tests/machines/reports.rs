//! A node that sends reports while it is followed.

use crate::place::{LIMIT, Place, shell};
use crate::sshd::wait_for;
use jac_jmeter::JavaSearch;
use jac_model::SshHost;
use jac_model::ports::{PortError, ProcessState, Remote};
use jac_ssh::key::KeySource;
use jac_ssh::tools::Tools;
use jac_ssh::{Link, SshRemote, Target};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Ten rows a second until it is stopped, and one more at the end.
const JOB: &str = "while [ ! -e end ]; do echo row >>log; sleep 0.1; done; echo last >>log; exit 3";

/// A program that waits, whose heap is observed.
const JVM: &str =
    "public class Waits { public static void main(String[] a) throws Exception { Thread.sleep(3600000); } }";

async fn started(remote: &dyn Remote) {
    remote.start("job", &shell(JOB)).await.expect("it starts");
}

/// Appends what the node's log has in addition.
async fn pull(remote: &dyn Remote, log: &mut String) {
    while let Some(chunk) = remote.read_at("log", log.len() as u64, 4096).await.expect("it reads") {
        if chunk.bytes.is_empty() {
            return;
        }
        log.push_str(std::str::from_utf8(&chunk.bytes).expect("text"));
    }
}

#[tokio::test]
async fn what_a_node_reports_is_what_it_would_answer() {
    let Some(place) = Place::launched(1).await else { return };
    let (machine, remote) = (&place.machines.machines[0], place.master());
    let following = remote.follow("job", "log");
    assert_eq!(remote.process("job").await.expect("it answers"), ProcessState::Absent);
    started(remote.as_ref()).await;
    wait_for("reports", LIMIT, async || machine.reporters().len() == 1).await;
    let mut log = String::new();
    wait_for("rows", LIMIT, async || {
        pull(remote.as_ref(), &mut log).await;
        log.lines().count() > 10
    })
    .await;
    let state = remote.process("job").await.expect("it answers");
    assert!(matches!(state, ProcessState::Running { .. }), "{state:?}");
    wait_for("reported counters", LIMIT, async || {
        let vitals = remote.vitals().await.expect("it answers").expect("counters");
        assert!(vitals.stat.starts_with("cpu "), "{vitals:?}");
        assert!(vitals.meminfo.contains("MemTotal:") && vitals.meminfo.contains("MemAvailable:"), "{vitals:?}");
        assert!(vitals.network.contains("lo:") && vitals.disk_free_bytes > Some(0), "{vitals:?}");
        vitals.age > Duration::ZERO
    })
    .await;
    remote.write("end", b"").await.expect("a word");
    wait_for("its end", LIMIT, async || {
        remote.process("job").await.expect("it answers") == ProcessState::Exited { code: 3 }
    })
    .await;
    pull(remote.as_ref(), &mut log).await;
    assert!(log.ends_with("row\nlast\n"), "who knows of the end gets all");
    drop(following);
    wait_for("nobody reports", LIMIT, async || machine.reporters().is_empty()).await;
    assert_eq!(remote.process("job").await.expect("it is asked"), ProcessState::Exited { code: 3 });
}

#[tokio::test]
async fn reports_come_again_after_a_cut_line_and_a_killed_script() {
    let Some(place) = Place::launched(1).await else { return };
    let (machine, remote) = (&place.machines.machines[0], place.master());
    started(remote.as_ref()).await;
    let _following = remote.follow("job", "log");
    let mut log = String::new();
    for what in ["a cut line", "a killed script"] {
        wait_for("reports", LIMIT, async || machine.reporters().len() == 1).await;
        let before = machine.reporters();
        if what == "a cut line" {
            assert!(machine.cut() > 0);
        } else {
            machine.kill_reporters();
        }
        let rows = log.lines().count();
        wait_for(what, LIMIT, async || {
            let state = remote.process("job").await.expect("it is asked meanwhile");
            assert!(matches!(state, ProcessState::Running { .. }), "{state:?}");
            pull(remote.as_ref(), &mut log).await;
            let now = machine.reporters();
            now.len() == 1 && now != before && log.lines().count() > rows + 5
        })
        .await;
    }
    assert!(log.lines().all(|line| line == "row"), "each byte once");
}

#[tokio::test]
async fn a_machine_that_falls_silent_is_noticed_and_one_that_is_back_reports_again() {
    let Some(mut place) = Place::launched(1).await else { return };
    let remote = place.master();
    started(remote.as_ref()).await;
    let _following = remote.follow("job", "log");
    wait_for("reports", LIMIT, async || place.machines.machines[0].reporters().len() == 1).await;
    assert!(place.machines.machines[0].freeze() > 0);
    // A new connection cannot be made either.
    place.machines.machines[0].go_down();
    wait_for("its silence", LIMIT, async || matches!(remote.process("job").await, Err(PortError::Unreachable { .. })))
        .await;
    place.machines.machines[0].go_up();
    wait_for("its return", LIMIT, async || {
        remote.process("job").await.is_ok() && place.machines.machines[0].reporters().len() == 1
    })
    .await;
}

#[tokio::test]
async fn a_node_that_is_gone_reports_nothing() {
    use jac_model::ports::Cloud;
    let Some(place) = Place::launched(1).await else { return };
    let (machine, remote) = (&place.machines.machines[0], place.master());
    let _following = remote.follow("job", "log");
    wait_for("reports", LIMIT, async || machine.reporters().len() == 1).await;
    place.cloud.terminate(&place.cluster).await.expect("it ends");
    wait_for("nobody reports", LIMIT, async || machine.reporters().is_empty()).await;
    wait_for("that is known", LIMIT, async || remote.process("job").await.is_err()).await;
}

/// Counts the traffic of a connection.
#[derive(Default)]
struct Traffic {
    asked: AtomicU64,
    bytes_there: AtomicU64,
    answered: AtomicU64,
    bytes_back: AtomicU64,
}

impl Traffic {
    fn figures(&self) -> [u64; 4] {
        [&self.asked, &self.bytes_there, &self.answered, &self.bytes_back].map(|count| count.load(Relaxed))
    }

    /// A proxy to a machine that counts all traffic. Returns its port.
    async fn way_to(self: Arc<Self>, host: String) -> u16 {
        async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, pieces: &AtomicU64, bytes: &AtomicU64) {
            let mut buffer = vec![0; 64 << 10];
            while let Ok(length @ 1..) = from.read(&mut buffer).await {
                pieces.fetch_add(1, Relaxed);
                bytes.fetch_add(length as u64, Relaxed);
                if to.write_all(&buffer[..length]).await.is_err() {
                    return;
                }
            }
        }
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        tokio::spawn(async move {
            while let Ok((here, _)) = listener.accept().await {
                let (traffic, host) = (Arc::clone(&self), host.clone());
                tokio::spawn(async move {
                    let there = tokio::net::TcpStream::connect(host).await.expect("the machine");
                    here.set_nodelay(true).and(there.set_nodelay(true)).expect("a setting");
                    let ((from, back), (answers, to)) = (here.into_split(), there.into_split());
                    tokio::join!(
                        pass(from, to, &traffic.asked, &traffic.bytes_there),
                        pass(answers, back, &traffic.answered, &traffic.bytes_back)
                    );
                });
            }
        });
        port
    }
}

/// The master of a place through such a proxy.
async fn counted(place: &Place) -> (SshRemote, Arc<Traffic>) {
    let (machine, traffic) = (&place.machines.machines[0], Arc::new(Traffic::default()));
    let way = Arc::clone(&traffic).way_to(machine.host()).await;
    let known = machine.known_host();
    let known = known.replacen(&format!("[{}]:{}", machine.address, machine.port), &format!("[127.0.0.1]:{way}"), 1);
    let link = Link::new(Target {
        host: SshHost { name: "127.0.0.1".to_owned(), port: way },
        user: place.machines.user(),
        key: KeySource::File(place.machines.key()),
        known_hosts: vec![known],
    });
    let base = machine.home.join(".jac").display().to_string();
    let java = JavaSearch { java_home: None, search_path: std::env::var_os("PATH") };
    let tools = Arc::new(Tools::new(machine.home.join("cache"), java));
    let remote = SshRemote::new("master".to_owned(), Arc::new(link), base, place.master().folder(), tools);
    (remote, traffic)
}

/// Queries like the engine during a run: five times a second the state of the process and new bytes of the log, and every five
/// seconds the state of the machine. Returns the cost per second: pieces and bytes there, pieces and bytes back, and percent of a core on
/// the node.
async fn cost(place: &Place, remote: &SshRemote, traffic: &Traffic, seconds: u64) -> ([f64; 4], f64) {
    let machine = &place.machines.machines[0];
    let mut log = String::new();
    let mut ticks = interval(Duration::from_millis(200));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // One-time costs are not counted.
    for _ in 0..10 {
        ticks.tick().await;
        remote.process("job").await.expect("it answers");
        remote.vitals().await.expect("it answers");
        pull(remote, &mut log).await;
    }
    let (before, cpu_before, begun) = (traffic.figures(), machine.cpu_s(), Instant::now());
    for tick in 1..=seconds * 5 {
        ticks.tick().await;
        let state = remote.process("job").await.expect("it answers");
        assert!(matches!(state, ProcessState::Running { .. }), "{state:?}");
        pull(remote, &mut log).await;
        if tick % 25 == 0 {
            remote.vitals().await.expect("it answers");
        }
    }
    let (after, took) = (traffic.figures(), begun.elapsed().as_secs_f64());
    let per_second = std::array::from_fn(|at| (after[at] - before[at]) as f64 / took);
    (per_second, (machine.cpu_s() - cpu_before) * 100.0 / took)
}

/// Measures with `REPORT_SECONDS=60`, as `scripts/bench-nodes` does; by default short enough for every run of the tests.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_reports_is_asked_less() {
    let seconds = std::env::var_os("REPORT_SECONDS").and_then(|text| text.to_str()?.parse().ok()).unwrap_or(5);
    let Some(place) = Place::launched(1).await else { return };
    let (remote, traffic) = counted(&place).await;
    started(&remote).await;
    let has_jvm = std::env::var_os("REPORT_JVM").is_some();
    if has_jvm {
        remote.write("Waits.java", JVM.as_bytes()).await.expect("a source");
        remote.start("jvm", &shell("exec java -Xmx64m Waits.java")).await.expect("it starts");
        wait_for("its heap", LIMIT, async || {
            remote.vitals().await.expect("it answers").expect("counters").heap.is_some()
        })
        .await;
    }
    let show = |how: &str, ([asked, there, answered, back], cpu): ([f64; 4], f64)| {
        println!(
            "{how:>8}: {asked:5.1} messages and {there:6.0} bytes a second to the node, {answered:5.1} and {back:6.0} from \
             it; {cpu:.2} % of a core there"
        );
        asked
    };
    let asked = show("asked", cost(&place, &remote, &traffic, seconds).await);
    let following = remote.follow("job", "log");
    wait_for("reports", LIMIT, async || place.machines.machines[0].reporters().len() == 1).await;
    let reported = show("reports", cost(&place, &remote, &traffic, seconds).await);
    assert!(reported * 5.0 < asked, "{reported} in place of {asked}");
    drop(following);
    if has_jvm {
        remote.kill("jvm").await.expect("it ends");
    }
    remote.write("end", b"").await.expect("a word");
}
