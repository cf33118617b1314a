"""The main process of a lab: emulator, proxy, control API, glue. It ends on request, or when its lifetime is over.

In both cases it removes everything. If it is killed, `lab/down` does that using the state folder, and every machine
and the emulator still end at the end of the lab's lifetime by `timeout`.
"""

import os
import pathlib
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time

from . import cleanup, control, images, network, proxy
from .api import Api
from .check import BLOCK
from .faults import Faults
from .glue import Glue
from .install import root_folder, venv_folder
from .signature import Keyring
from .state import REGION, started_at
from .switches import Switches
from .tokens import ClientTokens
from .visibility import Visibility

INOTIFY_INSTANCES = 1024


def say(words):
    print(time.strftime("%H:%M:%S"), words, flush=True)


def supervise(state, port, lifetime_seconds):
    """Runs a lab from start to end; returns when everything is removed."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    until = time.time() + lifetime_seconds
    glue = None
    facts = {"pid": os.getpid(), "pid_started": started_at(os.getpid()), "until": until, "state": str(state.folder)}
    facts["made_namespaces_folder"] = not os.path.isdir(network.NAMESPACES)
    try:
        state.write(facts)
        _give_watches()
        network.make_bridge(str(state.folder))
        host_address = network.first_address(BLOCK)
        network.give_host(host_address, BLOCK)
        moto, moto_port = _start_moto(state, lifetime_seconds)
        facts |= {"moto_pid": moto.pid, "moto_started": started_at(moto.pid)}
        state.write(facts)
        api = Api(moto_port)
        _await_moto(api, moto, stop)
        glue = Glue(state, api, root_folder(), lambda: max(60, until - time.time()), say)
        facts |= _open_entry_points(glue, moto_port, host_address, port)
        facts |= {"region": REGION, "host_address": host_address, "ready": True}
        threading.Thread(target=glue.run, daemon=True).start()
        state.write(facts)
        say(f"up at {facts['endpoint']}")
        while not stop.wait(1):
            if time.time() > until:
                say("the lab's lifetime is over")
                break
            if moto.poll() is not None:
                say(f"the emulator ended with exit code {moto.returncode}; its log is {state.moto_log}")
                break
    finally:
        if glue:
            glue.end()
        cleanup.sweep(state)
        say("down")


def _give_watches():
    """Each machine's systemd watches files: sixteen machines need more inotify instances than a user has by default (128)."""
    limit = pathlib.Path("/proc/sys/fs/inotify/max_user_instances")
    try:
        if int(limit.read_text()) < INOTIFY_INSTANCES:
            limit.write_text(str(INOTIFY_INSTANCES))
    except OSError as error:
        say(f"{limit} could not be changed: {error}")


def _open_entry_points(glue, moto_port, host_address, port):
    """Starts proxy and control API; returns their addresses and the keys for them."""
    # Generated at every start; they have the format of AWS's keys, but AWS does not know them.
    access_key = "AKIA" + "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16))
    secret_key = secrets.token_urlsafe(30)
    switches = Switches()
    front = proxy.Proxy(moto_port, Keyring(access_key, secret_key), switches, ClientTokens(), Visibility(switches), glue)
    # On the bridge, so that machines reach it at the same address (presigned URLs contain it), and on loopback.
    port = proxy.serve(front, host_address, port).server_address[1]
    proxy.serve(front, "127.0.0.1", port)
    listening = control.serve(Faults(glue, front, host_address, BLOCK))
    return {
        "endpoint": f"http://{host_address}:{port}",
        "control": f"http://127.0.0.1:{listening.server_address[1]}",
        "access_key": access_key,
        "secret_key": secret_key,
    }


def _start_moto(state, lifetime_seconds):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    catalogue = state.folder / "images.json"
    images.write(catalogue)
    settings = {"MOTO_AMIS_PATH": str(catalogue), "S3_IGNORE_SUBDOMAIN_BUCKETNAME": "true"}
    settings |= {"MOTO_ENABLE_AMI_VALIDATION": "true", "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true"}
    # The emulator must not see the caller's settings for a real cloud.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_", "PYTHON"))}
    words = [
        "timeout",
        str(int(lifetime_seconds) + 60),
        str(venv_folder() / "bin/python"),
        "-m",
        "moto.server",
        "-H",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    with open(state.moto_log, "wb") as log:
        moto = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/", env={**inherited, **settings}
        )
    return moto, port


def _await_moto(api, moto, stop):
    end = time.monotonic() + 90
    while not stop.is_set():
        try:
            api.default_vpc_block(REGION)
            return
        except OSError:
            if moto.poll() is not None or time.monotonic() > end:
                sys.exit("the emulator did not start; its words are in moto.log")
            time.sleep(0.2)
