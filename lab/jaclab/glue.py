"""Reconciles the machines with the API.

A machine runs if and only if the API says that its instance is running. Two exceptions: a machine that ends by itself ends its instance
in the API (by its shutdown behaviour), and the next N instances do not boot if a test has asked for that.

Each pass reads the complete state, so the same state leads to the same action. A pass starts when a request that changes the API went
through the proxy, when a machine ended, and every five seconds.
"""

import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

from . import firewall, network, seed
from .machine import REBOOTED, Machine
from .state import MOST_MACHINES

LOOK_SECONDS = 5


class Glue:
    def __init__(self, state, api, root, lifetime_left, say):
        self.state, self.api, self.root, self.lifetime_left, self.say = state, api, root, lifetime_left, say
        self.machines = {}  # What was booted and not removed, by instance ID.
        self.unbooted = {}  # Instances without a machine, and why.
        self.snapshots = {}  # Image ID -> the layers of the machine that the image was made from.
        self.to_come = {}  # Fault -> how many of the next instances have it.
        self.ended = threading.Event()
        self._lock = threading.RLock()
        self._nudge = threading.Event()
        self._regions = set()
        self._busy = set()  # Instances that a worker thread is handling.
        self._blocks = set()
        self._loaded = {}  # The current firewall of each machine.
        self._workers = ThreadPoolExecutor(MOST_MACHINES)

    def nudge(self, region=None):
        """Requests a pass, because something may have changed."""
        if region:
            self._regions.add(region)
        self._nudge.set()

    def run(self):
        while not self.ended.is_set():
            self._nudge.wait(LOOK_SECONDS)
            self._nudge.clear()
            try:
                self.look()
            except Exception:
                self.say("a pass failed: " + traceback.format_exc())

    def look(self):
        """One pass: compares the requested machines with the existing ones."""
        requested, groups = {}, {}
        with self._lock:
            # If a worker thread ends while the API is read, the data read is outdated; its instance has to wait for the next pass.
            busy = set(self._busy)
        for region in sorted(self._regions):
            requested.update({instance.id: instance for instance in self.api.instances(region)})
            groups.update(self.api.ingress(region))
        with self._lock:
            busy |= self._busy
            for instance in requested.values():
                machine = self.machines.get(instance.id)
                if machine:
                    machine.instance = instance
                if instance.id in busy or self.ended.is_set():
                    continue
                if instance.state == "running" and not machine and instance.id not in self.unbooted:
                    self._decide(instance)
                elif instance.state == "running" and machine and not machine.is_on():
                    self._start_again(machine)
            for machine in list(self.machines.values()):
                instance = requested.get(machine.id)
                if machine.id in busy:
                    continue
                if instance is None or instance.state in ("terminated", "shutting-down"):
                    self._hand(machine.id, self._remove, machine)
                elif instance.state in ("stopped", "stopping") and machine.is_on():
                    self._hand(machine.id, machine.stop)
            for gone in [name for name in self.unbooted if name not in requested or requested[name].state != "running"]:
                del self.unbooted[gone]
        self._load_firewalls(requested, groups)

    def live(self):
        """How many instances in the API have a machine or will have one."""
        return sum(instance.state in ("running", "pending") for region in sorted(self._regions) for instance in self.api.instances(region))

    def reboot(self, instance_id):
        """As RebootInstances: the machine shuts down and boots on the same disk."""
        machine = self.machines.get(instance_id)
        if machine and machine.is_on():
            with self._lock:
                self._hand(instance_id, machine.stop)

    def old_console(self, instance_id):
        """A machine's console output, also after its end; None if there was no such machine."""
        file = self.state.console / f"{instance_id}.log"
        return file.read_bytes()[-64 * 1024 :] if file.is_file() and "/" not in instance_id else None

    def snapshot(self, image, instance_id):
        """Keeps the contents of a machine's disk as the image that was made from it."""
        machine = self.machines.get(instance_id)
        if machine is None:
            return
        folder = self.state.images / image
        folder.parent.mkdir(parents=True, exist_ok=True)
        machine.disk.copy_upper(folder)
        self.snapshots[image] = [folder, *self._layers(machine.instance.image)]
        self.say(f"image {image} was made from the disk of {instance_id}")

    def _layers(self, image):
        return self.snapshots.get(image, [self.root])

    def _decide(self, instance):
        if not instance.address or not instance.vpc_block:
            self.unbooted[instance.id] = "it has no address in a VPC"
        elif self._has("no-boot"):
            self.unbooted[instance.id] = "it was asked for that it never boots"
        else:
            faults = [fault for fault in seed.FAULTS if self._has(fault)]
            machine = self.machines[instance.id] = Machine(self.state, instance, self.lifetime_left())
            self._hand(instance.id, self._boot, machine, faults)
            return
        self.say(f"no machine for {instance.id}: {self.unbooted[instance.id]}")

    def _has(self, fault):
        """Whether the next instance gets this fault; if so, decrements its counter."""
        left = self.to_come.get(fault, 0)
        self.to_come[fault] = max(left - 1, 0)
        return left > 0

    def _boot(self, machine, faults):
        instance = machine.instance
        try:
            if self.ended.is_set():
                return
            overlap = network.overlapping(instance.vpc_block)
            if overlap:
                raise ValueError(f"its VPC {instance.vpc_block} overlaps {overlap}, which this host uses")
            self._give_host(instance.vpc_block)
            machine.build(self.api.user_data(instance), self.api.public_keys(instance), self._layers(instance.image), faults)
            firewall.load(instance, firewall.rules(instance, {}, {}))
            self._switch_on(machine)
        except Exception as fault:
            self.say(f"{machine.id} did not boot: {fault}")
            with self._lock:
                self.machines.pop(machine.id, None)
                self.unbooted[machine.id] = str(fault)
            machine.remove()

    def _give_host(self, block):
        """This host gets the first address of every VPC that has machines."""
        with self._lock:
            if block not in self._blocks:
                network.give_host(network.first_address(block), block)
                self._blocks.add(block)

    def _switch_on(self, machine):
        machine.start()
        self.say(f"{machine.id} boots at {machine.instance.address}")
        threading.Thread(target=self._watch, args=(machine, machine.process), daemon=True).start()

    def _watch(self, machine, process):
        process.wait()
        self.nudge()

    def _start_again(self, machine):
        """The machine is off and the API says that it runs: it rebooted, was started again, or powered itself off."""
        code = machine.process.returncode if machine.process else None
        machine.process, ended_by_itself = None, machine.process is not None
        if ended_by_itself and code != REBOOTED and not machine.stopped_by_api:
            self.say(f"{machine.id} powered itself off ({code}); in the API: {machine.instance.ends_by}")
            self._hand(machine.id, self.api.end, machine.instance)
        else:
            machine.stopped_by_api = False
            self._hand(machine.id, self._switch_on, machine)

    def _remove(self, machine):
        machine.power_off()
        machine.remove()
        with self._lock:
            self.machines.pop(machine.id, None)
            self._loaded.pop(machine.id, None)
        self.say(f"{machine.id} was removed")

    def _hand(self, instance_id, work, *arguments):
        """Runs this in a worker thread; nothing else touches the instance meanwhile."""
        self._busy.add(instance_id)

        def done():
            try:
                work(*arguments)
            except Exception:
                self.say(f"{instance_id}: " + traceback.format_exc())
            finally:
                with self._lock:
                    self._busy.discard(instance_id)
                self.nudge()

        self._workers.submit(done)

    def _load_firewalls(self, requested, groups):
        running = [instance for instance in requested.values() if instance.state == "running"]
        addresses_in = {}
        for instance in running:
            for group in instance.groups:
                addresses_in.setdefault(group, set()).add(instance.address)
        for instance in running:
            machine = self.machines.get(instance.id)
            if machine is None or not machine.is_on():
                continue
            script = firewall.rules(instance, groups, addresses_in)
            if self._loaded.get(instance.id) != script:
                firewall.load(instance, script)
                self._loaded[instance.id] = script

    def end(self):
        """Powers all machines off at the same time, and removes them."""
        self.ended.set()
        self.nudge()
        with self._lock:
            machines = list(self.machines.values())
        self._workers.shutdown(wait=True)
        with ThreadPoolExecutor(MOST_MACHINES) as workers:
            list(workers.map(lambda machine: (machine.kill(), machine.remove()), machines))
