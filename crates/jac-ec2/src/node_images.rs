//! Images that JAC created from a cluster's master, so that machines that boot them already have Java and JMeter.
//!
//! A machine with such an image boots like any other: the user data of its own launch replaces everything of ours in
//! the image except Java and JMeter, see [`crate::user_data`].

use crate::aws::{Aws, Looks};
use crate::cloud::Ec2Cloud;
use crate::errors::{Refusal, refusal, refused};
use crate::tags;
use aws_sdk_ec2::types::{Image, ImageState as AwsState, ResourceType, Tag};
use jac_model::ports::PortError;
use jac_model::{ClusterId, CredentialChoice, ImageState, NodeImage, Role};
use std::sync::Arc;

/// The tag of an image's parts; with the installation's tag they are ours.
const IMAGE: &str = "jac:image";
/// The tag with the request that created an image: `CreateImage` accepts no client token.
const REQUEST: &str = "jac:image-request";
const CREATE: &str = "create the image";
/// This many looks, four seconds in all, are for an image that was made a moment ago and is not listed yet.
const UNSEEN_LOOKS: u32 = 4;

/// Starts the creation of an image of the cluster's master.
pub async fn bake(
    cloud: &Ec2Cloud,
    cluster: &ClusterId,
    name: &str,
    description: &str,
) -> Result<NodeImage, PortError> {
    let record = cloud.records.read(cluster)?;
    let master = record.as_ref().and_then(|record| {
        let master = record.nodes.iter().find(|node| node.role == Role::Master)?;
        Some((record, master.instance.clone()?))
    });
    let Some((record, machine)) = master else {
        return Err(refused("EC2", CREATE, format!("the cluster {cluster} has no instance")));
    };
    let aws = cloud.aws_of(record).await?;
    let mut tags: Vec<Tag> = record.config.tags.iter().map(|(name, value)| tags::tag(name, value)).collect();
    let request = tags::tag(REQUEST, hex::encode(rand::random::<[u8; 8]>()));
    tags.extend([
        tags::tag(tags::INSTALLATION, &cloud.installation),
        tags::tag(IMAGE, name),
        tags::tag(tags::NAME, name),
        request.clone(),
    ]);
    // AWS restarts the machine for it, so that its disk is consistent.
    let made = aws
        .ec2
        .create_image()
        .instance_id(machine)
        .name(name)
        .description(description)
        .tag_specifications(tags::specification(ResourceType::Image, tags.clone()))
        .tag_specifications(tags::specification(ResourceType::Snapshot, tags))
        .send()
        .await;
    let id = match made.map_err(|error| refusal(&error)) {
        Ok(made) => made.image_id().map(str::to_owned),
        Err(refusal) => Some(made_by(&aws, name, &request, refusal).await?),
    };
    let id = id.ok_or_else(|| refused(&aws.region, CREATE, "the answer named none"))?;
    cloud.records.remember(&aws.region, &record.config.credentials).await?;
    Ok(NodeImage {
        id,
        region: aws.region.clone(),
        name: name.to_owned(),
        description: description.to_owned(),
        architecture: String::new(),
        state: ImageState::Pending,
        created_at: None,
        size_gb: None,
    })
}

/// The image that a request created although its response was lost: a retry then finds its name taken. The rejection if
/// it created none.
async fn made_by(aws: &Aws, name: &str, request: &Tag, refusal: Refusal) -> Result<String, PortError> {
    if refusal.code != "InvalidAMIName.Duplicate" && !refusal.is_hiccup() {
        return Err(refusal.at(&aws.region, CREATE));
    }
    let mut looks = Looks::new();
    for _ in 0..UNSEEN_LOOKS {
        let asked = aws.ec2.describe_images().owners("self").filters(tags::filter("name", name)).send().await;
        // The first fault is more informative than the failure of this query.
        let Ok(answer) = asked else { break };
        if let Some(image) = answer.images().first() {
            let is_its = image.tags().contains(request);
            let made = image.image_id().filter(|_| is_its).map(str::to_owned);
            return made.ok_or_else(|| refusal.at(&aws.region, CREATE));
        }
        looks.again().await;
    }
    Err(refusal.at(&aws.region, CREATE))
}

/// All images of this installation, in every region where it ever had machines.
pub async fn list(cloud: &Ec2Cloud) -> Result<Vec<NodeImage>, PortError> {
    let mut images: Vec<NodeImage> = Vec::new();
    let (mut answered, mut failed) = (false, None);
    for (choice, region) in everywhere(cloud).await? {
        match images_in(cloud, &choice, &region).await {
            Ok(found) => {
                answered = true;
                // Two sets of credentials may be of one account.
                let new = found.into_iter().filter(|image| !images.iter().any(|known| known.id == image.id));
                images.extend(new.collect::<Vec<_>>());
            }
            Err(error) => {
                tracing::warn!(%region, %error, "images in {region} cannot be listed: {error}");
                failed = Some(error);
            }
        }
    }
    // An expired set of credentials hides only its own images.
    if let (Some(error), false) = (failed, answered) {
        return Err(error);
    }
    images.sort_by(|one, other| (&other.created_at, &other.id).cmp(&(&one.created_at, &one.id)));
    Ok(images)
}

/// All regions with all credentials.
async fn everywhere(cloud: &Ec2Cloud) -> Result<Vec<(CredentialChoice, String)>, PortError> {
    let choices = cloud.choices().await?;
    let in_each = |region: String| choices.iter().cloned().map(move |choice| (choice, region.clone()));
    Ok(cloud.records.regions().into_iter().flat_map(in_each).collect())
}

async fn images_in(cloud: &Ec2Cloud, choice: &CredentialChoice, region: &str) -> Result<Vec<NodeImage>, PortError> {
    let aws = cloud.clients.of(choice, Some(region)).await?;
    let asked = aws.ec2.describe_images().owners("self").filters(tags::ours(&cloud.installation)).send().await;
    let answer = asked.map_err(|error| refusal(&error).at(region, "list the images"))?;
    Ok(answer.images().iter().filter_map(|image| read(image, region)).collect())
}

/// Deletes one of this installation's images and its snapshots. Succeeds if it is gone already.
pub async fn remove(cloud: &Ec2Cloud, region: &str, id: &str) -> Result<(), PortError> {
    let mut failed = None;
    for choice in cloud.choices().await? {
        // It is unknown which account has it.
        match find(cloud, &choice, region, id).await {
            Ok(Some((aws, image))) => return remove_found(cloud, &aws, region, id, &image).await,
            Ok(None) => (),
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn find(
    cloud: &Ec2Cloud,
    choice: &CredentialChoice,
    region: &str,
    id: &str,
) -> Result<Option<(Arc<Aws>, Image)>, PortError> {
    let aws = cloud.clients.of(choice, Some(region)).await?;
    let answer = aws.ec2.describe_images().image_ids(id).owners("self").send().await.map_err(|error| refusal(&error));
    match answer {
        Ok(answer) => Ok(answer.images().first().cloned().map(|image| (aws, image))),
        Err(no) if no.is_not_found() || no.code.starts_with("InvalidAMIID") => Ok(None),
        Err(other) => Err(other.at(region, "find the image")),
    }
}

async fn remove_found(cloud: &Ec2Cloud, aws: &Aws, region: &str, id: &str, image: &Image) -> Result<(), PortError> {
    let is_ours = |tag: &Tag| tag.key() == Some(tags::INSTALLATION) && tag.value() == Some(&cloud.installation);
    if !image.tags().iter().any(is_ours) {
        return Err(refused(region, "remove the image", format!("{id} was not built by this installation")));
    }
    let failed = |error| refusal(&error).at(region, "remove the image");
    // Both in one call: once an image is gone, nothing refers to its snapshots, and those cost money.
    aws.ec2.deregister_image().image_id(id).delete_associated_snapshots(true).send().await.map_err(failed)?;
    let mut left = None;
    for snapshot in image.block_device_mappings().iter().filter_map(|disk| disk.ebs()?.snapshot_id()) {
        // The response says for each whether it was deleted; the call is repeated for those that were not.
        match aws.ec2.delete_snapshot().snapshot_id(snapshot).send().await.map_err(|error| refusal(&error)) {
            Err(no) if !no.is_not_found() => {
                left = Some(no.at(region, &format!("delete {snapshot}, the snapshot of the removed image")));
            }
            _ => (),
        }
    }
    left.map_or(Ok(()), Err)
}

fn read(image: &Image, region: &str) -> Option<NodeImage> {
    let size_gb = image.block_device_mappings().iter().filter_map(|disk| disk.ebs()?.volume_size()).sum::<i32>();
    Some(NodeImage {
        id: image.image_id()?.to_owned(),
        region: region.to_owned(),
        name: image.name().unwrap_or_default().to_owned(),
        description: image.description().unwrap_or_default().to_owned(),
        architecture: image.architecture().map(|one| one.as_str().to_owned()).unwrap_or_default(),
        state: match image.state() {
            Some(AwsState::Available) => ImageState::Available,
            Some(AwsState::Pending | AwsState::Transient) => ImageState::Pending,
            _ => ImageState::Failed,
        },
        created_at: image.creation_date().map(str::to_owned),
        size_gb: u32::try_from(size_gb).ok().filter(|size| *size > 0),
    })
}
