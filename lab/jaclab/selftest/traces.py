"""What a lab could leave behind on this host; the same before it and after it, or something was left."""

import os
from pathlib import Path

from .. import cgroups
from ..run import run


def traces(state_folder):
    """Kind -> what there is of it."""
    found = {
        "mounts": {line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()},
        "namespaces": set(run("ip", "netns", "list").split()),
        "links": {line.split(": ")[1] for line in run("ip", "-oneline", "link").splitlines()},
        "addresses and routes": set(run("ip", "-oneline", "route", "show", "table", "all").splitlines()),
        "rules": set(run("nft", "list", "ruleset").splitlines()),
        "loop devices": set(run("losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE").splitlines()),
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


def left_behind(before, after):
    """A line for each thing that is there and was not."""
    return [f"{kind}: {thing}" for kind in after for thing in sorted(after[kind] - before[kind])]
