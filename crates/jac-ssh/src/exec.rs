//! Runs a script on a node and collects its output.
//!
//! The script is sent to a shell's standard input: the user's login shell never reads it, and its length is not
//! limited. It is one compound command, so nothing of it runs if the connection breaks in the middle of it.

use crate::connection::{Link, Live};
use crate::error::LinkError;
use crate::upload::refused;
use jac_model::Backoff;
use jac_model::ports::Output;
use russh::client::Msg;
use russh::{Channel, ChannelMsg, Sig};
use std::time::Duration;
use tokio::sync::SemaphorePermit;
use tokio::time::{Instant, sleep, timeout};

/// Maximum output of a command that is kept; the rest is read and dropped.
const MAX_OUTPUT: usize = 4 << 20;
/// Maximum length of a line of a followed command.
const MAX_LINE: usize = 4 << 10;
/// How long it waits for a free session on a connection if all are in use, or sshd opens none.
pub const PLACE_LIMIT: Duration = Duration::from_secs(60);
/// How long an sshd may refuse a place before that counts.
const REFUSED_LIMIT: Duration = Duration::from_secs(20);

/// A command's session on the connection, opened before the command starts.
pub struct Session<'a> {
    channel: Channel<Msg>,
    _one_of_few: SemaphorePermit<'a>,
}

fn lost(error: russh::Error) -> LinkError {
    LinkError::Unreachable(format!("the connection was lost: {error}"))
}

/// Runs the lines of a script. They may use `exit`.
pub async fn run(link: &Link, live: &Live, script: &str, limit: Duration) -> Result<Output, LinkError> {
    open(link, live).await?.run(script, limit).await
}

/// Takes a place. If that fails, nothing was done.
pub async fn open<'a>(link: &'a Link, live: &Live) -> Result<Session<'a>, LinkError> {
    timeout(PLACE_LIMIT, place(link, live)).await.unwrap_or(Err(LinkError::TooSlow(PLACE_LIMIT)))
}

async fn place<'a>(link: &'a Link, live: &Live) -> Result<Session<'a>, LinkError> {
    let one_of_few =
        link.sessions.acquire().await.map_err(|_| LinkError::Unreachable("the connection is closed".to_owned()))?;
    let deadline = Instant::now() + REFUSED_LIMIT;
    let mut pauses = Backoff::new(Duration::from_millis(50), Duration::from_secs(1));
    loop {
        match live.handle.channel_open_session().await {
            Ok(channel) => return Ok(Session { channel, _one_of_few: one_of_few }),
            // sshd counts a session until it has seen our end of it, a moment later.
            Err(russh::Error::ChannelOpenFailure(_)) if Instant::now() < deadline => sleep(pauses.pause()).await,
            Err(russh::Error::ChannelOpenFailure(_)) => {
                return Err(LinkError::Refused(
                    "its sshd opens no session; `MaxSessions` in its sshd_config must be 3 or more".to_owned(),
                ));
            }
            Err(error) => return Err(lost(error)),
        }
    }
}

impl Session<'_> {
    /// Runs the lines of a script. They may use `exit`.
    pub async fn run(mut self, script: &str, limit: Duration) -> Result<Output, LinkError> {
        match timeout(limit, talk(&mut self.channel, script)).await {
            Ok(done) => done,
            Err(_) => {
                self.end().await;
                Err(LinkError::TooSlow(limit))
            }
        }
    }

    /// Runs a script that prints lines until it is ended, and passes on each line. Returns when it has ended, or has printed nothing for this
    /// long.
    ///
    /// # Errors
    /// When it printed nothing for this long, exited with a code other than 0, or the connection was lost.
    pub async fn listen(
        &mut self,
        script: &str,
        silence: Duration,
        mut take: impl FnMut(&str) + Send,
    ) -> Result<(), LinkError> {
        begin(&mut self.channel, script).await?;
        let (mut line, mut said) = (Vec::new(), Vec::new());
        loop {
            let Ok(message) = timeout(silence, self.channel.wait()).await else {
                return Err(LinkError::TooSlow(silence));
            };
            match message {
                Some(ChannelMsg::Data { data }) => {
                    for byte in data.iter().copied() {
                        match byte {
                            b'\n' => {
                                take(&String::from_utf8_lossy(&line));
                                line.clear();
                            }
                            byte if line.len() < MAX_LINE => line.push(byte),
                            _ => (),
                        }
                    }
                }
                Some(ChannelMsg::ExtendedData { data, .. }) => {
                    said.extend_from_slice(&data[..data.len().min(MAX_LINE.saturating_sub(said.len()))]);
                }
                Some(ChannelMsg::ExitStatus { exit_status: 0 }) => return Ok(()),
                Some(ChannelMsg::ExitStatus { exit_status }) => {
                    let code = i32::try_from(exit_status).unwrap_or(-1);
                    return Err(refused(code, &String::from_utf8_lossy(&said)));
                }
                Some(ChannelMsg::ExitSignal { .. }) => return Err(LinkError::Refused("it was killed".to_owned())),
                Some(ChannelMsg::Failure) => {
                    return Err(LinkError::Refused("its sshd does not run commands".to_owned()));
                }
                Some(_) => (),
                None => return Err(LinkError::Unreachable("the connection was lost while a command ran".to_owned())),
            }
        }
    }

    /// Ends the command, and frees its session.
    pub async fn end(&mut self) {
        // sshd passes the signal on to the command's process group, but not for root (it would need an unprivileged
        // child process for that).
        drop(self.channel.signal(Sig::KILL).await);
        drop(self.channel.close().await);
    }
}

async fn begin(channel: &mut Channel<Msg>, script: &str) -> Result<(), LinkError> {
    channel.exec(true, "/bin/sh -s").await.map_err(lost)?;
    let text = format!("{{\n{script}\n}} </dev/null\nexit\n");
    channel.data(text.as_bytes()).await.map_err(lost)?;
    channel.eof().await.map_err(lost)
}

async fn talk(channel: &mut Channel<Msg>, script: &str) -> Result<Output, LinkError> {
    begin(channel, script).await?;
    let (mut stdout, mut stderr, mut exit_code) = (Vec::new(), Vec::new(), None);
    let take = |whole: &mut Vec<u8>, piece: &[u8]| {
        whole.extend_from_slice(&piece[..piece.len().min(MAX_OUTPUT.saturating_sub(whole.len()))]);
    };
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => take(&mut stdout, &data),
            ChannelMsg::ExtendedData { data, .. } => take(&mut stderr, &data),
            ChannelMsg::ExitStatus { exit_status } => exit_code = i32::try_from(exit_status).ok(),
            // The signal has no number here.
            ChannelMsg::ExitSignal { .. } => exit_code = Some(-1),
            ChannelMsg::Failure => return Err(LinkError::Refused("its sshd does not run commands".to_owned())),
            _ => (),
        }
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    match exit_code {
        Some(exit_code) => Ok(Output { exit_code, stdout: text(stdout), stderr: text(stderr) }),
        None => Err(LinkError::Unreachable("the connection was lost while a command ran".to_owned())),
    }
}
