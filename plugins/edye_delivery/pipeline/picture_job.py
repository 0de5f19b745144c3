"""Looks at a picture and renders its thumbnails while it is decoded; runs in a worker process, so it imports little."""

from __future__ import annotations

from functools import partial
from typing import Any

from PIL import Image as Pillow

from edye_delivery.artwork.rendering import render_opened
from edye_delivery.catalog.art import DECODING_ERRORS
from edye_delivery.catalog.jobs import Answer
from edye_delivery.clients.decoding import look_and_use
from edye_delivery.clients.worker import allow_processor_time
from edye_delivery.errors import PictureBroken


def look_and_render(content: bytes, options: dict[str, Any]) -> Answer:
    """As `look`, and the picture's thumbnails in the order of the shapes; one that cannot be made is empty.

    `options`: those of `look`, the shapes, and the processor time of the rendering, which begins after the look's.
    """
    return look_and_use(content, options, partial(_render, options=options))


def _render(picture: Pillow.Image, options: dict[str, Any]) -> Answer:
    allow_processor_time(options["render_s"])
    try:
        _, thumbnails = render_opened(picture, options["shapes"])
    except (PictureBroken, *DECODING_ERRORS):
        return {}, []
    return {}, thumbnails
