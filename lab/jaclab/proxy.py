"""The proxy in front of the API: adds what AWS does and the emulator does not, to requests and to answers.

In this order: signature, throttling, denied actions (for a `DryRun` too), dependencies, `ClientToken`, limits and errors of a launch, the
emulator, then the visibility of resources in the answer. Everything else passes unchanged.
"""

import base64
import http.client
import re
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import defaults, dependencies, filters
from .api import ApiRefused
from .errors import AwsError, denied, throttled
from .request import Request, credentials_in
from .state import MOST_MACHINES

_OWN_HEADERS = {"connection", "transfer-encoding", "content-length", "keep-alive", "expect", "date", "server"}
_MOST_USER_DATA = 16 * 1024


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


class Proxy:
    """Handles a request, apart from the transport."""

    def __init__(self, moto_port, keyring, switches, tokens, visibility, glue):
        self.moto_port, self.keyring, self.switches = moto_port, keyring, switches
        self.tokens, self.visibility, self.glue = tokens, visibility, glue
        self.calls = {}  # How often each action was requested, including rejected calls.
        self._lock = threading.Lock()
        self._launching = threading.Lock()

    def answer(self, request):
        """The answer, and whether the caller gets it; raises `AwsError`."""
        with self._lock:
            self.calls[request.name] = self.calls.get(request.name, 0) + 1
        self.keyring.check(request)
        if self.switches.throttles():
            raise throttled(request.service)
        if request.action == "RunInstances" and self.switches.throttles_launch():
            raise throttled(request.service)
        for name in request.needs:
            if self.switches.denies(name):
                raise denied(name)
        if request.service == "ec2":
            self.visibility.check(request)
            if not request.is_dry_run:
                dependencies.check(request, self.glue)
            if request.action == "RunInstances" and not request.is_dry_run:
                return self._launch(request)
            if request.action == "CreateImage" and not request.is_dry_run:
                return self._make_image(request), True
            if request.action == "GetConsoleOutput" and not request.is_dry_run:
                return self._console(request), True
        return self._pass(request), True

    def _launch(self, request):
        # One at a time, so that of two calls with the same token only one is the first.
        with self._launching:
            body = self.tokens.known(request)
            if body is not None:
                return Answer(200, [("Content-Type", "text/xml;charset=UTF-8")], body), True
            self._check_launch(request)
            try:
                request.send(defaults.complete(request, self.glue.api))
            except ApiRefused:
                pass  # A subnet that does not exist: the emulator reports it.
            answer = self._pass(request)
            if answer.status != 200:
                return answer, True
            self.tokens.keep(request, answer.body)
        return answer, not self.switches.take("cut_launches")

    def _check_launch(self, request):
        kind = request.parameters.get("InstanceType", "m1.small")
        if self.switches.refused_type in (None, kind) and self.switches.take("refused_launches"):
            raise AwsError(
                "InsufficientInstanceCapacity",
                f"We currently do not have sufficient {kind} capacity in the Availability Zone you requested. (asked for in the lab)",
            )
        data = request.parameters.get("UserData", "")
        if len(base64.b64decode(data, validate=False)) > _MOST_USER_DATA:
            raise AwsError("InvalidParameterValue", "User data is limited to 16384 bytes")
        if self.glue.live() + int(request.parameters.get("MaxCount", 1)) > MOST_MACHINES:
            raise AwsError("InstanceLimitExceeded", f"You have requested more instances than the lab's limit of {MOST_MACHINES}.")

    def _make_image(self, request):
        """The emulator does not tag the snapshot of the new image, so its tags are set afterwards."""
        kept, tags = _without_snapshot_tags(request.parameters)
        request.send(kept)
        answer = self._pass(request)
        image = re.search(rb"<imageId>([^<]+)<", answer.body)
        if image and tags:
            described = self.glue.api.call(request.region, "DescribeImages", **{"ImageId.1": image[1].decode()})
            self.glue.api.call(request.region, "CreateTags", **{"ResourceId.1": next(described.iter("snapshotId")).text, **tags})
        return answer

    def _console(self, request):
        instance_id = request.parameters.get("InstanceId", "")
        log = self.glue.old_console(instance_id)
        if log is None:
            raise AwsError("InvalidInstanceID.NotFound", f"The instance ID '{instance_id}' does not exist")
        text = base64.b64encode(log).decode()
        body = (
            '<GetConsoleOutputResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>lab</requestId>'
            f"<instanceId>{instance_id}</instanceId><output>{text}</output></GetConsoleOutputResponse>"
        )
        return Answer(200, [("Content-Type", "text/xml;charset=UTF-8")], body.encode())

    def _pass(self, request):
        tokens = filters.take_client_tokens(request)
        answer = self._forward(request)
        if answer.status >= 500 and answer.body.startswith(b"<!doctype"):
            raise AwsError("InternalError", f"the lab's emulator failed at {request.name}; see moto.log")
        if answer.status >= 300:
            return answer
        if tokens is not None:
            answer.body = filters.only_with(tokens, answer.body)
        if request.service in ("sts", "iam"):
            for key, secret, token in credentials_in(answer.body):
                self.keyring.add(key, secret, token)
        if request.service == "ec2" and not request.is_dry_run:
            if not request.only_reads:
                self._after_write(request, answer)
            answer.body = self.visibility.shown(request, answer.body)
        return answer

    def _after_write(self, request, answer):
        self.visibility.made(request, answer.body)
        if request.action == "CreateImage":
            image = re.search(rb"<imageId>([^<]+)<", answer.body)
            self.glue.snapshot(image[1].decode(), request.parameters["InstanceId"])
        if request.action == "ModifyInstanceAttribute":
            self.glue.api.forget_attributes()
        if request.action == "RebootInstances":
            for instance in request.listed("InstanceId"):
                self.glue.reboot(instance)
        self.glue.nudge(request.region)

    def _forward(self, request):
        connection = http.client.HTTPConnection("127.0.0.1", self.moto_port, timeout=300)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN_HEADERS}
            connection.request(request.method, request.target, request.body or None, {**headers, "Content-Length": str(len(request.body))})
            came = connection.getresponse()
            kept = [(name, value) for name, value in came.getheaders() if name.lower() not in _OWN_HEADERS]
            length = came.getheader("Content-Length") if request.method == "HEAD" else None
            return Answer(came.status, kept + ([("Content-Length", length)] if length else []), came.read())
        finally:
            connection.close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are separate writes; without this, the second would wait for the acknowledgement of the first.
    disable_nagle_algorithm = True
    proxy = None

    def _handle(self):
        request = Request(self.command, self.path, self.headers, self._body())
        try:
            answer, arrives = self.proxy.answer(request)
        except AwsError as error:
            body, kind = error.body(request.service)
            answer, arrives = Answer(error.status, [("Content-Type", kind)], body), True
        except (OSError, http.client.HTTPException) as fault:
            body, kind = AwsError("InternalError", f"the emulator did not answer: {fault}").body(request.service)
            answer, arrives = Answer(500, [("Content-Type", kind)], body), True
        if arrives:
            self._send(answer)
        else:
            self._cut()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _handle

    def _body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, answer):
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if not any(name == "Content-Length" for name, _ in answer.headers):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _cut(self):
        """Resets the connection, like a failing network: the call was performed, and the caller gets no answer."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        # `shutdown` would close it properly first, which some clients take for an empty answer.
        self.server.reset(self.connection)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def reset(self, connection):
        connection.close()

    def handle_error(self, request, client_address):
        """A caller that disconnects, or whose machine is powered off, is not an error of the lab."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def shutdown_request(self, request):
        try:
            super().shutdown_request(request)
        except OSError:
            pass


def serve(proxy, address, port):
    """Listens on one address, in a separate thread."""
    server = Server((address, port), type("ProxyHandler", (Handler,), {"proxy": proxy}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _without_snapshot_tags(parameters):
    """The parameters of CreateImage without its snapshot's tags, and those tags as CreateTags takes them."""
    kept, tags, places = {}, {}, {}
    for name, value in parameters.items():
        found = re.fullmatch(r"TagSpecification\.(\d+)\.(.+)", name)
        if not found:
            kept[name] = value
        elif parameters.get(f"TagSpecification.{found[1]}.ResourceType") != "snapshot":
            kept[f"TagSpecification.{places.setdefault(found[1], len(places) + 1)}.{found[2]}"] = value
        elif found[2] != "ResourceType":
            tags[found[2]] = value
    return kept, tags
