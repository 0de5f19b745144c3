"""Where the annex files are, and the annexes that DAGs are made of."""

from __future__ import annotations

import os
from pathlib import Path

from edye_delivery.annex.load import DEFAULT_FOLDER, FOLDER_VARIABLE, AnnexFolder, read_annexes
from edye_delivery.annex.model import Annex


def annexes() -> dict[str, Annex]:
    """The valid annexes by partner; dags/annex_errors.py says what is wrong with the others."""
    return annex_folder().annexes


def annex_folder() -> AnnexFolder:
    """The files of include/annexes, or of the folder that EDYE_ANNEXES_FOLDER names."""
    return read_annexes(Path(os.environ.get(FOLDER_VARIABLE, DEFAULT_FOLDER)))
