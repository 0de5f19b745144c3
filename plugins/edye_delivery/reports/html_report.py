"""The window report as one HTML page that needs nothing else: styles, script and pictures are inside."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from edye_delivery.catalog.channel_words import state_text, words_of
from edye_delivery.reports.model import WindowReport
from edye_delivery.reports.page import page_of
from edye_delivery.reports.wording import human_bytes, human_moment, human_seconds, sentence, visible


def as_html(report: WindowReport, pictures: Mapping[str, bytes]) -> bytes:
    """The page in UTF-8; `pictures` maps art names to small JPEG or PNG files, a row without one shows an initial."""
    template = environment().get_template("report.html.j2")
    return template.render(
        page=page_of(report, pictures), words=words_of(report.channel), state_text=state_text
    ).encode()


@cache
def environment() -> Environment:
    """The templates of this folder."""
    return environment_of(Path(__file__).parent)


def environment_of(folder: Path) -> Environment:
    """The templates of a folder; everything that they print is made visible and escaped, an unknown name fails."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_escape,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "human_bytes": human_bytes,
        "human_seconds": human_seconds,
        "human_moment": human_moment,
        "sentence": sentence,
    }
    return environment


def _escape(value: object) -> object:
    """What the template prints for a value: in text that is not our own markup, every character is visible."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
