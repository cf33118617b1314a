"""Tests the IAM policy of docs/aws.md: a launch and a termination with it, the preflight check without each of its actions, and a role
with an external ID.

The emulator evaluates the actions of a policy, but not the resources and conditions of a user's policy, so those are removed here.
Its machines are not real: a launch fails because they do not answer, so JAC reads the console output and terminates them.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import boto3

REGION = "us-east-1"
PAGE = Path(__file__).parent.parent.parent / "docs/aws.md"
ASKED_BY_THE_CHECK = [
    "ec2:DescribeInstances",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeImages",
    "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups",
    "ec2:RunInstances",
    "ec2:CreateSecurityGroup",
]
# Calls for the setup, before the emulator starts to check permissions: three for each user, two for the role, two reads.
STAGE_CALLS = 3 * (len(ASKED_BY_THE_CHECK) + 2) + 2 + 2
# For some requests the emulator computes another signature than the SDK; the lab's proxy checks signatures instead.
EMULATOR = """
import sys
from moto.iam.access_control import IAMRequestBase
from moto.server import main
IAMRequestBase.check_signature = lambda self: None
main(sys.argv[1:])
"""


def policy(without=()):
    """The page's policy for any resource and condition, without some actions."""
    document = json.loads(re.search(r"```json\n(.*?)```", PAGE.read_text(), re.S)[1])
    statements = []
    for statement in document["Statement"]:
        named = statement["Action"]
        actions = [action for action in ([named] if isinstance(named, str) else named) if action not in without]
        if actions:
            statements.append({"Effect": "Allow", "Action": actions, "Resource": "*"})
    return json.dumps(document | {"Statement": statements})


def _document(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


class Stage:
    """An emulator with its users: one with the whole policy, for each action one without it, and one that may only assume a role."""

    def __init__(self, jac, folder, url):
        self.jac, self.folder, self.url = jac, folder, url
        client = {"region_name": REGION, "endpoint_url": self.url, "aws_access_key_id": "root", "aws_secret_access_key": "root"}
        iam, ec2 = boto3.client("iam", **client), boto3.client("ec2", **client)
        self.key = self._user(iam, "whole", policy())
        self.keys_without = {action: self._user(iam, action.replace(":", "-"), policy(without=[action])) for action in ASKED_BY_THE_CHECK}
        self.key_to_assume = self._user(iam, "assumes", _document({"Action": "sts:AssumeRole", "Resource": "*"}))
        trust = {"Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::123456789012:user/assumes"}}
        trust["Condition"] = {"StringEquals": {"sts:ExternalId": "a-word-of-ours"}}
        self.role = iam.create_role(RoleName="load", AssumeRolePolicyDocument=_document(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName="load", PolicyName="p", PolicyDocument=policy())
        images = ec2.describe_images(Filters=[{"Name": "architecture", "Values": ["x86_64"]}])["Images"]
        self.image = images[0]["ImageId"]
        # The last call without a permission check.
        ec2.describe_instances()

    @staticmethod
    def _user(iam, name, document):
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        return iam.create_access_key(UserName=name)["AccessKey"]

    def environment(self, key=None):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "JAC_"))}
        named = {"AWS_ENDPOINT_URL": self.url, "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null"}
        named |= {"AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "JAC_DATA_DIR": str(self.folder), "JAC_LOG": "error"}
        if key:
            named |= {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        return clean | named

    def call(self, *words, key=None, text=None):
        """JAC's exit code and output."""
        done = subprocess.run([self.jac, *words], env=self.environment(key), input=text, capture_output=True, text=True, timeout=180)
        return done.returncode, done.stdout + done.stderr

    def check(self, key=None, *options):
        return self.call(*"cluster check --provider ec2 --workers 1 --private --image".split(), self.image, *options, key=key)

    def living(self):
        """The machines that are not terminated, and the security groups that JAC created."""
        client = boto3.client(
            "ec2",
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=self.key["AccessKeyId"],
            aws_secret_access_key=self.key["SecretAccessKey"],
        )
        machines = [machine for held in client.describe_instances()["Reservations"] for machine in held["Instances"]]
        groups = [group["GroupName"] for group in client.describe_security_groups()["SecurityGroups"] if group["GroupName"] != "default"]
        return [machine["InstanceId"] for machine in machines if machine["State"]["Name"] != "terminated"] + groups

    @contextmanager
    def server(self):
        words = [self.jac, "serve", "--listen", "127.0.0.1:0", "--boot-limit-seconds", "10"]
        server = subprocess.Popen(words, env=self.environment(self.key), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            if not any("listens on" in line for line in server.stdout):
                raise AssertionError("the server did not start")
            yield
        finally:
            server.terminate()
            server.wait(60)


@contextmanager
def stage(jac):
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        words = [sys.executable, "-c", EMULATOR, "-H", "127.0.0.1", "-p", str(port)]
        settings = os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": str(STAGE_CALLS)}
        emulator = subprocess.Popen(words, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _await(port, emulator)
            yield Stage(jac, Path(folder) / "data", f"http://127.0.0.1:{port}")
        finally:
            emulator.terminate()
            emulator.wait(30)


def _await(port, emulator):
    end = time.monotonic() + 60
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if emulator.poll() is not None or time.monotonic() > end:
                raise AssertionError("the emulator did not start") from None
            time.sleep(0.1)


def the_whole_policy_is_enough_for_a_launch_and_its_end(scene):
    with scene.server():
        code, said = scene.check(scene.key)
        assert code == 0, said
        code, said = scene.call(*"cluster create --provider ec2 --workers 1 --private --wait --image".split(), scene.image)
        assert code == 3 and "did not answer" in said and "permission" not in said, said
        end = time.monotonic() + 120
        while scene.living():
            assert time.monotonic() < end, f"left: {scene.living()}"
            time.sleep(0.5)
        code, said = scene.call("image", "list")
        assert code == 0, said


def an_action_that_is_missing_is_named_by_the_check(scene):
    for action, key in scene.keys_without.items():
        code, said = scene.check(key)
        assert code == 2 and f"perform: {action}" in said and "docs/aws.md" in said, f"without {action}: {said}"


def a_role_is_assumed_with_its_external_id_only(scene):
    keys = f"{scene.key_to_assume['AccessKeyId']}\n{scene.key_to_assume['SecretAccessKey']}\n"
    save = "credentials aws --save --stdin --role".split()
    for external_id, expected in (("a-guess", 2), ("a-word-of-ours", 0)):
        code, said = scene.call(*save, scene.role, "--external-id", external_id, text=keys)
        assert code == expected and ("[credentials_refused]" in said) == (expected == 2), said
        code, said = scene.call(*save, scene.role, "--external-id", external_id, "--no-test", text=keys)
        assert code == 0, said
        code, said = scene.check(None, "--output", "json")
        assert code == expected, said
        forecast = json.loads(said)
        faults = [(fault["code"], fault["field"]) for fault in forecast["faults"]]
        assert faults == ([("preflight", "/config/ec2/credentials")] if expected else []), said
        assert expected or any("assumed-role/load" in note.get("params", {}).get("arn", "") for note in forecast["notes"]), said


TESTS = [
    the_whole_policy_is_enough_for_a_launch_and_its_end,
    an_action_that_is_missing_is_named_by_the_check,
    a_role_is_assumed_with_its_external_id_only,
]


def main():
    (jac,) = sys.argv[1:]
    failed = 0
    with stage(jac) as scene:
        for test in TESTS:
            try:
                test(scene)
                print(f"ok      {test.__name__}", flush=True)
            except AssertionError as fault:
                failed += 1
                print(f"FAILED  {test.__name__}\n{fault}", flush=True)
    print(f"policy: {len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
