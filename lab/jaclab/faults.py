"""Every fault that the lab can make, by the words that ask for it.

A command is a method `do_…`; its docstring is its usage line and its sentence in `lab/ctl help`.
"""

import base64
import ipaddress
import re

from . import cgroups, network
from .run import run
from .switches import Bucket


class BadCommand(Exception):
    """Words that make no sense here."""


class Faults:
    def __init__(self, glue, proxy, host_address, block):
        self.glue, self.proxy, self.switches = glue, proxy, proxy.switches
        self.host_address, self.first_host_address, self.block = host_address, host_address, block

    def do(self, words):
        command = getattr(self, "do_" + words[0].replace("-", "_"), None)
        if command is None:
            raise BadCommand(f"There is no command '{words[0]}'; `lab/ctl help` lists them.")
        try:
            said = command(*words[1:])
        except (TypeError, ValueError, KeyError):
            raise BadCommand("Usage: lab/ctl " + command.__doc__.splitlines()[0].replace("|", "or")) from None
        return "done" if said is None else said

    # --- What it says -------------------------------------------------------------------------------------------------

    def do_help(self):
        """help | these lines"""
        lines = []
        for name in type(self).__dict__:
            if name.startswith("do_"):
                usage, _, meaning = getattr(self, name).__doc__.splitlines()[0].partition(" | ")
                lines.append(f"{usage:<28} {meaning}")
        return "\n".join(lines)

    def do_status(self):
        """status | the machines, and which faults are set"""
        machines = {
            machine.id: {"address": machine.instance.address, "on": machine.is_on(), "groups": machine.instance.groups}
            for machine in list(self.glue.machines.values())
        }
        switches = {**self.switches.shown(), "to_come": dict(self.glue.to_come)}
        return {"machines": machines, "without_machine": dict(self.glue.unbooted), "switches": switches, "host_address": self.host_address}

    def do_calls(self):
        """calls | how often each action was called since the start or the last reset"""
        return dict(sorted(self.proxy.calls.items()))

    def do_left(self, tag, value, region="us-east-1"):
        """left TAG VALUE [REGION] | what lives, or lies about, with that tag: instances, disks, security groups"""
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
        """clear TAG VALUE [REGION] | ends and removes all of that, whoever made it: for a test that failed"""
        left = self.do_left(tag, value, region)
        for instance in (one for one in left if one.startswith("i-")):
            self.glue.api.call(region, "TerminateInstances", **{"InstanceId.1": instance})
        for group in (one for one in left if one.startswith("sg-")):
            self.glue.api.call(region, "DeleteSecurityGroup", GroupId=group)

    def do_import_key(self, name, public_key, region="us-east-1"):
        """import-key NAME KEY [REGION] | a key pair of the account, of which somebody has the private half; replaces one of the name"""
        self.glue.api.call(region, "DeleteKeyPair", KeyName=name)
        self.glue.api.call(region, "ImportKeyPair", KeyName=name, PublicKeyMaterial=base64.b64encode(public_key.encode()).decode())

    def do_console(self, instance):
        """console INSTANCE | what a machine wrote on its console"""
        log = self.glue.old_console(instance)
        if log is None:
            raise BadCommand(f"There was no machine {instance}.")
        return log.decode(errors="replace")

    # --- The API ------------------------------------------------------------------------------------------------------

    def do_deny(self, *patterns):
        """deny ACTION… | these are not authorised, dry runs too: ec2:RunInstances, s3:*"""
        self.switches.denied.update(patterns)

    def do_allow(self, *patterns):
        """allow ACTION… | takes denials back"""
        self.switches.denied.difference_update(patterns)

    def do_throttle(self, calls):
        """throttle N | the next N calls are one too many (RequestLimitExceeded)"""
        self.switches.throttled_calls = int(calls)

    def do_throttle_rate(self, per_second):
        """throttle-rate N | from now on N calls a second are let through; 0: all"""
        self.switches.calls_per_second = float(per_second) or None

    def do_throttle_launches(self, burst, per_second):
        """throttle-launches N RATE | from now on N launches at once and RATE a second are let through, as on AWS (5 2)"""
        self.switches.launch_bucket = Bucket(float(burst), float(per_second))

    def do_delay_reads(self, milliseconds):
        """delay-reads MS | what was made in the last MS milliseconds is not seen by Describe…"""
        self.switches.read_delay_ms = int(milliseconds)

    def do_no_capacity(self, launches=str(10**9), kind=None):
        """no-capacity [N [TYPE]] | the next N launches, or all, are refused (InsufficientInstanceCapacity), those of a type only"""
        self.switches.refused_launches, self.switches.refused_type = int(launches), kind

    def do_cut_after_launch(self, launches):
        """cut-after-launch N | the next N launches are done, and the connection is reset before the answer"""
        self.switches.cut_launches = int(launches)

    def do_expire_credentials(self):
        """expire-credentials | all temporary credentials handed out so far end now"""
        self.proxy.keyring.expire()

    def do_reset(self):
        """reset | the API does all as it should again, every new instance boots, the host has its address; machines keep their faults"""
        self.switches.reset()
        self.proxy.calls.clear()
        self.glue.to_come.clear()
        if self.host_address != self.first_host_address:
            self.do_host_address(self.first_host_address)

    # --- Instances to come --------------------------------------------------------------------------------------------

    def do_no_boot(self, instances):
        """no-boot N | the next N instances never boot; the API says that they run"""
        self.glue.to_come["no-boot"] = int(instances)

    def do_no_ssh(self, instances):
        """no-ssh N | the next N instances boot without sshd"""
        self.glue.to_come["no-ssh"] = int(instances)

    def do_no_java(self, instances):
        """no-java N | the next N instances boot without Java, as the images of distributions do"""
        self.glue.to_come["no-java"] = int(instances)

    def do_dead_dns(self, instances):
        """dead-dns N | the next N instances boot with a resolver that never answers, and find no name in their hosts file"""
        self.glue.to_come["dead-dns"] = int(instances)

    def do_broken_boot(self, instances):
        """broken-boot N | the next N instances boot, and cloud-init fails: it can write nothing below /usr/local/lib"""
        self.glue.to_come["broken-boot"] = int(instances)

    # --- Machines -----------------------------------------------------------------------------------------------------

    def do_kill(self, instance):
        """kill INSTANCE | pulls its plug; the API learns of it as of a machine that powered itself off"""
        self._machine(instance).kill()

    def do_link(self, instance, state):
        """link INSTANCE up|down | plugs its network cable in or out"""
        network.set_link(self._machine(instance).id, {"up": True, "down": False}[state])

    def do_drop(self, instance, percent):
        """drop INSTANCE PERCENT | loses that part of its packets, both ways; 0: none"""
        network.set_loss(self._machine(instance).id, float(percent))

    def do_rate(self, instance, kbit):
        """rate INSTANCE KBIT | limits its network, both ways; 0: no limit"""
        network.set_rate(self._machine(instance).id, int(kbit) or None)

    def do_fill_disk(self, instance):
        """fill-disk INSTANCE | leaves no free byte on its disk"""
        self._machine(instance).disk.fill()

    def do_free_disk(self, instance):
        """free-disk INSTANCE | gives back what fill-disk took"""
        self._machine(instance).disk.free()

    def do_stop_sshd(self, instance):
        """stop-sshd INSTANCE | new connections are refused; those that are there stay"""
        self._inside(instance, "systemctl", "stop", "ssh.service")

    def do_start_sshd(self, instance):
        """start-sshd INSTANCE | takes them again"""
        self._inside(instance, "systemctl", "start", "ssh.service")

    def do_freeze(self, instance):
        """freeze INSTANCE | all its processes stand still"""
        cgroups.freeze(self._machine(instance).id, True)

    def do_thaw(self, instance):
        """thaw INSTANCE | they continue"""
        cgroups.freeze(self._machine(instance).id, False)

    def do_clock(self, instance, offset):
        """clock INSTANCE +3s | new SSH sessions, and what they start, have a clock that is apart by this; 0: right"""
        if not re.fullmatch(r"0|[+-]\d+(\.\d+)?s?", offset):
            raise ValueError(offset)
        file = self._machine(instance).disk.root / "etc/environment"
        lines = file.read_text().splitlines() if file.exists() else []
        lines = [line for line in lines if "FAKE" not in line and "faketime" not in line]
        if offset != "0":
            library = "/usr/$LIB/faketime/libfaketimeMT.so.1"
            # Waits go by the monotonic clock, which stays right, as it does on a machine whose clock is wrong.
            lines += [f"LD_PRELOAD={library}", f"FAKETIME={offset.removesuffix('s')}"]
            lines += ["FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1"]  # Its newer and its older name.
        file.write_text("".join(line + "\n" for line in lines))

    def do_host_address(self, address):
        """host-address ADDRESS | the machines see this host under another address of the VPC"""
        if ipaddress.ip_address(address) not in ipaddress.ip_network(self.block):
            raise ValueError(address)
        network.change_host_address(address, self.block)
        self.host_address = address

    def _machine(self, instance):
        machine = self.glue.machines.get(instance)
        if machine is None or not machine.is_on():
            raise BadCommand(f"There is no machine {instance} that is on.")
        return machine

    def _inside(self, instance, *words):
        leader = self._machine(instance).leader()
        if leader is None:
            raise BadCommand(f"{instance} has not begun to boot yet.")
        run("nsenter", f"--target={leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--", *words, timeout=30)
