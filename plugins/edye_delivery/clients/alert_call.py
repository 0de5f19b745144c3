"""Sends one alert through Apprise, in a process of its own, because Apprise itself has no deadlines.

Its HTTP reads answers of any size, and its time-out starts again with every read; its mail and chat have sockets of
their own. So the process has a deadline and a limit on its memory, and it has ended when the call returns.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

from edye_delivery.clients.child_process import run_process, start_process
from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import TooSlow, Transient

log = logging.getLogger(__name__)
PROGRAM = Path(__file__).with_name("alert_program.py")
MEMORY_BYTES = 1024**3
WORDS_MAX_CHARS = 500


def send_alert(
    services: list[dict[str, Any]], title: str, body: str, kind: str, seconds: float, mask: SecretMask = NO_SECRETS
) -> None:
    """Sends the alert to the services; Transient where one of them did not take it, TooSlow after the seconds.

    What Apprise says about a service only goes to the log; `mask` hides the secrets in the services' addresses.
    """
    alert = json.dumps({"services": services, "title": title, "body": body, "kind": kind}).encode()
    process = start_process(
        [sys.executable, "-P", "-W", "ignore", str(PROGRAM)], "the program for alerts", memory_bytes=MEMORY_BYTES,
        stdin=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with run_process(process):
        try:
            _, words = process.communicate(alert, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise TooSlow(f"the alert's services did not take it within {seconds:g} s") from error
    if process.returncode:
        log.warning("Apprise: %s", mask.words(words.decode("utf-8", "replace"), WORDS_MAX_CHARS))
        raise Transient("a service of the alert did not take the message")
