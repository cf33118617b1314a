"""The machines' network: one bridge that has the first address of the VPC, and a namespace with one virtual cable for each machine.

Nothing is routed elsewhere: a machine has no default route, so its traffic ends at the bridge, and therefore at this host.
Links are taken down and bandwidth is limited at the host's end of a cable; packet loss is a rule inside the machine's namespace.
"""

import ipaddress
import json
import os

from .run import run, succeeds
from .state import BRIDGE

LOSS_TABLE = "jaclab_loss"
NAMESPACES = "/run/netns"


def namespace(instance):
    return f"jaclab-{instance}"


def cable(instance):
    """The host's end of a machine's cable; an interface name has at most 15 characters."""
    return "jl" + instance[-11:]


def first_address(block):
    return str(ipaddress.ip_network(block)[1])


def silent_address(block):
    """The address of the resolver in a VPC. Nothing listens there in the lab: the emulator assigns it to no machine."""
    return str(ipaddress.ip_network(block)[2])


def overlapping(block):
    """A route of this host that the block would override, if any."""
    block_network = ipaddress.ip_network(block)
    for route in json.loads(run("ip", "-json", "-4", "route", "show", "table", "all")):
        if route.get("dst") in (None, "default") or route.get("dev") == BRIDGE or route.get("type") in ("local", "broadcast"):
            continue
        if block_network.overlaps(ipaddress.ip_network(route["dst"], strict=False)):
            return f"{route['dst']} on {route.get('dev', 'another interface')}"
    return None


def bridge_owner():
    """The state folder of the lab that owns the existing bridge, or None."""
    shown = run("ip", "-json", "link", "show", "type", "bridge")
    return next((link.get("ifalias", "") for link in json.loads(shown or "[]") if link.get("ifname") == BRIDGE), None)


def make_bridge(owner):
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    run("ip", "link", "set", BRIDGE, "alias", owner, "up")


def give_host(address, block):
    """Gives the bridge an address in a block, once."""
    prefix = ipaddress.ip_network(block).prefixlen
    run("ip", "address", "replace", f"{address}/{prefix}", "dev", BRIDGE)


def change_host_address(address, block):
    """From now on the machines see the host under another address of the block; the old one stays reachable."""
    give_host(address, block)
    run("ip", "route", "replace", block, "dev", BRIDGE, "scope", "link", "src", address)


def remove_bridge():
    succeeds("ip", "link", "delete", BRIDGE)


def connect(instance, address, block):
    """Creates a machine's namespace and its cable, with the address that the API assigned."""
    name, host_end = namespace(instance), cable(instance)
    prefix = ipaddress.ip_network(block).prefixlen
    run("ip", "netns", "add", name)
    run("ip", "link", "add", host_end, "type", "veth", "peer", "name", "eth0", "netns", name)
    inside("link", name, "set", "lo", "up")
    inside("address", name, "add", f"{address}/{prefix}", "dev", "eth0")
    inside("link", name, "set", "eth0", "up")
    run("ip", "link", "set", host_end, "master", BRIDGE, "up")


def lead_nowhere(instance, address):
    """Drops what the machine sends to this address, without an error."""
    inside("neigh", namespace(instance), "replace", address, "lladdr", "02:00:00:00:00:02", "dev", "eth0", "nud", "permanent")


def inside(thing, name, *words):
    run("ip", "-n", name, thing, *words)


def disconnect(instance):
    """Removes the namespace and the cable; a machine's rules are removed with its namespace."""
    succeeds("ip", "link", "delete", cable(instance))
    if os.path.exists(f"{NAMESPACES}/{namespace(instance)}"):
        run("ip", "netns", "delete", namespace(instance))


def set_link(instance, up):
    run("ip", "link", "set", cable(instance), "up" if up else "down")


def set_rate(instance, kbit):
    """Limits both directions with a token bucket; None removes the limit."""
    for words in (["tc", "qdisc"], ["tc", "-n", namespace(instance), "qdisc"]):
        device = cable(instance) if len(words) == 2 else "eth0"
        if kbit is None:
            succeeds(*words, "delete", "dev", device, "root")
        else:
            # The burst must hold what one clock tick lets through, and at least one large packet.
            burst = max(3200, kbit * 1000 // 8 // 50)
            run(*words, "replace", "dev", device, "root", "tbf", "rate", f"{kbit}kbit", "burst", str(burst), "latency", "200ms")


def set_loss(instance, percent):
    """Drops this share of a machine's packets in each direction; 0 removes the rule."""
    script = f"table inet {LOSS_TABLE}\ndelete table inet {LOSS_TABLE}\n"
    if percent:
        chance = "" if percent >= 100 else f"numgen random mod 1000 < {round(percent * 10)} "
        rule = f"oifname != lo {chance}drop"
        script += (
            f"table inet {LOSS_TABLE} {{\n"
            f"  chain out {{ type filter hook output priority -150; {rule}; }}\n"
            f"  chain in {{ type filter hook input priority -150; {rule.replace('oifname', 'iifname')}; }}\n}}\n"
        )
    nft(instance, script)


def nft(instance, script):
    """Loads rules into a machine's namespace, all of them or none."""
    run("ip", "netns", "exec", namespace(instance), "nft", "-f", "-", input=script)
