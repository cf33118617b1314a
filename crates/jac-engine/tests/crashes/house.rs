//! A data folder with a sequence of engines on it, and the user, who repeats a request
//! if the engine has crashed during it.

use crate::cloud::SimulatedCloud;
use crate::faults::{Crash, Injector, PLANNED_PANIC, Planned};
use crate::notifier;
use crate::world::{World, owner};
use futures_util::FutureExt;
use jac_artefacts::ArtefactStore;
use jac_engine::plans::Kept;
use jac_engine::tools::ToolSettings;
use jac_engine::{Engine, EngineError, Lifespan, NewCluster, NewRun, Parts, Settings};
use jac_model::ports::Cloud;
use jac_model::{
    Cluster, ClusterConfig, ClusterId, ClusterPhase, Ec2Config, Message, Order, PlanId, Provider, ResultsChoice, Run,
    RunId, RunPhase,
};
use jac_report::Report;
use jac_store::{ClusterFilter, DataFolder, MOST_LISTED, PageRequest, PlanFilter, RunFilter, Store, Vault};
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

pub const PLAN: &str = r#"<?xml version="1.0"?><jmeterTestPlan version="1.2"><hashTree><TestPlan guiclass="" testname="P"/><hashTree>
<ThreadGroup guiclass="" testname="G"><stringProp name="ThreadGroup.num_threads">4</stringProp>
<elementProp name="ThreadGroup.main_controller" elementType="LoopController"><intProp name="LoopController.loops">9</intProp>
<boolProp name="LoopController.continue_forever">false</boolProp></elementProp>
</ThreadGroup><hashTree><JavaSampler guiclass="" testname="Home"/><hashTree/></hashTree>
</hashTree></hashTree></jmeterTestPlan>"#;
const CLASSES: &[&str] =
    &["TestPlan", "ThreadGroup", "LoopController", "JavaSampler", "ResultCollector", "SampleSaveConfiguration"];

/// Longer than any limit of the engine.
const LIMIT: Duration = Duration::from_secs(4 * 3600);
const POLL_INTERVAL: Duration = Duration::from_millis(100);

pub struct House {
    place: tempfile::TempDir,
    pub world: Arc<World>,
    living: Option<Living>,
    /// Number of crashes.
    pub crashes: usize,
    pub settings: Settings,
    /// Of the runs.
    pub properties: BTreeMap<String, String>,
    /// Of their automatic stop; `None`: the plan's.
    pub stop_rules: Option<Vec<String>>,
    /// The plan's revision that its runs use.
    pub plan_revision: Option<u32>,
    /// How its workers' samples are collected.
    pub results: ResultsChoice,
    pub min_workers: Option<u32>,
    pub queue: bool,
    pub try_run: bool,
    /// Its engines send figures of active runs to a metrics target.
    pub exports: bool,
    /// Where finished runs are stored.
    pub artefacts: Option<ArtefactStore>,
}

struct Living {
    engine: Engine,
    generation: u64,
}

/// Runs code that reads and writes files on a thread that may block.
pub async fn waiting<T: Send + 'static>(engine: &Engine, work: impl FnOnce(&Engine) -> T + Send + 'static) -> T {
    let engine = engine.clone();
    match tokio::task::spawn_blocking(move || work(&engine)).await {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

impl House {
    /// The report of a run.
    pub async fn report(&mut self, run: &RunId) -> Result<Report, EngineError> {
        let (engine, run) = (self.engine().await, run.clone());
        waiting(&engine, move |engine| engine.report(&run)).await
    }

    pub fn new() -> Self {
        Self::in_world(Arc::new(World::new()))
    }

    /// A new data folder in a world that may already have machines.
    pub fn in_world(world: Arc<World>) -> Self {
        silence_planned_crashes();
        let place = tempfile::tempdir().expect("a folder");
        make_home(&place.path().join("jmeter"));
        Self {
            place,
            world,
            living: None,
            crashes: 0,
            settings: Settings::default(),
            properties: BTreeMap::new(),
            stop_rules: None,
            plan_revision: None,
            results: ResultsChoice::Auto,
            min_workers: None,
            queue: false,
            try_run: false,
            exports: false,
            artefacts: None,
        }
    }

    pub fn plan(&self, planned: Planned) {
        self.world.calls().planned.push(planned);
    }

    pub fn data(&self) -> PathBuf {
        self.place.path().join("data")
    }

    fn is_dead(&self, living: &Living) -> bool {
        self.world.calls().generation != living.generation
    }

    /// The engine's process is gone, and none is started.
    pub async fn crash(&mut self) {
        self.world.calls().generation += 1;
        self.bury().await;
    }

    /// Ends the tasks of an engine that is disconnected from the world: nothing is undone.
    async fn bury(&mut self) {
        if let Some(living) = self.living.take() {
            self.crashes += 1;
            timeout(LIMIT, living.engine.shut_down()).await.expect("its tasks end");
            drop(living);
            // The lock is released when the last owner of the engine, and of its database, is dropped.
            let closed = async {
                while DataFolder::open(&self.data()).expect("it opens").lock().is_err() {
                    sleep(Duration::from_millis(10)).await;
                }
            };
            timeout(LIMIT, closed).await.expect("its folder is free");
        }
    }

    /// The living engine; a new one if the last has crashed.
    pub async fn engine(&mut self) -> Engine {
        loop {
            match &self.living {
                Some(living) if !self.is_dead(living) => return living.engine.clone(),
                Some(_) => self.bury().await,
                None => match AssertUnwindSafe(self.start()).catch_unwind().await {
                    Ok(Some(living)) => self.living = Some(living),
                    // The folder's lock is released with the last task of the previous engine.
                    Ok(None) => sleep(Duration::from_millis(10)).await,
                    Err(panic) => {
                        assert!(panic.is::<Crash>(), "an engine does not start");
                        self.crashes += 1;
                    }
                },
            }
        }
    }

    async fn start(&self) -> Option<Living> {
        let folder = DataFolder::open(&self.data()).expect("it opens");
        let lock = folder.lock().ok()?;
        let store = Store::open(&folder.database()).await.expect("a database");
        let vault = Arc::new(Vault::open(&folder, store.clone(), None, [1; 32]).expect("a vault"));
        let generation = self.world.calls().generation;
        let faults = Injector::new(Arc::clone(&self.world), generation);
        let clouds = [Provider::Ec2, Provider::Local].map(|provider| {
            (provider, Arc::new(SimulatedCloud { faults: faults.clone(), provider }) as Arc<dyn Cloud>)
        });
        let parts = Parts {
            folder,
            lock,
            store,
            vault,
            clock: Arc::new(faults),
            clouds: HashMap::from(clouds),
            tools: ToolSettings { jmeter_home: Some(self.place.path().join("jmeter")), ..ToolSettings::default() },
            settings: self.settings.clone(),
            artefacts: self.artefacts.clone(),
            integrations: notifier::targets(&Injector::new(Arc::clone(&self.world), generation), self.exports),
        };
        Some(Living { engine: Engine::start(parts).await.expect("it starts"), generation })
    }

    /// Requests something from the engine; `None` if it crashed meanwhile.
    pub async fn ask<T>(&mut self, work: impl AsyncFnOnce(&Engine) -> Result<T, EngineError>) -> Option<T> {
        let engine = self.engine().await;
        match AssertUnwindSafe(work(&engine)).catch_unwind().await {
            Ok(done) => Some(done.expect("it can be done")),
            Err(panic) => {
                assert!(panic.is::<Crash>(), "the engine panicked");
                None
            }
        }
    }

    /// The same for code that reads and writes files, on a thread that may block.
    pub async fn ask_waiting<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Engine) -> Result<T, EngineError> + Send + 'static,
    ) -> Option<T> {
        self.ask(async |engine| waiting(engine, work).await).await
    }

    /// The same for requests that take long.
    pub async fn ask_for<T, F>(&mut self, work: impl FnOnce(Engine) -> F) -> Option<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, EngineError>> + Send + 'static,
    {
        let engine = self.engine().await;
        let mut task = tokio::spawn(work(engine));
        let done = loop {
            tokio::select! {
                done = &mut task => break done,
                () = sleep(POLL_INTERVAL) => (),
            }
            if self.living.as_ref().is_none_or(|living| self.is_dead(living)) {
                task.abort();
                return None;
            }
        };
        match done {
            Ok(done) => Some(done.expect("it can be done")),
            Err(panic) => {
                assert!(panic.into_panic().is::<Crash>(), "the engine panicked");
                None
            }
        }
    }

    /// Waits until this engine, or a later one, reaches the expected state.
    pub async fn until<T>(&mut self, what: &str, poll: impl AsyncFn(&Engine) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            let engine = self.engine().await;
            if let Some(seen) = poll(&engine).await {
                return seen;
            }
            assert!(
                began.elapsed() < LIMIT,
                "{what} never came: {:#?} {:#?}",
                clusters(&engine).await,
                runs(&engine).await
            );
            drop(engine);
            tokio::select! {
                () = sleep(POLL_INTERVAL) => (),
                () = self.world.crashed.notified() => (),
            }
        }
    }

    /// A cluster with that many workers, requested until it exists.
    pub async fn cluster(&mut self, workers: u32) -> ClusterId {
        self.cluster_of(Provider::Ec2, config(workers)).await
    }

    pub async fn cluster_of(&mut self, provider: Provider, config: ClusterConfig) -> ClusterId {
        loop {
            let there = clusters(&self.engine().await).await.into_iter().find(|cluster| cluster.provider == provider);
            if let Some(cluster) = there {
                return cluster.id;
            }
            let new = NewCluster { name: Some("c".to_owned()), description: None, provider, config: config.clone() };
            self.ask(async |engine| engine.create_cluster(owner(), new, Lifespan::Persistent).await).await;
        }
    }

    pub async fn until_phase(&mut self, id: &ClusterId, phase: ClusterPhase) -> Cluster {
        self.until(&format!("{phase:?}"), async |engine: &Engine| {
            let cluster = engine.store().cluster(id).await.expect("its row");
            assert!(
                cluster.phase == phase || !matches!(cluster.phase, ClusterPhase::Failed | ClusterPhase::Terminated),
                "it will never be {phase:?}: {:?}",
                cluster.cause
            );
            (cluster.phase == phase).then_some(cluster)
        })
        .await
    }

    /// Waits until the cluster is gone, for whatever reason.
    pub async fn until_gone(&mut self, id: &ClusterId) -> Cluster {
        self.until("its end", async |engine: &Engine| {
            engine.store().cluster(id).await.ok().filter(|cluster| cluster.phase == ClusterPhase::Terminated)
        })
        .await
    }

    /// Terminates it, requested until this has started.
    pub async fn terminate(&mut self, id: &ClusterId) -> Cluster {
        loop {
            let phase = self.engine().await.store().cluster(id).await.expect("its row").phase;
            if matches!(phase, ClusterPhase::Terminating | ClusterPhase::Terminated) {
                return self.until_gone(id).await;
            }
            self.ask(async |engine| {
                engine
                    .request_termination(
                        id,
                        Message::new("terminated_by", "Terminated by Administrator."),
                        "Administrator",
                    )
                    .await
            })
            .await;
        }
    }

    /// A plan, added like an upload.
    pub async fn upload(&mut self) -> PlanId {
        loop {
            if let Some(plan) =
                self.engine().await.store().list_plans(&PlanFilter::default(), &all()).await.expect("plans").items.pop()
            {
                return plan.id;
            }
            self.ask_waiting(|engine| {
                let mut staging = engine.stage()?;
                std::fs::write(staging.place("p.jmx")?, PLAN).expect("written");
                engine.create_plan(owner(), None, None, Kept::UntilRemoved, staging)
            })
            .await;
        }
    }

    fn new_run(&self, cluster: &ClusterId, plan: &PlanId) -> NewRun {
        NewRun {
            cluster_id: Some(cluster.clone()),
            new_cluster: None,
            plan_id: plan.clone(),
            plan_revision: self.plan_revision,
            name: None,
            properties: self.properties.clone(),
            system_properties: BTreeMap::new(),
            secret: vec!["pin".to_owned()],
            properties_files: Vec::new(),
            keep: None,
            split: Vec::new(),
            criteria: None,
            warm_up_s: None,
            stop_rules: self.stop_rules.clone(),
            stop_timeout_s: Some(5),
            results: self.results,
            min_workers: self.min_workers,
            share: BTreeMap::new(),
            queue: self.queue,
            try_run: self.try_run,
        }
    }

    /// Another run of the plan on the cluster, once that is free. Without crashes.
    pub async fn another_run(&mut self, cluster: &ClusterId) -> RunId {
        let plan = self.upload().await;
        let free = async |engine: &Engine| {
            engine.store().cluster(cluster).await.ok().filter(|cluster| cluster.current_run.is_none())
        };
        self.until("a free cluster", free).await;
        let new = self.new_run(cluster, &plan);
        let engine = self.engine().await;
        waiting(&engine, move |engine| engine.create_run(owner(), new, &|| false)).await.expect("a run").id
    }

    /// A run on the cluster in its current state, busy or not.
    pub async fn run_now(&mut self, cluster: &ClusterId) -> Result<RunId, EngineError> {
        let plan = self.upload().await;
        let new = self.new_run(cluster, &plan);
        let engine = self.engine().await;
        waiting(&engine, move |engine| engine.create_run(owner(), new, &|| false)).await.map(|run| run.id)
    }

    /// A run of the plan on the cluster, requested until it exists.
    pub async fn run(&mut self, cluster: &ClusterId) -> RunId {
        let plan = self.upload().await;
        loop {
            let there = runs(&self.engine().await).await.into_iter().find(|run| run.cluster_id == *cluster);
            if let Some(run) = there {
                return run.id;
            }
            let new = self.new_run(cluster, &plan);
            self.ask_waiting(|engine| engine.create_run(owner(), new, &|| false)).await;
        }
    }

    pub async fn until_run(&mut self, id: &RunId, phase: RunPhase) -> Run {
        self.until(&format!("a run that is {phase:?}"), async |engine: &Engine| {
            let run = engine.store().run(id).await.expect("its row").run;
            assert!(run.phase == phase || run.phase != RunPhase::Finished, "it has ended: {:?}", run.cause);
            (run.phase == phase).then_some(run)
        })
        .await
    }

    /// The stored log of a run.
    pub fn log(&self, run: &RunId) -> Vec<u8> {
        std::fs::read(self.data().join("runs").join(run.as_str()).join("results.jtl")).unwrap_or_default()
    }

    /// What a worker of a run with direct results has measured.
    pub fn measured_by(&self, run: &RunId, node: &str) -> Vec<u8> {
        self.world.advance();
        self.world.machines().measured.get(&format!("{run}-jmeter {node}")).cloned().unwrap_or_default()
    }

    /// What the run's master has measured.
    pub fn measured(&self, run: &RunId) -> Vec<u8> {
        self.world.advance();
        self.world.machines().measured.get(&format!("{run}-jmeter")).cloned().unwrap_or_default()
    }

    pub async fn events(&mut self, id: &ClusterId) -> Vec<Message> {
        let events = self.engine().await.store().cluster_events(id).await.expect("its events");
        events.into_iter().map(|event| event.message).collect()
    }
}

pub fn config(workers: u32) -> ClusterConfig {
    ClusterConfig { workers, ec2: Some(Ec2Config::default()), ..ClusterConfig::default() }
}

/// The first page of a list at its maximum size, newest first.
pub fn all<S: Default>() -> PageRequest<S> {
    PageRequest { sort: S::default(), order: Order::Descending, limit: MOST_LISTED, after: None }
}

async fn clusters(engine: &Engine) -> Vec<Cluster> {
    let listed = engine.store().list_clusters(&ClusterFilter::default(), &all()).await.expect("clusters").items;
    let mut clusters = Vec::new();
    for cluster in listed {
        clusters.push(engine.store().cluster(&cluster.id).await.expect("its row"));
    }
    clusters
}

async fn runs(engine: &Engine) -> Vec<Run> {
    let listed = engine.store().list_runs(&RunFilter::default(), &all()).await.expect("runs").items;
    let mut runs = Vec::new();
    for run in listed {
        runs.push(engine.store().run(&run.id).await.expect("its row").run);
    }
    runs
}

/// The smallest folder that is a valid JMeter home and has the plan's classes.
fn make_home(home: &Path) {
    for folder in ["bin", "lib/ext"] {
        std::fs::create_dir_all(home.join(folder)).expect("a folder");
    }
    std::fs::write(home.join("bin/ApacheJMeter.jar"), "").expect("written");
    let names: String = CLASSES.iter().map(|name| format!("{name}=org.apache.jmeter.{name}\n")).collect();
    std::fs::write(home.join("bin/saveservice.properties"), names).expect("written");
    let jar = std::fs::File::create(home.join("lib/ext/ApacheJMeter_core-5.6.3.jar")).expect("a file");
    let mut jar = zip::ZipWriter::new(jar);
    for name in CLASSES {
        let path = format!("org/apache/jmeter/{name}.class");
        jar.start_file(path, zip::write::SimpleFileOptions::default()).expect("an entry");
        jar.write_all(b"class").expect("written");
    }
    jar.finish().expect("a jar");
}

/// A crash is a panic at a reading of the clock: planned ones are not printed.
fn silence_planned_crashes() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let ordinary = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let planned = panic.payload().downcast_ref::<String>().is_some_and(|text| text.starts_with(PLANNED_PANIC));
            if !planned && !panic.payload().is::<Crash>() {
                ordinary(panic);
            }
        }));
    });
}

/// Why a cluster ended.
pub fn code_of(cluster: &Cluster) -> &str {
    cluster.cause.as_ref().map_or("", |cause| cause.code.as_str())
}
