"""The command line: `python -m sandbox serve`, `python -m sandbox media` and `python -m sandbox pull`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import yaml

from sandbox import pull_cli
from sandbox.board import CatalogueError
from sandbox.catalogue import load_catalogue, stock
from sandbox.faults import FaultPlanError
from sandbox.hosting import PortTaken
from sandbox.jw_player import CALLS_A_MINUTE
from sandbox.media.videos import MediaMakingError
from sandbox.pulling_partner import PullFailed
from sandbox.server import SERVICES, Sandbox


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve every stand-in until SIGTERM or SIGINT")
    media = commands.add_parser("media", help="only make the sample media, if missing")
    for command in (serve, media):
        command.add_argument("--state-dir", type=Path, required=True, help="where everything is kept")
        command.add_argument("--media-dir", type=Path, help="where made media are kept (default: STATE_DIR/media)")
        command.add_argument("--catalogue", default="sample", help="sample, generated:N, or the path of a YAML file")
    pull_cli.add_arguments(
        commands.add_parser("pull", help="read the delivery API as a partner, and keep what it shows")
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on")
    serve.add_argument("--public-host", help="host name in the URLs that the sandbox prints (default: the address)")
    for name in (*SERVICES, "s3", "ftp"):
        serve.add_argument(f"--{name}-port", type=int, default=0, help="0: a free one")
    serve.add_argument("--free-if-taken", action="store_true", help="a service whose port is taken takes a free one")
    serve.add_argument("--endpoints", type=Path, help="the file with the URLs (default: STATE_DIR/endpoints.json)")
    serve.add_argument("--processing-s", type=float, default=1.0, help="how long the partner processes a title")
    serve.add_argument("--faults", type=Path, help="a JSON or YAML file with a list of faults")
    serve.add_argument("--ignore-idempotency", action="store_true", help="the partner ignores Idempotency-Key")
    serve.add_argument("--keep-files", action="store_true", help="keep every uploaded file in STATE_DIR/files")
    serve.add_argument("--jw-calls-a-minute", type=int, default=CALLS_A_MINUTE, help="JW Player's limit; 0: none")
    serve.add_argument("--jw-signing-secret", default="", help="JW Player delivers to addresses signed with it only")
    return parser.parse_args(argv)


def _read_faults(path: Path | None) -> list[dict[str, Any]]:
    if path is None:
        return []
    try:
        read = yaml.safe_load(path.read_text("utf-8"))  # JSON is YAML
    except (OSError, yaml.YAMLError) as exc:
        raise FaultPlanError(f"cannot read the fault plan {path}: {exc}") from exc
    return read if isinstance(read, list) else [read]


def _sandbox(arguments: argparse.Namespace) -> Sandbox:
    return Sandbox(
        arguments.state_dir,
        processing_s=arguments.processing_s,
        faults=_read_faults(arguments.faults),
        catalogue=arguments.catalogue,
        media_dir=arguments.media_dir,
        host=arguments.host,
        public_host=arguments.public_host,
        ports={name: getattr(arguments, f"{name}_port") for name in (*SERVICES, "s3", "ftp")},
        free_if_taken=arguments.free_if_taken,
        ignore_idempotency=arguments.ignore_idempotency,
        keep_files=arguments.keep_files,
        jw_calls_a_minute=arguments.jw_calls_a_minute,
        jw_signing_secret=arguments.jw_signing_secret,
    )


def _serve(arguments: argparse.Namespace) -> None:
    _on_stop_signal(_abandon)
    target = arguments.endpoints or arguments.state_dir / "endpoints.json"
    target.unlink(missing_ok=True)  # a killed sandbox leaves its own
    with _sandbox(arguments) as box:
        names = ("edye", "media", "partner", "s3", "ftp", "admin", "jw")
        urls = {f"{name}_url": getattr(box, f"{name}_url") for name in names}
        stopped = threading.Event()
        _on_stop_signal(lambda *_: stopped.set())
        line = json.dumps({**urls, "pid": os.getpid()})
        fresh = target.with_suffix(f".{os.getpid()}.new")
        fresh.write_text(line + "\n", "utf-8")
        os.replace(fresh, target)
        print(line, flush=True)
        stopped.wait()
        target.unlink(missing_ok=True)


def _on_stop_signal(handler: Callable[[int, FrameType | None], object]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


def _abandon(*_: object) -> None:
    """End at once while nothing is served yet; half-made files have temporary names."""
    raise SystemExit(0)


def _media(arguments: argparse.Namespace) -> None:
    media_dir = arguments.media_dir or arguments.state_dir / "media"
    stocked = stock(load_catalogue(arguments.catalogue), media_dir)
    print(f"{len(stocked.files)} files of the catalogue {arguments.catalogue} are in {media_dir}", file=sys.stderr)


def main(argv: list[str] | None = None) -> int:
    """Run one command; return 0 for done, 1 for failed, 2 for a wrong call."""
    arguments = _arguments(argv)
    try:
        {"serve": _serve, "media": _media, "pull": pull_cli.pull}[arguments.command](arguments)
    except (CatalogueError, FaultPlanError, PortTaken, pull_cli.TokenMissing) as exc:
        print(f"sandbox: {exc}", file=sys.stderr)
        return 2
    except (MediaMakingError, PullFailed) as exc:
        print(f"sandbox: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
