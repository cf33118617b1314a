"""The filter `client-token` of DescribeInstances, which finds what a launch made whose answer was lost. The emulator lacks it."""

import re
import xml.etree.ElementTree as ElementTree


def take_client_tokens(request):
    """Takes the filter out of a request, which continues without it; returns the tokens that are looked for, or None."""
    if request.action != "DescribeInstances":
        return None
    named = [name for name, value in request.parameters.items() if value == "client-token"]
    numbers = [name.split(".")[1] for name in named if re.fullmatch(r"Filter\.\d+\.Name", name)]
    if not numbers:
        return None
    prefixes = tuple(f"Filter.{number}." for number in numbers)
    tokens = {value for name, value in request.parameters.items() if name.startswith(prefixes) and ".Value." in name}
    others = {name: value for name, value in request.parameters.items() if not name.startswith(prefixes)}
    request.send(_numbered_anew(others))
    return tokens


def _numbered_anew(parameters):
    """Closes the gap that a filter left, since lists have to count without one."""
    numbers = sorted({int(name.split(".")[1]) for name in parameters if name.startswith("Filter.")})
    places = {str(number): str(place) for place, number in enumerate(numbers, 1)}
    return {re.sub(r"^Filter\.(\d+)", lambda found: "Filter." + places[found[1]], name): value for name, value in parameters.items()}


def only_with(tokens, answer):
    """The answer with the instances that these tokens made."""
    tree = ElementTree.fromstring(answer)
    space = tree.tag.partition("}")[0] + "}" if "}" in tree.tag else ""
    ElementTree.register_namespace("", space.strip("{}"))
    for reservations in tree.iter(space + "reservationSet"):
        for reservation in list(reservations):
            instances = reservation.find(space + "instancesSet")
            for instance in list(instances):
                if instance.findtext(space + "clientToken") not in tokens:
                    instances.remove(instance)
            if len(instances) == 0:
                reservations.remove(reservation)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(tree)
