//! `jac serve`: the server and its web app.

use crate::artefacts;
use crate::cli::ServeArguments;
use crate::client::is_on_this_machine;
use crate::config;
use crate::config::build::Config;
use crate::connect::{Nodes, Outside, ServerFile, settings, start_engine};
use crate::context;
use crate::exit::{Exit, with_hint};
use crate::stdout;
use anyhow::Context;
use ipnet::IpNet;
use jac_engine::Settings;
use jac_engine::clock::SystemClock;
use jac_server::listen::{Callers, Limits, Listener, serve as serve_connections};
use jac_server::tls::{self, Pair, Tls};
use jac_server::{Access, App, Edge};
use jac_store::DataFolder;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::future::Future;
use std::io::{IsTerminal, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::task::TaskTracker;

/// How long open requests may take to be answered when the server ends. Docker kills after ten seconds.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

pub async fn serve(arguments: ServeArguments) -> anyhow::Result<Exit> {
    let config = match config::load(&arguments).config {
        Ok(config) => config,
        Err(faults) => return Ok(config::print_faults(&faults)),
    };
    let data_folder = context::data_folder(config.data_dir.as_deref());
    let folder = DataFolder::open(&data_folder)?;
    let lock = folder.lock().map_err(|error| {
        with_hint(error.to_string(), Some("Stop it first, or use another folder with --data-dir.".to_owned()))
    })?;
    // The ports first: if one is taken, nothing else has been started.
    let listeners = Listeners::open(&config).await?;
    let address = listeners.main.local_addr().context("its address is unknown")?;
    let is_private =
        is_for_this_machine(address.ip(), &config.server.trusted_proxies, config.server.public_url.as_deref());
    let nodes = if config.allow_local_nodes || is_private { Nodes::Local } else { Nodes::None };
    warn_of_what_is_open(&config, address, nodes);
    let tools = context::tools(folder.root(), config.jmeter_home.as_deref());
    let settings = Settings {
        max_upload_bytes: config.max_upload_bytes,
        max_import_bytes: config.max_import_bytes,
        keep_max_bytes: config.keep_max_bytes,
        keep_max_files: config.keep_max_files,
        runs_days: config.runs_days,
        runs_count: config.runs_count,
        runs_bytes: config.runs_bytes,
        plan_revisions: config.plan_revisions,
        stored_logs_days: config.artefacts_local_days,
        starts_schedules: true,
        schedule_grace: config.schedule_grace,
        environment_credentials_for: config.server.environment_credentials_for.clone(),
        allowed_endpoints: config.allowed_endpoints.clone(),
        ..settings(config.lease_seconds)
    };
    let descriptors = raise_descriptor_limit();
    let store = artefacts::open(config.artefacts.as_ref()).await?;
    let integrations = config::integrations(config.integrations, config.server.public_url.clone())?;
    let outside = Outside { artefacts: store, integrations };
    let engine = start_engine(folder.clone(), lock, tools, settings, nodes, config.boot_limit, outside).await?;
    engine.make_search_targets_with(config::target_maker());
    engine.use_search_targets(config::made(config.search)?).await?;
    let access = Access::with_token(&kept_token(&folder).context("the server's token cannot be saved")?)
        .with_hosts(&config.allowed_hosts);
    let edge = Edge::new(config.server);
    let scheme = if config.pair.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}", reachable(address));
    let page_url = edge.config().public_url.clone().unwrap_or_else(|| url.clone());
    let file = listeners.file(&url, &page_url, access.token()).context("its address is unknown")?;
    write_privately(&folder, &file).context("the server's file cannot be written")?;

    stdout::line(&format!("JAC {} listens on {scheme}://{address}", env!("CARGO_PKG_VERSION")));
    if !engine.store().has_sign_in().await? {
        // A sign-in link must not be written to a file that others read.
        if std::io::stdout().is_terminal() {
            let link = first_link(&engine).await?;
            stdout::line(&format!("Sign in with this one-time link: {page_url}{link}"));
        } else {
            stdout::line("To get a sign-in link, run `jac admin link`.");
        }
    }

    let ended = ended_by()?;
    let app = App { engine: engine.clone(), access, edge: edge.clone() };
    let served = listeners.serve(app, config.pair, &Limits::for_descriptors(descriptors))?;
    ended.await;
    tracing::info!("shutting down; runs on nodes continue");
    edge.closing().cancel();
    // Responses first, which may need the engine. Longer ones are aborted.
    served.close();
    if tokio::time::timeout(LAST_ANSWERS, served.wait()).await.is_err() {
        tracing::warn!("some requests took longer than {} s and are aborted", LAST_ANSWERS.as_secs());
    }
    engine.shut_down().await;
    drop(std::fs::remove_file(folder.server_file()));
    Ok(Exit::Done)
}

/// The addresses on which the server listens.
struct Listeners {
    main: TcpListener,
    /// With TLS, for the commands of this machine: they need not trust a certificate that is for another name, has
    /// expired or is being replaced. Only requests with their token are answered.
    shell: Option<TcpListener>,
    metrics: Option<TcpListener>,
}

impl Listeners {
    async fn open(config: &Config) -> anyhow::Result<Self> {
        let main = bind(config.listen).await?;
        let shell = match &config.pair {
            Some(_) => Some(bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?),
            None => None,
        };
        let metrics = match config.server.metrics.listen {
            Some(address) => Some(bind(address).await.context("/metrics cannot be served on a separate address")?),
            None => None,
        };
        Ok(Self { main, shell, metrics })
    }

    fn file(&self, url: &str, page_url: &str, token: &str) -> std::io::Result<ServerFile> {
        let url = match &self.shell {
            Some(shell) => format!("http://{}", shell.local_addr()?),
            None => url.to_owned(),
        };
        let public_url = (page_url != url).then(|| page_url.to_owned());
        Ok(ServerFile { url, public_url, token: token.to_owned(), pid: std::process::id() })
    }

    /// Serves until the edge closes. The last responses are awaited in the end.
    fn serve(self, app: App, pair: Option<Pair>, limits: &Limits) -> anyhow::Result<TaskTracker> {
        let served = TaskTracker::new();
        let closing = app.edge.closing().clone();
        let tls = pair.map(Tls::new).transpose()?;
        if let Some(tls) = tls.clone() {
            let following = tls.follow(Arc::new(SystemClock), tls::LOOK_EVERY);
            let closing = closing.clone();
            tokio::spawn(async move { closing.run_until_cancelled(following).await });
        }
        let metrics = app.edge.metrics().clone();
        let proxies = &app.edge.config().trusted_proxies;
        let main = Listener::from(self.main).with_tls(tls).behind(proxies).counted_by(metrics);
        let router = jac_server::router(app.clone());
        let mut ports = vec![(main, router.clone(), limits.clone())];
        ports.extend(self.shell.map(|tcp| (Listener::from(tcp).for_callers(Callers::Shell), router, limits.beside())));
        ports.extend(self.metrics.map(|tcp| {
            if let Ok(address) = tcp.local_addr() {
                stdout::line(&format!("Metrics are at http://{address}/metrics"));
            }
            (Listener::from(tcp), jac_server::metrics_router(app.clone()), limits.beside())
        }));
        for (listener, router, limits) in ports {
            let (token, closing) = (app.access.token().to_owned(), closing.clone());
            served.spawn(async move { serve_connections(listener, router, &token, limits, closing).await });
        }
        Ok(served)
    }
}

/// Only programs of this machine reach the server: it listens on loopback, and no proxy in front of it is configured.
fn is_for_this_machine(listens: IpAddr, trusted_proxies: &[IpNet], public_url: Option<&str>) -> bool {
    listens.is_loopback() && trusted_proxies.is_empty() && public_url.is_none_or(is_on_this_machine)
}

/// Warns about the risks of a server that others reach.
fn warn_of_what_is_open(config: &Config, address: SocketAddr, nodes: Nodes) {
    if nodes == Nodes::None {
        tracing::warn!(
            "local nodes are disabled because others reach the server, directly or through a proxy (trusted_proxies, \
             public_url); --allow-local-nodes enables them"
        );
    }
    if !address.ip().is_loopback() && config.pair.is_none() && config.server.trusted_proxies.is_empty() {
        tracing::warn!(
            "the server listens beyond this machine without TLS: set --tls-cert and --tls-key, or give the proxy in \
             front of it with --trusted-proxy"
        );
    }
}

/// A link for the first administrator.
async fn first_link(engine: &jac_engine::Engine) -> anyhow::Result<String> {
    let person = jac_engine::administrator().id;
    Ok(jac_server::new_sign_in_link(engine.store(), &person, jac_server::LINK_LIFE_MS, engine.now_ms()).await?)
}

/// Raises this process's limit of file descriptors to the system's maximum, and returns it: each connection,
/// run and machine takes some.
fn raise_descriptor_limit() -> u64 {
    const USUAL: u64 = 1024;
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return USUAL };
    match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files stays at {soft}: {error}");
            soft
        }
    }
}

/// Minimum length of a token that is kept: 16 random bytes in hex.
const SHORTEST_TOKEN: usize = 32;

/// The token of this data folder, created the first time. It is kept, so that a `jac run` survives a restart of its
/// server; one that others could read, or guess, is replaced.
fn kept_token(folder: &DataFolder) -> std::io::Result<String> {
    let path = folder.token_file();
    if let Ok(token) = std::fs::read_to_string(&path) {
        let is_private = std::fs::metadata(&path)?.permissions().mode() & 0o077 == 0;
        if is_private && token.trim().len() >= SHORTEST_TOKEN {
            return Ok(token.trim().to_owned());
        }
        tracing::warn!("the token in {} was weak or readable by others, and was replaced", path.display());
    }
    let token = Access::default().token().to_owned();
    drop(std::fs::remove_file(&path));
    let mut out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    out.write_all(token.as_bytes())?;
    Ok(token)
}

fn write_privately(folder: &DataFolder, file: &ServerFile) -> std::io::Result<()> {
    let path = folder.server_file();
    drop(std::fs::remove_file(&path));
    let mut out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    out.write_all(&serde_json::to_vec(file)?)
}

/// The address at which this machine reaches a server: one that listens on all addresses also listens on the loopback
/// address.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    address.set_ip(match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    });
    address
}

/// Listens; the error of a port in use has a hint.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => with_hint(
            format!("{address} is in use by another program"),
            Some(format!(
                "Stop that program, or choose another port with --listen {}:0 (0 = any free port).",
                address.ip()
            )),
        ),
        _ => with_hint(
            format!("cannot listen on {address}: {error}"),
            Some("Choose another address with --listen.".to_owned()),
        ),
    })
}

/// Waits for Ctrl-C or SIGTERM and returns the signal's number.
pub fn ended_by() -> anyhow::Result<impl Future<Output = u8> + Send> {
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be received")?;
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be received")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => 2,
            _ = terminate.recv() => 15,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_reached_on_this_machine() {
        let reached = |address: &str| reachable(address.parse().expect("an address")).to_string();
        assert_eq!(reached("0.0.0.0:8080"), "127.0.0.1:8080");
        assert_eq!(reached("[::]:8080"), "[::1]:8080");
        assert_eq!(reached("10.0.0.7:80"), "10.0.0.7:80");
    }

    #[test]
    fn a_server_behind_a_proxy_is_not_for_this_machine_alone() {
        let of = |listens: &str, proxies: &[&str], public_url: Option<&str>| {
            let proxies: Vec<IpNet> = proxies.iter().map(|proxy| proxy.parse().expect("a network")).collect();
            is_for_this_machine(listens.parse().expect("an address"), &proxies, public_url)
        };
        assert!(of("127.0.0.1", &[], None));
        assert!(of("::1", &[], Some("http://localhost:8080")));
        assert!(of("127.0.0.1", &[], Some("http://127.0.0.1")));
        assert!(!of("10.0.0.7", &[], None));
        assert!(!of("127.0.0.1", &["127.0.0.1/32"], None));
        assert!(!of("127.0.0.1", &[], Some("https://jac.example")));
    }

    #[test]
    fn a_token_that_others_could_read_or_guess_is_replaced() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = DataFolder::open(place.path()).expect("it opens");
        let first = kept_token(&folder).expect("a token");
        assert_eq!(kept_token(&folder).expect("the same"), first);
        let mode = |mode| std::fs::set_permissions(folder.token_file(), std::fs::Permissions::from_mode(mode));
        mode(0o644).expect("set");
        let second = kept_token(&folder).expect("another");
        assert_ne!(second, first);
        assert_eq!(std::fs::metadata(folder.token_file()).expect("it is there").permissions().mode() & 0o777, 0o600);
        std::fs::write(folder.token_file(), "secret").expect("written");
        let third = kept_token(&folder).expect("another");
        assert!(third.len() >= SHORTEST_TOKEN && third != second);
    }
}
