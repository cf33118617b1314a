"""The commands behind lab/up, lab/down, lab/ctl and lab/selftest. Messages go to standard error, data to standard output."""

import argparse
import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from . import check, cleanup, install, network
from .run import ProgramFailed
from .state import State, default_folder, environment


def say(words):
    print(f"    {words}", file=sys.stderr, flush=True)


def refuse(why):
    print(f"The lab cannot run here: {why}.", file=sys.stderr)
    return check.CANNOT


def seconds(text):
    found = re.fullmatch(r"(\d+)([smh]?)", text)
    if not found:
        raise argparse.ArgumentTypeError("a number with s, m or h, such as 4h")
    return int(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]]


def main():
    parser = argparse.ArgumentParser(prog="lab")
    commands = parser.add_subparsers(dest="command", required=True)
    up_parser = commands.add_parser("up", prog="lab/up", description="Starts the cloud lab, and prints the environment for using it.")
    up_parser.add_argument("--check", action="store_true", help="only check whether it can run here (exit code 3: it cannot)")
    up_parser.add_argument("--port", type=int, default=0, help="port of the API (default: a free one)")
    up_parser.add_argument("--lifetime", type=seconds, default=4 * 3600, help="it stops after this time (default: 4h)")
    down_parser = commands.add_parser("down", prog="lab/down", description="Stops everything that lab/up started.")
    ctl_parser = commands.add_parser("ctl", prog="lab/ctl", description="Injects a fault into the lab, or prints its state.")
    ctl_parser.add_argument("words", nargs="+", help="see: lab/ctl help")
    selftest_parser = commands.add_parser("selftest", prog="lab/selftest", description="Tests every part of the lab once.")
    selftest_parser.add_argument("--only", default="", help="only tests whose names contain this")
    selftest_parser.add_argument("--running", action="store_true", help="test the lab that is running instead of starting another one")
    supervise_parser = commands.add_parser("supervise")
    supervise_parser.add_argument("--port", type=int)
    supervise_parser.add_argument("--lifetime", type=int)
    for command in (up_parser, down_parser, ctl_parser, selftest_parser, supervise_parser):
        command.add_argument("--state", default=str(default_folder()), help="the lab's state folder (default: %(default)s)")
    words = sys.argv[1:]
    if words[:1] == ["ctl"] and words[1:] not in ([], ["--help"], ["-h"]):
        # The remaining arguments belong to the lab: in `clock ID -3s`, -3s is not an option.
        begin = 3 if words[1] == "--state" else 1
        words[begin:begin] = ["--"]
    given = parser.parse_args(words)
    state = State(given.state)
    try:
        if given.command == "up":
            return up(state, given)
        if given.command == "down":
            return down(state)
        if given.command == "ctl":
            return ctl(state, given.words)
        if given.command == "selftest":
            return selftest(given)
        from .supervisor import supervise

        return supervise(state, given.port, given.lifetime)
    except ProgramFailed as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1


def up(state, given, show=True):
    # Of two at once, each would take the other's first resources for leftovers.
    with install.alone("up.lock") if os.geteuid() == 0 else contextlib.nullcontext():
        return _up(state, given, show)


def _up(state, given, show):
    running = state.supervisor()
    if not (running and not given.check):
        why = check.why_not()
        if why:
            return refuse(why)
        if given.check:
            missing = check.missing_packages()
            say("The lab can run here" + (f"; it would install {' '.join(missing)} first." if missing else "."))
            return 0
        owner = network.bridge_owner() if shutil.which("ip") else None
        if owner and owner != str(state.folder) and State(owner).supervisor():
            return refuse(f"another lab is up in {owner}, and there can be one on a machine (lab/down --state {owner})")
        install.install(say)
        why = check.why_not()
        if why:
            return refuse(why)
        for old in {owner, str(state.folder)} - {None}:
            cleanup.sweep(State(old))
        if not _start(state, given):
            return 1
    for name, value in environment(state.read()).items() if show else ():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _start(state, given):
    """Starts the supervisor and waits until the lab answers."""
    state.folder.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "jaclab", "supervise", "--state", str(state.folder)]
    words += ["--port", str(given.port), "--lifetime", str(given.lifetime)]
    with open(state.supervisor_log, "wb") as log:
        supervisor = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    end = time.monotonic() + 120
    while not (state.read().get("ready") and state.supervisor()):
        if supervisor.poll() is not None or time.monotonic() > end:
            cleanup.down(state)
            print("error: the lab did not start:\n" + state.supervisor_log.read_text()[-2000:], file=sys.stderr)
            return False
        time.sleep(0.1)
    say(f"The lab is running and stops in {given.lifetime // 60} minutes. Its log: {state.supervisor_log}")
    return True


def down(state):
    was_up = bool(state.read())
    cleanup.down(state)
    say("The lab is stopped." if was_up else "No lab was running.")
    return 0


def ctl(state, words):
    if not state.supervisor():
        print(f"No lab is running in {state.folder}. Start one with lab/up.", file=sys.stderr)
        return 2
    request = urllib.request.Request(state.read()["control"], json.dumps(words).encode(), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            print(answer.read().decode(), end="")
    except urllib.error.HTTPError as refused:
        print(refused.read().decode(), end="", file=sys.stderr)
        return 2
    return 0


def selftest(given):
    """Starts a lab, tests it, stops it, and checks that nothing is left; or tests the lab that is running."""
    if given.running:
        state = State(given.state)
        if not state.supervisor():
            print(f"No lab is running in {state.folder}. Start one with lab/up.", file=sys.stderr)
            return 2
        return _run_selftest(state, given.only)
    from .selftest.traces import left_behind, traces

    with tempfile.TemporaryDirectory(prefix="jac-lab-") as folder:
        state = State(folder)
        # Start and stop once, so that packages, and what this host keeps permanently, exist before the first comparison.
        code = up(state, argparse.Namespace(check=False, port=0, lifetime=600), show=False)
        cleanup.down(state)
        if code:
            return code
        before = traces(state.folder)
        try:
            code = up(state, argparse.Namespace(check=False, port=0, lifetime=1800), show=False) or _run_selftest(state, given.only)
        finally:
            begin = time.monotonic()
            cleanup.down(state)
        left = left_behind(before, traces(state.folder))
        print(
            "".join(f"left behind: {thing}\n" for thing in left) or f"down in {time.monotonic() - begin:.1f} s, and nothing is left behind"
        )
        return code or (1 if left else 0)


def _run_selftest(state, only):
    """Runs in the virtual environment, which has boto3."""
    return subprocess.run([install.venv_folder() / "bin/python", "-m", "jaclab.selftest", str(state.folder), only]).returncode


if __name__ == "__main__":
    sys.exit(main())
