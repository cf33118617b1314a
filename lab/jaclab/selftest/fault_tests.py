"""Every fault of a machine, injected once and, if possible, ended again."""

import socket
import time

from .cloud import opens, until


def a_link_goes_down_and_comes_back(cloud, machines):
    instance, address = machines[0]
    cloud.ctl("link", instance, "down")
    assert not opens(address, 22, 1)
    cloud.ctl("link", instance, "up")
    return f"back after {until(lambda: opens(address, 22, 0.3), 'the link is back'):.1f} s"


COUNTER = """import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 9999))
s.settimeout(60)
n = 0
try:
    while True:
        s.recv(99)
        n += 1
        s.settimeout(5)
except OSError:
    print(n)
"""


def packets_are_lost_in_part_or_altogether(cloud, machines):
    instance, address = machines[0]
    cloud.permit(cloud.group, 9999, cloud.host(), protocol="udp")
    cloud.ssh(address, f"printf '%s' '{COUNTER}' >count.py; setsid python3 count.py >counted 2>&1 </dev/null & :")
    # The socket's port as in the kernel's socket table.
    until(lambda: cloud.ssh(address, f"grep -q :{9999:04X} /proc/net/udp") is not None, "the counter listens")
    cloud.ctl("drop", instance, "30")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for _ in range(1000):
            out.sendto(b"x", (address, 9999))
            # Slowly: packets that a busy receiver has no buffer for would count as lost.
            time.sleep(0.003)
    cloud.ctl("drop", instance, "100")
    assert not opens(address, 22, 1)
    cloud.ctl("drop", instance, "0")
    until(lambda: (cloud.ssh(address, "cat counted") or "").strip(), "the machine has counted")
    lost = 1000 - int(cloud.ssh(address, "cat counted"))
    assert 200 <= lost <= 400, f"{lost} of 1000 lost"
    return f"{lost} of 1000 lost at 30 %"


def a_rate_holds_and_is_lifted(cloud, machines):
    instance, address = machines[0]

    def fetch():
        begin = time.monotonic()
        assert len(cloud.ssh(address, "head -c 400000 /dev/zero | tr '\\0' x", timeout=60)) == 400000
        return time.monotonic() - begin

    cloud.ctl("rate", instance, "400")
    slow = fetch()
    cloud.ctl("rate", instance, "0")
    fast = fetch()
    assert slow > 6 and fast < slow / 2, f"{slow:.1f} s and {fast:.1f} s"
    return f"400 kB in {slow:.1f} s at 400 kbit/s, in {fast:.1f} s without"


def a_disk_is_full_and_free_again(cloud, machines):
    instance, address = machines[0]
    cloud.ctl("fill-disk", instance)
    assert cloud.ssh(address, "head -c 100000 /dev/zero >file && sync file") is None, "there was room"
    assert "No space left" in cloud.ssh(address, "head -c 100000 /dev/zero 2>&1 >file; true"), "another reason"
    cloud.ctl("free-disk", instance)
    assert cloud.ssh(address, "head -c 100000 /dev/zero >file && sync file") is not None


def sshd_stops_and_starts(cloud, machines):
    instance, address = machines[0]
    cloud.ctl("stop-sshd", instance)
    assert not opens(address, 22, 1)
    cloud.ctl("start-sshd", instance)
    until(lambda: cloud.ssh(address, "true") is not None, "sshd is back")


def a_frozen_machine_says_nothing_and_goes_on(cloud, machines):
    instance, address = machines[0]
    cloud.ctl("freeze", instance)
    assert cloud.ssh(address, "true", timeout=4) is None
    cloud.ctl("thaw", instance)
    until(lambda: cloud.ssh(address, "true") is not None, "it continues")


def a_clock_is_set_apart(cloud, machines):
    instance, address = machines[0]

    def offset():
        before = time.time()
        there = float(cloud.ssh(address, "date +%s.%N"))
        return there - (before + time.time()) / 2

    for words, expected in (("+3s", 3), ("-120", -120), ("0", 0)):
        cloud.ctl("clock", instance, words)
        # A single measurement is uncertain by half of its duration.
        until(lambda expected=expected: abs(offset() - expected) < 0.7, f"the clock is apart by {expected} s")
    cloud.ctl("clock", instance, "+3s")
    assert cloud.ssh(address, "java -version 2>&1") is not None
    cloud.ctl("clock", instance, "0")


def an_instance_never_boots(cloud, machines):
    with cloud.fault("no-boot", "1"):
        ((instance, address),) = cloud.launch()
        until(lambda: instance in cloud.ctl("status"), "the lab knows it")
        assert cloud.state(instance) == "running" and not opens(address, 22, 1)
        cloud.terminate(instance)


def an_instance_boots_without_sshd(cloud, machines):
    with cloud.fault("no-ssh", "1"):
        ((instance, address),) = cloud.launch()
        until(lambda: "login:" in console(cloud, instance), "it boots")
        assert not opens(address, 22, 1)
        cloud.terminate(instance)


def an_instance_boots_without_java(cloud, machines):
    with cloud.fault("no-java", "1"):
        ((instance, address),) = cloud.launch()
        cloud.await_ssh(address)
        assert cloud.ssh(address, "command -v java; ls /usr/lib/jvm 2>/dev/null; echo none") == "none\n"
        cloud.terminate(instance)


def an_instance_finds_no_name_and_learns_it_late(cloud, machines):
    with cloud.fault("dead-dns", "1"):
        ((instance, address),) = cloud.launch()
        cloud.await_ssh(address)
        took = cloud.ssh(address, "date +%s%N; getent ahosts $(hostname) >&2; date +%s%N", timeout=60).split()
        seconds = (int(took[1]) - int(took[0])) / 1e9
        assert seconds > 8, f"reported after {seconds:.1f} s"
        cloud.terminate(instance)
    return f"reported after {seconds:.1f} s"


def an_instance_boots_and_cloud_init_fails(cloud, machines):
    files = [{"path": "/usr/local/lib/jac/file", "content": "text"}]
    with cloud.fault("broken-boot", "1"):
        ((instance, address),) = cloud.launch(UserData=cloud.user_data(write_files=files))
        cloud.await_ssh(address)
        until(lambda: "write" in (cloud.ssh(address, "cat /run/cloud-init/result.json") or ""), "cloud-init says so")
        cloud.terminate(instance)


def a_killed_machine_is_terminated_in_the_api(cloud, machines):
    instance, _ = machines.pop()
    cloud.ctl("kill", instance)
    return f"after {until(lambda: cloud.state(instance) == 'terminated', 'the API says terminated'):.1f} s"


def console(cloud, instance):
    try:
        return cloud.ctl("console", instance)
    except AssertionError:
        return ""
