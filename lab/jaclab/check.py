"""Whether this machine can be a lab, tried and not guessed: every kernel feature is used once, in namespaces that end with the try."""

import ipaddress
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from . import cgroups, network

CANNOT = 3  # The exit code of everything here that refuses for the machine's sake.
BLOCK = "172.31.0.0/16"  # The emulator's default VPC, as on AWS.
PACKAGES = {
    "debootstrap": "debootstrap",
    "systemd-nspawn": "systemd-container",
    "nft": "nftables",
    "ip": "iproute2",
    "tc": "iproute2",
    "mkfs.ext4": "e2fsprogs",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
}
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

_FIREWALL = """table inet t {
  chain o { type filter hook output priority -150; meta oifname != lo numgen random mod 1000 < 10 drop; }
  chain i { type filter hook input priority 0; policy drop; ct state established,related accept; }
}
"""


def missing_packages():
    """Debian's packages that have to be installed first."""
    missing = {package for program, package in PACKAGES.items() if not shutil.which(program)}
    if not _KEYRING.exists():
        missing.add("debian-archive-keyring")
    if subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode:
        missing.add("python3-venv")
    return sorted(missing)


def why_not():
    """A sentence that says why there can be no lab here; None where it can be tried, or needs packages first."""
    if platform.system() != "Linux":
        return f"it needs Linux, and this is {platform.system()}"
    if sys.version_info < (3, 10):
        return f"it needs Python 3.10 or newer, and this is {platform.python_version()}"
    if os.geteuid() != 0:
        return "it needs root, to make namespaces, mounts and a bridge"
    if missing_packages() and not shutil.which("apt-get"):
        return f"it needs what Debian calls {', '.join(missing_packages())}, and there is no apt-get to install that"
    if not _possible(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]):
        return "this machine lets nobody mount anything, as in a container without CAP_SYS_ADMIN"
    if not _possible(["unshare", "--net", "true"]):
        return "this machine lets nobody make a network namespace"
    if "overlay" not in _file_systems() and not (_possible(["modprobe", "overlay"]) and "overlay" in _file_systems()):
        return "this kernel has no overlay file system"
    if not os.path.exists("/dev/loop-control"):
        return "this kernel has no loop devices"
    if not _can_group():
        return "there is no version 2 control group hierarchy that can be written, with cgroup.kill (Linux 5.14)"
    return None if missing_packages() else _why_no_network()


def _why_no_network():
    if not _possible(["unshare", "--net", "nft", "-f", "-"], _FIREWALL):
        return "nft cannot be used here, or the kernel lacks its conntrack or numgen, which security groups and packet loss are made of"
    bridge = (
        "ip link add name probe0 type bridge && ip link add name probe1 type veth peer name probe2 && ip link set probe1 master probe0"
        " && tc qdisc add dev probe1 root tbf rate 1mbit burst 3200 latency 50ms"
    )
    if not _possible(["unshare", "--net", "sh", "-c", bridge]):
        return "this kernel lacks bridges, veth pairs or the token bucket filter"
    overlap = network.overlapping(BLOCK)
    return f"the addresses of its VPC, {ipaddress.ip_network(BLOCK)}, overlap {overlap}" if overlap else None


def _can_group():
    if not cgroups.hierarchies():
        return False
    probe = f"probe-{os.getpid()}"
    try:
        return (cgroups.make(probe)[0] / "cgroup.kill").exists()
    except OSError:
        return False
    finally:
        cgroups.remove(probe)
        cgroups.remove_parent()


def _file_systems():
    return Path("/proc/filesystems").read_text().split()


def _possible(words, given=""):
    try:
        return subprocess.run(words, input=given, text=True, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
