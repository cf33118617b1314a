//! `jac serve`: the server and its web app.

use crate::cli::ServeArguments;
use crate::connect::{Nodes, ServerFile, settings, start_engine};
use crate::context;
use crate::exit::{Exit, with_hint};
use crate::stdout;
use anyhow::Context;
use jac_engine::Settings;
use jac_server::listen::{Limits, serve as serve_connections};
use jac_server::{Access, App};
use jac_store::DataFolder;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::future::Future;
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long open connections may take to end.
const LAST_ANSWERS: Duration = Duration::from_secs(3);

pub async fn serve(arguments: ServeArguments) -> anyhow::Result<Exit> {
    let data_folder = context::data_folder(arguments.data_dir.as_deref());
    let folder = DataFolder::open(&data_folder)?;
    let lock = folder.lock().map_err(|error| {
        with_hint(error.to_string(), Some("Stop it first, or give this one another folder with --data-dir.".to_owned()))
    })?;
    // The port before anything is begun: with a taken one nothing is left behind.
    let listener = bind(arguments.listen).await?;
    let address = listener.local_addr().context("its address is not known")?;
    let nodes = if address.ip().is_loopback() || arguments.allow_local_nodes { Nodes::Local } else { Nodes::None };
    if nodes == Nodes::None {
        tracing::warn!(
            "nodes on this machine are off, because the server listens beyond it; --allow-local-nodes switches them on"
        );
    }
    let tools = context::tools(folder.root(), arguments.jmeter_home.as_deref());
    let settings = Settings { max_upload_bytes: arguments.max_upload_mb << 20, ..settings(arguments.lease_seconds) };
    let boot_limit = arguments.boot_limit_seconds.map(Duration::from_secs);
    let descriptors = raise_descriptor_limit();
    let engine = start_engine(folder.clone(), lock, tools, settings, nodes, boot_limit).await?;
    let access = Access::with_token(&kept_token(&folder).context("the server's token cannot be kept")?)
        .with_hosts(&arguments.allowed_host);
    let url = format!("http://{address}");
    let file = ServerFile { url: url.clone(), token: access.token().to_owned(), pid: std::process::id() };
    write_privately(&folder, &file).context("the server's file cannot be written")?;

    stdout::line(&format!("JAC {} listens on {url}", env!("CARGO_PKG_VERSION")));
    if !engine.store().has_sign_in().await? {
        // A link that lets somebody in does not belong into a file that others read.
        if std::io::stdout().is_terminal() {
            let link = jac_server::new_sign_in_link(engine.store(), engine.now_ms()).await?;
            stdout::line(&format!("Sign in once with {url}{link}"));
        } else {
            stdout::line("`jac admin link` prints a link to sign in with.");
        }
    }

    let ended = ended_by()?;
    let closing = CancellationToken::new();
    let token = access.token().to_owned();
    let router = jac_server::router(App { engine: engine.clone(), access });
    let limits = Limits::for_descriptors(descriptors);
    let closed = closing.clone();
    let server = tokio::spawn(async move { serve_connections(listener, router, &token, limits, closed).await });
    ended.await;
    tracing::info!("ending; what runs on nodes runs on");
    closing.cancel();
    engine.shut_down().await;
    // Pages that listen for events never end by themselves.
    drop(tokio::time::timeout(LAST_ANSWERS, server).await);
    drop(std::fs::remove_file(folder.server_file()));
    Ok(Exit::Done)
}

/// Lets this process have as many descriptors as the system allows it, and says how many that are: each connection, run and
/// machine takes some.
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

/// The shortest token that is kept: of 16 random bytes in hex.
const SHORTEST_TOKEN: usize = 32;

/// The token of this data folder, made the first time. It stays, so that a `jac run` outlives a restart of its server; one that
/// others could read, or guess, is replaced.
fn kept_token(folder: &DataFolder) -> std::io::Result<String> {
    let path = folder.token_file();
    if let Ok(token) = std::fs::read_to_string(&path) {
        let is_private = std::fs::metadata(&path)?.permissions().mode() & 0o077 == 0;
        if is_private && token.trim().len() >= SHORTEST_TOKEN {
            return Ok(token.trim().to_owned());
        }
        tracing::warn!("the token in {} was weak or readable for others, and is replaced", path.display());
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

/// Listens, or says what to do about a port that is taken.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => with_hint(
            format!("{address} is taken by another program"),
            Some(format!(
                "End that program, or choose another port with --listen {}:0 (0 takes a free one).",
                address.ip()
            )),
        ),
        _ => with_hint(
            format!("cannot listen on {address}: {error}"),
            Some("Choose another address with --listen.".to_owned()),
        ),
    })
}

/// Waits for Ctrl-C or SIGTERM and gives the signal's number.
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
