//! Serves the demo shop: `cargo run -p jac-demo --example demo -- 8081`.

use std::net::Ipv4Addr;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(8081);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    eprintln!("The demo shop listens on http://{}/", listener.local_addr()?);
    let interrupted = async {
        // Without signals it cannot be stopped, and ends at once.
        drop(tokio::signal::ctrl_c().await);
    };
    jac_demo::serve(listener, interrupted).await
}
