//! A proxy in front of a sink that closes the connection of a large request before it has read it: the client sees that the connection was reset, and
//! the answer, if there is one, only by chance.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

pub struct Breaking {
    pub url: String,
    /// Connections that were closed.
    pub broken: Arc<AtomicUsize>,
}

impl Breaking {
    /// Listens in front of that address, and forwards requests of at most this many bytes; `answer`: the early answer to a larger one.
    pub async fn before(address: &str, most_bytes: usize, answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("its address"));
        let broken = Arc::new(AtomicUsize::new(0));
        let (counted, address) = (Arc::clone(&broken), address.to_owned());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (counted, address) = (Arc::clone(&counted), address.clone());
                tokio::spawn(async move { relay(client, &address, most_bytes, answer, &counted).await });
            }
        });
        Self { url, broken }
    }
}

/// One request, after which the connection is closed. Unread data then reset it.
async fn relay(
    mut client: TcpStream,
    address: &str,
    most_bytes: usize,
    answer: &str,
    broken: &AtomicUsize,
) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).expect("text");
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok()).unwrap_or(0);
    if length > most_bytes {
        broken.fetch_add(1, Ordering::Relaxed);
        client.write_all(answer.as_bytes()).await.ok()?;
        return None;
    }
    let mut body = vec![0; length];
    client.read_exact(&mut body).await.ok()?;
    let mut sink = TcpStream::connect(address).await.ok()?;
    let (first, rest) = head.split_once("\r\n").expect("a request");
    sink.write_all(format!("{first}\r\nconnection: close\r\n{rest}").as_bytes()).await.ok()?;
    sink.write_all(&body).await.ok()?;
    copy(&mut sink, &mut client).await.ok()?;
    client.shutdown().await.ok()
}
