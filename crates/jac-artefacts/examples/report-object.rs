//! Reads a log in an S3 store as `jac report s3://…` does and makes everything that a report shows, to be timed without the rest of JAC:
//! `report-object ENDPOINT REGION KEY SECRET s3://BUCKET/NAME`.

use jac_artefacts::{ArtefactStore, Keys, KeysUntil, Location, Options};
use jac_jtl::Settings;
use jac_logs::{Elsewhere, Input, read_logs};
use std::ops::ControlFlow;
use std::sync::Arc;

struct Given(KeysUntil);

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given")
    }
}

#[async_trait::async_trait]
impl Keys for Given {
    async fn current(&self) -> Result<KeysUntil, String> {
        Ok(self.0.clone())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [endpoint, region, key, secret, address] = arguments.as_slice() else { return Err("five arguments".into()) };
    let (place, name) = Location::parse(address)?.split_last().ok_or("an object has a name")?;
    let options = Options { region: Some(region.clone()), endpoint: Some(endpoint.clone()), ..Options::default() };
    let keys =
        KeysUntil { access_key_id: key.clone(), secret_access_key: secret.clone(), session_token: None, expires: None };
    let bytes = ArtefactStore::new(&place, &options, Some(Arc::new(Given(keys))))?.object(&name).await?;
    let input = Input::Elsewhere(Elsewhere { name, bytes: Arc::new(bytes) });
    let read = move || read_logs(&[input], &Settings::default(), &mut |_| ControlFlow::Continue(()));
    let mut log = tokio::task::spawn_blocking(read).await??;
    let summary = log.summary();
    let series = log.series();
    println!(
        "{} samples, p99 {:?} ms, {} points, {} error groups, {} bins",
        summary.total.samples,
        summary.total.p99_ms,
        series.points.len(),
        log.errors(usize::MAX).len(),
        log.profiles().total.distribution.len()
    );
    Ok(())
}
