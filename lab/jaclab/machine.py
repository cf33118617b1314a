"""One booted machine: a disk, a namespace, a control group, and `systemd-nspawn` that runs systemd in them.

Owns these four from boot to removal. `glue.py` decides whether a machine should exist.
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from . import cgroups, network, seed
from .disk import Disk

REBOOTED = 133  # nspawn's exit code when the machine reboots.
ORDERLY_SECONDS = 15


class Machine:
    def __init__(self, state, instance, lifetime_seconds):
        self.instance = instance
        self.id = instance.id
        self.folder = state.machines / instance.id
        self.disk = Disk(self.folder)
        self.console = state.console / f"{instance.id}.log"
        self.lifetime_seconds = lifetime_seconds
        self.process = None
        self.stopped_by_api = False

    def build(self, user_data, public_keys, layers, faults):
        """Creates disk, seed and network."""
        self.folder.mkdir(parents=True)
        self.disk.make(self.instance.disk_gibibytes, layers)
        seed.plant(self.disk.root, self.instance, user_data, public_keys)
        for fault in faults:
            seed.FAULTS[fault](self.disk.root, self.instance)
        network.connect(self.id, self.instance.address, self.instance.vpc_block)
        network.lead_nowhere(self.id, network.silent_address(self.instance.vpc_block))

    def start(self):
        """Powers it on; returns at once. The process ends when the machine powers itself off."""
        groups = cgroups.make(self.id)
        join = 'for group; do [ "$group" = -- ] && break; echo $$ >"$group/cgroup.procs"; shift; done; shift; exec "$@"'
        words = ["sh", "-c", join, "sh", *map(str, groups), "--"]
        # The time limit applies even if no process is left to power it off.
        words += ["timeout", "--kill-after=20", str(int(self.lifetime_seconds))]
        words += [
            "systemd-nspawn",
            "--quiet",
            "--boot",
            "--keep-unit",
            "--register=no",
            f"--directory={self.disk.root}",
            f"--machine={self.id}",
        ]
        words += [f"--network-namespace-path={network.NAMESPACES}/{network.namespace(self.id)}", "--capability=CAP_NET_ADMIN"]
        words += ["--console=read-only", "--resolv-conf=off", "--timezone=off", "--link-journal=no", "--no-pager"]
        self.console.parent.mkdir(parents=True, exist_ok=True)
        with open(self.console, "ab") as console:
            self.process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
                # A machine may set its own network parameters, such as the port range; the rest of /proc/sys belongs to this host.
                env={**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"},
            )

    def is_on(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        """Powers it off, to be started again on the same disk."""
        self.stopped_by_api = True
        self.power_off()

    def power_off(self):
        """Powers it off like the power button, and by force after a while."""
        if self.is_on():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(ORDERLY_SECONDS)
            except subprocess.TimeoutExpired:
                pass
        self.kill()

    def kill(self):
        """Powers it off at once, without a shutdown."""
        cgroups.freeze(self.id, False) if cgroups.members(self.id) else None
        cgroups.kill(self.id)
        if self.process is not None:
            self.process.wait()

    def remove(self):
        remove(self.id, self.disk)

    def leader(self):
        """The process ID, on this host, of the machine's first process; None if it has none."""
        for pid in cgroups.members(self.id):
            try:
                with open(f"/proc/{pid}/status") as status:
                    ids = next((line.split()[1:] for line in status if line.startswith("NSpid:")), [])
            except OSError:
                continue
            if len(ids) > 1 and ids[-1] == "1":
                return pid
        return None


def remove(instance_id, disk):
    """Removes everything of a machine, given only its ID; ignores what is already gone."""
    cgroups.kill(instance_id)
    cgroups.remove(instance_id)
    network.disconnect(instance_id)
    _forget(instance_id, disk.root)
    end = time.monotonic() + cgroups.LIMIT_SECONDS
    while disk.folder.exists():
        disk.remove()
        if time.monotonic() > end:
            shutil.rmtree(disk.folder)
        time.sleep(0.05)


def _forget(instance_id, root):
    """Removes what nspawn leaves behind when it is killed: its lock on the root, and its mount folder."""
    run = Path("/run/systemd/nspawn")
    if os.path.ismount(root):
        place = os.stat(root)
        (run / f"locks/inode-{place.st_dev}:{place.st_ino}").unlink(missing_ok=True)
    if (run / "propagate" / instance_id).exists():
        (run / "propagate" / instance_id).rmdir()
