"""Reads annex files: one YAML file for each partner; a bad file stops only its own partner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from edye_delivery.annex.claims import claim_conflicts
from edye_delivery.annex.defects import defects_of
from edye_delivery.annex.model import Annex
from edye_delivery.annex.yaml_file import YamlUnreadable, read_yaml
from edye_delivery.errors import AnnexInvalid

FOLDER_VARIABLE = "EDYE_ANNEXES_FOLDER"
DEFAULT_FOLDER = (Path(__file__).parents[1] / "include" / "annexes").resolve()
"""The annexes inside the package; in a checkout a link leads from there to the project's own folder."""


@dataclass(frozen=True, slots=True)
class AnnexFolder:
    """The content of a folder of annexes: the partners by name, sorted, and all defects of each file that has some."""

    annexes: dict[str, Annex]
    refused: dict[str, tuple[str, ...]]

    @property
    def complaint(self) -> str:
        """Every defect of every refused file, in sentences; empty where there is none."""
        return "\n".join(_complaint(name, defects) for name, defects in sorted(self.refused.items()))

    def refuse_defects(self) -> None:
        """AnnexInvalid with the complaint, where there is one."""
        if self.refused:
            raise AnnexInvalid(self.complaint)


def read_annexes(folder: Path) -> AnnexFolder:
    """Every file of the folder; defects of a file are part of the result, and raise nothing."""
    annexes: dict[str, Annex] = {}
    refused: dict[str, tuple[str, ...]] = {}
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))
    except OSError as error:
        return AnnexFolder({}, {str(folder): (f"the folder of the annexes cannot be read: {error.strerror}",)})
    for path in paths:
        annex, defects = _read_annex(path)
        if annex is None or defects:
            refused[path.name] = tuple(defects)
        else:
            annexes[annex.partner] = annex
    lost = claim_conflicts(annexes)
    refused |= {f"{partner}.yaml": sentences for partner, sentences in lost.items()}
    return AnnexFolder({name: annex for name, annex in annexes.items() if name not in lost}, refused)


def load_annexes(folder: Path) -> dict[str, Annex]:
    """Every partner of the folder by name, sorted; AnnexInvalid names every defect of every file."""
    content = read_annexes(folder)
    content.refuse_defects()
    return content.annexes


def _read_annex(path: Path) -> tuple[Annex | None, Sequence[str]]:
    """The annex in a file, and every defect of the file; one is that it is not named after its partner."""
    annex: Annex | None = None
    try:
        content, defects = read_yaml(path)
    except YamlUnreadable as error:
        return None, [f"cannot be read as an annex: {error}"]
    try:
        annex = Annex.model_validate(content)
    except ValidationError as error:
        defects += defects_of(error, Annex)
        defects += [one for one in _beside_unknown_keys(content) if one not in defects]
    if path.suffix != ".yaml":
        defects.append(f"cannot be read as an annex: name the file {path.stem}.yaml")
    partner = content.get("partner") if isinstance(content, Mapping) else None
    if isinstance(partner, str) and partner != path.stem:
        defects.append(f"describes the partner {partner!r:.80}; name the file after its partner, {partner:.80}.yaml")
    return annex, defects


def _beside_unknown_keys(content: Any) -> list[str]:
    """The defects besides unknown keys: sections are compared with each other only when there is no unknown key."""
    try:
        Annex.model_validate(content, extra="ignore")
    except ValidationError as error:
        return defects_of(error, Annex)
    return []


def _complaint(name: str, defects: Sequence[str]) -> str:
    if len(defects) == 1:
        return f"{name}: {defects[0]}"
    return "\n".join([f"{name}: {len(defects)} defects", *(f"  - {defect}" for defect in defects)])
