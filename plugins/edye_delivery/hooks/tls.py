"""The certificates that a connection trusts and sends, from its extras `verify` and `cert`."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

from edye_delivery.errors import ConfigurationInvalid


def tls_context(conn_id: str, verify: bool | str, cert: str | Sequence[str | None] | None = None) -> ssl.SSLContext:
    """TLS that trusts the system's authorities (True), those of a file, or everybody (False).

    `cert` is a file with certificate and key, or one of each. ConfigurationInvalid where a file cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
    except (OSError, ValueError) as error:
        raise _unread(conn_id, "verify", verify, error) from error
    if verify is False:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        if cert:
            context.load_cert_chain(*([cert] if isinstance(cert, str) else cert))
    except (OSError, TypeError, ValueError) as error:
        raise _unread(conn_id, "cert", cert, error) from error
    return context


def _unread(conn_id: str, key: str, value: object, error: Exception) -> ConfigurationInvalid:
    return ConfigurationInvalid(
        f"the connection {conn_id}: its extra {key} names {value!r:.200}, which cannot be read ({error})"
    )
