"""What AWS fills in for a launch and the emulator leaves out: the default subnet, and the VPC's default security group.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
"""


def complete(request, api):
    """The parameters of a launch, with the missing ones added."""
    given = dict(request.parameters)
    by_interface = any(name.startswith("NetworkInterface.") for name in given)
    subnet = given.get("NetworkInterface.1.SubnetId" if by_interface else "SubnetId")
    if not subnet and "NetworkInterface.1.NetworkInterfaceId" not in given:
        subnet = _default_subnet(api, request.region, given.get("Placement.AvailabilityZone"))
        if subnet:
            given["NetworkInterface.1.SubnetId" if by_interface else "SubnetId"] = subnet
    named = ("NetworkInterface.1.SecurityGroupId.", "SecurityGroupId.", "SecurityGroup.")
    if subnet and not any(name.startswith(named) for name in given):
        group = _default_group(api, request.region, subnet)
        if group:
            given["NetworkInterface.1.SecurityGroupId.1" if by_interface else "SecurityGroupId.1"] = group
    return given


def _default_subnet(api, region, zone):
    filters = {"Filter.1.Name": "default-for-az", "Filter.1.Value.1": "true"}
    if zone:
        filters |= {"Filter.2.Name": "availability-zone", "Filter.2.Value.1": zone}
    return api.call(region, "DescribeSubnets", **filters).findtext("subnetSet/item/subnetId")


def _default_group(api, region, subnet):
    vpc = api.call(region, "DescribeSubnets", **{"SubnetId.1": subnet}).findtext("subnetSet/item/vpcId")
    filters = {"Filter.1.Name": "vpc-id", "Filter.1.Value.1": vpc, "Filter.2.Name": "group-name", "Filter.2.Value.1": "default"}
    return api.call(region, "DescribeSecurityGroups", **filters).findtext("securityGroupInfo/item/groupId")
