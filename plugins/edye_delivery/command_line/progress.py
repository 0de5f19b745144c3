"""Shows the progress of a command: a bar on stderr where that is a terminal, else nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from edye_delivery.catalog.printable import printable

ITEMS_A_STEP = 500
REFRESHES_A_SECOND = 4


class Watch(Protocol):
    """Gets each step of the command."""

    def page(self, name: str) -> None:
        """A page is being read."""

    def item(self) -> None:
        """An item of the page was read."""

    def pictures(self, count: int) -> None:
        """So many pictures will be checked."""

    def picture(self) -> None:
        """One picture was checked."""


class Silent:
    """Shows nothing."""

    def page(self, name: str) -> None:
        """See Watch."""

    def item(self) -> None:
        """See Watch."""

    def pictures(self, count: int) -> None:
        """See Watch."""

    def picture(self) -> None:
        """See Watch."""


@contextmanager
def show_progress() -> Iterator[Watch]:
    """Shows a bar while the block runs, in a terminal."""
    if not sys.stderr.isatty():
        yield Silent()
        return
    from rich.console import Console  # loaded for a terminal only
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=REFRESHES_A_SECOND) as bar:

        class Bar:
            """A Watch that moves a bar of rich."""

            def __init__(self) -> None:
                self._task = bar.add_task("reading", total=None)
                self._name, self._items = "", 0

            def page(self, name: str) -> None:
                """See Watch."""
                self._name, self._items = escape(printable(name[-60:])), 0
                bar.update(self._task, description=f"reading {self._name}", total=None)

            def item(self) -> None:
                """See Watch."""
                self._items += 1
                if self._items % ITEMS_A_STEP == 0:
                    bar.update(self._task, description=f"reading {self._name}: {self._items:,} items")

            def pictures(self, count: int) -> None:
                """See Watch."""
                bar.update(self._task, description="looking at pictures", total=count, completed=0)

            def picture(self) -> None:
                """See Watch."""
                bar.advance(self._task)

        yield Bar()
