//! A faulty proxy in front of an engine: it is slow, closes connections, or forwards only a part of a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

#[derive(Debug, Clone, Copy, Default)]
pub struct Trouble {
    /// A connection is closed after this many bytes of requests.
    pub cut_after: Option<usize>,
    /// Every n-th connection is closed after its requests were forwarded, and the answers are discarded.
    pub swallows_answers_of_each: Option<usize>,
    /// A pause before each piece.
    pub slow: Option<Duration>,
}

pub struct Proxy {
    pub url: String,
    pub cuts: Arc<AtomicUsize>,
}

impl Proxy {
    /// Listens in front of that port of this machine.
    pub async fn before(port: u16, trouble: Trouble) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("its address"));
        let cuts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&cuts);
        tokio::spawn(async move {
            let mut number = 0_usize;
            while let Ok((client, _)) = listener.accept().await {
                number += 1;
                tokio::spawn(relay(client, port, trouble, number, Arc::clone(&counted)));
            }
        });
        Self { url, cuts }
    }
}

async fn relay(mut client: TcpStream, port: u16, trouble: Trouble, number: usize, cuts: Arc<AtomicUsize>) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let swallows = trouble.swallows_answers_of_each.is_some_and(|each| number.is_multiple_of(each));
    let (mut up, mut down, mut sent) = (vec![0; 16 << 10], vec![0; 16 << 10], 0);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(length @ 1..) = read else { return };
                sent += length;
                if trouble.cut_after.is_some_and(|most| sent > most) {
                    cuts.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                if let Some(pause) = trouble.slow { sleep(pause).await }
                if server.write_all(&up[..length]).await.is_err() { return }
            }
            read = server.read(&mut down) => {
                let Ok(length @ 1..) = read else { return };
                if swallows {
                    cuts.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                if client.write_all(&down[..length]).await.is_err() { return }
            }
        }
    }
}
