"""Security groups as firewall rules in the machines' namespaces: drops what no ingress rule allows, except answers.

The rules are loaded from the host, and are removed with the namespace. Egress is open, but ends at the bridge.
"""

from . import network

TABLE = "jaclab"
PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "tcp": "tcp", "udp": "udp", "icmp": "icmp"}


def rules(instance, groups, addresses_in):
    """The script for one machine.

    groups        group ID -> its ingress permissions
    addresses_in  group ID -> the addresses of the machines in it
    """
    lines = []
    for group in instance.groups:
        for permission in groups.get(group, []):
            sources = set(permission.blocks)
            for other in permission.groups:
                sources |= addresses_in.get(other, set())
            for source in sorted(sources):
                lines.append(f"    ip saddr {source} {_match(permission)} accept")
    body = "\n".join(sorted(set(lines)))
    return (
        f"table inet {TABLE}\ndelete table inet {TABLE}\n"
        f"table inet {TABLE} {{\n  chain input {{\n    type filter hook input priority 0; policy drop;\n"
        f"    iifname lo accept\n    ct state established,related accept\n{body}\n  }}\n}}\n"
    )


def _match(permission):
    protocol = PROTOCOLS.get(permission.protocol)
    if permission.protocol == "-1":
        return ""
    if protocol in ("tcp", "udp"):
        return f"{protocol} dport {permission.first_port}-{permission.last_port}"
    if protocol == "icmp":
        return "meta l4proto icmp"
    return f"meta l4proto {permission.protocol}"


def load(instance, script):
    network.nft(instance.id, script)
