"""What a lab could leave behind on this host: if it differs before and after, something was left.

Only what a lab could have created counts, so other programs may mount and connect what they like meanwhile.
"""

import os
from pathlib import Path

from .. import cgroups
from ..firewall import TABLE
from ..network import NAMESPACES
from ..run import run
from ..state import BRIDGE


def traces(state_folder):
    """Kind -> what exists of it."""
    found = {
        "mounts": _having(str(state_folder), NAMESPACES, in_lines=run("findmnt", "--list", "--noheadings", "--output", "TARGET")),
        "namespaces": _having("jaclab-", in_lines=run("ip", "netns", "list")),
        "links": _having(": jl", f": {BRIDGE}", in_lines=run("ip", "-oneline", "link")),
        "routes": _having(BRIDGE, in_lines=run("ip", "-oneline", "route", "show", "table", "all")),
        "rules": _having(TABLE, in_lines=run("nft", "list", "ruleset")),
        "loop devices": _having(str(state_folder), in_lines=run("losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE")),
        "control groups": set(cgroups.names()),
        "machines' folders": {path.name for path in (Path(state_folder) / "machines").glob("*")},
        "locks": {path.name for path in Path("/run/systemd/nspawn").glob("*/*")},
        "processes": set(),
    }
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if f"jaclab supervise --state {state_folder}" in words or "moto.server" in words or f"--directory={state_folder}" in words:
                found["processes"].add(f"{folder.name} {words}")
    return found


def _having(*words, in_lines):
    return {line for line in in_lines.splitlines() if any(word in line for word in words)}


def left_behind(before, after):
    """A line for each thing that exists now and did not before."""
    return [f"{kind}: {thing}" for kind in after for thing in sorted(after[kind] - before[kind])]
