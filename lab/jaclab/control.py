"""The control API, with which tests control the lab over HTTP on loopback: `POST /` with the arguments of `lab/ctl` as a JSON list.

It answers 200 with the output, or 400 with a sentence if the arguments are invalid or the command failed.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .faults import BadCommand, Faults
from .request import json_of
from .run import ProgramFailed


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    faults = None

    def do_POST(self):
        words = json_of(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        if not isinstance(words, list) or not words:
            return self._send(400, 'The body has to be a list of words, such as ["throttle", "5"].')
        try:
            said = self.faults.do([str(word) for word in words])
        except (BadCommand, ProgramFailed, OSError) as fault:
            return self._send(400, str(fault))
        self._send(200, said if isinstance(said, str) else json.dumps(said, indent=2))

    def do_GET(self):
        """`/address`: this host's address as the machines see it, like public services that return the caller's address."""
        if self.path == "/address":
            return self._send(200, self.faults.host_address)
        self._send(200, json.dumps(self.faults.do(["status"]), indent=2))

    def _send(self, status, text):
        body = (text + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(faults: Faults):
    """Listens on a free port; returns the server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("ControlHandler", (Handler,), {"faults": faults}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
