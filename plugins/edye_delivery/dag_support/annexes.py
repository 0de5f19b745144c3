"""Where the annex files are, and which DAG ids come of them."""

from __future__ import annotations

import os
from pathlib import Path

from edye_delivery.annex.load import load_annexes
from edye_delivery.annex.model import Annex

FOLDER_VARIABLE = "EDYE_ANNEXES_FOLDER"
DEFAULT_FOLDER = Path(__file__).parents[3] / "include" / "annexes"


def annexes() -> dict[str, Annex]:
    """Every partner by name, from include/annexes or the folder that EDYE_ANNEXES_FOLDER names."""
    return load_annexes(Path(os.environ.get(FOLDER_VARIABLE, DEFAULT_FOLDER)))
