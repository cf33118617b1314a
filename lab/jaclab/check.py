"""Checks whether this machine can run a lab: uses every required kernel feature once, in temporary namespaces."""

import ipaddress
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from . import cgroups, network

CANNOT = 3  # The exit code of everything here that this machine cannot run.
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
    """Debian packages that have to be installed first."""
    missing = {package for program, package in PACKAGES.items() if not shutil.which(program)}
    if not _KEYRING.exists():
        missing.add("debian-archive-keyring")
    if subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode:
        missing.add("python3-venv")
    return sorted(missing)


def why_not():
    """A sentence that says why no lab can run here; None if it can, or if only packages are missing."""
    if platform.system() != "Linux":
        return f"it needs Linux; this is {platform.system()}"
    if sys.version_info < (3, 10):
        return f"it needs Python 3.10 or newer; this is {platform.python_version()}"
    if os.geteuid() != 0:
        return "it needs root to create namespaces, mounts and a bridge"
    if missing_packages() and not shutil.which("apt-get"):
        return f"it needs {', '.join(missing_packages())} (names of Debian packages), and there is no apt-get to install them"
    if not _possible(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]):
        return "mounting is not permitted here, as in a container without CAP_SYS_ADMIN"
    if not _possible(["unshare", "--net", "true"]):
        return "creating a network namespace is not permitted here"
    if "overlay" not in _file_systems() and not (_possible(["modprobe", "overlay"]) and "overlay" in _file_systems()):
        return "this kernel has no overlay file system"
    if not os.path.exists("/dev/loop-control"):
        return "this kernel has no loop devices"
    if not _can_group():
        return "there is no writable cgroup v2 hierarchy with cgroup.kill (Linux 5.14)"
    return None if missing_packages() else _why_no_network()


def _why_no_network():
    if not _possible(["unshare", "--net", "nft", "-f", "-"], _FIREWALL):
        return "nft does not work here, or the kernel lacks conntrack or numgen, which implement security groups and packet loss"
    bridge = (
        "ip link add name probe0 type bridge && ip link add name probe1 type veth peer name probe2 && ip link set probe1 master probe0"
        " && tc qdisc add dev probe1 root tbf rate 1mbit burst 3200 latency 50ms"
    )
    if not _possible(["unshare", "--net", "sh", "-c", bridge]):
        return "this kernel lacks bridges, veth pairs or the token bucket filter"
    overlap = network.overlapping(BLOCK)
    return f"its VPC {ipaddress.ip_network(BLOCK)} overlaps {overlap}, which this host uses" if overlap else None


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
