"""Annex files: one YAML file, one partner; one bad file costs its own partner only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from edye_delivery.annex.claims import claim_conflicts
from edye_delivery.annex.defects import defects_of
from edye_delivery.annex.model import Annex
from edye_delivery.annex.yaml_file import YamlUnread, read_yaml
from edye_delivery.errors import AnnexInvalid

FOLDER_VARIABLE = "EDYE_ANNEXES_FOLDER"
DEFAULT_FOLDER = (Path(__file__).parents[1] / "include" / "annexes").resolve()
"""In a checkout the project's own folder, which the package leads to."""


@dataclass(frozen=True, slots=True)
class AnnexFolder:
    """What a folder of annexes says: the partners by name, sorted, and the files that are none, with all defects."""

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
    """Every file of the folder; nothing is raised for what is wrong in one."""
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
    found = read_annexes(folder)
    found.refuse_defects()
    return found.annexes


def _read_annex(path: Path) -> tuple[Annex | None, Sequence[str]]:
    """The partner that a file describes, which bears the partner's name, and every defect of the file."""
    annex: Annex | None = None
    try:
        content, defects = read_yaml(path)
    except YamlUnread as error:
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
    """What is wrong when unknown keys are passed by: sections are compared only once every key is known."""
    try:
        Annex.model_validate(content, extra="ignore")
    except ValidationError as error:
        return defects_of(error, Annex)
    return []


def _complaint(name: str, defects: Sequence[str]) -> str:
    if len(defects) == 1:
        return f"{name}: {defects[0]}"
    return "\n".join([f"{name}: {len(defects)} defects", *(f"  - {defect}" for defect in defects)])
