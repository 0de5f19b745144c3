"""S3 by moto's server, with the buckets that the project uses; everybody may read the one of the feeds."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import threading
from typing import Any

from sandbox.hosting import open_listener

BUCKETS = ("edye-artifacts", "edye-feeds")
PUBLIC_BUCKET = "edye-feeds"
_READ_BY_ALL = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{PUBLIC_BUCKET}/*"}
    ],
}


class S3Host:
    """Moto's S3. Its objects live in this process's memory, shared by every S3Host in it."""

    def __init__(self) -> None:
        self._server: Any = None
        self._thread: threading.Thread | None = None

    def start(self, listener: socket.socket | None = None) -> int:
        """Serve, on a listener that is open already or on one of its own, make the buckets, and return the port."""
        # Importing moto's server takes a second: only who needs S3 pays.
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
        from werkzeug.serving import make_server

        listener = listener or open_listener("s3", "127.0.0.1", 0)
        host, port = listener.getsockname()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        app = DomainDispatcherApplication(create_backend_app)
        self._server = make_server(
            host, port, app, threaded=True, request_handler=MotoRequestHandler, fd=listener.fileno()
        )
        listener.close()  # the server has its own copy
        self._thread = threading.Thread(target=self._server.serve_forever, name="sandbox-s3", daemon=True)
        self._thread.start()
        self._make_buckets(host, port)
        return int(port)

    def stop(self) -> None:
        """Stop serving, if it ever began."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None

    def _make_buckets(self, host: str, port: int) -> None:
        reachable = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - compared, not bound
        connection = http.client.HTTPConnection(reachable, port, timeout=10)
        for bucket in BUCKETS:
            connection.request("PUT", f"/{bucket}")
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 409):
                raise RuntimeError(f"moto refused to make the bucket {bucket}: status {answer.status}")
        connection.request("PUT", f"/{PUBLIC_BUCKET}?policy", body=json.dumps(_READ_BY_ALL))
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 204):
            raise RuntimeError(f"moto refused to make the bucket {PUBLIC_BUCKET} public: status {answer.status}")
        connection.close()
