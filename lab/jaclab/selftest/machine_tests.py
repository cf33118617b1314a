"""The machines: they boot as the API was asked to, obey their security groups, and end when the API says so, or the other way round."""

from .cloud import opens, until


def user_data_is_carried_out_and_the_machine_has_its_name(cloud, machines):
    _, address = machines[0]
    assert cloud.ssh(address, "hostname").strip() == "ip-" + address.replace(".", "-")
    until(lambda: "done" in (cloud.ssh(address, "cloud-init status") or ""), "cloud-init is done")
    assert cloud.ssh(address, "java -version 2>&1 && sudo sysctl -w net.ipv4.ip_local_port_range='15000 64000'"), (
        "no Java, or no port range"
    )
    assert cloud.ssh(address, "systemctl is-system-running").strip() == "running"


def a_port_is_closed_until_its_group_opens_it(cloud, machines):
    _, address = machines[0]
    serve(cloud, address, 9000)
    assert not opens(address, 9000, 1), "open without a rule"
    cloud.permit(cloud.group, 9000, cloud.host())
    opened = until(lambda: opens(address, 9000, 0.2), "the port opens")
    cloud.permit(cloud.group, 9000, cloud.host(), revoke=True)
    closed = until(lambda: not opens(address, 9000, 0.3), "the port closes")
    return f"opened after {opened:.2f} s, closed after {closed:.2f} s"


def machines_reach_each_other_by_group_and_the_host(cloud, machines):
    (_, first), (_, second) = machines[:2]
    serve(cloud, second, 26000)
    reach = f"timeout 2 bash -c 'exec 3<>/dev/tcp/{second}/26000'"
    assert cloud.ssh(first, reach) is None, "open without a rule"
    cloud.permit(cloud.group, 26000, cloud.group)
    until(lambda: cloud.ssh(first, reach) is not None, "the group's own members may")
    assert not opens(second, 26000, 1), "the host is no member"
    endpoint = cloud.facts["endpoint"].removeprefix("http://").split(":")
    assert cloud.ssh(first, f"timeout 2 bash -c 'exec 3<>/dev/tcp/{endpoint[0]}/{endpoint[1]}'") is not None, "no way to the host"


def the_object_store_is_reached_from_a_machine(cloud, machines):
    _, address = machines[0]
    cloud.s3.create_bucket(Bucket="selftest")
    cloud.s3.put_object(Bucket="selftest", Key="a folder/bundle", Body=b"jac" * 100_000)
    url = cloud.s3.generate_presigned_url("get_object", Params={"Bucket": "selftest", "Key": "a folder/bundle"})
    assert cloud.ssh(address, f"curl --fail --silent '{url}' | wc -c").strip() == "300000"
    assert cloud.ssh(address, f"curl --fail --silent '{url}0'") is None, "a wrong signature was taken"


def the_console_can_be_read(cloud, machines):
    instance, _ = machines[0]
    assert "cloud-init" in cloud.ec2.get_console_output(InstanceId=instance)["Output"]


def the_host_gets_another_address(cloud, machines):
    _, address = machines[0]
    before = cloud.facts["host_address"]
    other = before.rsplit(".", 1)[0] + ".77"
    try:
        cloud.ctl("host-address", other)
        assert not opens(address, 22, 1), "the rule names the old address"
        cloud.permit(cloud.group, 22, other + "/32")
        until(lambda: other in (cloud.ssh(address, "echo $SSH_CONNECTION") or ""), "SSH from the new address")
    finally:
        cloud.ctl("reset")
    until(lambda: before in (cloud.ssh(address, "echo $SSH_CONNECTION") or ""), "SSH from the old address")


def a_lab_that_has_seen_more_launches_than_fit_on_a_page_boots_the_next(cloud):
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "selftest", "Value": "page"}]}]
    with cloud.fault("no-boot", "110"):
        for _ in range(110):
            ((instance, _),) = cloud.launch(TagSpecifications=tags)
            cloud.terminate(instance)
    ((instance, address),) = cloud.launch(TagSpecifications=tags)
    cloud.await_ssh(address)
    assert instance in cloud.ctl("left", "selftest", "page"), "what lives is not listed"
    cloud.terminate(instance)


def an_image_keeps_what_was_on_the_disk(cloud, machines):
    instance, address = machines[0]
    cloud.ssh(address, "sudo sh -c 'echo baked >/opt/baked'")
    image = cloud.ec2.create_image(InstanceId=instance, Name="baked")["ImageId"]
    ((copy, place),) = cloud.launch(ImageId=image)
    cloud.await_ssh(place)
    assert cloud.ssh(place, "cat /opt/baked") == "baked\n"
    cloud.terminate(copy)


def a_launch_by_interface_or_by_default_has_an_address_and_groups(cloud, machines):
    interface = {"DeviceIndex": 0, "SubnetId": cloud.subnet, "Groups": [cloud.group], "AssociatePublicIpAddress": True}
    given = cloud.parameters(NetworkInterfaces=[interface])
    del given["SubnetId"], given["SecurityGroupIds"]
    made = cloud.ec2.run_instances(**given)["Instances"][0]
    cloud.await_ssh(made["PrivateIpAddress"])
    cloud.terminate(made["InstanceId"])
    given = cloud.parameters()
    del given["SubnetId"], given["SecurityGroupIds"]
    with cloud.fault("no-boot", "1"):
        made = cloud.ec2.run_instances(**given)["Instances"][0]
    assert made["PrivateIpAddress"].startswith("172.31.") and made["VpcId"] == cloud.vpc, made["PrivateIpAddress"]
    assert [group["GroupName"] for group in made["SecurityGroups"]] == ["default"], made["SecurityGroups"]
    cloud.terminate(made["InstanceId"])


def a_key_pair_opens_the_default_user(cloud, machines):
    material = (cloud.work / "user.pub").read_bytes()
    cloud.ec2.import_key_pair(KeyName="selftest", PublicKeyMaterial=material)
    host_key = cloud.work / "host"
    # A script instead of a cloud-config: it writes the host key to sshd's path.
    script = f"#!/bin/sh\ncat >/etc/ssh/ssh_host_ed25519_key <<'END'\n{host_key.read_text()}END\nsystemctl restart ssh\n"
    ((instance, address),) = cloud.launch(KeyName="selftest", UserData=script)
    until(lambda: cloud.ssh(address, "id -un", user="admin") == "admin\n", "SSH as admin")
    cloud.terminate(instance)


def a_stopped_machine_keeps_its_disk_and_starts_again(cloud, machines):
    ((instance, address),) = cloud.launch(InstanceInitiatedShutdownBehavior="stop")
    cloud.await_ssh(address)
    cloud.ssh(address, "echo kept >kept; sudo systemctl poweroff")
    until(lambda: cloud.state(instance) == "stopped", "the API says stopped")
    cloud.ec2.start_instances(InstanceIds=[instance])
    cloud.await_ssh(address)
    assert cloud.ssh(address, "cat kept") == "kept\n"
    cloud.ssh(address, "sudo reboot")
    until(lambda: not opens(address, 22, 0.3), "it goes down")
    cloud.await_ssh(address)
    cloud.terminate(instance)
    until(lambda: not opens(address, 22, 0.3), "it is off")


def a_machine_that_powers_itself_off_is_terminated(cloud, machines):
    instance, address = machines.pop()
    scheduled = "sudo shutdown -P +30 && sudo shutdown -c && echo scheduled"
    until(lambda: cloud.ssh(address, scheduled) == "scheduled\n", "a shutdown is scheduled")
    cloud.ssh(address, "sudo shutdown -P now")
    taken = until(lambda: cloud.state(instance) == "terminated", "the API says terminated")
    return f"after {taken:.1f} s"


def serve(cloud, address, port):
    """A listener on a machine, such as RMI's registry."""
    start = f"setsid python3 -m http.server {port} >/dev/null 2>&1 </dev/null & sleep 0.5"
    until(lambda: cloud.ssh(address, start) is not None, "the machine takes the word")
    until(lambda: cloud.ssh(address, f"exec 3<>/dev/tcp/127.0.0.1/{port}") is not None, "the listener listens")
