"""The image catalogue: what DescribeImages finds, by owner, name and architecture, as on AWS.

All of them boot the lab's single root, Debian 12 for this host's architecture; the name says which image AWS would have started.
"""

import json

# Owners: https://wiki.debian.org/Cloud/AmazonEC2Image and https://documentation.ubuntu.com/aws/
DEBIAN, CANONICAL, AMAZON = "136693071363", "099720109477", "137112412989"
_ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}


def catalogue():
    images = []
    for architecture, debian_name in _ARCHITECTURES.items():
        aws_name = architecture
        images += [
            _image(f"debian-12-{debian_name}-20250316-2053", DEBIAN, architecture, "/dev/xvda", "2025-03-16T23:14:05.000Z"),
            _image(f"debian-12-{debian_name}-20251006-2257", DEBIAN, architecture, "/dev/xvda", "2025-10-06T22:10:41.000Z"),
            _image(
                f"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{debian_name}-server-20251001",
                CANONICAL,
                architecture,
                "/dev/sda1",
                "2025-10-01T06:31:12.000Z",
            ),
            _image(f"al2023-ami-2023.9.20251006.0-kernel-6.1-{aws_name}", AMAZON, architecture, "/dev/xvda", "2025-10-06T19:02:33.000Z"),
        ]
    return [{"ami_id": f"ami-{number:017x}", **image} for number, image in enumerate(images, 0x1AB0)]


def _image(name, owner, architecture, root_device, created):
    return {
        "name": name,
        "description": f"{name}, as the lab boots it: Debian 12",
        "owner_id": owner,
        "public": True,
        "virtualization_type": "hvm",
        "architecture": architecture,
        "state": "available",
        "platform": None,
        "image_type": "machine",
        "hypervisor": "xen",
        "root_device_name": root_device,
        "root_device_type": "ebs",
        "sriov": "simple",
        "creation_date": created,
    }


def write(file):
    file.write_text(json.dumps(catalogue(), indent=1))
