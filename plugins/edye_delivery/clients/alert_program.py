"""A program of its own that tells one message to some services through Apprise; it knows nothing else of this package.

It reads {"services": [...], "title", "body", "kind"} from standard input. Exit code 0: every service took it, 1: one of
them did not; what Apprise says of it is on standard error.
"""

from __future__ import annotations

import json
import logging
import sys


def tell() -> bool:
    """Whether every service took the message."""
    from apprise import Apprise, NotifyType

    told = json.load(sys.stdin)
    services = Apprise()
    for service in told["services"]:
        services.add(service["path"], tag=service.get("tag"))
    return bool(services.notify(body=told["body"], title=told["title"], notify_type=NotifyType(told["kind"])))


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    sys.exit(0 if tell() else 1)
