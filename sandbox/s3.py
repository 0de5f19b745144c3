"""S3 by moto's server, with the buckets that the project uses; everybody may read the one of the feeds."""

from __future__ import annotations

import http.client
import json
import logging
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
    """Moto's S3 on a port. Its objects live in this process's memory, shared by every S3Host in it."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._server: Any = None

    def start(self) -> int:
        """Serve, make the buckets, and return the port."""
        # Importing moto's server takes a second: only who needs S3 pays.
        from moto.server import ThreadedMotoServer

        listener = open_listener("s3", self._host, self._port)
        port = listener.getsockname()[1]
        listener.close()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer(self._host, port, verbose=False)
        self._server.start()
        self._make_buckets(port)
        return int(port)

    def stop(self) -> None:
        """Stop serving, if it ever began."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def _make_buckets(self, port: int) -> None:
        reachable = "127.0.0.1" if self._host == "0.0.0.0" else self._host  # noqa: S104 - compared, not bound
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
