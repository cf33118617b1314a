"""Visibility in answers: hides new resources for a while if a test has asked for that, and redirects public addresses.

Read after write: for N milliseconds after the call that created a resource, no `Describe…` lists it, and a call that names it fails
as if it did not exist, as on AWS. Public addresses: the emulator invents them, and they belong to somebody; each is replaced by the
private address of the same machine, at which it can be reached.
"""

import re
import threading
import time
import xml.etree.ElementTree as ElementTree

from .errors import AwsError

_IDS = re.compile(r"<(?:\w+Id)>((?:i|sg|vol|eni|ami|snap|vpc|subnet|key|r|rtb|igw)-[0-9a-f]+)</")
_THING = re.compile(r"[a-z]+-[0-9a-f]+")
_FAMILIES = {
    "i": "InvalidInstanceID.NotFound",
    "sg": "InvalidGroup.NotFound",
    "vol": "InvalidVolume.NotFound",
    "ami": "InvalidAMIID.NotFound",
}


class Visibility:
    def __init__(self, switches):
        self._switches = switches
        self._made = {}  # ID -> the time of the first answer with that ID.
        self._lock = threading.Lock()

    def made(self, request, answer):
        """Records what a writing call has created: a launch creates several resources; an answer of `Create…` has its own ID first."""
        found = _IDS.findall(answer.decode("utf-8", "replace"))
        if request.action == "RunInstances":
            found = [thing for thing in found if thing.split("-")[0] in ("i", "r", "eni", "vol")]
        elif request.action.startswith("Create"):
            found = found[:1]
        else:
            return
        with self._lock:
            for thing in found:
                self._made.setdefault(thing, time.monotonic())

    def _hidden(self):
        since = time.monotonic() - self._switches.read_delay_ms / 1000
        with self._lock:
            return {thing for thing, at in self._made.items() if at > since}

    def check(self, request):
        """Raises AWS's error for an ID that a read names too early."""
        if not self._switches.read_delay_ms or not request.action.startswith("Describe"):
            return
        hidden = self._hidden()
        for value in request.parameters.values():
            if value in hidden:
                code = _FAMILIES.get(value.split("-")[0], "InvalidParameterValue")
                raise AwsError(code, f"The ID '{value}' does not exist")

    def shown(self, request, answer):
        """The answer that the caller gets."""
        hidden = self._hidden() if self._switches.read_delay_ms and request.action.startswith("Describe") else set()
        if not hidden and not any(word in answer for word in (b"<ipAddress>", b"<publicIp>", b"<dnsName>")):
            return answer
        tree = ElementTree.fromstring(answer)
        space = tree.tag[1:].partition("}")[0] if tree.tag.startswith("{") else ""
        ElementTree.register_namespace("", space)
        if hidden:
            _hide(tree, hidden)
        _keep_inside(tree)
        return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(tree)


def _name(node):
    return node.tag.rpartition("}")[2]


def _hide(node, hidden):
    """Removes the list items about a hidden resource, and reservations that have become empty."""
    for child in list(node):
        # A resource's own ID comes before the IDs of what belongs to it.
        own = next((part.text for part in child if _THING.fullmatch(part.text or "")), None)
        if _name(child) == "item" and own in hidden:
            node.remove(child)
            continue
        _hide(child, hidden)
        inner = next((part for part in child if _name(part) == "instancesSet"), None)
        if _name(child) == "item" and inner is not None and len(inner) == 0:
            node.remove(child)


def _keep_inside(tree):
    for node in tree.iter():
        parts = {_name(part): part for part in node}
        private = parts.get("privateIpAddress")
        if private is None or not private.text:
            continue
        for name in ("ipAddress", "publicIp"):
            if name in parts and parts[name].text:
                parts[name].text = private.text
        if "dnsName" in parts and parts["dnsName"].text:
            parts["dnsName"].text = private.text
        if "association" in parts:
            for part in parts["association"]:
                if _name(part) in ("publicIp", "publicDnsName"):
                    part.text = private.text
