//! `jac serve`: the server and its web app.

use crate::cli::ServeArguments;
use crate::connect::{Nodes, ServerFile, settings, start_engine};
use crate::context;
use crate::exit::{Exit, with_hint};
use crate::stdout;
use anyhow::Context;
use jac_engine::Settings;
use jac_server::{Access, App};
use jac_store::DataFolder;
use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

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
    let engine = start_engine(folder.clone(), lock, tools, settings, nodes, boot_limit)?;
    let access = Access::with_token(&kept_token(&folder).context("the server's token cannot be kept")?);
    let url = format!("http://{address}");
    let file = ServerFile { url: url.clone(), token: access.token().to_owned(), pid: std::process::id() };
    write_privately(&folder, &file).context("the server's file cannot be written")?;

    stdout::line(&format!("JAC {} listens on {url}", env!("CARGO_PKG_VERSION")));
    if !engine.store().has_sign_in()? {
        stdout::line(&format!(
            "Sign in once with {url}{}",
            jac_server::new_sign_in_link(engine.store(), engine.now_ms())?
        ));
    }

    let ended = ended_by()?;
    let (close, closing) = tokio::sync::oneshot::channel::<()>();
    let router = jac_server::router(App { engine: engine.clone(), access });
    let server = tokio::spawn(async move {
        axum::serve(listener, router).with_graceful_shutdown(async move { drop(closing.await) }).await
    });
    ended.await;
    tracing::info!("ending; what runs on nodes runs on");
    let _closed = close.send(());
    engine.shut_down().await;
    // Pages that listen for events never end by themselves.
    drop(tokio::time::timeout(LAST_ANSWERS, server).await);
    drop(std::fs::remove_file(folder.server_file()));
    Ok(Exit::Done)
}

/// The token of this data folder, made the first time. It stays, so that a `jac run` outlives a restart of its server.
fn kept_token(folder: &DataFolder) -> std::io::Result<String> {
    let path = folder.token_file();
    match std::fs::read_to_string(&path) {
        Ok(token) if !token.trim().is_empty() => Ok(token.trim().to_owned()),
        _ => {
            let token = Access::default().token().to_owned();
            drop(std::fs::remove_file(&path));
            let mut out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            out.write_all(token.as_bytes())?;
            Ok(token)
        }
    }
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
