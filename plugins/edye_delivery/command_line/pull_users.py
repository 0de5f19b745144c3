"""Whose tokens a command may change: the users that a partner's annex has, and sentences about all others."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from edye_delivery.annex.load import DEFAULT_FOLDER, FOLDER_VARIABLE, read_annexes
from edye_delivery.annex.pull import PullChannel
from edye_delivery.catalog.printable import printable
from edye_delivery.errors import InvalidRequest

NAME_MAX_CHARS = 80


def pull_channel(partner: str) -> PullChannel:
    """What the annex says about a partner that pulls; InvalidRequest where there is no such annex or section."""
    folder = read_annexes(Path(os.environ.get(FOLDER_VARIABLE, DEFAULT_FOLDER)))
    name = printable(partner, NAME_MAX_CHARS)
    others = [other for other, annex in folder.annexes.items() if annex.pull is not None]
    known = f"partners that pull are {', '.join(others)}" if others else "no annex has a section pull"
    if f"{partner}.yaml" in folder.refused:
        raise InvalidRequest(f"the annex {name} cannot be used: {folder.refused[f'{partner}.yaml'][0]}")
    annex = folder.annexes.get(partner)
    if annex is None:
        raise InvalidRequest(f"there is no annex {name!r}; {known}")
    if annex.pull is None:
        raise InvalidRequest(f"the annex {name} has no section pull, so it has no users; {known}")
    return annex.pull


def one_user(partner: str, user: str | None, users: Mapping[str, object]) -> str:
    """The user that is meant: the named one, or the only one; InvalidRequest names those of the annex otherwise."""
    if user is not None and user in users:
        return user
    names = ", ".join(users)
    if user is not None:
        raise InvalidRequest(
            f"the annex {printable(partner, NAME_MAX_CHARS)} has no user {printable(user, NAME_MAX_CHARS)!r}; "
            f"it has {names}"
        )
    if len(users) > 1:
        raise InvalidRequest(f"name one user of {printable(partner, NAME_MAX_CHARS)} with --user: {names}")
    return next(iter(users))


def user_to_revoke(partner: str, user: str | None, with_tokens: Sequence[str]) -> str:
    """As `one_user`; a user that the annex does not have any more is allowed too, as long as it has tokens."""
    if user is not None and user in with_tokens:
        return user
    return one_user(partner, user, pull_channel(partner).users)
