"""One alert through Apprise, in a process of its own: Apprise speaks a hundred protocols, none of which has an end.

Its HTTP reads answers of any size and counts every read anew, its mail and chat have sockets of their own. The process
has a deadline and a bound on its memory instead, and is gone when the call returns.
"""

from __future__ import annotations

import json
import logging
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import ConfigurationInvalid, TooSlow, Transient

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
    try:
        process = subprocess.Popen(  # noqa: S603 (a fixed command, no shell; addresses go over the pipe)
            [sys.executable, "-P", "-W", "ignore", str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ConfigurationInvalid(f"no process can be started for an alert: {error.strerror}") from error
    with process:
        try:
            with suppress(ProcessLookupError):
                resource.prlimit(process.pid, resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
                resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
            _, words = process.communicate(told, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise TooSlow(f"the services of the alert did not take it within {seconds:g} s") from error
        finally:
            process.kill()
    if process.returncode:
        log.warning("Apprise: %s", mask.words(words.decode("utf-8", "replace"), WORDS_MAX_CHARS))
        raise Transient("a service of the alert did not take the message")
