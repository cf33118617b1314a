//! Live events over Socket.IO: one room per run, and notifications of every change to everybody who is signed in.
//!
//! A page subscribes to a run with the number of its last snapshot; it gets what it missed as the response and every
//! later snapshot as an event. So neither a page that is opened late nor one that was disconnected loses anything.
//!
//! Only JAC's own page with a valid session is accepted: its cookie is checked before a connection is accepted, its
//! page's secret when it introduces itself. After a sign-out all of that session's sockets are disconnected at once,
//! and those of an expired session within [`LOOK_EVERY`]. A person has at most [`LIVE_PAGES_OF_A_PERSON`]. A request
//! that cannot be answered is rejected with a sentence. Messages are small, and so is the queue for a page that does
//! not read.

use crate::App;
use crate::access::{self, ended::Ended};
#[cfg(doc)]
use crate::edge::LIVE_PAGES_OF_A_PERSON;
use crate::error::{ApiError, ErrorBody};
use crate::hosts::is_own_page;
use crate::listen::HangUp;
use axum::extract::{Request, State as AxumState};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jac_engine::Event;
use jac_engine::view::Snapshot;
use jac_model::{Action, Named, Principal, RunId, UserRole, authorize};
use jac_store::StoreError;
use serde::{Deserialize, Serialize};
use socketioxide::SocketIo;
use socketioxide::extract::{AckSender, Data, SocketRef, State, TryData};
use socketioxide::handler::ConnectHandler;
use socketioxide::layer::SocketIoLayer;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval, sleep};

mod pushed;

use pushed::Tables;

/// The room of everybody who is signed in.
const EVERYBODY: &str = "everybody";
/// Messages that an admitted page may send. Each requires [`Action::View`], checked every time.
pub const ASKED: [&str; 2] = [SUBSCRIBE, UNSUBSCRIBE];
const SUBSCRIBE: &str = "subscribe_run";
const UNSUBSCRIBE: &str = "unsubscribe_run";
/// The largest message of a page, in bytes: it names a run and a number.
const LARGEST_MESSAGE: usize = 16 << 10;
/// Maximum number of queued messages for a page that does not read; lost ones are made up for when it subscribes again.
const WAITING_MESSAGES: usize = 32;
/// Time limit for a connection to introduce itself, before it is closed.
const GREETING_LIMIT: Duration = Duration::from_secs(10);
/// Time limit for a rejected page to receive the reason.
const LAST_WORD_LIMIT: Duration = Duration::from_secs(2);
/// Subscriptions that a page may have under way; further ones are rejected. A page has one for each run that it shows.
const SUBSCRIPTIONS_OF_A_PAGE: usize = 16;
/// Subscriptions that are answered at the same time for all pages of a person: each reads a run, on one of the engine's few turns.
const ANSWERED_AT_ONCE: usize = 4;
/// Interval of checks for sockets whose session has expired.
const LOOK_EVERY: Duration = Duration::from_secs(60);

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

fn room(run: &RunId) -> String {
    format!("run:{run}")
}

/// The layer that answers `/socket.io`, and the tasks that forward the engine's events to it and disconnect pages that
/// have lost access.
pub fn layer(app: App) -> SocketIoLayer {
    let (layer, io) = SocketIo::builder()
        .with_state(app.clone())
        .max_payload(LARGEST_MESSAGE as u64)
        .ws_max_message_size(LARGEST_MESSAGE)
        .ws_max_frame_size(LARGEST_MESSAGE)
        .max_buffer_size(WAITING_MESSAGES)
        .connect_timeout(GREETING_LIMIT)
        .build_layer();
    io.ns("/", greet.with(admit));
    let (closing, closed) = (app.edge.closing().clone(), io.clone());
    let engine = app.engine.clone();
    engine.keep_running("live_shutdown", "the end of live connections at shutdown".to_owned(), move |_| {
        let (closing, closed) = (closing.clone(), closed.clone());
        async move {
            closing.cancelled().await;
            closed.close().await;
        }
    });
    let (cutting, sockets) = (app.clone(), io.clone());
    engine.keep_running("live_sign_outs", "the end of live connections".to_owned(), move |_| {
        cut_off(cutting.clone(), sockets.clone())
    });
    if let Some(redis) = app.edge.redis().cloned() {
        let access = app.access.clone();
        let follow = move |_| redis.clone().follow(access.clone());
        engine.keep_running("shared_sign_outs", "sign-outs on other servers".to_owned(), follow);
    }
    engine.keep_running("live_events", "live events".to_owned(), move |_| forward(app.clone(), io.clone()));
    layer
}

/// Rejects connections of callers who are not signed in, or whose browser shows another page.
pub async fn check(AxumState(app): AxumState<App>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/socket.io") {
        return next.run(request).await;
    }
    let headers = request.headers();
    match access::session_of(&app, headers, None).await {
        Ok(Some(_)) if is_own_page(headers, &app.access.hosts) => next.run(request).await,
        Ok(Some(_)) => ApiError::Foreign.into_response(),
        Ok(None) => ApiError::SignedOut.into_response(),
        Err(error) => error.into_response(),
    }
}

/// How a page introduces itself when it connects.
#[derive(Debug, Deserialize)]
struct Auth {
    page: String,
}

/// Admits a page. Its permissions are known before it is notified of the connection, so no message is lost.
async fn admit(socket: SocketRef, TryData(auth): TryData<Auth>, State(app): State<App>) -> Result<(), String> {
    let page = auth.ok().map(|auth| auth.page);
    let session = match access::session_of(&app, &socket.req_parts().headers, page.as_deref()).await {
        Ok(Some(session)) if session.session.is_own_page => session,
        Ok(_) => return Err(ApiError::SignedOut.detail().code),
        // The session could not be checked: the page tries again.
        Err(error) => return Err(error.detail().code),
    };
    let Some((place, turns)) = app.edge.live_pages().enter(&session.principal().user.id) else {
        return Err("too_many_pages".to_owned());
    };
    socket
        .extensions
        .insert(Subscriptions { of_page: Arc::new(Semaphore::new(SUBSCRIPTIONS_OF_A_PAGE)), of_person: turns });
    // Returned when the socket, and with it this handler, is dropped.
    let place = Arc::new(place);
    socket.on_disconnect(move || async move { drop(place) });
    socket.extensions.insert(Rights::of(&session.principal()));
    socket.extensions.insert(SessionId(session.session.id.clone()));
    socket.join(EVERYBODY);
    socket.on(SUBSCRIBE, subscribe);
    socket.on(UNSUBSCRIBE, unsubscribe);
    Ok(())
}

async fn greet() {}

/// The socket's principal, if their session is still valid and they still have the permission. Pushed data requires
/// only [`Action::View`].
async fn may(app: &App, socket: &SocketRef, action: Action) -> Result<Option<Principal>, ApiError> {
    let session = access::listening_session_of(app, &socket.req_parts().headers).await?;
    let caller = session.map(|session| session.principal());
    Ok(caller.filter(|caller| authorize(caller, action, None).is_ok()))
}

/// Turns of a person's pages at being answered.
#[derive(Debug, Clone)]
pub(crate) struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ANSWERED_AT_ONCE)))
    }
}

/// How many subscriptions a page may send, and how many of its person's are answered at a time.
#[derive(Debug, Clone)]
struct Subscriptions {
    of_page: Arc<Semaphore>,
    of_person: Turns,
}

/// The ID of a page's session.
#[derive(Debug, Clone)]
struct SessionId(String);

/// The permissions of a page's person, as far as the page shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rights {
    person: String,
    role: UserRole,
    teams: Vec<Named>,
}

impl Rights {
    fn of(caller: &Principal) -> Self {
        Self { person: caller.user.id.clone(), role: caller.role, teams: caller.teams.clone() }
    }
}

/// Why a page was disconnected, for display on the page.
async fn reason(app: &App, socket: &SocketRef) -> &'static str {
    let Some(rights) = socket.extensions.get::<Rights>() else { return "signed_out" };
    match app.engine.store().person(&rights.person).await {
        Ok(person) if person.disabled => return "disabled",
        Err(StoreError::NotFound { .. }) => return "removed",
        Ok(_) | Err(_) => (),
    }
    let session = socket.extensions.get::<SessionId>();
    let known = session.and_then(|session| app.access.ended_sessions.why(&session.0));
    // A session shared with other servers may have ended there, for an unknown reason.
    let otherwise = if app.edge.redis().is_some() { Ended::SignedOut } else { Ended::Expired };
    known.unwrap_or(otherwise).code()
}

/// Sends a page the reason why it has to sign in first, and disconnects: a page closes the connection itself, others are disconnected.
async fn shut_out(app: &App, socket: SocketRef) {
    let code = reason(app, &socket).await;
    drop(socket.emit("signed_out", &serde_json::json!({ "code": code })));
    if let Some(hang_up) = socket.req_parts().extensions.get::<HangUp>().cloned() {
        tokio::spawn(async move {
            sleep(LAST_WORD_LIMIT).await;
            hang_up.now();
        });
    }
    drop(socket.disconnect());
}

/// Makes a page fetch its session again if its person's permissions have changed.
fn send_rights(socket: &SocketRef, now: Rights) {
    if socket.extensions.get::<Rights>().is_some_and(|before| before != now) {
        socket.extensions.insert(now);
        drop(socket.emit("changed", &Changed { kind: "session", id: "" }));
    }
}

/// Shuts out the sockets of sessions that have ended while they were open.
async fn cut_off(app: App, io: SocketIo) {
    let mut timer = interval(LOOK_EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            // As for events: all sockets are closed.
            () = app.edge.closing().cancelled() => return,
            _ = timer.tick() => (),
            () = app.access.session_ended() => (),
        }
        for socket in io.sockets() {
            match may(&app, &socket, Action::View).await {
                Ok(None) => shut_out(&app, socket).await,
                Ok(Some(caller)) => send_rights(&socket, Rights::of(&caller)),
                // An unreadable session may still be valid, and the next one cannot be read either.
                Err(_) => break,
            }
        }
    }
}

async fn subscribe(socket: SocketRef, TryData(request): TryData<Subscribe>, ack: AckSender, State(app): State<App>) {
    // Checked every time: the session may have ended.
    let caller = match may(&app, &socket, Action::View).await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => {
            shut_out(&app, socket).await;
            return;
        }
        Err(error) => Err(error),
    };
    let invalid = |error| ApiError::Request {
        status: StatusCode::BAD_REQUEST,
        code: "subscription_invalid",
        message: format!("Invalid subscription: {error}."),
        hint: None,
    };
    let answer = match caller.and(request.map_err(invalid)) {
        Ok(request) => watch_in_turn(&socket, &app, request).await,
        Err(error) => Err(error),
    };
    // A rejection has the same content as that of a request.
    let answered = match answer {
        Ok(snapshot) => ack.send(&snapshot),
        Err(error) => ack.send(&ErrorBody { error: error.detail() }),
    };
    if let Err(error) = answered {
        tracing::debug!(%error, "a page went away while it was answered");
    }
}

/// [`watch`], when it is the turn of this person's pages. A page that has gone meanwhile is not answered.
async fn watch_in_turn(socket: &SocketRef, app: &App, request: Subscribe) -> Result<Snapshot, ApiError> {
    let Some(subscriptions) = socket.extensions.get::<Subscriptions>() else { return Err(ApiError::SignedOut) };
    let Ok(_place) = subscriptions.of_page.try_acquire() else {
        return Err(ApiError::Later {
            status: StatusCode::TOO_MANY_REQUESTS,
            code: "too_many_subscriptions",
            message: format!("This page is already waiting for {SUBSCRIPTIONS_OF_A_PAGE} runs."),
            seconds: 2,
        });
    };
    // The semaphore is never closed.
    let _turn = subscriptions.of_person.0.acquire().await.ok();
    if !socket.connected() {
        return Err(ApiError::SignedOut);
    }
    watch(socket, app, request).await
}

/// Adds the socket to the run's room and returns what it has missed.
async fn watch(socket: &SocketRef, app: &App, request: Subscribe) -> Result<Snapshot, ApiError> {
    let room = room(&request.run_id);
    // The room first: a snapshot that is created in between arrives twice, which is harmless, instead of never.
    socket.join(room.clone());
    let ask = move |engine: &jac_engine::Engine| engine.snapshot(&request.run_id, request.after);
    let answer = app.engine.run_blocking(ask).await;
    if answer.is_err() {
        // Rooms of items that do not exist would accumulate.
        socket.leave(room);
    }
    answer.map_err(ApiError::from)
}

async fn unsubscribe(socket: SocketRef, Data(request): Data<Unsubscribe>) {
    socket.leave(room(&request.run_id));
}

async fn forward(app: App, io: SocketIo) {
    let mut events = app.engine.events();
    let mut tables = Tables::default();
    loop {
        // At shutdown the sockets are closed, and with them the namespace that events are sent to.
        let event = tokio::select! {
            biased;
            () = app.edge.closing().cancelled() => return,
            event = events.recv() => event,
        };
        let sent = match event {
            Ok(Event::Snapshot(snapshot)) => {
                let room = room(&snapshot.run_id);
                // No messages are created for a run without watchers.
                let is_watched = io.to(room.clone()).sockets().into_iter().next().is_some();
                match is_watched.then(|| tables.message(&snapshot)).flatten() {
                    Some(message) => io.to(room).emit("snapshot", &message).await,
                    None => Ok(()),
                }
            }
            Ok(Event::Cluster(id)) => {
                io.to(EVERYBODY).emit("changed", &Changed { kind: "cluster", id: id.as_str() }).await
            }
            Ok(Event::Run(id)) => io.to(EVERYBODY).emit("changed", &Changed { kind: "run", id: id.as_str() }).await,
            Ok(Event::Schedule(id) | Event::ScheduleSwitchedOff(id)) => {
                io.to(EVERYBODY).emit("changed", &Changed { kind: "schedule", id: id.as_str() }).await
            }
            Ok(Event::Plan(id)) => io.to(EVERYBODY).emit("changed", &Changed { kind: "plan", id: &id }).await,
            // Missed snapshots are detected by their numbers; everything else is requested again.
            Err(RecvError::Lagged(_)) => io.to(EVERYBODY).emit("changed", &Changed { kind: "all", id: "" }).await,
            Err(RecvError::Closed) => return,
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "an event could not be sent to every page");
        }
    }
}
