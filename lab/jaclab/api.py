"""The lab's own calls to the emulator, past the proxy: reads instances, security groups and user data, and reports the end of machines.

The emulator is the only record of the requested state. Only this module parses its answers.
"""

import base64
import http.client
import urllib.parse
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

# All states but the last: the emulator keeps terminated instances forever, AWS for less than an hour.
LIVING = ("pending", "running", "shutting-down", "stopping", "stopped")


class ApiRefused(Exception):
    """The emulator answered with an error."""


@dataclass(frozen=True)
class Instance:
    id: str
    region: str
    state: str
    image: str
    address: str
    vpc_block: str
    disk_gibibytes: int
    groups: tuple
    key_name: str
    ends_by: str  # "terminate" or "stop": what happens to the instance when its machine powers itself off.

    @property
    def host_name(self):
        return "ip-" + self.address.replace(".", "-")


@dataclass(frozen=True)
class Permission:
    protocol: str
    first_port: int
    last_port: int
    blocks: tuple = field(default=())
    groups: tuple = field(default=())


class Api:
    def __init__(self, port):
        self.port = port
        self._behaviours = {}
        self._blocks = {}

    def call(self, region, action, **parameters):
        """One call of the EC2 query protocol; returns the answer as a tree without namespaces."""
        body = urllib.parse.urlencode({"Action": action, "Version": "2016-11-15", **parameters})
        scope = f"AWS4-HMAC-SHA256 Credential=lab/20200101/{region}/ec2/aws4_request, SignedHeaders=host, Signature=0"
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": scope, "Host": f"ec2.{region}.amazonaws.com"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", "/", body, headers)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise ApiRefused(f"{action}: {answer.status} {data[:300].decode(errors='replace')}")
        return without_namespaces(data)

    def instance_items(self, region, tag=None):
        """A region's instances that are not terminated, with one tag (key, value) or all. The emulator returns a hundred launches per page."""
        parameters = {"Filter.1.Name": "instance-state-name"}
        parameters |= {f"Filter.1.Value.{number}": state for number, state in enumerate(LIVING, 1)}
        parameters |= {"Filter.2.Name": f"tag:{tag[0]}", "Filter.2.Value.1": tag[1]} if tag else {}
        while True:
            answer = self.call(region, "DescribeInstances", **parameters)
            yield from answer.iterfind("reservationSet/item/instancesSet/item")
            token = answer.findtext("nextToken")
            if not token:
                return
            parameters["NextToken"] = token

    def instances(self, region):
        """All of a region's that are not terminated."""
        found = []
        for item in self.instance_items(region):
            instance_id = item.findtext("instanceId")
            found.append(
                Instance(
                    id=instance_id,
                    region=region,
                    state=item.findtext("instanceState/name"),
                    image=item.findtext("imageId"),
                    address=item.findtext("privateIpAddress") or "",
                    vpc_block=self.vpc_block(region, item.findtext("vpcId")),
                    disk_gibibytes=self._disk(region, item),
                    groups=_groups(item),
                    key_name=item.findtext("keyName") or "",
                    ends_by=self._behaviour(region, instance_id),
                )
            )
        return found

    def ingress(self, region):
        """Group id -> its ingress permissions."""
        groups = {}
        for item in self.call(region, "DescribeSecurityGroups").iterfind("securityGroupInfo/item"):
            groups[item.findtext("groupId")] = [
                Permission(
                    protocol=rule.findtext("ipProtocol"),
                    first_port=int(rule.findtext("fromPort") or 0),
                    last_port=int(rule.findtext("toPort") or 65535),
                    blocks=tuple(block.findtext("cidrIp") for block in rule.iterfind("ipRanges/item")),
                    groups=tuple(group.findtext("groupId") for group in rule.iterfind("groups/item")),
                )
                for rule in item.iterfind("ipPermissions/item")
            ]
        return groups

    def vpc_block(self, region, vpc):
        """A VPC's address range; it never changes."""
        if not vpc:
            return ""
        if vpc not in self._blocks:
            answer = self.call(region, "DescribeVpcs", **{"VpcId.1": vpc})
            self._blocks[vpc] = answer.findtext("vpcSet/item/cidrBlock")
        return self._blocks[vpc]

    def default_vpc_block(self, region):
        answer = self.call(region, "DescribeVpcs", **{"Filter.1.Name": "is-default", "Filter.1.Value.1": "true"})
        return answer.findtext("vpcSet/item/cidrBlock")

    def user_data(self, instance):
        answer = self.call(instance.region, "DescribeInstanceAttribute", InstanceId=instance.id, Attribute="userData")
        return base64.b64decode(answer.findtext("userData/value") or "")

    def public_keys(self, instance):
        """The public keys of the key pair that it was launched with."""
        if not instance.key_name:
            return []
        answer = self.call(instance.region, "DescribeKeyPairs", **{"KeyName.1": instance.key_name, "IncludePublicKey": "true"})
        return [key.text.strip() for key in answer.iterfind("keySet/item/publicKey") if key.text]

    def end(self, instance):
        """Applies an instance's shutdown behaviour after its machine powered itself off."""
        action = "TerminateInstances" if instance.ends_by == "terminate" else "StopInstances"
        self.call(instance.region, action, **{"InstanceId.1": instance.id})

    def forget_attributes(self):
        """The groups may have been modified, so they are read again at the next comparison."""
        self._behaviours.clear()

    def _behaviour(self, region, instance):
        if instance not in self._behaviours:
            attribute = "instanceInitiatedShutdownBehavior"
            answer = self.call(region, "DescribeInstanceAttribute", InstanceId=instance, Attribute=attribute)
            self._behaviours[instance] = answer.findtext(f"{attribute}/value") or "stop"
        return self._behaviours[instance]

    def _disk(self, region, item):
        """The size of the root volume; 8 GiB, as in common images, if the volume no longer exists."""
        root = item.findtext("rootDeviceName") or "/dev/sda1"
        mapped = {disk.findtext("deviceName"): disk.findtext("ebs/volumeId") for disk in item.iterfind("blockDeviceMapping/item")}
        volume = mapped.get(root) or next(iter(mapped.values()), None)
        if not volume or item.findtext("instanceState/name") != "running":
            return 8
        if volume not in self._blocks:
            try:
                answer = self.call(region, "DescribeVolumes", **{"VolumeId.1": volume})
            except ApiRefused:
                return 8  # It was terminated after its instance was read.
            self._blocks[volume] = answer.findtext("volumeSet/item/size")
        return int(self._blocks[volume] or 8)


def _groups(item):
    """The groups of the instance and of its interfaces: which of the two the emulator fills in depends on how it was launched."""
    places = ("groupSet/item", "networkInterfaceSet/item/groupSet/item")
    return tuple(sorted({group.findtext("groupId") for place in places for group in item.iterfind(place)}))


def without_namespaces(data):
    tree = ElementTree.fromstring(data)
    for node in tree.iter():
        node.tag = node.tag.rpartition("}")[2]
    return tree
