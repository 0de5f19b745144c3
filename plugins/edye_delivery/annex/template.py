"""Naming templates of an annex: a few named variables with a width, nothing else of Python's format language."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import AfterValidator

EXTERNAL_ID_VARIABLES = frozenset(
    {"title_id", "season", "episode", "lang", "LANG", "client_id", "id_cliente", "edye_id"}
)
FILE_NAME_VARIABLES = EXTERNAL_ID_VARIABLES | {"external_id", "title_slug", "date"}
NUMBERS = frozenset({"season", "episode"})
WIDTH = re.compile(r"0[1-9]d?")
SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


def template_validator(variables: frozenset[str]) -> Callable[[str], str]:
    """A validator of templates with these variables only, each plain or, for numbers, as {season:02}."""

    def check(template: str) -> str:
        for _, name, width, conversion in string.Formatter().parse(template):
            if name is None:
                continue
            if name not in variables:
                raise ValueError(f"{{{name}}} is not a variable of this template; there are {sorted(variables)}")
            if conversion or (width and not (name in NUMBERS and WIDTH.fullmatch(width))):
                raise ValueError(f"{{{name}}} takes no format; only season and episode take a width such as :02")
        return template

    return check


def fill(template: str, values: Mapping[str, str | int]) -> str:
    """The template with these values; it has passed `template_validator`, so it has only names and widths in it."""
    return template.format_map(values)


def is_plain_name(name: str) -> bool:
    """Whether a name may be a part of a path on an FTP server."""
    return SEGMENT.fullmatch(name) is not None and ".." not in name


def plain_template(*variables: str) -> Callable[[str], str]:
    """A validator of templates with these variables that make a plain file name."""

    def check(template: str) -> str:
        template_validator(frozenset(variables))(template)
        if not is_plain_name(fill(template, dict.fromkeys(variables, "x"))):
            raise ValueError(
                "a file name is letters, digits, dots, hyphens and underscores, such as {external_id}.json"
            )
        return template

    return check


ImageFileName = Annotated[str, AfterValidator(plain_template("external_id", "thumbnail", "extension"))]
IMAGE_FILE_NAME = "{external_id}_{thumbnail}.{extension}"
"""The name of a picture at the partner; `extension` is jpg or png."""
