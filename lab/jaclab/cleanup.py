"""Removes a lab using only its state folder, whoever started it and however it ended.

Afterwards no process, mount, namespace, bridge, control group, firewall or folder of a machine is left. Only IDs that the lab created
are touched.
"""

import os
import shutil
import signal
import time
from pathlib import Path

from . import cgroups, machine, network
from .disk import Disk
from .run import succeeds
from .state import started_at

END_LIMIT_SECONDS = 90


def down(state):
    """Stops the supervisor, which removes everything, and then checks for leftovers."""
    pid = state.supervisor()
    if pid:
        end_process(pid, started_at(pid), END_LIMIT_SECONDS)
    sweep(state)


def sweep(state):
    """Removes what is left of a lab whose supervisor is gone."""
    facts = state.read()
    if facts.get("moto_pid"):
        end_process(facts["moto_pid"], facts["moto_started"], 5)
    names = {folder.name for folder in state.machines.iterdir()} if state.machines.exists() else set()
    if network.bridge_owner() in (None, str(state.folder)):
        # A machine has only one lab, so anything with the lab's name and without a folder belongs to this one.
        names |= set(cgroups.names()) | _namespaces()
    for name in sorted(names):
        machine.remove(name, Disk(state.machines / name))
    if network.bridge_owner() == str(state.folder):
        network.remove_bridge()
    cgroups.remove_parent()
    for folder in (state.machines, state.images):
        shutil.rmtree(folder, ignore_errors=True)
    if facts.get("made_namespaces_folder") and os.path.isdir(network.NAMESPACES) and not os.listdir(network.NAMESPACES):
        succeeds("umount", network.NAMESPACES)
        Path(network.NAMESPACES).rmdir()
    for name in ("lab.json", "images.json"):
        (state.folder / name).unlink(missing_ok=True)


def _namespaces():
    try:
        found = os.listdir(network.NAMESPACES)
    except FileNotFoundError:
        return set()
    return {name.removeprefix("jaclab-") for name in found if name.startswith("jaclab-")}


def end_process(pid, started, limit_seconds):
    """Stops one process by its ID if it is still the same process; kills it after a while."""
    if started is None or started_at(pid) != started:
        return
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + limit_seconds
    while started_at(pid) == started:
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
