//! A Socket.IO client over a real connection, which can also send messages that a page never would.
//!
//! Engine.IO 4 and Socket.IO 5: `0` opens, `2`/`3` ping and pong, `4` is a message; of those `0` connects, `1`
//! disconnects, `2` is an event and `3` an acknowledgement.

use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// No answer takes this long, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

pub struct Socket {
    stream: WebSocketStream<TcpStream>,
}

impl Socket {
    /// A WebSocket with these headers, or the status with which it was rejected.
    pub async fn open(address: SocketAddr, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
        let mut request = url.into_client_request().expect("a request");
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).expect("a header"));
        }
        let connection = TcpStream::connect(address).await.expect("a connection");
        let stream = match timeout(LIMIT, client_async(request, connection)).await.expect("in time") {
            Ok((stream, _)) => stream,
            Err(tungstenite::Error::Http(answer)) => return Err(answer.status().as_u16()),
            Err(error) => panic!("neither a WebSocket nor a refusal: {error}"),
        };
        let mut socket = Self { stream };
        let open = socket.next().await.expect("an open packet");
        assert!(open.starts_with('0'), "{open}");
        Ok(socket)
    }

    /// Connects to the pages' namespace with this authentication.
    pub async fn connect(address: SocketAddr, headers: &[(&'static str, &str)], page: &str) -> Self {
        let mut socket = Self::open(address, headers).await.expect("it is accepted");
        socket.say(&format!(r#"40{{"page":"{page}"}}"#)).await;
        socket
    }

    /// Connects like a page that is accepted.
    pub async fn welcomed(address: SocketAddr, cookie: &str, page: &str) -> Self {
        let mut socket = Self::connect(address, &[("cookie", cookie)], page).await;
        socket.wait_for("40").await;
        socket
    }

    pub async fn say(&mut self, packet: &str) {
        self.stream.send(Message::text(packet)).await.expect("it is sent");
    }

    /// The same if the server may disconnect meanwhile.
    pub async fn try_to_say(&mut self, packet: &str) {
        drop(self.stream.send(Message::text(packet)).await);
    }

    /// The next packet that is not a ping; `None` once the connection has ended.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            match timeout(LIMIT, self.stream.next()).await.expect("something within the time") {
                Some(Ok(Message::Text(text))) if text.as_str() == "2" => {
                    drop(self.stream.send(Message::text("3")).await);
                }
                Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => (),
            }
        }
    }

    /// The rest of the next packet with this prefix; other packets are skipped.
    pub async fn wait_for(&mut self, start: &str) -> String {
        loop {
            let packet = self.next().await.unwrap_or_else(|| panic!("it ended without {start}"));
            if let Some(rest) = packet.strip_prefix(start) {
                return rest.to_owned();
            }
        }
    }

    /// Sends an event and returns its acknowledgement.
    pub async fn ask(&mut self, id: u32, event: &str) -> Value {
        self.say(&format!("42{id}{event}")).await;
        let answer: Value = serde_json::from_str(&self.wait_for(&format!("43{id}")).await).expect("it is JSON");
        answer[0].clone()
    }

    /// Everything until the server disconnects.
    pub async fn until_it_ends(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        while let Some(packet) = self.next().await {
            said.push(packet);
            if said.last().is_some_and(|packet| packet == "41") {
                break;
            }
        }
        said
    }
}
