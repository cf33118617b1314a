"""The filter `client-token` of DescribeInstances, which finds the instances of a launch whose answer was lost. The emulator lacks it."""

import re
import xml.etree.ElementTree as ElementTree


def take_client_tokens(request):
    """Removes the filter from a request, which continues without it; returns the requested tokens, or None."""
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
    """Renumbers the filters after one was removed, since lists must be numbered without gaps."""
    numbers = sorted({int(name.split(".")[1]) for name in parameters if name.startswith("Filter.")})
    places = {str(number): str(place) for place, number in enumerate(numbers, 1)}
    return {re.sub(r"^Filter\.(\d+)", lambda found: "Filter." + places[found[1]], name): value for name, value in parameters.items()}


def only_with(tokens, answer):
    """The answer with only the instances that these tokens created."""
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
