"""Turns the common root into a specific machine: its name, and the NoCloud seed with the user data that the API was given.

NoCloud needs no network, so there is no instance metadata service at 169.254.169.254.
"""

import json
import shutil

from . import network


def plant(root, instance, user_data, public_keys):
    """Writes the seed and the machine's own files into its root. `user_data` is written unchanged, compressed or not; the key pair's
    public keys become those of the image's default user."""
    seed = root / "var/lib/cloud/seed/nocloud"
    seed.mkdir(parents=True, exist_ok=True)
    meta = {"instance-id": instance.id, "local-hostname": instance.host_name, "public-keys": public_keys}
    (seed / "meta-data").write_text(json.dumps(meta) + "\n")
    # Without the first line cloud-init would warn about an unknown format.
    (seed / "user-data").write_bytes(user_data or b"#cloud-config\n{}\n")
    (root / "etc/hostname").write_text(instance.host_name + "\n")
    # A VPC's resolver knows the machine's own name, which Java looks up before it uses RMI.
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost\n{instance.address} {instance.host_name}\n::1 ip6-localhost\n")


def without_sshd(root, _instance):
    """The machine boots, but nothing listens on port 22."""
    for unit in ("ssh.service", "ssh.socket", "sshd.service"):
        link = root / "etc/systemd/system" / unit
        link.unlink(missing_ok=True)
        link.symlink_to("/dev/null")


def without_java(root, _instance):
    """Removes Java, as in a distribution's image. Its system dependencies stay."""
    shutil.rmtree(root / "usr/lib/jvm")
    (root / "usr/bin/java").unlink(missing_ok=True)


def with_dead_dns(root, instance):
    """Its resolver never answers, and no file has the machine's own name."""
    (root / "etc/resolv.conf").write_text(f"nameserver {network.silent_address(instance.vpc_block)}\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n::1 ip6-localhost\n")


def with_a_broken_boot(root, _instance):
    """Puts a file where the user data needs a folder."""
    (root / "usr/local/lib/jac").write_text("")


FAULTS = {"no-ssh": without_sshd, "no-java": without_java, "dead-dns": with_dead_dns, "broken-boot": with_a_broken_boot}
