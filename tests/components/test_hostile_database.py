"""A database server that repeats the password it was given: nobody hears of it, in no traceback either."""

import json
import socket
import struct
import threading
import traceback

import pytest
from sqlalchemy.exc import OperationalError

from edye_delivery.hooks.ledger import LedgerHook

SECRET = "ledger-s3cret-word"


@pytest.fixture
def port():
    """PostgreSQL's protocol up to a refused login: wants the password in the clear and puts it into the error."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(4096)
                connection.sendall(b"R" + struct.pack("!ii", 8, 3))
                password = connection.recv(4096)[5:].rstrip(b"\0")
                fields = b"SFATAL\0C28P01\0Mno such password: " + password + b" \x1b[31m\0\0"
                connection.sendall(b"E" + struct.pack("!i", len(fields) + 4) + fields)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def test_the_ledger_s_password_is_in_no_error(port, monkeypatch):
    connection = {"conn_type": "postgres", "host": "127.0.0.1", "port": port, "login": "edye", "password": SECRET}
    extra = {"sslmode": "disable", "gssencmode": "disable"}
    monkeypatch.setenv("AIRFLOW_CONN_DELIVERY_LEDGER", json.dumps(connection | {"schema": "ledger", "extra": extra}))
    with pytest.raises(OperationalError, match=r"no such password: \*\*\*") as raised:
        LedgerHook().trail().unshipped_counts()
    told = "".join(traceback.format_exception(raised.value))
    assert SECRET not in told
    assert "\x1b" not in told
