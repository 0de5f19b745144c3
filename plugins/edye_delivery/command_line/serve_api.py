"""`serve-api`: the delivery API, which partners that pull read."""

from __future__ import annotations

import os
import random
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from edye_delivery.catalog.printable import printable
from edye_delivery.errors import DeliveryError

NOT_SERVED = 2
SENTENCE_MAX_CHARS = 1000
PORT = 28090


def serve_api(
    root: Annotated[
        str,
        typer.Option(
            metavar="PATH|s3://BUCKET/PREFIX", help="Where the generations are (connection delivery_api_store)."
        ),
    ],
    cache: Annotated[
        Path | None, typer.Option(help="The folder of this machine into which a bucket is copied, and served from.")
    ] = None,
    look_every_s: Annotated[
        float, typer.Option(min=0.1, max=3600, help="How often a bucket is asked for new generations, in seconds.")
    ] = 2.0,
    annexes: Annotated[
        Path | None, typer.Option(help="The folder with the annexes; else the one of the installation.")
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option(metavar="PATH|URL", help="Which ledger; else Airflow's delivery_ledger, else the project's own."),
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = PORT,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes serve.")] = 2,
    spool: Annotated[
        Path | None,
        typer.Option(help="The folder where calls wait until the ledger has them; else in the root, or in the cache."),
    ] = None,
    connections: Annotated[
        int, typer.Option(min=10, help="How many connections a worker has; of more, the most idle is closed.")
    ] = 1000,
    country_header: Annotated[
        str | None, typer.Option(metavar="NAME", help="The header in which your proxy tells the client's country.")
    ] = None,
) -> None:
    """Serves the generations of all partners that pull, until SIGTERM or Ctrl-C; started answers are finished.

    It goes on while the ledger does not answer: tokens are the last known ones, and calls wait in the spool. It goes on
    while a bucket does not answer: what was copied is served. Put a proxy with TLS before it. For an annex with
    pull.signed_media give it JW Player's secret as EDYE_JW_SIGNING_SECRET in its environment. Exit code: 0 stopped, 2
    it could not serve: stderr says why.
    """
    try:
        from edye_delivery.annex.load import DEFAULT_FOLDER, FOLDER_VARIABLE
        from edye_delivery.clients.clock import Clock
        from edye_delivery.command_line.generation_bucket import served_folder
        from edye_delivery.command_line.which_ledger import ledger_url
        from edye_delivery.delivery_api.connection_limits import ConnectionLimits
        from edye_delivery.delivery_api.media_sources import SECRET_VARIABLE
        from edye_delivery.delivery_api.server import ServerSettings, serve

        folder = annexes or Path(os.environ.get(FOLDER_VARIABLE, DEFAULT_FOLDER))
        clock = Clock(partial(datetime.now, UTC), time.sleep, random.random, time.monotonic)
        with served_folder(root, cache, look_every_s, clock) as served:
            settings = ServerSettings(
                root=served,
                annexes=folder,
                ledger=ledger_url(ledger, "serve-api"),
                spool=spool or served / ".spool",
                host=host,
                port=port,
                workers=workers,
                limits=ConnectionLimits(connections=connections),
                country_header=country_header,
                signing_secret=os.environ.get(SECRET_VARIABLE, "").strip(),
            )
            partners = len(_partners(folder))
            serve(settings, clock, lambda said: _tell(said, partners))
    except DeliveryError as error:
        print(f"serve-api: {printable(str(error), SENTENCE_MAX_CHARS)}", file=sys.stderr)
        raise typer.Exit(NOT_SERVED) from None


def _partners(folder: Path) -> list[str]:
    from edye_delivery.annex.load import read_annexes

    content = read_annexes(folder)
    for line in content.complaint.splitlines():
        print(f"serve-api: {printable(line, SENTENCE_MAX_CHARS)}", file=sys.stderr)
    return [name for name, annex in content.annexes.items() if annex.pull is not None]


def _tell(said: str, partners: int) -> None:
    if said.startswith("http://"):
        said = f"serves {partners} {'partner' if partners == 1 else 'partners'} at {said}"
    print(said, flush=True)
