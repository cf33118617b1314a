//! This server's own address, as the machines will see it: SSH is permitted only from there.

use crate::watch::AWAY_LIMIT;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// AWS's own service that answers with the caller's address, as EC2's console uses it.
const SERVICE: &str = "https://checkip.amazonaws.com";
const LIMIT: Duration = Duration::from_secs(8);

/// How long a result is valid, including a failure. A server whose address has changed reaches no machine until it
/// knows, and a machine counts as gone after [`AWAY_LIMIT`]: there must be time for two queries and the checks that use
/// them to fail.
const KNOWN_FOR: Duration = Duration::from_secs(20);
const _: () = assert!(KNOWN_FOR.as_secs() * 2 + LIMIT.as_secs() < AWAY_LIMIT.as_secs());

/// The public address, looked up once for all clusters.
#[derive(Debug, Default)]
pub struct OwnAddress {
    last: Mutex<Option<(Instant, Result<Ipv4Addr, String>)>>,
}

impl OwnAddress {
    /// The public address, as seen by AWS a moment ago.
    pub async fn public(&self) -> Result<Ipv4Addr, String> {
        // Held during the query: the others wait for its result.
        let mut last = self.last.lock().await;
        if let Some((at, answer)) = last.as_ref()
            && at.elapsed() < KNOWN_FOR
        {
            return answer.clone();
        }
        let answer = ask().await;
        *last = Some((Instant::now(), answer.clone()));
        answer
    }
}

async fn ask() -> Result<Ipv4Addr, String> {
    let failed = |reason: String| format!("the server's public address is unknown: {SERVICE} gave none ({reason})");
    let client = reqwest::Client::builder().timeout(LIMIT).build().map_err(|error| failed(error.to_string()))?;
    let answer = async { client.get(SERVICE).send().await?.error_for_status()?.text().await }.await;
    let text = answer.map_err(|error| failed(error.without_url().to_string()))?;
    text.trim().parse().map_err(|_| failed("unexpected answer".to_owned()))
}

/// The local address from which this machine would send to that one. Nothing is sent.
pub fn towards(machine: Ipv4Addr) -> Result<Ipv4Addr, String> {
    let asked = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
        socket.connect((machine, 22))?;
        socket.local_addr()
    });
    match asked.map(|address| address.ip()) {
        Ok(IpAddr::V4(address)) => Ok(address),
        Ok(IpAddr::V6(_)) => Err("the server has no IPv4 address".to_owned()),
        Err(error) => Err(format!("the server has no route to {machine}: {error}")),
    }
}
