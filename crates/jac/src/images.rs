//! `jac image`: images that have Java and JMeter, so that machines which boot them are ready sooner.

use crate::cli::{BuildArguments, ClientArguments, ImageCommand};
use crate::client::Client;
use crate::clusters::{forecast, price_sentence};
use crate::connected::{Connected, at, briefly, print};
use crate::exit::{Exit, Interrupted, RunFailed, with_hint};
use crate::retries::retrying;
use crate::run::machines;
use jac_engine::view::ClusterView;
use jac_model::{ClusterConfig, ClusterId, ImageState, NodeImage, Provider};
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Interval between two polls of an image that is being created.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// AWS takes minutes for a small disk, and more for a large one.
const BUILD_LIMIT: Duration = Duration::from_secs(45 * 60);
/// The machine terminates by then, even if the process that builds the image is gone.
const LIFETIME_MINUTES: u32 = 120;

pub async fn image(command: ImageCommand) -> anyhow::Result<Exit> {
    match command {
        ImageCommand::Build(arguments) => {
            at(&arguments.whose, async |connected| build(connected, &arguments).await).await
        }
        ImageCommand::List { whose } => briefly(&whose, async |client| list(client, &whose).await).await,
        ImageCommand::Remove { image, whose } => {
            briefly(&whose, async |client| remove(client, &image, &whose).await).await
        }
    }
}

/// Creates a machine and an image of it, and terminates the machine, even if the image fails.
async fn build(mut connected: Connected<'_>, arguments: &BuildArguments) -> anyhow::Result<Exit> {
    let config = ClusterConfig {
        workers: 0,
        lifetime_minutes: LIFETIME_MINUTES,
        jmeter_version: arguments.jmeter_version.clone(),
        ec2: Some(machines::ec2(&arguments.ec2)?),
        ..ClusterConfig::default()
    };
    let new = json!({ "name": "image build", "provider": Provider::Ec2, "config": config });
    let forecast = connected.signals.unless(forecast(connected.client, &new)).await.map_err(Interrupted::early)??;
    eprintln!("{}", price_sentence(&forecast, 1));
    let made: ClusterView = connected.client.post("/clusters", &new).await?;
    let built = built_on(&mut connected, &made, arguments.name.as_deref()).await;
    // Regardless of the image: its instance costs money.
    let gone = terminated(&mut connected, &made).await;
    // The image's own fault is reported first.
    if let (Err(_), Err(error)) = (&built, &gone) {
        eprintln!("warning: {} may not be terminated: {error}", made.cluster.id);
    }
    let image = built?;
    gone?;
    print(&arguments.whose, &image, || {
        format!("{} is ready: {}. Use it with --image {0} in {}.", image.id, image.description, image.region)
    });
    Ok(Exit::Done)
}

/// The image of a machine that is being created.
async fn built_on(connected: &mut Connected<'_>, made: &ClusterView, name: Option<&str>) -> anyhow::Result<NodeImage> {
    let id = &made.cluster.id;
    connected.wait_for_creation(made).await.map_err(|error| match error.downcast::<Interrupted>() {
        Ok(Interrupted { signal, .. }) => {
            Interrupted { signal, continuing: format!("No image was created. {id} is being terminated.") }.into()
        }
        Err(error) => error,
    })?;
    match connected.signals.unless(build_of(connected.client, id, name)).await {
        Ok(built) => built,
        Err(signal) => {
            let continuing = "The image is still being created; `jac image list` shows it.".to_owned();
            Err(Interrupted { signal, continuing }.into())
        }
    }
}

/// Terminates the machine, which may be terminated already.
async fn terminated(connected: &mut Connected<'_>, made: &ClusterView) -> anyhow::Result<()> {
    let path = format!("/clusters/{}/terminate", made.cluster.id);
    let client = connected.client;
    let asked = connected.signals.unless(retrying(async || client.post::<ClusterView>(&path, &json!({})).await)).await;
    asked.map_err(Interrupted::early)??;
    connected.wait_for_end(made).await?;
    Ok(())
}

async fn build_of(client: &Client, cluster: &ClusterId, name: Option<&str>) -> anyhow::Result<NodeImage> {
    let image: NodeImage = client.post(&format!("/clusters/{cluster}/image"), &json!({ "name": name })).await?;
    eprintln!("{} ({}) is being created.", image.id, image.name);
    until_available(&image.id, async || client.poll("/images").await).await
}

/// Polls the images until this one can be booted.
async fn until_available(
    id: &str,
    poll: impl AsyncFn() -> anyhow::Result<Vec<NodeImage>>,
) -> anyhow::Result<NodeImage> {
    let deadline = Instant::now() + BUILD_LIMIT;
    loop {
        // A new image may not be listed for a moment.
        let found = poll().await?.into_iter().find(|found| found.id == id);
        match found {
            Some(image) if image.state == ImageState::Available => return Ok(image),
            Some(NodeImage { state: ImageState::Failed, .. }) => {
                return Err(anyhow::Error::new(RunFailed(format!("AWS could not create the image {id}"))));
            }
            _ if Instant::now() > deadline => {
                let minutes = BUILD_LIMIT.as_secs() / 60;
                return Err(anyhow::Error::new(RunFailed(format!(
                    "AWS did not create the image {id} within {minutes} minutes"
                ))));
            }
            _ => sleep(POLL_INTERVAL).await,
        }
    }
}

async fn list(client: &Client, whose: &ClientArguments) -> anyhow::Result<Exit> {
    let images: Vec<NodeImage> = client.get("/images").await?;
    print(whose, &images, || {
        let lines: Vec<String> = images.iter().map(line_of).collect();
        if lines.is_empty() { "No images. Create one with `jac image build`.".to_owned() } else { lines.join("\n") }
    });
    Ok(Exit::Done)
}

/// An image in a line.
fn line_of(image: &NodeImage) -> String {
    let state = match image.state {
        ImageState::Pending => "being created",
        ImageState::Available => "available",
        ImageState::Failed => "failed",
    };
    format!(
        "{}  {state:<10} {} in {}, {}: {}",
        image.id, image.name, image.region, image.architecture, image.description
    )
}

async fn remove(client: &Client, id: &str, whose: &ClientArguments) -> anyhow::Result<Exit> {
    let images: Vec<NodeImage> = client.get("/images").await?;
    let Some(image) = images.iter().find(|image| image.id == id) else {
        return Err(with_hint(
            format!("no image '{id}' built by this installation"),
            Some("`jac image list` lists all images.".to_owned()),
        ));
    };
    client.delete(&format!("/images/{}/{id}", image.region)).await?;
    print(whose, &json!({ "id": id, "removed": true }), || format!("Removed {id}."));
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    fn image(id: &str, state: ImageState) -> NodeImage {
        NodeImage {
            id: id.to_owned(),
            region: "eu-central-1".to_owned(),
            name: "an image".to_owned(),
            description: String::new(),
            architecture: "x86_64".to_owned(),
            state,
            created_at: None,
            size_gb: None,
        }
    }

    /// The result of polls that show the image in these states, one after the other and then always the last; `None`:
    /// it is not listed.
    async fn built(states: &[Option<ImageState>]) -> (anyhow::Result<NodeImage>, Duration) {
        let (polls, began) = (Mutex::new(0), Instant::now());
        let built = until_available("ami-1", async || {
            let mut polls = polls.lock().expect("no panic");
            let state = states[(*polls).min(states.len() - 1)];
            *polls += 1;
            // Another one was there before.
            let other = image("ami-0", ImageState::Available);
            Ok(std::iter::once(other).chain(state.map(|state| image("ami-1", state))).collect())
        });
        (built.await, began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn an_image_is_waited_for_until_it_can_be_booted() {
        use ImageState::{Available, Pending};
        let (built, took) = built(&[None, Some(Pending), None, Some(Pending), Some(Available)]).await;
        let image = built.expect("it is available");
        assert_eq!((image.id.as_str(), image.state, took), ("ami-1", Available, POLL_INTERVAL * 4));
    }

    #[tokio::test(start_paused = true)]
    async fn an_image_that_aws_gives_up_is_waited_for_no_longer_and_one_that_never_comes_not_for_ever() {
        use ImageState::{Failed, Pending};
        let (given_up, took) = built(&[Some(Pending), Some(Failed)]).await;
        let error = given_up.expect_err("it failed");
        assert!(error.is::<RunFailed>() && error.to_string().contains("could not create"), "{error}");
        assert_eq!(took, POLL_INTERVAL);
        for never in [None, Some(Pending)] {
            let (late, took) = built(&[never]).await;
            let error = late.expect_err("it never comes");
            assert!(error.is::<RunFailed>() && error.to_string().contains("within 45 minutes"), "{error}");
            assert!(took > BUILD_LIMIT && took < BUILD_LIMIT * 2, "{took:?}");
        }
    }

    #[tokio::test]
    async fn a_server_that_refuses_ends_the_wait() {
        let refused = until_available("ami-1", async || Err(anyhow::anyhow!("no such thing"))).await;
        assert_eq!(refused.expect_err("it is refused").to_string(), "no such thing");
    }
}
