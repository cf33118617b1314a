"""Takes a lab down from its state folder alone, whoever started it and however that ended.

Afterwards there is no process, mount, namespace, bridge, control group, firewall or folder of a machine. Only ids that the lab made
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
    """Ends the supervisor, which takes everything along, and then looks for what is left."""
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
        # There is one lab on a machine, so what carries the lab's name and no folder is from this one.
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
    """Ends one process by its id, if it is still the one that was meant; by force after a while."""
    if started is None or started_at(pid) != started:
        return
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + limit_seconds
    while started_at(pid) == started:
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
