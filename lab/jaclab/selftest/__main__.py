"""Runs the tests against a lab that is running: `python -m jaclab.selftest STATE [PART OF A NAME]`. Exit code 1: a test failed."""

import inspect
import shutil
import sys
import time
import traceback

from ..state import State
from . import api_tests, fault_tests, machine_tests
from .cloud import Cloud, until


def boot_times(cloud):
    """One machine, then six at the same time, from the call of RunInstances to a command over SSH."""
    begin = time.monotonic()
    ((instance, address),) = cloud.launch()
    cloud.await_ssh(address)
    print(f"boot to SSH, 1 machine:   {time.monotonic() - begin:5.1f} s", flush=True)
    cloud.terminate(instance)
    until(lambda: instance not in cloud.ctl("status"), "the machine is gone")
    begin = time.monotonic()
    machines = cloud.launch(6)
    taken = sorted(cloud.await_ssh(*(address for _, address in machines)).values())
    print(f"boot to SSH, 6 at once:   {time.monotonic() - begin:5.1f} s (the first after {taken[0]:.1f} s)", flush=True)
    return machines


def main(folder, part):
    cloud = Cloud(State(folder).read())
    passed, failed = 0, 0
    try:
        machines = boot_times(cloud)
        for module in (api_tests, machine_tests, fault_tests):
            for name, test in inspect.getmembers(module, inspect.isfunction):
                arguments = list(inspect.signature(test).parameters)
                if test.__module__ != module.__name__ or arguments not in (["cloud"], ["cloud", "machines"]) or part not in name:
                    continue
                begin = time.monotonic()
                try:
                    said = test(*[cloud, machines][: len(arguments)])
                    passed += 1
                    print(f"ok      {name.replace('_', ' ')} [{time.monotonic() - begin:.1f} s]{': ' + said if said else ''}", flush=True)
                except Exception:
                    failed += 1
                    cloud.ctl("reset")
                    print(f"FAILED  {name.replace('_', ' ')}\n{traceback.format_exc()}", flush=True)
                    print(f"The last command that failed: {cloud.last_failure}", flush=True)
        # One machine that is booting and one that is running, for the removal of the lab.
        cloud.launch(1)
    finally:
        shutil.rmtree(cloud.work)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *sys.argv[2:3] or [""]))
