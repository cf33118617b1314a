"""The lab's state folder: what is running, its addresses, and who started it.

This folder is enough to find everything that has to be removed, so `lab/down` works after the supervisor was killed.
"""

import json
import os
from pathlib import Path

BRIDGE = "jaclab0"
REGION = "us-east-1"
MOST_MACHINES = 16


def default_folder():
    """The lab that `eval "$(lab/up)"` set, or the default folder."""
    if os.environ.get("JAC_LAB_STATE"):
        return Path(os.environ["JAC_LAB_STATE"])
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "jac" / "lab"


def cache_folder():
    """Where the root filesystem and the virtual environment are kept between labs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "jac" / "lab"


class State:
    """Paths in a state folder, and the file that says what is running."""

    def __init__(self, folder):
        self.folder = Path(folder).absolute()
        self.machines = self.folder / "machines"
        self.console = self.folder / "console"
        self.images = self.folder / "images"
        self.supervisor_log = self.folder / "supervisor.log"
        self.moto_log = self.folder / "moto.log"
        self._file = self.folder / "lab.json"

    def read(self):
        """What the supervisor wrote once it was ready; empty if it has not."""
        try:
            return json.loads(self._file.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def write(self, facts):
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self._file.with_suffix(".part")
        # It contains the generated keys.
        part.touch(mode=0o600)
        part.write_text(json.dumps(facts, indent=2) + "\n")
        part.replace(self._file)

    def supervisor(self):
        """The supervisor's process ID if it is alive."""
        facts = self.read()
        return facts["pid"] if facts and started_at(facts["pid"]) == facts["pid_started"] else None


def started_at(pid):
    """When a process started, in clock ticks since boot: together with its ID this identifies it. None: no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])


def environment(facts):
    """The variables that point an AWS SDK, and a test, at this lab."""
    return {
        "AWS_ENDPOINT_URL": facts["endpoint"],
        "AWS_ACCESS_KEY_ID": facts["access_key"],
        "AWS_SECRET_ACCESS_KEY": facts["secret_key"],
        "AWS_REGION": facts["region"],
        "AWS_DEFAULT_REGION": facts["region"],
        # There is no instance metadata service here, and an SDK would wait for one.
        "AWS_EC2_METADATA_DISABLED": "true",
        "JAC_LAB_CONTROL": facts["control"],
        "JAC_LAB_HOST": facts["host_address"],
        "JAC_LAB_STATE": facts["state"],
    }
