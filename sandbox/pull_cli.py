"""`python -m sandbox pull`: the pulling partner as a program; its token comes from the environment or a file."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

from sandbox.pulling_partner import LISTS, Manner, PullingPartner

TOKEN_VARIABLE = "PULL_TOKEN"


class TokenMissing(ValueError):
    """The partner has no token; the text says where it looked."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--url", required=True, help="the address of the delivery API, without /v1")
    parser.add_argument("--state-dir", type=Path, required=True, help="where everything that was read is kept")
    parser.add_argument("--token-variable", default=TOKEN_VARIABLE, help="the environment variable with the token")
    parser.add_argument("--token-file", type=Path, help="a file with the token, instead of the variable")
    parser.add_argument("--list", dest="lists", action="append", choices=list(LISTS), help="default: all three")
    parser.add_argument("--manner", type=Manner, choices=list(Manner), default=Manner.INCREMENTAL, help="how it reads")
    parser.add_argument("--page-size", type=int, default=100, help="items a page")
    parser.add_argument("--times", type=int, default=1, help="how often it reads")
    parser.add_argument("--every-s", type=float, default=0.0, help="seconds between two readings")
    parser.add_argument("--retry-after-max-s", type=float, default=60.0, help="the longest wait that it accepts")


def pull(arguments: argparse.Namespace) -> None:
    """Read the lists; print a line of JSON for each reading. PullFailed where the API refuses."""
    partner = PullingPartner(
        arguments.url.rstrip("/"),
        _token(arguments),
        arguments.state_dir,
        page_size=arguments.page_size,
        retry_after_max_s=arguments.retry_after_max_s,
    )
    try:
        for number in range(arguments.times):
            if number:
                time.sleep(arguments.every_s)
            for name in arguments.lists or LISTS:
                result = partner.read(name, arguments.manner)
                print(json.dumps({"list": name, "manner": arguments.manner, **result}), flush=True)
    finally:
        partner.close()


def _token(arguments: argparse.Namespace) -> str:
    if arguments.token_file is not None:
        try:
            token = arguments.token_file.read_text("utf-8").strip()
        except OSError as exc:
            raise TokenMissing(f"cannot read the token from {arguments.token_file}: {exc.strerror}") from exc
    else:
        token = os.environ.get(arguments.token_variable, "").strip()
    if not token:
        place = arguments.token_file or f"the environment variable {arguments.token_variable}"
        raise TokenMissing(f"there is no token in {place}")
    return token
