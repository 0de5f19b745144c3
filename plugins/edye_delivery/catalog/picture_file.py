"""The one place where the bytes of a picture are opened: within bounds, and whatever they do to Pillow is told."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from PIL import Image as Pillow
from PIL import UnidentifiedImageError
from PIL.ExifTags import Base

from edye_delivery.catalog.art import DECODING_ERRORS, TURNED
from edye_delivery.errors import PictureBroken, PictureTooLarge, PictureUnknown

EXPORT_ANEW = "export it anew as a baseline (not progressive) JPEG or as a PNG"


@contextmanager
def open_picture(content: bytes, max_pixels: int, formats: tuple[str, ...]) -> Iterator[Pillow.Image]:
    """The picture, of which only the header is read: its pixels are decoded by whoever asks for them.

    PictureUnknown where it is of none of the formats, PictureTooLarge above `max_pixels` or the memory of the process,
    PictureBroken for whatever else its bytes make of opening and decoding it.
    """
    try:
        with _open(content, formats) as picture:
            width_px, height_px = picture.size
            if width_px * height_px > max_pixels:
                raise PictureTooLarge(
                    f"{width_px}x{height_px} px are {width_px * height_px} pixels, expected {max_pixels} or less"
                )
            yield picture
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        raise PictureTooLarge(f"far more pixels than the {max_pixels} that are opened") from error
    except UnidentifiedImageError as error:
        raise PictureUnknown(f"it is none of {', '.join(formats)}") from error
    except MemoryError as error:
        raise PictureTooLarge(f"decoding it takes more memory than a worker has; {EXPORT_ANEW}") from error
    except DECODING_ERRORS as error:
        raise PictureBroken(f"it is damaged or cut short: {str(error)!r:.160}") from error


def format_of(picture: Pillow.Image) -> str:
    """The format's name; a JPEG with further pictures behind it is a JPEG."""
    return "JPEG" if picture.format == "MPO" else str(picture.format)


def display_size(picture: Pillow.Image) -> tuple[int, int]:
    """Width and height as the picture is shown, with its EXIF orientation applied; reads a PNG to its end."""
    width_px, height_px = picture.size
    is_turned = picture.getexif().get(Base.Orientation) in TURNED
    return (height_px, width_px) if is_turned else (width_px, height_px)


def _open(content: bytes, formats: tuple[str, ...]) -> Pillow.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Pillow.DecompressionBombWarning)
        return Pillow.open(BytesIO(content), formats=formats)
