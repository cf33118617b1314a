"""What the lab adds to the emulator's API."""

from botocore.exceptions import ClientError, ConnectionClosedError, ConnectionError, HTTPClientError

from .cloud import refused, until


def images_are_found_by_owner_name_and_architecture(cloud):
    images = {
        "136693071363": "debian-12-arm64-*",
        "099720109477": "ubuntu/images/*noble-24.04-amd64*",
        "amazon": "al2023-ami-2023.*-x86_64",
    }
    for owner, name in images.items():
        filters = [{"Name": "name", "Values": [name]}, {"Name": "state", "Values": ["available"]}]
        found = cloud.ec2.describe_images(Owners=[owner], Filters=filters)["Images"]
        assert found, f"no image {name} of {owner}"
    assert cloud.ec2.describe_instance_types(InstanceTypes=["c6i.large"])["InstanceTypes"][0]["MemoryInfo"]["SizeInMiB"] == 4096


def a_signature_by_an_unknown_or_wrong_key_is_refused(cloud):
    with refused("AuthFailure"):
        cloud.client("ec2", secret="wrong").describe_instances()
    with refused("InvalidClientTokenId"):
        cloud.client("sts", key="AKIA" + "A" * 16).get_caller_identity()
    assert cloud.sts.get_caller_identity()["Account"]


def temporary_credentials_work_until_they_expire(cloud):
    role = "arn:aws:iam::123456789012:role/jac"
    given = cloud.sts.assume_role(RoleArn=role, RoleSessionName="selftest", ExternalId="selftest")["Credentials"]
    ec2 = cloud.client("ec2", given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    ec2.describe_instances()
    with cloud.fault("expire-credentials"), refused("RequestExpired"):
        ec2.describe_instances()


def a_denied_action_is_unauthorized_also_as_a_dry_run(cloud):
    with refused("DryRunOperation"):
        cloud.ec2.run_instances(**cloud.parameters(DryRun=True))
    with cloud.fault("deny", "ec2:RunInstances", "s3:*"):
        for dry in (True, False):
            with refused("UnauthorizedOperation"):
                cloud.ec2.run_instances(**cloud.parameters(DryRun=dry))
        with refused("AccessDenied"):
            cloud.s3.create_bucket(Bucket="denied")
        cloud.ec2.describe_instances()


def tags_in_the_call_need_the_right_to_tag(cloud):
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "jac:cluster", "Value": "c"}]}]
    with cloud.fault("deny", "ec2:CreateTags"):
        with refused("UnauthorizedOperation"):
            cloud.ec2.run_instances(**cloud.parameters(DryRun=True, TagSpecifications=tags))
        with refused("DryRunOperation"):
            cloud.ec2.run_instances(**cloud.parameters(DryRun=True))


def what_a_launch_names_has_to_exist(cloud):
    for code, given in (
        ("InvalidAMIID.NotFound", {"ImageId": "ami-0123456789abcdef0"}),
        ("InvalidKeyPair.NotFound", {"KeyName": "nobody's"}),
        ("InvalidSubnetID.NotFound", {"SubnetId": "subnet-0123456789abcdef0"}),
    ):
        with refused(code):
            cloud.launch(**given)


def a_group_that_is_used_cannot_be_deleted(cloud):
    group, other = cloud.make_group("used"), cloud.make_group("naming it")
    cloud.permit(other, 22, group)
    with refused("DependencyViolation"):
        cloud.ec2.delete_security_group(GroupId=group)
    cloud.ec2.delete_security_group(GroupId=other)
    with cloud.fault("no-boot", "1"):
        ((instance, _),) = cloud.launch(SecurityGroupIds=[group])
        with refused("DependencyViolation"):
            cloud.ec2.delete_security_group(GroupId=group)
        cloud.terminate(instance)
    until(lambda: is_deleted(cloud, group), "the group of a terminated instance can be deleted")


def is_deleted(cloud, group):
    """Deletes it; EC2 refuses while an interface of the instance still exists."""
    try:
        cloud.ec2.delete_security_group(GroupId=group)
    except ClientError as error:
        if error.response["Error"]["Code"] != "DependencyViolation":
            raise
        return False
    return True


def calls_are_throttled_by_number_and_by_rate(cloud):
    with cloud.fault("throttle", "2"):
        for _ in range(2):
            with refused("RequestLimitExceeded"):
                cloud.ec2.describe_instances()
        cloud.ec2.describe_instances()
    with cloud.fault("throttle-rate", "1"), refused("RequestLimitExceeded"):
        for _ in range(5):
            cloud.ec2.describe_instances()


def a_launch_without_capacity_is_refused(cloud):
    with cloud.fault("no-capacity", "1"), refused("InsufficientInstanceCapacity"):
        cloud.launch()


def user_data_and_machines_have_limits(cloud):
    with refused("InvalidParameterValue"):
        cloud.launch(UserData="#" * 16385)
    with refused("InstanceLimitExceeded"):
        cloud.launch(17)


def the_same_client_token_launches_once(cloud):
    with cloud.fault("no-boot", "1"):
        first, again = (cloud.launch(ClientToken="selftest-once") for _ in range(2))
        assert first == again, f"{first} and {again}"
        with refused("IdempotentParameterMismatch"):
            cloud.launch(ClientToken="selftest-once", InstanceType="t3.large")
        cloud.terminate(first[0][0])


def a_cut_launch_was_done_and_its_token_finds_it(cloud):
    with cloud.fault("no-boot", "1"):
        cloud.ctl("cut-after-launch", "1")
        try:
            cloud.launch(ClientToken="selftest-cut")
            raise AssertionError("the connection was not cut")
        except (ConnectionClosedError, ConnectionError, HTTPClientError):
            pass
        filters = [{"Name": "client-token", "Values": ["selftest-cut"]}, {"Name": "instance-state-name", "Values": ["running"]}]
        found = cloud.ec2.describe_instances(Filters=filters)
        seen = [instance["InstanceId"] for reservation in found["Reservations"] for instance in reservation["Instances"]]
        again = cloud.launch(ClientToken="selftest-cut")
        assert [again[0][0]] == seen, f"{again} and {seen}"
        cloud.terminate(again[0][0])


def a_new_instance_is_not_seen_before_its_time(cloud):
    with cloud.fault("no-boot", "1"):
        cloud.ctl("delay-reads", "5000")
        ((instance, _),) = cloud.launch()
        with refused("InvalidInstanceID.NotFound"):
            cloud.ec2.describe_instances(InstanceIds=[instance])
        assert instance not in str(cloud.ec2.describe_instances())
        taken = until(lambda: instance in str(cloud.ec2.describe_instances()), "the instance is seen")
        assert taken > 0.8, f"seen after {taken:.1f} s"
        cloud.terminate(instance)


def public_addresses_lead_to_the_machine_itself(cloud):
    with cloud.fault("no-boot", "1"):
        ((instance, address),) = cloud.launch()
        shown = cloud.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
        assert shown.get("PublicIpAddress", address) == address, shown.get("PublicIpAddress")
        assert shown.get("PublicDnsName") in (None, "", address), shown.get("PublicDnsName")
        cloud.terminate(instance)
