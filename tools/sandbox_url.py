"""`python -m tools.sandbox_url admin`: where that service of this checkout's sandbox listens, for the runbook."""

from __future__ import annotations

import json
import os
import sys

from tools.local import SANDBOX_ENDPOINTS, SANDBOX_PORTS


def main(arguments: list[str]) -> int:
    """Prints the service's URL; 2 where there is no such service or no sandbox."""
    if len(arguments) != 1 or arguments[0] not in SANDBOX_PORTS:
        print(f"usage: python -m tools.sandbox_url {'|'.join(SANDBOX_PORTS)}", file=sys.stderr)
        return 2
    try:
        endpoints = json.loads(SANDBOX_ENDPOINTS.read_text(encoding="utf-8"))
        os.kill(endpoints["pid"], 0)
    except (FileNotFoundError, ProcessLookupError):
        print("the sandbox of this checkout is not running; `make up` starts it", file=sys.stderr)
        return 2
    print(endpoints[f"{arguments[0]}_url"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
