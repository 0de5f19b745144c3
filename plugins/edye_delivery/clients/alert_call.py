"""One alert through Apprise, in a process of its own: Apprise speaks a hundred protocols, none of which has an end.

Its HTTP reads answers of any size and counts every read anew, its mail and chat have sockets of their own. The process
has a deadline and a bound on its memory instead, and is gone when the call returns.
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
    """Tells the services; Transient where one of them did not take the message, TooSlow after the seconds.

    What Apprise says of a service goes to the log alone; `mask` knows the addresses that it may hold.
    """
    told = json.dumps({"services": services, "title": title, "body": body, "kind": kind}).encode()
    process = start_process(
        [sys.executable, "-P", "-W", "ignore", str(PROGRAM)], "the program for alerts", memory_bytes=MEMORY_BYTES,
        stdin=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with run_process(process):
        try:
            _, words = process.communicate(told, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise TooSlow(f"the services of the alert did not take it within {seconds:g} s") from error
    if process.returncode:
        log.warning("Apprise: %s", mask.words(words.decode("utf-8", "replace"), WORDS_MAX_CHARS))
        raise Transient("a service of the alert did not take the message")
