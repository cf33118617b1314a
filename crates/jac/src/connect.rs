//! The engine of a command: in a server that runs on the data folder, in a named server, or in this process.

use crate::artefacts;
use crate::cli::ServerArguments;
use crate::client::{Address, Client};
use crate::config;
use crate::context;
use crate::exit::{hinted, with_hint};
use crate::login;
use anyhow::Context;
use jac_artefacts::ArtefactStore;
use jac_ec2::{Ec2Cloud, Ec2Settings};
use jac_engine::clock::SteadyClock;
use jac_engine::tools::ToolSettings;
use jac_engine::{Engine, IntegrationTargets, Parts, Settings};
use jac_jmeter::JavaSearch;
use jac_local::LocalCloud;
use jac_model::Provider;
use jac_model::ports::Cloud;
use jac_server::{Access, App, Edge};
use jac_ssh::{SshCloud, SshSettings};
use jac_store::{DataFolder, FolderError, Lock, Store, StoreError, Vault};
use nix::sys::statvfs::statvfs;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// With less than this the disk counts as full: SQLite needs space for its index of the write-ahead log, and for that
/// log, when it opens a database.
const ROOM_TO_START_BYTES: u64 = 1 << 20;

/// How a running server is reached, as it writes into its data folder for its user's own commands.
#[derive(Debug, Serialize, Deserialize)]
pub struct ServerFile {
    /// For commands on this machine.
    pub url: String,
    /// For people's browsers, if that differs: with TLS, commands have a plain address of their own on this machine.
    #[serde(default)]
    pub public_url: Option<String>,
    pub token: String,
    pub pid: u32,
}

impl ServerFile {
    /// The address that people open.
    pub fn page_url(&self) -> &str {
        self.public_url.as_deref().unwrap_or(&self.url)
    }

    /// A caller with the file's own token, which finds the server again after a restart on another port.
    fn client(&self, folder: &DataFolder) -> anyhow::Result<Client> {
        let folder = folder.clone();
        let whereabouts = move || {
            let file = Self::read(&folder).ok()?;
            Some(Address { base: file.url, token: file.token })
        };
        Ok(Client::local(&self.url, &self.token)?.shown_at(self.page_url()).following(whereabouts))
    }

    /// Reads the file written by the server on the folder.
    pub fn read(folder: &DataFolder) -> anyhow::Result<Self> {
        let path = folder.server_file();
        let bytes = std::fs::read(&path).map_err(|_| {
            with_hint(
                format!("another jac process, not a server, uses the data folder {}", folder.root().display()),
                Some("Wait until it ends, or use another folder with --data-dir.".to_owned()),
            )
        })?;
        serde_json::from_slice(&bytes).with_context(|| format!("{} cannot be read", path.display()))
    }
}

/// Locks the folder for a command that needs exclusive access.
///
/// # Errors
/// When a server or another command works on it.
pub fn lock_alone(folder: &DataFolder) -> anyhow::Result<Lock> {
    folder.lock().map_err(|error| with_hint(error.to_string(), Some("Stop the server first.".to_owned())))
}

/// Opens the database for a command that uses it in parallel with a possibly running server.
///
/// # Errors
/// When a server of another version runs on the folder: it could not continue with a database migrated by this version.
pub async fn open_store(folder: &DataFolder) -> anyhow::Result<Store> {
    // Held while the database is brought up to date.
    let alone = folder.lock();
    if alone.is_err() && !Store::is_current(&folder.database())? {
        return Err(with_hint(
            "the server on this data folder runs another version of JAC".to_owned(),
            Some("Restart the server with this version first.".to_owned()),
        ));
    }
    open_database(folder).await
}

/// Opens the database.
///
/// # Errors
/// When it cannot be opened. SQLite reports a full disk in several ways, some of them as an I/O error; the free space
/// shows that it is one.
async fn open_database(folder: &DataFolder) -> anyhow::Result<Store> {
    Store::open(&folder.database()).await.map_err(|error| {
        let free = statvfs(folder.root()).map_or(u64::MAX, |disk| disk.blocks_available() * disk.fragment_size());
        let hint = || format!("The disk of {} is full: free at least 1 MB, then start again.", folder.root().display());
        // Not where the database itself was refused, as that of a newer JAC is.
        let is_sqlite = matches!(error, StoreError::Database { .. } | StoreError::Migration { .. });
        hinted(error, (is_sqlite && free < ROOM_TO_START_BYTES).then(hint))
    })
}

/// A server on this machine, or one in this process.
pub enum Connection {
    /// A server's engine.
    Server(Client),
    /// The engine of this process; it ends with it.
    Own { client: Client, engine: Engine },
}

impl Connection {
    pub fn client(&self) -> &Client {
        match self {
            Self::Server(client) | Self::Own { client, .. } => client,
        }
    }
}

/// Additional stores for the results of an engine in this process, as given on the command line: sources with lower
/// precedence are read too.
#[derive(Debug, Clone, Copy, Default)]
pub struct Elsewhere<'a> {
    pub artifacts_url: Option<&'a str>,
    pub search_url: Option<&'a str>,
}

/// Finds the engine for `jac run`. `search_url`: the target of an engine in this process, instead of the setting of the
/// environment.
pub async fn connect(
    data_folder: &Path,
    at: &ServerArguments,
    tools: ToolSettings,
    settings: Settings,
    elsewhere: Elsewhere<'_>,
) -> anyhow::Result<Connection> {
    if let Some(url) = at.server.as_deref() {
        let url = login::checked_url(url)?;
        if let Some(token) = saved_token(url, at.token_file.as_deref())? {
            return Ok(Connection::Server(Client::remote(url, &token)?));
        }
        let is_own = |file: &ServerFile| [file.url.as_str(), file.page_url()].contains(&url);
        let own = DataFolder::open(data_folder).ok().and_then(|folder| Some((ServerFile::read(&folder).ok()?, folder)));
        let (own, folder) = own.filter(|(file, _)| is_own(file)).ok_or_else(|| {
            with_hint(
                format!("no token for the server {url}"),
                Some(format!("Log in with `jac login {url}`, or set JAC_TOKEN or --token-file.")),
            )
        })?;
        return Ok(Connection::Server(own.client(&folder)?));
    }
    let folder = DataFolder::open(data_folder)?;
    match folder.lock() {
        Ok(lock) => {
            // The process that wrote it is gone, because the lock was free.
            drop(std::fs::remove_file(folder.server_file()));
            let stores = config::stores(data_folder, elsewhere.artifacts_url)?;
            let settings = Settings { allowed_endpoints: stores.allowed_endpoints, ..settings };
            let store = artefacts::open(stores.artefacts.as_ref()).await?;
            let targets = config::search_targets(data_folder, elsewhere.search_url)?;
            let outside = Outside { artefacts: store, integrations: config::integrations_of(data_folder)? };
            let engine = start_engine(folder, lock, tools, settings, Nodes::Local, None, outside).await?;
            engine.make_search_targets_with(config::target_maker());
            engine.use_search_targets(targets).await?;
            let app = App { engine, access: Access::default(), edge: Edge::default() };
            let engine = app.engine.clone();
            let token = app.access.token().to_owned();
            Ok(Connection::Own { client: Client::in_process(jac_server::router(app), &token), engine })
        }
        Err(FolderError::Locked { .. }) => Ok(Connection::Server(ServerFile::read(&folder)?.client(&folder)?)),
        Err(error) => Err(error.into()),
    }
}

/// The token for a server that was named: of a file that was typed, the environment, or `jac login`.
fn saved_token(url: &str, file: Option<&Path>) -> anyhow::Result<Option<String>> {
    let is_typed = file.is_some_and(|file| Some(file.as_os_str()) != std::env::var_os("JAC_TOKEN_FILE").as_deref());
    if !is_typed && let Some(token) = context::environment("JAC_TOKEN") {
        return Ok(Some(token));
    }
    if let Some(file) = file {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("the token in {} cannot be read", file.display()))?;
        return Ok(Some(text.trim().to_owned()));
    }
    Ok(login::logins().get(url)?.map(|login| login.token))
}

/// Whether this machine may be used for nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nodes {
    Local,
    None,
}

/// What an engine uses outside of its folder and nodes.
pub struct Outside {
    pub artefacts: Option<ArtefactStore>,
    pub integrations: IntegrationTargets,
}

/// Starts an engine with the adapters of this executable. `boot_limit`: how long an EC2 instance may take until it
/// answers, if not the default.
pub async fn start_engine(
    folder: DataFolder,
    lock: Lock,
    tools: ToolSettings,
    settings: Settings,
    nodes: Nodes,
    boot_limit: Option<Duration>,
    Outside { artefacts, integrations }: Outside,
) -> anyhow::Result<Engine> {
    let settings = with_time_to_boot(settings.for_disk_of(folder.root()), boot_limit);
    let store = open_database(&folder).await?;
    // Adapters that need credentials get them, and seal their own secrets, through this.
    let vault = Arc::new(Vault::open(&folder, store.clone(), context::secret_key_file().as_deref(), rand::random())?);
    let installation = folder.installation(rand::random())?;
    let java = JavaSearch { java_home: tools.java_home.clone(), search_path: tools.search_path.clone() };
    let ssh = SshCloud::new(SshSettings {
        records: folder.ssh_machines(),
        bundles: folder.bundles(),
        installation: installation.clone(),
        credentials: vault.clone(),
        java: java.clone(),
    });
    let ec2 = Ec2Cloud::new(Ec2Settings {
        records: folder.ec2_machines(),
        bundles: folder.bundles(),
        installation,
        credentials: vault.clone(),
        java: java.clone(),
        boot_limit,
    });
    let mut clouds: HashMap<Provider, Arc<dyn Cloud>> =
        HashMap::from([(Provider::Ssh, Arc::new(ssh) as Arc<dyn Cloud>), (Provider::Ec2, Arc::new(ec2))]);
    if nodes == Nodes::Local {
        let program = std::env::current_exe().context("the path of this executable is unknown")?;
        let keeper = vec![program.display().to_string(), "local-node".to_owned()];
        clouds.insert(Provider::Local, Arc::new(LocalCloud::new(folder.local_nodes(), keeper, java)));
    }
    Ok(Engine::start(Parts {
        folder,
        lock,
        store,
        vault,
        clock: Arc::new(SteadyClock::default()),
        clouds,
        tools,
        settings,
        artefacts,
        integrations,
    })
    .await?)
}

/// The engine waits for EC2 instances longer than their provider does, because the provider knows why one is not
/// running and may continue without it.
fn with_time_to_boot(settings: Settings, boot_limit: Option<Duration>) -> Settings {
    let longest = jac_ec2::launch_limit(boot_limit);
    Settings { machine_launch_limit: settings.machine_launch_limit.max(longest), ..settings }
}

/// The engine's settings with another lease, for tests.
pub fn settings(lease_seconds: Option<u64>) -> Settings {
    let ordinary = Settings::default();
    let Some(seconds) = lease_seconds else { return ordinary };
    let lease = Duration::from_secs(seconds);
    Settings { lease, renew_every: lease / 12, lease_after_run: lease / 2, ..ordinary }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_launch_is_waited_for_until_its_provider_gives_up_and_a_run_until_after_that() {
        for boot_limit in [None, Some(Duration::from_secs(20)), Some(Duration::from_secs(3600))] {
            let settings = with_time_to_boot(Settings::default(), boot_limit);
            let launch = settings.launch_limit_of(Provider::Ec2, 1);
            assert!(launch >= jac_ec2::launch_limit(boot_limit), "{boot_limit:?}: {launch:?}");
            assert!(launch >= Settings::default().machine_launch_limit);
            assert!(settings.queue_limit_of(Provider::Ec2, 1) > launch + settings.equip_limit);
        }
    }

    /// The schema number in the database's file: SQLite's format stores it at byte 60.
    fn schema(folder: &DataFolder) -> u32 {
        let bytes = std::fs::read(folder.database()).expect("a database");
        u32::from_be_bytes(bytes[60..64].try_into().expect("four bytes"))
    }

    #[tokio::test]
    async fn a_full_disk_is_named_where_the_database_cannot_be_opened() {
        let place = tempfile::tempdir().expect("a folder");
        let mount = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
            .arg(place.path())
            .status();
        if !mount.is_ok_and(|status| status.success()) {
            let why = "a small file system of its own needs root and the right to mount";
            assert!(std::env::var_os("CI").is_none(), "skipped in CI: {why}");
            return eprintln!("skipped: {why}");
        }
        let opened = async {
            let folder = DataFolder::open(place.path()).ok()?;
            drop(open_database(&folder).await.ok()?);
            let free = statvfs(place.path()).ok()?.blocks_available() * statvfs(place.path()).ok()?.fragment_size();
            std::fs::write(place.path().join("large"), vec![1; usize::try_from(free).ok()?]).ok()?;
            let full = open_database(&folder).await.err();
            std::fs::remove_file(place.path().join("large")).ok()?;
            open_database(&folder).await.ok()?;
            full
        };
        let full = opened.await;
        let _unmounted = std::process::Command::new("umount").arg("-l").arg(place.path()).status();
        let full = full.expect("it was opened before and after, and not meanwhile");
        assert!(crate::exit::lines_of(&full).iter().any(|line| line.starts_with("hint:")), "{full:?}");
    }

    #[tokio::test]
    async fn a_command_beside_a_server_of_another_version_leaves_its_database_alone() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = DataFolder::open(place.path()).expect("it opens");
        let server = folder.lock().expect("it is free");
        drop(Store::open(&folder.database()).await.expect("a database"));
        drop(open_store(&folder).await.expect("of this version, beside its server"));
        // As written by an older server.
        let older = schema(&folder) - 1;
        let mut bytes = std::fs::read(folder.database()).expect("a database");
        bytes[60..64].copy_from_slice(&older.to_be_bytes());
        std::fs::write(folder.database(), bytes).expect("written");
        open_store(&folder).await.expect_err("the server could not continue");
        assert_eq!(schema(&folder), older);
        drop(server);
    }
}
