"""A program of its own that sends one message to some services through Apprise; it imports nothing of this package.

It reads {"services": [...], "title", "body", "kind"} from standard input. Exit code 0: every service took the message,
1: one of them did not; what Apprise says about that is on standard error.
"""

from __future__ import annotations

import json
import logging
import sys


def send_message() -> bool:
    """Whether every service took the message."""
    from apprise import Apprise, NotifyType

    message = json.load(sys.stdin)
    services = Apprise()
    for service in message["services"]:
        services.add(service["path"], tag=service.get("tag"))
    return bool(services.notify(body=message["body"], title=message["title"], notify_type=NotifyType(message["kind"])))


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    sys.exit(0 if send_message() else 1)
