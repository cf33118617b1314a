//! Health of a run's machines: a CPU-bound load generator measures itself.
//!
//! Observed every few seconds, without delaying the reading of the log. Unavailable values are omitted.

use super::node_series::NodeSeries;
use super::supervise::Task;
use super::tail::{LogProgress, TailState};
use crate::error::EngineError;
use crate::fan_out::for_all;
use jac_model::ports::{Heap, Remote, Vitals};
use jac_model::{Message, NodeHealth, Provider, RunNode, RunPhase};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const OBSERVE_EVERY: Duration = Duration::from_secs(5);
/// How often the series is written into the run's folder.
const KEEP_EVERY: Duration = Duration::from_secs(60);
/// Time limit of the responses; a machine that does not respond is detected elsewhere.
const ANSWER_LIMIT: Duration = Duration::from_secs(4);
/// From this CPU usage on a generator's own slowness affects its measurements; JMeter's manual warns of the same.
const BUSY_PERCENT: u32 = 75;
/// The code of the note about them.
const BUSY_NOTE: &str = "generators_busy";
/// Number of consecutive busy observations that cause a warning: a single one does not.
const BUSY_OBSERVATIONS: u32 = 3;
/// A clock offset from which on it is visible in a chart of seconds.
const CLOCK_OFFSET_MS: i64 = 1000;

/// With less than this JMeter stops writing the log, and continues without a message.
const FULL_DISK_BYTES: u64 = 256 << 10;

/// Why the run cannot continue, once that was observed.
pub(super) type Alarm = Arc<OnceLock<Message>>;

/// An observed machine.
#[derive(Clone)]
pub(super) struct Watched {
    pub name: String,
    pub remote: Arc<dyn Remote>,
    /// Progress of reading its log; `None`: it writes none.
    pub log: Option<Arc<TailState>>,
}

/// Observes the run's machines for as long as it runs.
pub(super) fn keep_watching(task: &Task, provider: Provider, nodes: Vec<Watched>, alarm: &Alarm) {
    let watching = (task.clone(), nodes, Arc::clone(alarm));
    task.engine.keep_running("health", format!("the health of the run {}", task.id), move |_| {
        let (task, nodes, alarm) = watching.clone();
        watch(task, provider, nodes, alarm)
    });
}

async fn watch(task: Task, provider: Provider, nodes: Vec<Watched>, alarm: Alarm) {
    let mut known: HashMap<String, Known> = HashMap::new();
    let mut kept_at = Instant::now();
    // Local nodes use JAC's own disk, of which some is reserved.
    let reserve = if provider == Provider::Local { task.engine.room().map_or(0, |room| room.reserve / 2) } else { 0 };
    let full_disk_bytes = FULL_DISK_BYTES.max(reserve);
    loop {
        let observations = for_all(nodes.iter().map(|node| async move {
            let vitals = timeout(ANSWER_LIMIT, node.remote.vitals()).await.ok().and_then(Result::ok).flatten();
            let now = Instant::now();
            let at = vitals.as_ref().and_then(|vitals| now.checked_sub(vitals.age)).unwrap_or(now);
            (node, at, vitals, node.log.as_ref().map(|log| log.take_progress()))
        }));
        let observations = observations.await;
        match task.run().await {
            Ok(run) if run.phase == RunPhase::Running => (),
            Ok(_) | Err(EngineError::NotFound { .. }) => return,
            // An unreadable row does not mean that the run has ended.
            Err(error) => {
                tracing::warn!(run = %task.id, %error, "run {}: {error}", task.id);
                sleep(OBSERVE_EVERY).await;
                continue;
            }
        }
        let now_ms = task.engine.now_ms();
        let mut found = HashMap::new();
        for (Watched { name, .. }, at, vitals, log) in observations {
            let Some(counters) = vitals.as_ref().and_then(|vitals| Counters::read(vitals, log)) else { continue };
            if log.is_some() && counters.disk_free_bytes.is_some_and(|free| free < full_disk_bytes) {
                let text = format!("No space left on the disk of {name}.");
                let _set_already = alarm.set(Message::new("disk_full", text).with("node", name.as_str()));
            }
            if let Some(health) = known.entry(name.clone()).or_default().observe(at, now_ms, counters) {
                found.insert(name.clone(), health);
            }
        }
        keep(&task, &found, &mut kept_at).await;
        if let Err(error) = write(&task, provider, found).await {
            tracing::warn!(run = %task.id, %error, "run {}: how its machines are could not be kept: {error}", task.id);
        }
        sleep(OBSERVE_EVERY).await;
    }
}

/// Adds observations to the run's series. Those added since it was last written are lost in a crash.
async fn keep(task: &Task, found: &HashMap<String, NodeHealth>, kept_at: &mut Instant) {
    let Some(live) = task.engine.live().get(&task.id).cloned() else { return };
    let is_due = kept_at.elapsed() >= KEEP_EVERY;
    let series = live.nodes(|series| {
        found.iter().for_each(|(name, health)| series.add(name, health));
        is_due.then(|| series.clone())
    });
    let Some(series) = series else { return };
    *kept_at = Instant::now();
    let folder = task.engine.folder().run(&task.id);
    let written = tokio::task::spawn_blocking(move || NodeSeries::write(&series, &folder)).await;
    if let Ok(Err(error)) = written {
        tracing::warn!(run = %task.id, %error, "run {}: its nodes' observations could not be stored: {error}", task.id);
    }
}

async fn write(task: &Task, provider: Provider, found: HashMap<String, NodeHealth>) -> Result<(), EngineError> {
    if found.is_empty() {
        return Ok(());
    }
    task.change(move |run| {
        for node in &mut run.nodes {
            if let Some(health) = found.get(&node.name) {
                node.health = Some(after(node.health, *health));
            }
        }
        let was_busy = |node: &&RunNode| node.health.is_some_and(|health| health.was_busy);
        let busy: Vec<&str> = run.nodes.iter().filter(was_busy).map(|node| &node.name[..]).collect();
        note_busy(&mut run.notes, provider, &busy);
        Ok(())
    })
    .await?;
    Ok(())
}

/// The new state, combined with the run's earlier observations of the machine.
fn after(before: Option<NodeHealth>, now: NodeHealth) -> NodeHealth {
    let Some(before) = before else { return now };
    NodeHealth {
        cpu_highest_percent: now.cpu_highest_percent.max(before.cpu_highest_percent),
        was_busy: now.was_busy || before.was_busy,
        ..now
    }
}

/// One note about all machines that were busy, which grows with them.
fn note_busy(notes: &mut Vec<Message>, provider: Provider, busy: &[&str]) {
    const MOST_NAMES: usize = 4;
    let whose = match busy {
        [] => return,
        // The nodes are one machine.
        _ if provider == Provider::Local => "the JAC server".to_owned(),
        [one] => (*one).to_owned(),
        [names @ .., last] if busy.len() <= MOST_NAMES => format!("{} and {last}", names.join(", ")),
        _ => format!("{} and {} others", busy[..MOST_NAMES - 1].join(", "), busy.len() + 1 - MOST_NAMES),
    };
    let text = format!(
        "The CPU of {whose} was above {BUSY_PERCENT} %; response times may be inflated. Use more or larger load \
         generators, or fewer threads."
    );
    let note = Message::new(BUSY_NOTE, text).with("nodes", busy.to_vec()).with("busy_percent", BUSY_PERCENT);
    match notes.iter_mut().find(|note| note.code == BUSY_NOTE) {
        Some(before) => *before = note,
        None => notes.push(note),
    }
}

/// Measures the clocks of the nodes and writes the offsets into the run, with a note for each large one.
pub(super) async fn measure_clocks(task: &Task, nodes: &[(String, Arc<dyn Remote>)]) -> Result<(), EngineError> {
    let offsets: HashMap<String, (i64, i64)> = for_all(nodes.iter().map(|(name, remote)| async {
        let offset = timeout(ANSWER_LIMIT, remote.clock_offset()).await.ok().and_then(Result::ok).flatten();
        offset.map(|offset| (name.clone(), offset))
    }))
    .await
    .into_iter()
    .flatten()
    .collect();
    if offsets.is_empty() {
        return Ok(());
    }
    task.change(move |run| {
        for node in &mut run.nodes {
            let Some((offset_ms, unsure_ms)) = offsets.get(&node.name).copied() else { continue };
            node.clock_offset_ms = Some(offset_ms);
            if offset_ms.abs() - unsure_ms > CLOCK_OFFSET_MS {
                let text = format!(
                    "The clock of {} was {:.1} s {} the server's at the start, and its samples are timestamped with \
                     it.",
                    node.name,
                    offset_ms.abs() as f64 / 1000.0,
                    if offset_ms > 0 { "ahead of" } else { "behind" }
                );
                let note = Message::new("clock_offset", text).with("node", node.name.as_str());
                run.notes.push(note.with("offset_ms", offset_ms));
            }
        }
        Ok(())
    })
    .await?;
    Ok(())
}

/// Data about one machine from earlier observations.
#[derive(Debug, Default)]
struct Known {
    last: Option<(Instant, Counters)>,
    busy_in_a_row: u32,
}

impl Known {
    /// Its figures since the last observation; none for the first one.
    fn observe(&mut self, at: Instant, now_ms: i64, counters: Counters) -> Option<NodeHealth> {
        let (before_at, before) = self.last.replace((at, counters.clone()))?;
        let seconds = at.duration_since(before_at).as_secs_f64();
        let ticks = counters.cpu_all.checked_sub(before.cpu_all).filter(|ticks| *ticks > 0)?;
        let idle = counters.cpu_idle.saturating_sub(before.cpu_idle).min(ticks);
        let cpu_percent = u32::try_from((ticks - idle) * 100 / ticks).unwrap_or(100);
        self.busy_in_a_row = if cpu_percent > BUSY_PERCENT { self.busy_in_a_row + 1 } else { 0 };
        let per_second = |now: u64, before: u64| (now.saturating_sub(before) as f64 / seconds.max(0.001)) as u64;
        Some(NodeHealth {
            at_ms: now_ms,
            cpu_percent,
            cpu_highest_percent: cpu_percent,
            was_busy: self.busy_in_a_row >= BUSY_OBSERVATIONS,
            memory_used_mb: counters.memory_kb.saturating_sub(counters.available_kb) / 1024,
            memory_mb: counters.memory_kb / 1024,
            received_per_s: per_second(counters.received, before.received),
            sent_per_s: per_second(counters.sent, before.sent),
            disk_free_mb: counters.disk_free_bytes.map(|bytes| bytes / (1 << 20)),
            heap_used_mb: counters.heap.map(|heap| heap.used_bytes / (1 << 20)),
            heap_mb: counters.heap.map(|heap| heap.size_bytes / (1 << 20)),
            lag_bytes: counters.log.left_bytes,
            samples_per_s: counters
                .log
                .rows
                .map(|rows| rows.saturating_sub(before.log.rows.unwrap_or(0)) as f64 / seconds.max(0.001)),
        })
    }
}

/// The counters of `/proc`, see proc(5).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Counters {
    cpu_all: u64,
    cpu_idle: u64,
    memory_kb: u64,
    available_kb: u64,
    received: u64,
    sent: u64,
    disk_free_bytes: Option<u64>,
    heap: Option<Heap>,
    log: LogProgress,
}

impl Counters {
    fn read(vitals: &Vitals, log: Option<LogProgress>) -> Option<Self> {
        let line = vitals.stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let ticks: Vec<u64> = line.split_whitespace().map_while(|word| word.parse().ok()).collect();
        let memory = |name: &str| {
            vitals.meminfo.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
        };
        // Interface: received bytes and seven more, sent bytes and seven more.
        let (mut received, mut sent) = (0, 0);
        for line in vitals.network.lines() {
            let Some((name, numbers)) = line.split_once(':').filter(|(name, _)| name.trim() != "lo") else { continue };
            let numbers: Vec<u64> = numbers.split_whitespace().map_while(|word| word.parse().ok()).collect();
            if let (false, [first, .., _], Some(ninth)) = (name.is_empty(), numbers.as_slice(), numbers.get(8)) {
                received += first;
                sent += ninth;
            }
        }
        Some(Self {
            // User, nice, system, idle, waiting, interrupts, soft interrupts, stolen; guests are in user already.
            cpu_all: ticks.iter().take(8).sum(),
            cpu_idle: ticks.get(3)? + ticks.get(4).copied().unwrap_or(0),
            memory_kb: memory("MemTotal:")?,
            available_kb: memory("MemAvailable:")?,
            received,
            sent,
            disk_free_bytes: vitals.disk_free_bytes,
            heap: vitals.heap,
            log: log.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vitals(idle: u64, received: u64) -> Vitals {
        Vitals {
            stat: format!("cpu  100 0 100 {idle} 0 0 0 0 0 0\ncpu0 1 2 3 4\n"),
            meminfo: "MemTotal:        4096000 kB\nMemFree: 1 kB\nMemAvailable:    1024000 kB\n".to_owned(),
            network: format!(
                "Inter-|   Receive  |  Transmit\n face |bytes packets|bytes\n    lo: 9 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0\n  \
                 eth0: {received} 9 0 0 0 0 0 0 500 9 0 0 0 0 0 0\n"
            ),
            disk_free_bytes: Some(5 << 20),
            heap: Some(Heap { used_bytes: 30 << 20, size_bytes: 64 << 20 }),
            age: Duration::ZERO,
        }
    }

    #[test]
    fn two_observations_make_rates() {
        let mut known = Known::default();
        let begin = Instant::now();
        let log = |rows| Some(LogProgress { left_bytes: Some(7), rows: Some(rows) });
        let first = Counters::read(&vitals(800, 1000), log(100)).expect("counters");
        assert_eq!(known.observe(begin, 0, first), None, "one observation makes no rate");
        // 100 ticks later, 20 of them idle.
        let mut later = vitals(820, 3000);
        later.stat = "cpu  140 0 140 820 0 0 0 0 0 0\n".to_owned();
        let counters = Counters::read(&later, log(150)).expect("counters");
        let health = known.observe(begin + Duration::from_secs(2), 7, counters).expect("a health");
        assert_eq!((health.cpu_percent, health.received_per_s, health.sent_per_s), (80, 1000, 0));
        assert_eq!((health.memory_used_mb, health.memory_mb, health.disk_free_mb), (3000, 4000, Some(5)));
        assert_eq!((health.heap_used_mb, health.heap_mb), (Some(30), Some(64)));
        assert_eq!((health.lag_bytes, health.samples_per_s), (Some(7), Some(25.0)));
        assert_eq!((health.at_ms, known.busy_in_a_row), (7, 1));
    }

    #[test]
    fn one_note_names_all_machines_that_were_busy() {
        let mut notes = vec![Message::new("another", "Another.")];
        note_busy(&mut notes, Provider::Ec2, &[]);
        assert_eq!(notes.len(), 1);
        for busy in [&["worker-1"][..], &["master", "worker-1"], &["master", "worker-1", "worker-2"]] {
            note_busy(&mut notes, Provider::Ec2, busy);
        }
        assert_eq!(notes.len(), 2);
        assert!(notes[1].message.starts_with("The CPU of master, worker-1 and worker-2 was above"), "{}", notes[1]);
        let many = ["master", "worker-1", "worker-2", "worker-3", "worker-4"];
        note_busy(&mut notes, Provider::Ec2, &many);
        assert!(
            notes[1].message.starts_with("The CPU of master, worker-1, worker-2 and 2 others was above"),
            "{}",
            notes[1]
        );
        note_busy(&mut notes, Provider::Local, &many);
        assert!(notes[1].message.starts_with("The CPU of the JAC server was above"), "{}", notes[1]);
        assert_eq!((notes.len(), &notes[1].params["nodes"]), (2, &many.to_vec().into()));
    }

    #[test]
    fn a_machine_that_was_busy_once_stays_noted() {
        let (mut known, begin) = (Known::default(), Instant::now());
        let mut now = None;
        for (second, idle) in [(0, 0), (1, 10), (2, 20), (3, 30), (4, 1000)] {
            let mut vitals = vitals(0, 0);
            vitals.stat = format!("cpu  {} 0 0 {idle} 0 0 0 0 0 0\n", second * 90);
            let counters = Counters::read(&vitals, None).expect("counters");
            if let Some(health) = known.observe(begin + Duration::from_secs(second), 0, counters) {
                assert_eq!(health.was_busy, second == 3, "second {second}");
                now = Some(after(now, health));
            }
        }
        let now = now.expect("a health");
        assert_eq!((now.cpu_percent, now.cpu_highest_percent, now.was_busy), (8, 90, true));
    }

    #[test]
    fn what_is_no_counter_is_no_health() {
        assert_eq!(Counters::read(&Vitals::default(), None), None);
        let mut known = Known::default();
        let begin = Instant::now();
        let same = Counters::read(&vitals(800, 1000), None).expect("counters");
        known.observe(begin, 0, same.clone());
        assert_eq!(known.observe(begin, 0, same), None, "no tick has passed");
    }
}
