"""Annex files: one YAML file, one partner."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from edye_delivery.annex.model import Annex
from edye_delivery.errors import AnnexInvalid


def load_annexes(folder: Path) -> dict[str, Annex]:
    """Every partner of the folder by name, sorted; AnnexInvalid names file and key of the first defect."""
    return {annex.partner: annex for annex in (load_annex(path) for path in sorted(folder.glob("*.yaml")))}


def load_annex(path: Path) -> Annex:
    """The partner that a file describes; the file bears the partner's name."""
    try:
        # every task parses its DAG file, and with it the annexes: libyaml takes a ninth of the time of safe_load
        content = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        annex = Annex.model_validate(content)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise AnnexInvalid(f"{path.name} cannot be read as an annex: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        raise AnnexInvalid(f"{path.name}: {key}: {first['msg']} ({error.error_count()} defects in all)") from error
    if annex.partner != path.stem:
        raise AnnexInvalid(f"{path.name} describes the partner {annex.partner!r}; name the file {annex.partner}.yaml")
    return annex
