//! The lab for one test: a server with its own data folder, the lab without faults, and checks for leftovers.

use crate::api::Api;
use crate::place::{LIMIT, Place, kept, plan_path};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
/// The boot limit of every server in a test: a machine of the lab answers within seconds.
const BOOT_LIMIT_S: &str = "90";

pub struct Site {
    pub place: Place,
    arguments: Vec<String>,
    boot_limit_s: &'static str,
    server: Option<Child>,
    api: Option<Api>,
    control: String,
    _turn: MutexGuard<'static, ()>,
}

impl Site {
    /// `None` if no lab is running.
    pub fn new() -> Option<Self> {
        Self::with(&[])
    }

    /// The same, with additional arguments for `jac serve`.
    pub fn with(arguments: &[&str]) -> Option<Self> {
        Self::of(arguments, BOOT_LIMIT_S)
    }

    /// The same, with a boot limit in seconds for machines that do not answer.
    pub fn with_boot_limit(seconds: &'static str) -> Option<Self> {
        Self::of(&[], seconds)
    }

    fn of(arguments: &[&str], boot_limit_s: &'static str) -> Option<Self> {
        let Some(control) = std::env::var_os("JAC_LAB_CONTROL") else {
            println!("skipped: there is no lab; `scripts/test lab` brings one up");
            return None;
        };
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let arguments = arguments.iter().map(|&word| word.to_owned()).collect();
        let mut site = Self {
            place: Place::new(),
            arguments,
            boot_limit_s,
            server: None,
            api: None,
            control: control.to_string_lossy().into_owned(),
            _turn: turn,
        };
        site.lab(&["reset"]);
        site.start();
        Some(site)
    }

    /// Starts the server, again if it was killed.
    pub fn start(&mut self) {
        let mut command =
            self.place.jac(&["serve", "--listen", "127.0.0.1:0", "--boot-limit-seconds", self.boot_limit_s]);
        command.args(&self.arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("jac starts");
        let output = child.stdout.take().expect("its output");
        let (send, first) = mpsc::channel();
        std::thread::spawn(move || send.send(BufReader::new(output).lines().next()));
        let first = first.recv_timeout(LIMIT).expect("a server that starts").expect("a line").expect("text");
        let url = first.split_whitespace().last().expect("the address");
        let token = std::fs::read_to_string(self.place.data().join("token")).expect("its token");
        self.api = Some(Api::new(url, token.trim()));
        self.server = Some(child);
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let mut server = self.server.take().expect("a server lives");
        server.kill().expect("it is ours");
        let _reaped = server.wait();
        self.api = None;
    }

    pub fn api(&self) -> &Api {
        self.api.as_ref().expect("a server lives")
    }

    /// A command to the lab, which must succeed.
    pub fn lab(&self, words: &[&str]) -> Value {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let client = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().expect("a client");
            let answer = client.post(&self.control).json(&words).send().await.expect("the lab answers");
            let (status, text) = (answer.status(), answer.text().await.expect("text"));
            assert!(status.is_success(), "{words:?}: {text}");
            serde_json::from_str(&text).unwrap_or(Value::String(text.trim().to_owned()))
        })
    }

    /// All resources in the account that belong to this data folder's installation.
    pub fn left(&self) -> Vec<String> {
        let installation = std::fs::read_to_string(self.place.data().join("installation")).expect("its id");
        let left = self.lab(&["left", "jac:installation", installation.trim()]);
        left.as_array().expect("a list").iter().map(|id| id.as_str().expect("an id").to_owned()).collect()
    }

    /// A configuration of the lab's machines.
    pub fn config(&self, workers: u32, ec2: Value) -> Value {
        let mut machines = json!({ "addresses": "private", "disk_gb": 8 });
        machines.as_object_mut().expect("an object").extend(ec2.as_object().expect("an object").clone());
        json!({ "name": "of a test", "provider": "ec2", "config": {
            "workers": workers, "heap_mb": 256, "lifetime_minutes": 60, "idle_minutes": null, "remove_after_run": false, "ec2": machines } })
    }

    /// Creates a cluster; returns its ID.
    pub fn create(&self, workers: u32, ec2: Value) -> String {
        let cluster = self.api().post("/clusters", &self.config(workers, ec2));
        cluster["id"].as_str().expect("its id").to_owned()
    }

    /// Creates a cluster and waits until it is ready.
    pub fn ready(&self, workers: u32, ec2: Value) -> String {
        let id = self.create(workers, ec2);
        self.await_phase(&id, &["ready", "failed", "terminating", "terminated"]);
        let cluster = self.cluster(&id);
        assert_eq!(cluster["phase"], "ready", "{}\n{}", cluster["cause"], self.events(&id));
        id
    }

    pub fn cluster(&self, id: &str) -> Value {
        self.api().get(&format!("/clusters/{id}"))
    }

    /// Its events, one per line: `worker-1: i-0123 was launched (c6i.xlarge). [instance_launched]`.
    pub fn events(&self, id: &str) -> String {
        let events = self.api().get(&format!("/clusters/{id}/events"));
        let line = |event: &Value| {
            let word = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
            let node = event["node"].as_str().unwrap_or("cluster");
            format!("{node}: {} [{}]", word("message"), word("code"))
        };
        events.as_array().expect("a list").iter().map(line).collect::<Vec<_>>().join("\n")
    }

    pub fn await_phase(&self, id: &str, phases: &[&str]) {
        self.until(&format!("{id} is {phases:?}"), || {
            phases.contains(&self.cluster(id)["phase"].as_str().expect("a phase"))
        });
    }

    /// The instance of a node: `i-…`.
    pub fn machine(&self, cluster: &str, node: &str) -> String {
        let cluster = self.cluster(cluster);
        let nodes = cluster["nodes"].as_array().expect("its nodes");
        let detail = nodes.iter().find(|found| found["name"] == node).expect("that node")["detail"]
            .as_str()
            .expect("its detail");
        detail.split(' ').next().expect("its id").to_owned()
    }

    /// Sets a node's clock three seconds ahead. It takes effect for new connections: those of the next server.
    pub fn set_clock_ahead(&mut self, cluster: &str, node: &str) {
        self.lab(&["clock", &self.machine(cluster, node), "+3s"]);
        self.kill();
        self.start();
        self.await_phase(cluster, &["ready"]);
    }

    /// The run reports whose clock is [ahead](Self::set_clock_ahead), and that the other one's is correct.
    pub fn assert_clock_is_reported(&self, run: &str, ahead: &str, right: &str) {
        let view = self.api().get(&format!("/runs/{run}"));
        let notes = view["notes"].as_array().expect("its notes");
        let note = notes.iter().find(|note| note["code"] == "clock_offset").unwrap_or_else(|| panic!("{notes:?}"));
        assert_eq!(note["params"]["node"], ahead, "{note}");
        let nodes = view["nodes"].as_array().expect("nodes");
        let offset_ms = |name: &str| {
            let node = nodes.iter().find(|node| node["name"] == name).expect("that node");
            node["clock_offset_ms"].as_i64().expect("its clock")
        };
        // Half of a query's duration is uncertain, on a host that boots or runs ten others.
        assert!((2000..4000).contains(&offset_ms(ahead)) && offset_ms(right).abs() < 1000, "{nodes:?}");
    }

    /// The address of a node.
    pub fn address(&self, cluster: &str, node: &str) -> String {
        let cluster = self.cluster(cluster);
        let nodes = cluster["nodes"].as_array().expect("its nodes");
        let found = nodes.iter().find(|found| found["name"] == node).expect("that node");
        found["address"].as_str().expect("its address").to_owned()
    }

    /// Starts the steady plan for this many seconds; returns the run's ID.
    pub fn run(&self, cluster: &str, seconds: u32) -> String {
        self.run_with(cluster, &json!({ "duration": seconds.to_string() }))
    }

    /// The same with these properties.
    pub fn run_with(&self, cluster: &str, properties: &Value) -> String {
        self.run_by(cluster, properties, "auto")
    }

    /// The same with this path of results.
    pub fn run_by(&self, cluster: &str, properties: &Value, results: &str) -> String {
        self.run_of(cluster, properties, &json!({ "results": results }))
    }

    /// The same with these additional fields of the request.
    pub fn run_of(&self, cluster: &str, properties: &Value, more: &Value) -> String {
        let file = |name| (name, std::fs::read(plan_path(name)).expect("a file of the plan"));
        let plan = self.api().upload(vec![file("steady.jmx"), file("data/names.csv")]);
        let mut asked = json!({ "cluster_id": cluster, "plan_id": plan, "name": "of a test",
            "properties": properties, "stop_timeout_s": 5 });
        asked.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let run = self.api().post("/runs", &asked);
        run["id"].as_str().expect("its id").to_owned()
    }

    /// Waits until samples arrive.
    pub fn await_samples(&self) {
        self.until("samples", || self.place.rows_so_far() > 20);
    }

    /// Waits for a run's end.
    pub fn finished(&self, run: &str) -> Value {
        self.until("the run's end", || self.api().get(&format!("/runs/{run}"))["phase"] == "finished");
        self.api().get(&format!("/runs/{run}"))
    }

    /// The run completed, and everything that JMeter counted is in the log and in the summary.
    pub fn assert_whole(&self, run: &str) {
        let view = self.finished(run);
        assert_eq!(view["cause"]["kind"], "completed", "{}\n{}", view["cause"], view["notes"]);
        let folder = self.place.data().join("runs").join(run);
        let rows = kept(&folder.join("results.jtl")).expect("the log").lines().count() - 1;
        let is_direct = view["results"] == "direct";
        let nodes = view["nodes"].as_array().expect("nodes").iter().filter_map(|node| node["name"].as_str());
        // The JMeter that writes a log counts its samples.
        let counted = nodes.filter(|name| is_direct || *name == "master").map(|name| {
            let text = kept(&folder.join("nodes").join(name).join("jmeter.log")).expect("its log");
            let last = text.lines().rev().find(|line| line.contains("summary =")).expect("JMeter's summary");
            let count = last.split("summary =").nth(1).and_then(|rest| rest.split_whitespace().next());
            count.and_then(|count| count.parse::<usize>().ok()).unwrap_or_else(|| panic!("{name}: {last}"))
        });
        assert_eq!(counted.sum::<usize>(), rows);
        let summary: Value =
            serde_json::from_slice(&std::fs::read(folder.join("summary.json")).expect("it")).expect("JSON");
        assert_eq!(summary["total"]["samples"], rows);
        assert!(rows > 0);
    }

    /// Terminates a cluster, and checks that nothing is left, neither in the account nor here.
    pub fn terminate(&self, cluster: &str) {
        self.api().post(&format!("/clusters/{cluster}/terminate"), &Value::Null);
        self.await_phase(cluster, &["terminated"]);
        self.assert_gone();
    }

    /// When a cluster is reported as terminated, nothing is left at that moment, not only some time later.
    pub fn assert_gone(&self) {
        assert_eq!(self.left(), [""; 0], "it is reported as terminated");
        self.assert_nothing_left();
    }

    pub fn assert_nothing_left(&self) {
        self.until("nothing is left in the account", || self.left().is_empty());
        let records = std::fs::read_dir(self.place.data().join("ec2")).into_iter().flatten().flatten();
        let names: Vec<_> =
            records.map(|entry| entry.file_name()).filter(|name| !is_of_the_installation(name)).collect();
        assert!(names.is_empty(), "a record or a key is left: {names:?}");
    }

    /// Waits for a state, and fails when it does not come.
    pub fn until(&self, what: &str, state: impl Fn() -> bool) {
        let deadline = Instant::now() + LIMIT * 2;
        while !state() {
            assert!(Instant::now() < deadline, "never: {what}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Site {
    /// The lab has few machines: remove at once whatever a failed test left.
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _gone = server.kill();
            let _reaped = server.wait();
        }
        if let Ok(installation) = std::fs::read_to_string(self.place.data().join("installation")) {
            self.lab(&["reset"]);
            self.lab(&["clear", "jac:installation", installation.trim()]);
        }
    }
}

/// What the provider stores for the installation and not for one cluster: the regions that it used, and that it used the credentials
/// of the environment.
pub fn is_of_the_installation(name: &OsStr) -> bool {
    name == "regions.json" || name == "environment.json"
}
