"""Requests that AWS rejects because of other resources, and that the emulator accepts.

A security group cannot be deleted while an instance has it (until its machine is gone) or another group's rule names it; a launch needs
a key pair that exists.
"""

from .api import ApiRefused
from .errors import AwsError


def check(request, glue):
    """Raises the error that AWS returns."""
    if request.action == "DeleteSecurityGroup":
        group = request.parameters.get("GroupId")
        if group and _is_used(group, request.region, glue):
            raise AwsError("DependencyViolation", f"resource {group} has a dependent object")
    if request.action == "RunInstances" and request.parameters.get("KeyName"):
        key = request.parameters["KeyName"]
        try:
            glue.api.call(request.region, "DescribeKeyPairs", **{"KeyName.1": key})
        except ApiRefused:
            raise AwsError("InvalidKeyPair.NotFound", f"The key pair '{key}' does not exist") from None


def _is_used(group, region, glue):
    if any(group in instance.groups for instance in glue.api.instances(region)):
        return True
    # The API no longer shows the groups of a terminated instance; its machine still has them while it shuts down.
    if any(group in machine.instance.groups for machine in list(glue.machines.values())):
        return True
    rules = glue.api.ingress(region)
    return any(group in rule.groups for other, permissions in rules.items() if other != group for rule in permissions)
