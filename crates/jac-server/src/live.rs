//! Live events over Socket.IO: one room per run, and word of every change to everybody who is signed in.
//!
//! A page asks for a run with the number of the last snapshot that it has; it gets what it missed as the answer and
//! every later snapshot as an event. So neither a page opened late nor one that was away loses anything.

use crate::App;
use crate::access;
use jac_engine::Event;
use jac_model::RunId;
use serde::{Deserialize, Serialize};
use socketioxide::SocketIo;
use socketioxide::extract::{AckSender, Data, SocketRef, State};
use socketioxide::layer::SocketIoLayer;
use tokio::sync::broadcast::error::RecvError;

/// The room of everybody who is signed in.
const EVERYBODY: &str = "everybody";

#[derive(Debug, Deserialize)]
struct Subscribe {
    run_id: RunId,
    #[serde(default)]
    after: u64,
}

#[derive(Debug, Deserialize)]
struct Unsubscribe {
    run_id: RunId,
}

#[derive(Debug, Serialize)]
struct Changed<'a> {
    kind: &'a str,
    id: &'a str,
}

#[derive(Debug, Serialize)]
struct Refused {
    error: String,
}

fn room(run: &RunId) -> String {
    format!("run:{run}")
}

/// The layer that answers `/socket.io`, and the task that forwards the engine's events to it.
pub fn layer(app: App) -> SocketIoLayer {
    let (layer, io) = SocketIo::builder().with_state(app.clone()).build_layer();
    io.ns("/", welcome);
    tokio::spawn(forward(app, io));
    layer
}

async fn welcome(socket: SocketRef, State(app): State<App>) {
    let headers = &socket.req_parts().headers;
    if access::signed_in(&app, headers).ok().flatten().is_none() || !access::is_own_page(headers) {
        drop(socket.emit("signed_out", &()));
        drop(socket.disconnect());
        return;
    }
    socket.join(EVERYBODY);
    socket.on("subscribe_run", subscribe);
    socket.on("unsubscribe_run", unsubscribe);
}

async fn subscribe(socket: SocketRef, Data(wanted): Data<Subscribe>, ack: AckSender, State(app): State<App>) {
    // Asked anew each time: the session may have ended since the page connected.
    let Some(caller) = access::signed_in(&app, &socket.req_parts().headers).ok().flatten() else {
        drop(socket.disconnect());
        return;
    };
    // The room first: a snapshot that is made in between arrives twice, which is harmless, instead of never.
    socket.join(room(&wanted.run_id));
    let engine = app.engine.clone();
    let snapshot = tokio::task::spawn_blocking(move || engine.snapshot(&wanted.run_id, wanted.after, &caller)).await;
    let answered = match snapshot {
        Ok(Ok(snapshot)) => ack.send(&snapshot),
        Ok(Err(error)) => ack.send(&Refused { error: error.to_string() }),
        Err(panic) => ack.send(&Refused { error: panic.to_string() }),
    };
    if let Err(error) = answered {
        tracing::debug!(%error, "a page went away while it was answered");
    }
}

async fn unsubscribe(socket: SocketRef, Data(wanted): Data<Unsubscribe>) {
    socket.leave(room(&wanted.run_id));
}

async fn forward(app: App, io: SocketIo) {
    let mut events = app.engine.events();
    loop {
        let sent = match events.recv().await {
            Ok(Event::Snapshot(snapshot)) => io.to(room(&snapshot.run_id)).emit("snapshot", snapshot.as_ref()).await,
            Ok(Event::Cluster(id)) => {
                io.to(EVERYBODY).emit("changed", &Changed { kind: "cluster", id: id.as_str() }).await
            }
            Ok(Event::Run(id)) => io.to(EVERYBODY).emit("changed", &Changed { kind: "run", id: id.as_str() }).await,
            Ok(Event::Plan(id)) => io.to(EVERYBODY).emit("changed", &Changed { kind: "plan", id: &id }).await,
            // Snapshots are made good by their numbers; everything else is asked for again.
            Err(RecvError::Lagged(_)) => io.to(EVERYBODY).emit("changed", &Changed { kind: "all", id: "" }).await,
            Err(RecvError::Closed) => return,
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "an event could not be sent to every page");
        }
    }
}
