"""Recipes of sample media: everything that decides a file's bytes, so that a changed recipe makes a new file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

RECIPE_VERSION = 2


@dataclass(frozen=True, slots=True)
class VideoRecipe:
    """One video. Labelled ones are remuxed from a base clip; `label` makes their bytes their own."""

    look: str = "gradients"
    width_px: int = 1920
    height_px: int = 1080
    seconds: float = 4.0
    fps: str = "24"
    codec: str = "h264"
    container: str = "mp4"
    moov: str = "start"
    label: str = ""
    keep_share: float = 1.0

    @property
    def suffix(self) -> str:
        """The ending of the made file: what it is, not what it is served as."""
        return self.container


@dataclass(frozen=True, slots=True)
class ImageRecipe:
    """One picture, with a name written big; `keep_share` below 1 leaves a broken file."""

    width_px: int
    height_px: int
    palette: str
    title: str
    subtitle: str = ""
    format: str = "jpg"
    keep_share: float = 1.0

    @property
    def suffix(self) -> str:
        """The ending of the made file."""
        return self.format


@dataclass(frozen=True, slots=True)
class TextRecipe:
    """A text file: captions, a playlist, or a page that pretends to be a video."""

    text: str
    suffix: str


Recipe = VideoRecipe | ImageRecipe | TextRecipe


def digest_of(recipe: Recipe) -> str:
    """Return the name under which a recipe's file is kept."""
    text = json.dumps([RECIPE_VERSION, type(recipe).__name__, asdict(recipe)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
