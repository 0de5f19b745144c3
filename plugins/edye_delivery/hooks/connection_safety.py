"""Unsafe connections: one warning for each task, or a refusal where a credential would be sent unencrypted."""

from __future__ import annotations

import logging
from ipaddress import ip_address
from typing import Any

import httpx
from airflow.sdk import Connection, get_current_context

from edye_delivery.errors import ConfigurationInvalid

log = logging.getLogger(__name__)
FALSE_WORDS = ("false", "0", "no", "off")
_WARNED: set[tuple[str, str]] = set()


def flag(value: Any) -> bool:
    """A true or false of an extra, which may be JSON or a word."""
    return value.strip().lower() not in FALSE_WORDS if isinstance(value, str) else bool(value)


def verify_of(conn_id: str, value: Any) -> bool | str:
    """An extra `verify`: True, the file of an authority, or False, with a warning that nothing is checked."""
    is_file = isinstance(value, str) and value.strip().lower() not in (*FALSE_WORDS, "true")
    if is_file:
        return str(value)
    is_checked = True if value is None else flag(value)
    if not is_checked:
        warning = "does not check the server's certificate (extra verify)"
        warn_once(conn_id, f"{warning}: somebody in between could read everything")
    return is_checked


def warn_once(conn_id: str, warning: str) -> None:
    """Warns of a connection once in a task, however many clients it opens; outside of tasks once in a process."""
    key = (_task_name(), f"the connection {conn_id} {warning}")
    if key not in _WARNED:
        _WARNED.add(key)
        log.warning("%s", key[1])


def refuse_plain_http(conn_id: str, url: httpx.URL, allowed: Any) -> None:
    """ConfigurationInvalid where a credential would go over plain http to another machine; `allowed` is the extra."""
    if url.scheme != "http" or is_loopback(url.host):
        return
    if not flag(allowed or False):
        raise ConfigurationInvalid(
            f"the connection {conn_id} would send its credentials over plain http to {url.host}, where others "
            "on the way can read them: use https, or, in a closed network, set its extra allow_plain_http to true"
        )
    warn_once(conn_id, f"sends its credentials over plain http to {url.host}, as its extra allow_plain_http permits")


def check_s3(connection: Connection) -> bool | str:
    """An S3 connection's `verify_of`, with its warning; ConfigurationInvalid as of `refuse_plain_http`."""
    conn_id, extra = connection.conn_id or "", connection.extra_dejson
    verify = verify_of(conn_id, extra.get("verify"))
    endpoint = extra.get("endpoint_url") or connection.host
    if endpoint and "://" in str(endpoint):
        refuse_plain_http(conn_id, httpx.URL(str(endpoint)), extra.get("allow_plain_http"))
    return verify


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _task_name() -> str:
    """The name of the running task and its try; empty outside of tasks."""
    try:
        task = get_current_context()["ti"]
    except RuntimeError:
        return ""
    return f"{task.dag_id} {task.task_id} {task.run_id} {task.map_index} {task.try_number}"
