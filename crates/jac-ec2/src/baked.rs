//! Images that JAC made of a cluster's master, so that machines which boot them have Java and JMeter already.
//!
//! A machine of such an image boots as any other: the user data of its own launch replaces whatever of ours is in the
//! image but Java and JMeter, see [`crate::user_data`].

use crate::cloud::Ec2Cloud;
use crate::errors::{refusal, refused};
use crate::tags;
use aws_sdk_ec2::types::{Image, ImageState as AwsState, ResourceType, Tag};
use jac_model::ports::PortError;
use jac_model::{BakedImage, ClusterId, CredentialChoice, ImageState, Role};

/// Marks what belongs to an image; with the installation's tag it is ours.
const IMAGE: &str = "jac:image";

/// Begins to make an image of the cluster's master.
pub async fn bake(
    cloud: &Ec2Cloud,
    cluster: &ClusterId,
    name: &str,
    description: &str,
) -> Result<BakedImage, PortError> {
    let record = cloud.records.read(cluster)?;
    let master = record.as_ref().and_then(|record| {
        let master = record.nodes.iter().find(|node| node.role == Role::Master)?;
        Some((record, master.instance.clone()?))
    });
    let Some((record, machine)) = master else {
        return Err(refused("EC2", "make an image", format!("the cluster {cluster} has no machine")));
    };
    let aws = cloud.aws_of(record).await?;
    let mut tags: Vec<Tag> = record.config.tags.iter().map(|(name, value)| tags::tag(name, value)).collect();
    tags.extend([
        tags::tag(tags::INSTALLATION, &cloud.installation),
        tags::tag(IMAGE, name),
        tags::tag(tags::NAME, name),
    ]);
    // AWS restarts the machine for it, so that what is on its disk is whole.
    let made = aws
        .ec2
        .create_image()
        .instance_id(machine)
        .name(name)
        .description(description)
        .tag_specifications(tags::specification(ResourceType::Image, tags.clone()))
        .tag_specifications(tags::specification(ResourceType::Snapshot, tags))
        .send()
        .await
        .map_err(|error| refusal(&error).at(&aws.region, "make an image"))?;
    let id = made.image_id().ok_or_else(|| refused(&aws.region, "make an image", "the answer named none"))?;
    cloud.records.remember_region(&aws.region)?;
    Ok(BakedImage {
        id: id.to_owned(),
        region: aws.region.clone(),
        name: name.to_owned(),
        description: description.to_owned(),
        architecture: String::new(),
        state: ImageState::Pending,
        created_at: None,
        size_gb: None,
    })
}

/// All images of this installation, in every region where it ever had machines.
pub async fn list(cloud: &Ec2Cloud) -> Result<Vec<BakedImage>, PortError> {
    let mut images = Vec::new();
    for region in cloud.records.regions() {
        let aws = cloud.clients.of(CredentialChoice::Saved, Some(&region)).await?;
        let answer = aws
            .ec2
            .describe_images()
            .owners("self")
            .filters(tags::ours(&cloud.installation))
            .send()
            .await
            .map_err(|error| refusal(&error).at(&region, "list the images"))?;
        images.extend(answer.images().iter().filter_map(|image| read(image, &region)));
    }
    images.sort_by(|one, other| (&other.created_at, &other.id).cmp(&(&one.created_at, &one.id)));
    Ok(images)
}

/// Removes one of this installation's images with what is kept of its disk. One that is gone already is a success.
pub async fn remove(cloud: &Ec2Cloud, region: &str, id: &str) -> Result<(), PortError> {
    let aws = cloud.clients.of(CredentialChoice::Saved, Some(region)).await?;
    let answer = aws.ec2.describe_images().image_ids(id).owners("self").send().await.map_err(|error| refusal(&error));
    let found = match answer {
        Ok(answer) => answer.images().first().cloned(),
        Err(no) if no.is_not_found() || no.code.starts_with("InvalidAMIID") => None,
        Err(other) => return Err(other.at(region, "find the image")),
    };
    let Some(image) = found else { return Ok(()) };
    let is_ours = |tag: &Tag| tag.key() == Some(tags::INSTALLATION) && tag.value() == Some(&cloud.installation);
    if !image.tags().iter().any(is_ours) {
        return Err(refused(region, "remove the image", format!("{id} was not made by this installation")));
    }
    let failed = |error| refusal(&error).at(region, "remove the image");
    aws.ec2.deregister_image().image_id(id).send().await.map_err(failed)?;
    for snapshot in image.block_device_mappings().iter().filter_map(|disk| disk.ebs()?.snapshot_id()) {
        match aws.ec2.delete_snapshot().snapshot_id(snapshot).send().await.map_err(|error| refusal(&error)) {
            Err(no) if !no.is_not_found() => return Err(no.at(region, "remove what is kept of the image's disk")),
            _ => (),
        }
    }
    Ok(())
}

fn read(image: &Image, region: &str) -> Option<BakedImage> {
    let size_gb = image.block_device_mappings().iter().filter_map(|disk| disk.ebs()?.volume_size()).sum::<i32>();
    Some(BakedImage {
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
