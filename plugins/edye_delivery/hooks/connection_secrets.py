"""The secrets of a connection: its client masks them in every message, the process masks them in every log."""

from __future__ import annotations

import math
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from urllib.request import getproxies

from airflow.sdk import Connection

from edye_delivery.clients.secret_mask import ANYWHERE_FROM_CHARS, SecretMask
from edye_delivery.hooks.log_guard import guard_logs

SOUNDS_SECRET = re.compile(r"auth|cookie|credential|key|pass|secret|token", re.IGNORECASE)
HARMLESS_EXTRAS = frozenset(
    {"accept", "accept-encoding", "accept-language", "allow_plain_http", "allowed_hosts", "auth_type", "bucket_name",
     "cache", "cache-control", "calls_a_minute", "cert", "content-type", "delivery_host", "encoding", "endpoint_url",
     "passive", "path", "prefix", "public_url", "region_name", "site_id", "sslcert", "sslkey", "sslmode", "sslrootcert",
     "timeout_s", "tls", "trust_env", "user-agent", "verify", "verify_ssl"}
)  # fmt: skip
"""Extras that are settings, in lower case; every other one of an http connection is a header and may authenticate."""
HOST_NAME = re.compile(r"localhost|[\w-]+(\.[\w-]+)+|\[[0-9a-f:.]+\]", re.IGNORECASE)
HTTP_TYPES = frozenset({"http", "https"})
KEY_TYPES = frozenset({"aws", "s3"})
"""Connections whose login is half of a key."""


def mask_of(connection: Connection) -> SecretMask:
    """The mask of all secrets of the connection; from now on this process's logs hide them as well."""
    certain, all_of_them = frozenset(_certain_secrets_of(connection)), frozenset(secrets_of(connection))
    guard_logs(all_of_them)
    return SecretMask.of(*certain, suspects=all_of_them - certain)


def secrets_of(connection: Connection) -> Iterator[str]:
    """Password, keys, tokens, secrets in addresses, and whatever may authenticate in extras and headers."""
    yield from _certain_secrets_of(connection)
    if connection.conn_type in HTTP_TYPES:
        yield from _of_extras(connection.extra_dejson, ANYWHERE_FROM_CHARS)


def _certain_secrets_of(connection: Connection) -> Iterator[str]:
    """As `secrets_of`, but only those extras whose names sound like a secret."""
    login, password, extra = connection.login or "", connection.password or "", connection.extra_dejson
    if password:
        yield from _spellings(password)
    if login and password:
        yield f"{login}:{password}"  # as basic authentication has it, in base64
    if login and connection.conn_type in KEY_TYPES:
        yield login
    host = connection.host or ""
    yield from _of_address(host if "://" in host else f"//{host}")
    yield from _of_extras(extra)
    for address in getproxies().values() if extra.get("trust_env", True) else ():
        yield from _of_address(address)


def carries_credential(connection: Connection) -> bool:
    """Whether calls over the connection authenticate: by password, in the address, or by a header of its extras."""
    named = [name for name, value in connection.extra_dejson.items() if isinstance(value, str)]
    in_address = (connection.host or "").rpartition("://")[2].partition("/")[0].rpartition("@")[0]
    return bool(connection.password or in_address) or any(
        SOUNDS_SECRET.search(name) for name in named if name.lower() not in HARMLESS_EXTRAS
    )


def secrets_of_service(address: str) -> Iterator[str]:
    """All of an Apprise address that may be a token: a service's tokens are in its host, its path and its query."""
    yield address
    yield from _of_address(address)
    split = urlsplit(address)
    parts = [*re.split(r"[/:@]", split.netloc), *split.path.split("/"), *(value for _, value in parse_qsl(split.query))]
    for part in dict.fromkeys(unquote(part) for part in parts):
        if len(part) >= ANYWHERE_FROM_CHARS and not HOST_NAME.fullmatch(part):
            yield part


def _of_extras(extra: Mapping[str, Any], suspect_from_chars: float = math.inf) -> Iterator[str]:
    for name, value in extra.items():
        if isinstance(value, Mapping):
            yield from _of_extras(value, suspect_from_chars)  # proxies by protocol, headers by name
        elif not isinstance(value, str) or name.lower() in HARMLESS_EXTRAS:
            continue
        elif "://" in value:
            yield from _of_address(value)
        elif SOUNDS_SECRET.search(name) or len(value) >= suspect_from_chars:
            yield from _spellings(value)


def _spellings(secret: str) -> Iterator[str]:
    """A secret, the part after its scheme, and secrets encoded in it, such as `id:key` in Elasticsearch's API key."""
    yield secret
    scheme, _, credentials = secret.partition(" ")
    if credentials and scheme.lower() in ("bearer", "basic", "apikey", "token"):
        yield credentials.strip()
        secret = credentials.strip()
    try:
        packed = b64decode(secret, validate=True).decode("ascii")
    except ValueError:
        return
    if packed.isprintable() and ":" in packed:
        yield packed
        yield packed.partition(":")[2]


def _of_address(address: str) -> Iterator[str]:
    """User name and password of an address, as written there and as a header has them."""
    try:
        split = urlsplit(address)
        login, password = split.username, split.password
    except ValueError:  # libraries repeat a text even where it is no valid address
        login, _, password = address.partition("//")[2].rpartition("@")[0].partition(":")
    if password:
        yield unquote(password)
        yield f"{unquote(login or '')}:{unquote(password)}"
    elif login and len(login) >= ANYWHERE_FROM_CHARS:  # a token that needs no password
        yield unquote(login)
