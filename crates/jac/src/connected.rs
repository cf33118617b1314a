//! Where the commands for clusters and credentials are processed: in a running server, or in an engine of this process
//! that ends with the command.

use crate::cli::{ClientArguments, Output};
use crate::client::Client;
use crate::connect::{Connection, Elsewhere, connect, settings};
use crate::context;
use crate::exit::{Exit, Interrupted};
use crate::signals::Signals;
use crate::stdout;
use serde::Serialize;
use std::pin::pin;
use std::time::Duration;
use tokio::time::sleep;

/// The state that a command works with.
pub struct Connected<'a> {
    pub client: &'a Client,
    pub signals: &'a mut Signals,
    /// The engine continues when the command has ended.
    pub is_server: bool,
}

/// Runs a command that handles signals itself.
pub async fn at(
    whose: &ClientArguments,
    work: impl AsyncFnOnce(Connected<'_>) -> anyhow::Result<Exit>,
) -> anyhow::Result<Exit> {
    let data_folder = context::data_folder(whose.data_dir.as_deref());
    let tools = context::tools(&data_folder, whose.jmeter_home.as_deref());
    let mut signals = Signals::listen()?;
    let connection = connect(&data_folder, &whose.at, tools, settings(None), Elsewhere::default()).await?;
    let is_server = matches!(connection, Connection::Server(_));
    let done = work(Connected { client: connection.client(), signals: &mut signals, is_server }).await;
    if let Connection::Own { engine, .. } = &connection {
        // A signal ends the wait: the next engine resumes this one's work.
        let _either = signals.unless(engine.shut_down()).await;
    }
    done
}

/// Runs something that a signal may end at any moment.
pub async fn briefly(
    whose: &ClientArguments,
    work: impl AsyncFnOnce(&Client) -> anyhow::Result<Exit>,
) -> anyhow::Result<Exit> {
    at(whose, async |connected| connected.signals.unless(work(connected.client)).await.map_err(Interrupted::early)?)
        .await
}

/// After this long without a response, the command prints what it is waiting for.
const SILENCE: Duration = Duration::from_secs(1);

/// Runs work that may take long, and then prints what is being waited for.
pub async fn saying<T>(what: &str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = sleep(SILENCE) => (),
    }
    eprintln!("{what}");
    work.await
}

/// Prints the result as text or as JSON. Nothing else is written to standard output.
pub fn print(whose: &ClientArguments, view: &impl Serialize, text: impl FnOnce() -> String) {
    match whose.output {
        Output::Text => stdout::line(&text()),
        Output::Json => stdout::json(view).expect("names are text and numbers finite"),
    }
}
