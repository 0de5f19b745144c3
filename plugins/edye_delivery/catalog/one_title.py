"""Runs a step for one title: an error costs this title alone, with a sentence that says why, and no other title."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from edye_delivery.catalog.printable import printable
from edye_delivery.errors import (
    AnnexInvalid,
    AuthRefused,
    CircuitOpen,
    ConfigurationInvalid,
    DeliveryError,
    StoreUnavailable,
    Terminal,
)

log = logging.getLogger(__name__)
Result = TypeVar("Result")

OF_THE_INSTALLATION = (AnnexInvalid, AuthRefused, CircuitOpen, ConfigurationInvalid, StoreUnavailable)
"""Errors that no title causes: the next title would have them too."""

ERRNOS_OF_THE_INSTALLATION = frozenset(
    {
        errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EACCES,
        errno.EPERM, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.EAGAIN,
    }
)  # fmt: skip
ERROR_MAX_CHARS = 300
WHAT_TO_DO = "run the window again; if it fails in the same way, DevOps finds the traceback in the log of this step"


@dataclass(frozen=True, slots=True)
class StepFailure:
    """Why a title's step failed, in a sentence that says what to do."""

    sentence: str


class TitleBrokeOff(Terminal):
    """A step failed for one title and was done for all others; the message names the title and says what to do."""


def attempt(
    name: str, step: str, act: Callable[[], Result], reraise: tuple[type[Exception], ...] = ()
) -> Result | StepFailure:
    """What `act` returns for the title of this name, or why it failed; the traceback is logged.

    Errors of the installation (store, disk, token, annex) would meet every title. They are raised, and so are those
    that the caller names in `reraise`: the step ends, and is retried as a whole.
    """
    try:
        return act()
    except Exception as error:  # foreign bytes can make a library raise anything
        if is_of_the_installation(error) or isinstance(error, reraise):
            raise
        log.exception("%s: %s broke off", name, step)
        return StepFailure(sentence_of(step, error))


def is_of_the_installation(error: Exception) -> bool:
    """Whether the next title would fail in the same way."""
    if isinstance(error, OSError):
        return error.errno in ERRNOS_OF_THE_INSTALLATION
    return isinstance(error, OF_THE_INSTALLATION)


def sentence_of(step: str, error: Exception) -> str:
    """What happened, in plain characters, and what to do."""
    message = printable(str(error), ERROR_MAX_CHARS)
    if isinstance(error, DeliveryError):
        return f"{step} broke off: {message}"
    return f"{step} broke off ({type(error).__name__}: {message or 'no message'}); {WHAT_TO_DO}"
