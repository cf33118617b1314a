//! The simulated connection to a node, which keeps the contract of [`Remote`]: its files are real ones, its processes are the
//! world's.

use crate::faults::Injector;
use crate::jmeter::Process;
use crate::world::{Machine, World, inside};
use async_trait::async_trait;
use bytes::Bytes;
use jac_model::ports::{
    Chunk, Command, FoundFile, FoundFiles, Output, PortError, ProcessState, ProgressSink, Remote, Vitals,
};
use jac_model::{ClusterId, NodeTools};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long an ordinary call takes.
const CALL: Duration = Duration::from_millis(2);

pub struct SimulatedRemote {
    pub faults: Injector,
    pub cluster: ClusterId,
    pub node: String,
    pub folder: String,
}

impl SimulatedRemote {
    /// A call to the machine, which must exist and be reachable.
    async fn call<T>(
        &self,
        what: &str,
        time: Duration,
        effect: impl FnOnce(&mut Machine, i64) -> Result<T, PortError> + Send,
    ) -> Result<T, PortError> {
        let gone = |reason: &str| PortError::Unreachable { node: self.node.clone(), reason: reason.to_owned() };
        let on_machine = |world: &World| {
            let now_ms = world.now_ms();
            let mut machines = world.machines();
            let key = (self.cluster.clone(), self.node.clone());
            let machine = machines.there.get_mut(&key).ok_or_else(|| gone("no route to host"))?;
            if machine.offline_until_ms > now_ms {
                return Err(gone("connection timed out"));
            }
            if machine.unasked_until_ms > now_ms {
                let (node, what, reason) = (self.node.clone(), what.to_owned(), "Too many open files".to_owned());
                return Err(PortError::OutOfDescriptors { node, what, reason });
            }
            effect(machine, now_ms)
        };
        self.faults.through(&self.node, &format!("{what} {}", self.node), time, on_machine).await
    }
}

#[async_trait]
impl Remote for SimulatedRemote {
    fn folder(&self) -> String {
        self.folder.clone()
    }

    async fn equip(&self, jmeter_home: &Path, progress: ProgressSink<'_>) -> Result<NodeTools, PortError> {
        assert!(jmeter_home.join("bin/ApacheJMeter.jar").is_file());
        progress(&self.node, jac_model::Message::new("sending", "Copying JMeter."));
        let has_other = self.faults.world.other_java.lock().expect("no panic").as_ref() == Some(&self.node);
        let tools = NodeTools {
            java: "/usr/bin/java".to_owned(),
            java_version: if has_other { "21.0.9" } else { "17.0.15" }.to_owned(),
            jmeter_home: "/opt/jmeter".to_owned(),
        };
        self.call("equip", Duration::from_secs(1), |_, _| Ok(tools)).await
    }

    async fn run(&self, command: &Command, _limit: Duration) -> Result<Output, PortError> {
        if command.program == "true" {
            let nothing = Output { exit_code: 0, stdout: String::new(), stderr: String::new() };
            return self.call("true", CALL, |_, _| Ok(nothing)).await;
        }
        let stop = command.arguments.iter().any(|argument| argument == "org.apache.jmeter.util.ShutdownClient");
        assert!(stop, "the engine runs nothing else: {command:?}");
        let port = command.arguments.last().and_then(|port| port.parse().ok()).expect("a port");
        self.call("run", CALL, |machine, now_ms| {
            // The command is a datagram: whether it arrived is unknown.
            let _received = machine.processes.values_mut().any(|process| process.receive_stop(port, now_ms));
            Ok(Output { exit_code: 0, stdout: String::new(), stderr: String::new() })
        })
        .await
    }

    async fn start(&self, name: &str, command: &Command) -> Result<(), PortError> {
        self.call("start", CALL, |machine, now_ms| {
            if machine.processes.contains_key(name) {
                return Ok(());
            }
            std::fs::create_dir_all(machine.folder.join("processes").join(name)).expect("a folder");
            let process = Process::of(name, command, &machine.folder, now_ms);
            if process.is_master() {
                machine.masters_started.fetch_add(1, Ordering::Relaxed);
            }
            machine.processes.insert(name.to_owned(), process);
            Ok(())
        })
        .await
    }

    async fn process(&self, name: &str) -> Result<ProcessState, PortError> {
        self.call("process", CALL, |machine, _| {
            Ok(machine.processes.get(name).map_or(ProcessState::Absent, |process| process.state))
        })
        .await
    }

    async fn kill(&self, name: &str) -> Result<(), PortError> {
        self.call("kill", CALL, |machine, _| {
            if let Some(process) = machine.processes.get_mut(name)
                && matches!(process.state, ProcessState::Running { .. })
            {
                process.state = ProcessState::Vanished;
            }
            Ok(())
        })
        .await
    }

    async fn forget(&self, name: &str) -> Result<(), PortError> {
        self.call("forget", CALL, |machine, _| {
            machine.processes.remove(name);
            remove(&machine.folder.join("processes").join(name));
            Ok(())
        })
        .await
    }

    async fn put(&self, from: &Path, to: &str) -> Result<(), PortError> {
        let bytes = std::fs::read(from).expect("the engine copies what it has");
        self.call("put", CALL, |machine, _| {
            write(&inside(&machine.folder, to), &bytes);
            Ok(())
        })
        .await
    }

    async fn write(&self, to: &str, bytes: &[u8]) -> Result<(), PortError> {
        self.call("write", CALL, |machine, _| {
            write(&inside(&machine.folder, to), bytes);
            Ok(())
        })
        .await
    }

    async fn read_at(&self, path: &str, offset: u64, limit: usize) -> Result<Option<Chunk>, PortError> {
        let line = self.faults.world.line.lock().expect("no panic").filter(|_| path.ends_with("results.jtl"));
        let (time, limit) = line.map_or((CALL, limit), |line| (Duration::from_secs(1), line.min(limit)));
        self.call("read_at", time, |machine, _| {
            let Ok(bytes) = std::fs::read(inside(&machine.folder, path)) else { return Ok(None) };
            let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            let to = from.saturating_add(limit).min(bytes.len());
            Ok(Some(Chunk { bytes: Bytes::copy_from_slice(&bytes[from..to]), file_size: bytes.len() as u64 }))
        })
        .await
    }

    async fn digest(&self, path: &str) -> Result<Option<(u64, [u8; 32])>, PortError> {
        self.call("digest", CALL, |machine, _| {
            let bytes = std::fs::read(inside(&machine.folder, path)).ok();
            Ok(bytes.map(|bytes| (bytes.len() as u64, Sha256::digest(&bytes).into())))
        })
        .await
    }

    async fn vitals(&self) -> Result<Option<Vitals>, PortError> {
        self.call("vitals", CALL, |_, _| Ok(None)).await
    }

    async fn list_files(&self, folder: &str, _most: usize) -> Result<FoundFiles, PortError> {
        self.call("list_files", CALL, |machine, _| {
            let root = inside(&machine.folder, folder);
            let mut files = Vec::new();
            let mut folders = vec![root.clone()];
            while let Some(folder) = folders.pop() {
                for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                    let path = entry.path();
                    if path.is_dir() {
                        folders.push(path);
                    } else {
                        let name = path.strip_prefix(&root).expect("below").to_str().expect("UTF-8").to_owned();
                        files.push(FoundFile { path: name, bytes: entry.metadata().expect("there").len() });
                    }
                }
            }
            Ok(FoundFiles { files, is_whole: true })
        })
        .await
    }

    async fn remove(&self, path: &str) -> Result<(), PortError> {
        self.call("remove", CALL, |machine, _| {
            remove(&inside(&machine.folder, path));
            Ok(())
        })
        .await
    }

    async fn free_ports(&self, count: usize) -> Result<Vec<u16>, PortError> {
        self.call("free_ports", CALL, |_, now_ms| {
            let first = 20_000 + u16::try_from(now_ms % 40_000).expect("a port");
            Ok((first..).take(count).collect())
        })
        .await
    }

    async fn can_connect(&self, address: &str, port: u16) -> Result<bool, PortError> {
        let name = format!("can_connect {}", self.node);
        self.faults
            .through(&self.node, &name, CALL, |world| {
                let machines = world.machines();
                let accepts = |machine: &Machine| machine.processes.values().any(|process| process.accepts(port));
                Ok(machines.there.values().any(|machine| machine.instance.address == address && accepts(machine)))
            })
            .await
    }
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, bytes).expect("written");
}

fn remove(path: &Path) {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{}: {error}", path.display()),
        _ => (),
    }
}
