"""For all tests: no socket leaves this machine, and in CI nothing is skipped."""

from __future__ import annotations

import os
import socket
from collections.abc import Generator, Iterator
from typing import Any

import pytest

REAL_CONNECT = socket.socket.connect
LOOPBACK = ("127.", "::1", "localhost")


def _only_loopback(self: socket.socket, address: Any) -> None:
    if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
        raise AssertionError(f"a test opens a connection to {address[0]}")
    REAL_CONNECT(self, address)


def pytest_configure(config: pytest.Config) -> None:
    """Blocks every address but loopback for the whole session."""
    socket.socket.connect = _only_loopback  # type: ignore[method-assign]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turns a session with skipped tests red in CI."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CI") and skipped and not hasattr(session.config, "workerinput"):
        reporter.write_line(f"in CI nothing is skipped, but {len(skipped)} tests were")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="module")
def feeds_url() -> Iterator[str]:
    """The address of an S3 server."""
    from sandbox.s3 import S3Host  # few tests need it, and it is slow to import

    host = S3Host()
    yield f"http://127.0.0.1:{host.start()}"
    host.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Spells lone surrogates of hostile texts, which a worker cannot send: its whole run would end."""
    report = yield
    report.sections = [(name, _sendable(text)) for name, text in report.sections]
    if report.longrepr is not None and _sendable(words := str(report.longrepr)) != words:
        report.longrepr = _sendable(words)
    return report


def _sendable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
