//! `jac demo-target`: a shop to point a load test at.

use crate::cli::DemoTargetArguments;
use crate::exit::Exit;
use crate::serve::{bind, ended_by};
use crate::stdout;
use anyhow::Context;

pub async fn demo_target(arguments: DemoTargetArguments) -> anyhow::Result<Exit> {
    let listener = bind(arguments.listen).await?;
    stdout::line(&format!(
        "The demo target listens on http://{}",
        listener.local_addr().context("its address is unknown")?
    ));
    let signal = ended_by()?;
    jac_demo::serve(listener, async move {
        let _number = signal.await;
    })
    .await
    .context("the demo target failed")?;
    Ok(Exit::Done)
}
