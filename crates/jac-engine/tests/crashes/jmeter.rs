//! The simulated JMeter: it listens, measures, writes its log and is stopped like the real one (see
//! `docs/jmeter.md`), in the world's time.

use crate::world::Machines;
use jac_jmeter::properties::{self, Properties};
use jac_model::EpochMs;
use jac_model::ports::{Command, ProcessState};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// From its start until it listens.
const STARTS_MS: i64 = 300;
/// From one sample of a worker to the next.
const SAMPLE_MS: i64 = 100;
/// From the stop command to its end.
const STOPS_MS: i64 = 300;
/// How long the plan takes.
pub const PLAN_MS: i64 = 5_000;

/// How a test behaves.
#[derive(Debug, Clone)]
pub struct Trouble {
    pub plan_ms: i64,
    /// In these seconds of the test all samples fail.
    pub fails_s: std::ops::Range<i64>,
}

impl Default for Trouble {
    fn default() -> Self {
        Self { plan_ms: PLAN_MS, fails_s: 0..0 }
    }
}

const HEADER: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n";

/// A process on a node.
#[derive(Debug, Clone)]
pub struct Process {
    pub state: ProcessState,
    started_ms: EpochMs,
    listens: bool,
    kind: Kind,
    /// The name of its node.
    node: String,
    /// The file it prints to.
    out: PathBuf,
    /// The file it logs to.
    log: PathBuf,
}

#[derive(Debug, Clone)]
enum Kind {
    Worker {
        ports: [u16; 2],
    },
    Master {
        name: String,
        results: PathBuf,
        /// `address:port` of their registries.
        workers: Vec<String>,
        shutdown_port: u16,
        /// The prefix of its own threads' names; empty: none.
        source: String,
        /// Samples that each source has recorded.
        samples: i64,
        ends_at_ms: Option<EpochMs>,
    },
}

impl Process {
    /// What the command would start.
    pub fn of(name: &str, command: &Command, folder: &Path, now_ms: EpochMs) -> Self {
        let arguments = &command.arguments;
        let after = |flag: &str| {
            let at = arguments.iter().rposition(|argument| argument == flag)?;
            arguments.get(at + 1).cloned()
        };
        assert!(arguments.contains(&"-jar".to_owned()), "no JMeter: {command:?}");
        let file = after("-q").expect("properties");
        let properties: Properties = properties::from_file(&std::fs::read(&file).expect("its properties are there"));
        let number = |name: &str| -> u16 { properties[name].parse().expect("a port") };
        let kind = if arguments.contains(&"-s".to_owned()) {
            let store = &properties["server.rmi.ssl.keystore.file"];
            let store = folder.join(&command.folder).join(store);
            assert!(store.is_file(), "the key store is not at {}", store.display());
            Kind::Worker { ports: [number("server_port"), number("server.rmi.localport")] }
        } else {
            let plan = folder.join(&command.folder).join(after("-t").expect("a plan"));
            assert!(plan.is_file(), "the plan is not at {}", plan.display());
            Kind::Master {
                name: name.to_owned(),
                results: PathBuf::from(after("-l").expect("a log")),
                workers: after("-R").map(|all| all.split(',').map(str::to_owned).collect()).unwrap_or_default(),
                shutdown_port: number("jmeterengine.nongui.port"),
                source: properties.get("__jm.D_TG").cloned().unwrap_or_default(),
                samples: 0,
                ends_at_ms: None,
            }
        };
        // Behind a gate it waits for its start time.
        let gate = arguments.iter().position(|argument| argument == "jac-gate");
        let at_ms = gate.map_or(now_ms, |gate| arguments[gate + 1].parse::<EpochMs>().expect("a time").max(now_ms));
        Self {
            state: ProcessState::Running { pid: 1 },
            started_ms: at_ms,
            listens: false,
            kind,
            node: node_of(folder),
            out: folder.join("processes").join(name).join("out"),
            log: PathBuf::from(after("-j").expect("a log file")),
        }
    }

    /// It runs the plan together with other workers, each independently.
    fn is_direct(&self) -> bool {
        matches!(&self.kind, Kind::Master { source, .. } if !source.is_empty())
    }

    pub fn is_master(&self) -> bool {
        matches!(self.kind, Kind::Master { .. })
    }

    fn runs(&self) -> bool {
        matches!(self.state, ProcessState::Running { .. })
    }

    /// Whether it accepts connections there.
    pub fn accepts(&self, port: u16) -> bool {
        self.runs() && self.listens && matches!(self.kind, Kind::Worker { ports } if ports.contains(&port))
    }

    /// Receives a command of JMeter's own stop client. Returns whether it was accepted.
    pub fn receive_stop(&mut self, port: u16, now_ms: EpochMs) -> bool {
        let (runs, listens) = (self.runs(), self.listens);
        match &mut self.kind {
            Kind::Master { shutdown_port, ends_at_ms, .. } if *shutdown_port == port && runs && listens => {
                ends_at_ms.get_or_insert(now_ms + STOPS_MS);
                true
            }
            _ => false,
        }
    }

    fn print(&self, text: &str) {
        append(&self.out, text.as_bytes());
        append(&self.log, text.as_bytes());
    }
}

fn node_of(folder: &Path) -> String {
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Appends to a file, like a process that keeps it open: if its folder was removed, what it writes is lost.
fn append(path: &Path, bytes: &[u8]) {
    if let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(path) {
        file.write_all(bytes).expect("written");
    }
}

/// Brings all processes up to date with the current time.
pub fn advance(machines: &mut Machines, now_ms: EpochMs) {
    for machine in machines.there.values_mut() {
        for process in machine.processes.values_mut() {
            if process.runs() && !process.listens && now_ms >= process.started_ms + STARTS_MS && !process.is_master() {
                process.listens = true;
                process.print("Started remote host\n");
            }
        }
    }
    let masters: Vec<_> = machines
        .there
        .iter()
        .flat_map(|(key, machine)| machine.processes.iter().map(move |(name, process)| (key, name, process)))
        .filter(|(_, _, process)| process.is_master() && process.runs())
        .map(|(key, name, process)| (key.clone(), name.clone(), process.clone()))
        .collect();
    for (key, process_name, mut process) in masters {
        let written = lead(machines, &mut process, now_ms);
        if let Kind::Master { name, .. } = &process.kind {
            let whose = if process.is_direct() { format!("{name} {}", process.node) } else { name.clone() };
            machines.measured.entry(whose).or_default().extend_from_slice(&written);
        }
        let ended = !process.runs() && !process.is_direct();
        if let Some(machine) = machines.there.get_mut(&key) {
            machine.processes.insert(process_name.clone(), process);
        }
        if ended {
            // A worker ends with its test.
            for machine in machines.there.values_mut() {
                let worker = machine.processes.get_mut(&process_name);
                if let Some(worker) = worker.filter(|process| !process.is_master() && process.runs()) {
                    worker.state = ProcessState::Exited { code: 0 };
                }
            }
        }
    }
}

/// Brings a master up to date. Returns what it has added to its log.
fn lead(machines: &Machines, process: &mut Process, now_ms: EpochMs) -> Vec<u8> {
    let begins_ms = process.started_ms + STARTS_MS;
    if now_ms < begins_ms {
        return Vec::new();
    }
    let Kind::Master { results, workers, .. } = &process.kind else { return Vec::new() };
    let answers = |worker: &String| {
        let (address, port) = worker.rsplit_once(':').expect("address and port");
        let port = port.parse().expect("a port");
        machines.there.values().any(|machine| {
            machine.instance.address == *address && machine.processes.values().any(|process| process.accepts(port))
        })
    };
    let sources = if workers.is_empty() { 1 } else { workers.iter().filter(|worker| answers(worker)).count() };
    let all_there = sources == workers.len().max(1);
    let (results, expected) = (results.clone(), workers.len().max(1));
    let mut written = String::new();
    if !process.listens {
        process.listens = true;
        if !all_there {
            process.print("ERROR o.a.j.JMeter: Failed to create engine: Connection refused\n");
            process.state = ProcessState::Exited { code: 1 };
            return Vec::new();
        }
        process.print("Waiting for possible Shutdown/StopTestNow/HeapDump/ThreadDump message on port\n");
        written.push_str(HEADER);
    }
    let Kind::Master { samples, ends_at_ms, source: own, .. } = &mut process.kind else { return Vec::new() };
    let end_ms = ends_at_ms.unwrap_or(begins_ms + machines.trouble.plan_ms);
    let due = (now_ms.min(end_ms) - begins_ms) / SAMPLE_MS;
    while *samples < due {
        *samples += 1;
        let at_ms = begins_ms + *samples * SAMPLE_MS - 10;
        let success = !machines.trouble.fails_s.contains(&((at_ms - begins_ms) / 1_000));
        for source in 0..sources {
            let source = if own.is_empty() { format!("10.0.0.{source}") } else { own.clone() };
            writeln!(written, "{at_ms},10,Home,200,OK,{source}-TG 1-1,text,{success},,5,5,1,1,null,1,0,1")
                .expect("text");
        }
    }
    // A master whose worker died waits for it forever, until it is stopped.
    if now_ms >= end_ms && (ends_at_ms.is_some() || sources == expected) {
        process.state = ProcessState::Exited { code: 0 };
    }
    append(&results, written.as_bytes());
    written.into_bytes()
}
