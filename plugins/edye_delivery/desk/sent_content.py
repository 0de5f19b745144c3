"""What exactly was sent of a title: read from a file of the run, or rebuilt from the ledger and the annex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from edye_delivery.annex.model import Annex
from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.channel_words import words_of
from edye_delivery.catalog.digest import path_of
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.desk.run_files import TitleFile
from edye_delivery.errors import DeliveryError
from edye_delivery.ledger.records import Delivery
from edye_delivery.ledger.title_page import AcceptedRevision

LINES_MAX = 500
FROM_FILE = "Read from the run's file {}, SHA-256 {}."
REBUILT = "Rebuilt from the title that the ledger keeps, by today's annex."
SAME = "Its digest is that of the delivery, so this is exactly what was {}."
OTHER = "Its digest is {}, and that of the delivery is {}: this is not what was {}."
NEITHER = "The ledger has only the digests of this delivery."


@dataclass(frozen=True, slots=True)
class SentContent:
    """The metadata as JSON in lines, where it comes from, and whether its digest is that of the delivery."""

    json: str
    lines: tuple[str, ...]
    has_more_lines: bool
    origin: str
    is_exact: bool
    media: str


def participle_of(delivery: Delivery) -> str:
    """What was done with the content of a delivery: it was sent, exposed, or no more than planned."""
    return words_of(delivery.channel).participle if delivery.first_sent_at is not None else "planned"


def sent_content(
    annex: Annex, delivery: Delivery, file: TitleFile | None, revision: AcceptedRevision | None
) -> SentContent | str:
    """What was sent, or planned; a sentence where neither a file of the run nor the ledger has it."""
    participle = participle_of(delivery)
    if file is not None:
        plan, origin = file.checked.plan, FROM_FILE.format(file.name, file.sha256)
    else:
        rebuilt = _rebuilt(annex, delivery, revision)
        if rebuilt is None:
            return NEITHER
        plan, origin = rebuilt, REBUILT
    is_exact = plan.content_key == delivery.content_key
    proof = SAME.format(participle) if is_exact else OTHER.format(plan.content_key, delivery.content_key, participle)
    text = orjson.dumps(_without_signatures(plan.metadata), option=orjson.OPT_INDENT_2).decode()
    lines = text.splitlines()
    return SentContent(
        text, tuple(lines[:LINES_MAX]), len(lines) > LINES_MAX, f"{origin} {proof}", is_exact, _media_of(plan)
    )


def _rebuilt(annex: Annex, delivery: Delivery, revision: AcceptedRevision | None) -> PlannedTitle | None:
    if revision is None or revision.content is None or revision.delivery_key != delivery.delivery_key:
        return None
    try:
        return plan_of(annex, revision.content)
    except (
        ValueError,
        LookupError,
        ArithmeticError,
        DeliveryError,
    ):  # an annex that has changed may not take the title any more
        return None


def _media_of(plan: PlannedTitle) -> str:
    """The media file by its path: an address may have a signature in its query."""
    return path_of(plan.media.file) if plan.media is not None else ""


def _without_signatures(value: Any) -> Any:
    """The value, each address in it without its query, where a signature may stand."""
    if isinstance(value, dict):
        return {key: _without_signatures(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_signatures(one) for one in value]
    is_address = isinstance(value, str) and value.startswith(("http://", "https://"))
    return value.partition("?")[0] if is_address else value
