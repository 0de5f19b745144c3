"""Names of a title at a partner: external_id and file name (decisions, Naming)."""

from __future__ import annotations

import re
import unicodedata

from edye_delivery.annex.model import Annex
from edye_delivery.annex.template import fill
from edye_delivery.catalog.art import SUFFIXES
from edye_delivery.catalog.title import Title
from edye_delivery.catalog.vocabulary import TitleKind

EXTERNAL_ID = re.compile(r"[A-Za-z0-9_-]+")
FILE_NAME = re.compile(r"[0-9A-Za-z._-]+")


def external_id_of(annex: Annex, title: Title) -> str:
    """Our immutable name for the title at this partner, the same on every resend; checked by `name_defect`."""
    naming = annex.naming
    if title.kind is not TitleKind.EPISODE:
        template = naming.other
    elif title.season_number is None:
        template = naming.episode_without_season
    else:
        template = naming.episode
    return fill(template, _variables(annex, title))


def file_name_of(annex: Annex, title: Title, external_id: str) -> str:
    """The media file's name at the partner; `date` is the day of the title's last change, the same in every resend."""
    values = _variables(annex, title) | {
        "external_id": external_id,
        "title_slug": slug_of(title.name),
        "date": f"{title.updated_at:%Y%m%d}",
    }
    return fill(annex.naming.file_name, values)


def image_file_name_of(annex: Annex, template: str, external_id: str, thumbnail: str) -> str:
    """The name of a thumbnail's file at the partner, by a template of the channel on which it is sent."""
    spec = next(spec for spec in annex.thumbnails if spec.name == thumbnail)
    extension = SUFFIXES[spec.format]
    return fill(template, {"external_id": external_id, "thumbnail": thumbnail, "extension": extension})


def name_defect(annex: Annex, external_id: str, file_name: str) -> str | None:
    """What is wrong with the names, in one sentence; None where they may go into paths, headers and commands."""
    limits = annex.naming
    for what, name, pattern, max_chars in (
        ("external_id", external_id, EXTERNAL_ID, limits.external_id_max_chars),
        ("file name", file_name, FILE_NAME, limits.file_name_max_chars),
    ):
        if not pattern.fullmatch(name) or ".." in name:
            return f"the {what} {name!r:.80} has characters outside {pattern.pattern}"
        if len(name) > max_chars:
            return f"the {what} {name:.80} has {len(name)} characters, at most {max_chars} are allowed"
    return None


def slug_of(text: str) -> str:
    """ASCII letters, digits and single hyphens of a text, lowercase, at most 60 characters; "untitled" if none."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")[:60].rstrip("-") or "untitled"


def _variables(annex: Annex, title: Title) -> dict[str, str | int]:
    lang = title.lang or ""
    return {
        "title_id": title.title_id,
        "edye_id": title.id,
        "season": title.season_number if title.season_number is not None else 0,
        "episode": title.episode_number if title.episode_number is not None else 0,
        "lang": lang.lower(),
        "LANG": lang.upper(),
        "client_id": annex.client_id,
        "id_cliente": annex.client_id,
    }
