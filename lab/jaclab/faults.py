"""Every fault that the lab can inject, by its command.

A command is a method `do_…`; its docstring is its usage and its description in `lab/ctl help`.
"""

import base64
import ipaddress
import re

from . import cgroups, network
from .run import run
from .switches import Bucket


class BadCommand(Exception):
    """An invalid command."""


class Faults:
    def __init__(self, glue, proxy, host_address, block):
        self.glue, self.proxy, self.switches = glue, proxy, proxy.switches
        self.host_address, self.first_host_address, self.block = host_address, host_address, block

    def do(self, words):
        command = getattr(self, "do_" + words[0].replace("-", "_"), None)
        if command is None:
            raise BadCommand(f"Unknown command '{words[0]}'. `lab/ctl help` lists the commands.")
        try:
            said = command(*words[1:])
        except (TypeError, ValueError, KeyError):
            raise BadCommand("Usage: lab/ctl " + command.__doc__.partition(" | ")[0]) from None
        return "done" if said is None else said

    # --- Queries ------------------------------------------------------------------------------------------------------

    def do_help(self):
        """help | shows this help"""
        lines = []
        for name in type(self).__dict__:
            if name.startswith("do_"):
                usage, _, meaning = getattr(self, name).__doc__.splitlines()[0].partition(" | ")
                lines.append(f"{usage:<28} {meaning}")
        return "\n".join(lines)

    def do_status(self):
        """status | shows the machines and the active faults"""
        machines = {
            machine.id: {"address": machine.instance.address, "on": machine.is_on(), "groups": machine.instance.groups}
            for machine in list(self.glue.machines.values())
        }
        switches = {**self.switches.shown(), "to_come": dict(self.glue.to_come)}
        return {"machines": machines, "without_machine": dict(self.glue.unbooted), "switches": switches, "host_address": self.host_address}

    def do_calls(self):
        """calls | shows how often each action was called since the start or the last reset"""
        return dict(sorted(self.proxy.calls.items()))

    def do_left(self, tag, value, region="us-east-1"):
        """left TAG VALUE [REGION] | lists what exists with this tag: instances, disks, security groups"""
        api = self.glue.api
        filters = {"Filter.1.Name": f"tag:{tag}", "Filter.1.Value.1": value}
        found = [item.findtext("instanceId") for item in api.instance_items(region, (tag, value))]
        for action, path, name in (
            ("DescribeVolumes", "volumeSet/item", "volumeId"),
            ("DescribeSecurityGroups", "securityGroupInfo/item", "groupId"),
        ):
            found += [item.findtext(name) for item in api.call(region, action, **filters).iterfind(path)]
        return found

    def do_clear(self, tag, value, region="us-east-1"):
        """clear TAG VALUE [REGION] | terminates and removes all of that, whoever created it: for a test that failed"""
        left = self.do_left(tag, value, region)
        for instance in (one for one in left if one.startswith("i-")):
            self.glue.api.call(region, "TerminateInstances", **{"InstanceId.1": instance})
        for group in (one for one in left if one.startswith("sg-")):
            self.glue.api.call(region, "DeleteSecurityGroup", GroupId=group)

    def do_import_key(self, name, public_key, region="us-east-1"):
        """import-key NAME KEY [REGION] | imports a public key as a key pair of the account; replaces one of the same name"""
        self.glue.api.call(region, "DeleteKeyPair", KeyName=name)
        self.glue.api.call(region, "ImportKeyPair", KeyName=name, PublicKeyMaterial=base64.b64encode(public_key.encode()).decode())

    def do_console(self, instance):
        """console INSTANCE | shows a machine's console output"""
        log = self.glue.old_console(instance)
        if log is None:
            raise BadCommand(f"No machine {instance} has existed.")
        return log.decode(errors="replace")

    # --- The API ------------------------------------------------------------------------------------------------------

    def do_deny(self, *patterns):
        """deny ACTION… | denies these actions, dry runs too: ec2:RunInstances, s3:*"""
        self.switches.denied.update(patterns)

    def do_allow(self, *patterns):
        """allow ACTION… | ends the denial of these actions"""
        self.switches.denied.difference_update(patterns)

    def do_throttle(self, calls):
        """throttle N | rejects the next N calls (RequestLimitExceeded)"""
        self.switches.throttled_calls = int(calls)

    def do_throttle_rate(self, per_second):
        """throttle-rate N | from now on allows N calls per second; 0: all"""
        self.switches.calls_per_second = float(per_second) or None

    def do_throttle_launches(self, burst, per_second):
        """throttle-launches N RATE | from now on allows N launches at once and RATE per second, as AWS does (5 2)"""
        self.switches.launch_bucket = Bucket(float(burst), float(per_second))

    def do_delay_reads(self, milliseconds):
        """delay-reads MS | hides from Describe… what was created in the last MS milliseconds"""
        self.switches.read_delay_ms = int(milliseconds)

    def do_no_capacity(self, launches=str(10**9), kind=None):
        """no-capacity [N [TYPE]] | rejects the next N launches, or all, of one type or any (InsufficientInstanceCapacity)"""
        self.switches.refused_launches, self.switches.refused_type = int(launches), kind

    def do_cut_after_launch(self, launches):
        """cut-after-launch N | performs the next N launches but resets the connection before the answer"""
        self.switches.cut_launches = int(launches)

    def do_expire_credentials(self):
        """expire-credentials | all temporary credentials issued so far expire now"""
        self.proxy.keyring.expire()

    def do_reset(self):
        """reset | ends all API faults, lets new instances boot, restores the host's address; machines keep their faults"""
        self.switches.reset()
        self.proxy.calls.clear()
        self.glue.to_come.clear()
        if self.host_address != self.first_host_address:
            self.do_host_address(self.first_host_address)

    # --- Future instances ---------------------------------------------------------------------------------------------

    def do_no_boot(self, instances):
        """no-boot N | the next N instances never boot, although the API says that they run"""
        self.glue.to_come["no-boot"] = int(instances)

    def do_no_ssh(self, instances):
        """no-ssh N | the next N instances boot without sshd"""
        self.glue.to_come["no-ssh"] = int(instances)

    def do_no_java(self, instances):
        """no-java N | the next N instances boot without Java, like images of distributions"""
        self.glue.to_come["no-java"] = int(instances)

    def do_dead_dns(self, instances):
        """dead-dns N | the next N instances boot with a resolver that never answers, and a hosts file without names"""
        self.glue.to_come["dead-dns"] = int(instances)

    def do_broken_boot(self, instances):
        """broken-boot N | the next N instances boot, but cloud-init fails: it cannot write below /usr/local/lib"""
        self.glue.to_come["broken-boot"] = int(instances)

    # --- Machines -----------------------------------------------------------------------------------------------------

    def do_kill(self, instance):
        """kill INSTANCE | powers a machine off at once; to the API it has powered itself off"""
        self._machine(instance).kill()

    def do_link(self, instance, state):
        """link INSTANCE up|down | connects or disconnects its network"""
        network.set_link(self._machine(instance).id, {"up": True, "down": False}[state])

    def do_drop(self, instance, percent):
        """drop INSTANCE PERCENT | drops this percentage of its packets, in both directions; 0: none"""
        network.set_loss(self._machine(instance).id, float(percent))

    def do_rate(self, instance, kbit):
        """rate INSTANCE KBIT | limits its network bandwidth, in both directions; 0: no limit"""
        network.set_rate(self._machine(instance).id, int(kbit) or None)

    def do_fill_disk(self, instance):
        """fill-disk INSTANCE | fills its disk to the last byte"""
        self._machine(instance).disk.fill()

    def do_free_disk(self, instance):
        """free-disk INSTANCE | frees what fill-disk took"""
        self._machine(instance).disk.free()

    def do_stop_sshd(self, instance):
        """stop-sshd INSTANCE | refuses new SSH connections; existing ones stay"""
        self._inside(instance, "systemctl", "stop", "ssh.service")

    def do_start_sshd(self, instance):
        """start-sshd INSTANCE | accepts SSH connections again"""
        self._inside(instance, "systemctl", "start", "ssh.service")

    def do_freeze(self, instance):
        """freeze INSTANCE | freezes all its processes"""
        cgroups.freeze(self._machine(instance).id, True)

    def do_thaw(self, instance):
        """thaw INSTANCE | lets them continue"""
        cgroups.freeze(self._machine(instance).id, False)

    def do_clock(self, instance, offset):
        """clock INSTANCE +3s | shifts the clock of new SSH sessions and of what they start; 0: correct"""
        if not re.fullmatch(r"0|[+-]\d+(\.\d+)?s?", offset):
            raise ValueError(offset)
        file = self._machine(instance).disk.root / "etc/environment"
        lines = file.read_text().splitlines() if file.exists() else []
        lines = [line for line in lines if "FAKE" not in line and "faketime" not in line]
        if offset != "0":
            library = "/usr/$LIB/faketime/libfaketimeMT.so.1"
            # Waits use the monotonic clock, which stays correct, as on a machine whose time of day is wrong.
            lines += [f"LD_PRELOAD={library}", f"FAKETIME={offset.removesuffix('s')}"]
            lines += ["FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1"]  # Its newer and its older name.
        file.write_text("".join(line + "\n" for line in lines))

    def do_host_address(self, address):
        """host-address ADDRESS | gives this host another address of the VPC, as the machines see it"""
        if ipaddress.ip_address(address) not in ipaddress.ip_network(self.block):
            raise ValueError(address)
        network.change_host_address(address, self.block)
        self.host_address = address

    def _machine(self, instance):
        machine = self.glue.machines.get(instance)
        if machine is None or not machine.is_on():
            raise BadCommand(f"No running machine {instance}.")
        return machine

    def _inside(self, instance, *words):
        leader = self._machine(instance).leader()
        if leader is None:
            raise BadCommand(f"{instance} has not started to boot yet.")
        run("nsenter", f"--target={leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--", *words, timeout=30)
