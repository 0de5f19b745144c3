"""The edge of one title: whatever happens inside its step costs that title, with a sentence, and no neighbour."""

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
"""What no title is to blame for: the next one meets it too."""

ERRNOS_OF_THE_INSTALLATION = frozenset(
    {
        errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EACCES,
        errno.EPERM, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.EAGAIN,
    }
)  # fmt: skip
WORDS_MAX_CHARS = 300
WHAT_TO_DO = "run the window again; if it says the same then, DevOps finds the traceback in the log of this step"


@dataclass(frozen=True, slots=True)
class BrokenOff:
    """Why a title's step did not come to its end, in a sentence that says what to do."""

    sentence: str


class TitleBrokeOff(Terminal):
    """The step of a title broke off, and all others were done; the message names it and says what to do."""


def attempt(
    name: str, step: str, act: Callable[[], Result], beyond: tuple[type[Exception], ...] = ()
) -> Result | BrokenOff:
    """What `act` gives for the title of this name, or why it broke off; the traceback is logged.

    What is the installation's is raised, so that the step ends and is tried again as a whole: a store, disk, token or
    annex that no title can do without, and what the caller names in `beyond`.
    """
    try:
        return act()
    except Exception as error:  # of foreign bytes nobody foresees what they do to a library
        if is_of_the_installation(error) or isinstance(error, beyond):
            raise
        log.exception("%s: %s broke off", name, step)
        return BrokenOff(sentence_of(step, error))


def is_of_the_installation(error: Exception) -> bool:
    """Whether the next title would meet the same."""
    if isinstance(error, OSError):
        return error.errno in ERRNOS_OF_THE_INSTALLATION
    return isinstance(error, OF_THE_INSTALLATION)


def sentence_of(step: str, error: Exception) -> str:
    """What happened, in plain characters, and what to do."""
    told = printable(str(error), WORDS_MAX_CHARS)
    if isinstance(error, DeliveryError):
        return f"{step} broke off: {told}"
    return f"{step} broke off ({type(error).__name__}: {told or 'no words'}); {WHAT_TO_DO}"
