//! The images that machines boot: one by its ID, or the newest of a distribution.
//!
//! Owners and names: <https://wiki.debian.org/Cloud/AmazonEC2Image>, <https://documentation.ubuntu.com/aws/> and
//! <https://docs.aws.amazon.com/linux/al2023/ug/ec2.html>.

use crate::aws::Aws;
use crate::errors::refusal;
use crate::tags::filter;
use aws_sdk_ec2::types::Image as AwsImage;
use jac_model::ports::PortError;
use jac_model::{Distribution, Ec2Image};

/// An image that can be booted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub id: String,
    pub name: String,
    pub architecture: String,
    /// `/dev/xvda`…: the disk whose size is configured.
    pub root_device: String,
}

/// The image for that architecture; a sentence if no image matches.
pub async fn look_up(aws: &Aws, image: &Ec2Image, architecture: &str) -> Result<Result<Image, String>, PortError> {
    match image {
        Ec2Image::Id(id) => by_id(aws, id, architecture).await,
        Ec2Image::Newest(distribution) => newest(aws, *distribution, architecture).await,
    }
}

async fn by_id(aws: &Aws, id: &str, architecture: &str) -> Result<Result<Image, String>, PortError> {
    let none = || format!("Image {id} not found in {}. Image IDs differ between regions.", aws.region);
    let answer = aws.ec2.describe_images().image_ids(id).send().await;
    let answer = match answer.map_err(|error| refusal(&error)) {
        Ok(answer) => answer,
        Err(no) if no.is_not_found() || no.code.starts_with("InvalidAMIID") => return Ok(Err(none())),
        Err(other) => return Err(other.at(&aws.region, "find the image")),
    };
    Ok(match answer.images().first().and_then(read) {
        Some(image) if image.architecture != architecture => Err(format!(
            "The image {id} is for {}, but the instance type is {architecture}. Change one of them.",
            image.architecture
        )),
        Some(image) => Ok(image),
        None => Err(none()),
    })
}

/// Owner and name of a distribution's images.
fn published(distribution: Distribution, architecture: &str) -> (&'static str, String) {
    let debian = if architecture == "arm64" { "arm64" } else { "amd64" };
    match distribution {
        Distribution::Debian12 => ("136693071363", format!("debian-12-{debian}-*")),
        Distribution::Ubuntu2404 => {
            ("099720109477", format!("ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{debian}-server-*"))
        }
        Distribution::AmazonLinux2023 => ("137112412989", format!("al2023-ami-2023.*-{architecture}")),
    }
}

async fn newest(aws: &Aws, image: Distribution, architecture: &str) -> Result<Result<Image, String>, PortError> {
    let (owner, name) = published(image, architecture);
    let answer = aws
        .ec2
        .describe_images()
        .owners(owner)
        .filters(filter("name", &name))
        .filters(filter("architecture", architecture))
        .filters(filter("state", "available"))
        .send()
        .await
        .map_err(|error| refusal(&error).at(&aws.region, "find the image"))?;
    let newest = answer.images().iter().max_by_key(|image| image.creation_date());
    Ok(newest
        .and_then(read)
        .ok_or_else(|| format!("No image {name} of the owner {owner} found in {}. Give an image ID.", aws.region)))
}

fn read(image: &AwsImage) -> Option<Image> {
    Some(Image {
        id: image.image_id()?.to_owned(),
        name: image.name().unwrap_or_default().to_owned(),
        architecture: image.architecture()?.as_str().to_owned(),
        root_device: image.root_device_name().unwrap_or("/dev/xvda").to_owned(),
    })
}
