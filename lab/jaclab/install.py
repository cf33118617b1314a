"""Installs what the lab needs and keeps it: Debian packages on this host, the emulator's virtual environment, the machines' root.

Each is built next to its final place and then renamed, so an existing one is always complete. A digest of its recipe is in its name, so
a changed recipe builds it again. What already exists is left unchanged.
"""

import fcntl
import hashlib
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

from . import check
from .run import run
from .state import cache_folder

RELEASE = "bookworm"
ROOT_PACKAGES = (
    "systemd,systemd-sysv,dbus,libpam-systemd,openssh-server,cloud-init,python3-cffi-backend,iproute2,procps,chrony,sudo,curl,"
    "openjdk-17-jre-headless,ca-certificates,libfaketime"
)
CLOUD_CONFIG = """# The lab's machines: the seed is in the root, the network is set up from outside, and the default
# user is that of Debian's AMIs.
datasource_list: [NoCloud]
network: {config: disabled}
locale: false
apt_preserve_sources_list: true
system_info: {default_user: {name: admin}}
"""
FINISH = "1"  # Increase this when `_finish` changes.
_REQUIREMENTS = Path(__file__).parent.parent / "requirements.txt"


def _digest(*texts):
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def venv_folder():
    return cache_folder() / f"venv-{_digest(_REQUIREMENTS.read_text(), sys.version)}"


def root_folder():
    return cache_folder() / f"root-{RELEASE}-{_digest(RELEASE, ROOT_PACKAGES, CLOUD_CONFIG, FINISH)}"


def install(say):
    """Installs all three; takes about four minutes the first time."""
    packages = check.missing_packages()
    if packages:
        say(f"Installing {' '.join(packages)}.")
        run("apt-get", "update", timeout=600)
        run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "--no-install-recommends", *packages, timeout=900)
    with alone("lock"):
        if not venv_folder().exists():
            say("Installing the EC2 emulator (moto) into the cache folder.")
            _make("venv", venv_folder(), _make_venv)
        if not root_folder().exists():
            say("Building the machines' root (Debian 12); this takes some minutes, but only once.")
            _make("root", root_folder(), _make_root)


@contextmanager
def alone(name):
    """Keeps other lab commands of this user from doing the same at the same time; the lock ends with the process."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    with open(cache_folder() / name, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(kind, place, maker):
    """Builds it, renames it, and removes older ones of its kind."""
    part = place.with_name(place.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        maker(part)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    part.rename(place)
    for old in cache_folder().glob(f"{kind}-*"):
        if old != place:
            shutil.rmtree(old, ignore_errors=True)


def _make_venv(folder):
    run(sys.executable, "-m", "venv", folder, timeout=120)
    run(folder / "bin/python", "-m", "pip", "install", "--quiet", "-r", _REQUIREMENTS, timeout=900)


def _make_root(folder):
    # Without a mirror, debootstrap uses the release's own. JAC_LAB_MIRROR names a nearer one.
    mirror = [os.environ["JAC_LAB_MIRROR"]] if os.environ.get("JAC_LAB_MIRROR") else []
    run("debootstrap", "--variant=minbase", f"--include={ROOT_PACKAGES}", RELEASE, folder, *mirror, timeout=1800)
    _finish(folder)


def _finish(root):
    """Turns an installed system into an image: without identity, keys and leftovers."""
    (root / "etc/cloud/cloud.cfg.d/99_jac_lab.cfg").write_text(CLOUD_CONFIG)
    (root / "etc/machine-id").write_text("")
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    for deb in (root / "var/cache/apt/archives").glob("*.deb"):
        deb.unlink()
    # They would try to reach Debian's servers, which the machines cannot.
    for timer in ("apt-daily.timer", "apt-daily-upgrade.timer"):
        link = root / "etc/systemd/system" / timer
        link.unlink(missing_ok=True)
        link.symlink_to("/dev/null")
