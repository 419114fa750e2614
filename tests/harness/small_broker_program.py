"""Stands in for a broker's program: told by the same environment, it answers on its management port as a broker does.

It leads the partition of its own number. A file `refuse` in its folder lets it end at once, one `slow` keeps it from
ever being ready; its data are one file, which counts its starts.
"""

import json
import os
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DATA = Path(os.environ["ZEEBE_BROKER_DATA_DIRECTORY"])
NODE = int(os.environ["ZEEBE_BROKER_CLUSTER_NODEID"])


class Answers(BaseHTTPRequestHandler):
    """Readiness and partitions."""

    def do_GET(self):
        ready = not (DATA.parent / "slow").exists()
        body = json.dumps({str(NODE + 1): {"role": "LEADER", "streamProcessorPhase": "PROCESSING"}}).encode()
        self.send_response(200 if ready else 503)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):  # noqa: A002
        pass


if (DATA.parent / "refuse").exists():
    sys.exit("ERROR the port is taken" + (DATA.parent / "refuse").read_text())
DATA.mkdir(exist_ok=True)
starts = DATA / "starts"
starts.write_text(str(int(starts.read_text()) + 1 if starts.exists() else 1))
gateway = socket.create_server(
    (os.environ["ZEEBE_BROKER_GATEWAY_NETWORK_HOST"], int(os.environ["ZEEBE_BROKER_GATEWAY_NETWORK_PORT"]))
)
ThreadingHTTPServer(("127.0.0.1", int(os.environ["MANAGEMENT_SERVER_PORT"])), Answers).serve_forever()
