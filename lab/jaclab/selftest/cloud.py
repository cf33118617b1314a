"""Helpers of the tests: API clients, a launch with our own keys, OpenSSH with the known host key, `lab/ctl`'s commands."""

import contextlib
import json
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

USER = "jac"
# No single step takes this long, even if this machine's CPUs are overloaded.
LIMIT_SECONDS = 90


class Cloud:
    def __init__(self, facts):
        self.facts = facts
        # What the last command over SSH that failed printed.
        self.last_failure = None
        self.work = Path(tempfile.mkdtemp(prefix="jac-lab-selftest-"))
        for name in ("user", "host"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", self.work / name], check=True)
        (self.work / "known_hosts").write_text("lab " + (self.work / "host.pub").read_text())
        self.ec2, self.sts, self.s3 = self.client("ec2"), self.client("sts"), self.client("s3")
        filters = [{"Name": "name", "Values": ["debian-12-amd64-*"]}, {"Name": "architecture", "Values": ["x86_64"]}]
        images = self.ec2.describe_images(Owners=["136693071363"], Filters=filters)["Images"]
        self.image = max(images, key=lambda image: image["CreationDate"])["ImageId"]
        self.vpc = self.ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
        self.subnet = self.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])["Subnets"][0]["SubnetId"]
        self.group = self.make_group("selftest")
        self.permit(self.group, 22, self.host())

    def client(self, service, key=None, secret=None, token=None):
        """A client without retries, so that a test sees each answer."""
        return boto3.client(
            service,
            endpoint_url=self.facts["endpoint"],
            region_name=self.facts["region"],
            aws_access_key_id=key or self.facts["access_key"],
            aws_secret_access_key=secret or self.facts["secret_key"],
            aws_session_token=token,
            config=Config(
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
                signature_version="s3v4" if service == "s3" else None,
                read_timeout=60,
            ),
        )

    def host(self):
        return f"{self.facts['host_address']}/32"

    def make_group(self, name):
        return self.ec2.create_security_group(GroupName=name, Description="the lab's self-test", VpcId=self.vpc)["GroupId"]

    def permit(self, group, port, source, protocol="tcp", revoke=False):
        """`source` is an address block, or another group."""
        permission = {"IpProtocol": protocol, "FromPort": port, "ToPort": port}
        if source.startswith("sg-"):
            permission["UserIdGroupPairs"] = [{"GroupId": source}]
        else:
            permission["IpRanges"] = [{"CidrIp": source}]
        change = self.ec2.revoke_security_group_ingress if revoke else self.ec2.authorize_security_group_ingress
        change(GroupId=group, IpPermissions=[permission])

    def user_data(self, commands=(), **more):
        host_key = (self.work / "host").read_text()
        config = {
            "ssh_deletekeys": True,
            "ssh_genkeytypes": [],
            "ssh_keys": {"ed25519_private": host_key, "ed25519_public": (self.work / "host.pub").read_text()},
            "users": [
                {
                    "name": USER,
                    "shell": "/bin/bash",
                    "sudo": "ALL=(ALL) NOPASSWD:ALL",
                    "ssh_authorized_keys": [(self.work / "user.pub").read_text().strip()],
                }
            ],
            "runcmd": list(commands),
            **more,
        }
        return "#cloud-config\n" + json.dumps(config)

    def parameters(self, count=1, **more):
        given = {
            "ImageId": self.image,
            "InstanceType": "t3.small",
            "MinCount": count,
            "MaxCount": count,
            "SubnetId": self.subnet,
            "SecurityGroupIds": [self.group],
            "UserData": self.user_data(),
            "InstanceInitiatedShutdownBehavior": "terminate",
        }
        return {**given, **more}

    def launch(self, count=1, **more):
        """(ID, address) of each instance."""
        made = self.ec2.run_instances(**self.parameters(count, **more))["Instances"]
        return [(instance["InstanceId"], instance["PrivateIpAddress"]) for instance in made]

    def terminate(self, *instances):
        if instances:
            self.ec2.terminate_instances(InstanceIds=list(instances))

    def state(self, instance):
        return self.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["State"]["Name"]

    def ssh(self, address, command, timeout=30, user=USER):
        """What the command printed; None if it or the connection failed."""
        words = ["ssh", "-i", self.work / "user", "-o", f"UserKnownHostsFile={self.work}/known_hosts", "-o", "HostKeyAlias=lab"]
        words += ["-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR"]
        words += ["-o", "ConnectTimeout=10", f"{user}@{address}", command]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            self.last_failure = f"{command}: no answer within {timeout} s"
            return None
        if done.returncode == 0:
            return done.stdout
        self.last_failure = f"{command}: exit code {done.returncode}; {done.stdout}{done.stderr}"
        return None

    def await_ssh(self, *addresses):
        """Waits until a command runs on all of them; returns how long that took for each."""
        begin, taken = time.monotonic(), {}
        while len(taken) < len(addresses):
            for address in addresses:
                if address not in taken and opens(address, 22, 0.3) and self.ssh(address, "true") is not None:
                    taken[address] = time.monotonic() - begin
            assert time.monotonic() - begin < LIMIT_SECONDS * 2, f"no SSH on {set(addresses) - set(taken)} within {LIMIT_SECONDS * 2} s"
            time.sleep(0.05)
        return taken

    def ctl(self, *words):
        request = urllib.request.Request(self.facts["control"], json.dumps(words).encode(), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"lab/ctl {' '.join(words)}: {refused.read().decode()}") from None

    @contextlib.contextmanager
    def fault(self, *words):
        self.ctl(*words)
        try:
            yield
        finally:
            self.ctl("reset")


def opens(address, port, timeout=1.0):
    try:
        with socket.create_connection((address, port), timeout):
            return True
    except OSError:
        return False


def until(reached, what):
    """Waits for a state, with a deadline that suits a busy machine; returns how long it took."""
    begin = time.monotonic()
    while not reached():
        assert time.monotonic() - begin < LIMIT_SECONDS, f"not within {LIMIT_SECONDS} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - begin


@contextlib.contextmanager
def refused(code):
    """The code inside must be rejected with this error code."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, f"{error.response['Error']['Code']} instead of {code}"
    else:
        raise AssertionError(f"it was not refused with {code}")
