"""One control group per machine: it finds, freezes and kills all its processes at once, including forked ones.

A machine's group exists in the version 2 hierarchy and, if the host still has it, in systemd's own version 1 hierarchy, in which
systemd inside the machine creates its groups. Two machines in one group would mistake each other's processes for their own.
"""

import errno
import os
import time
from pathlib import Path

PARENT = "jac-lab"
# How long the kernel may take for all processes of a machine on a busy host.
LIMIT_SECONDS = 30


def hierarchies():
    """The relevant mount points, version 2 first. Empty: this kernel or container has no version 2 hierarchy."""
    second, systemd = None, None
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, rest = line.partition(" - ")
        kind, _, options = rest.split(" ", 2)
        place = Path(fields.split()[4])
        if kind == "cgroup2" and os.access(place, os.W_OK):
            second = second or place
        elif kind == "cgroup" and "name=systemd" in options.split(","):
            systemd = place
    return [place for place in (second, systemd) if place] if second else []


def folders(name):
    return [place / PARENT / name for place in hierarchies()]


def make(name):
    """Creates a machine's group in each hierarchy; returns the folders, which a process joins by writing its ID to `cgroup.procs`."""
    made = folders(name)
    for folder in made:
        folder.mkdir(parents=True, exist_ok=True)
    return made


def members(name):
    """The IDs of all processes of a machine."""
    found = []
    # Groups appear and disappear with the machine's sessions: `os.walk` ignores one that is gone, `rglob` fails.
    for folder, _, _ in os.walk(folders(name)[0]):
        try:
            found += [int(line) for line in Path(folder, "cgroup.procs").read_text().split()]
        except OSError:
            continue
    return found


def freeze(name, frozen):
    """Freezes all processes of a machine, or lets them continue; returns when this is done."""
    folder = folders(name)[0]
    (folder / "cgroup.freeze").write_text("1" if frozen else "0")
    _wait(lambda: f"frozen {int(frozen)}" in (folder / "cgroup.events").read_text())


def kill(name):
    """Kills all processes of a machine at once, without a chance to react."""
    folder = folders(name)[0]
    try:
        (folder / "cgroup.kill").write_text("1")
        _wait(lambda: "populated 0" in (folder / "cgroup.events").read_text())
    except OSError as fault:
        # The code that handles the machine's end removes its group, possibly before this check.
        if fault.errno not in (errno.ENOENT, errno.ENODEV):
            raise


def remove(name):
    """Removes a machine's groups, the innermost first."""
    for folder in folders(name):
        if not folder.exists():
            continue
        for path, _, _ in os.walk(folder, topdown=False):
            # A group stays busy for a moment after its last process is gone.
            _wait(lambda path=Path(path): _removed(path))


def remove_parent():
    for folder in folders(""):
        if folder.exists():
            _removed(folder)


def names():
    """Machines that have a group, of this lab or of one that was killed."""
    folder = folders("")[0] if hierarchies() else None
    return [path.name for path in folder.iterdir() if path.is_dir()] if folder and folder.exists() else []


def _removed(path):
    try:
        path.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _wait(reached):
    end = time.monotonic() + LIMIT_SECONDS
    while not reached():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
