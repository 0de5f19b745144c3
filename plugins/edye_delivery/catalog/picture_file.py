"""Opens the bytes of a picture, within limits; whatever Pillow raises becomes an error of ours."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from PIL import Image as Pillow
from PIL import UnidentifiedImageError
from PIL.ExifTags import Base

from edye_delivery.catalog.art import DECODING_ERRORS, SIDEWAYS
from edye_delivery.errors import PictureBroken, PictureTooLarge, PictureUnknown

EXPORT_AGAIN = "export it again as a baseline (not progressive) JPEG or as a PNG"


@contextmanager
def open_picture(content: bytes, max_pixels: int, formats: tuple[str, ...]) -> Iterator[Pillow.Image]:
    """The picture, with only its header read: the pixels are decoded when the caller asks for them.

    Raises PictureUnknown where it has none of the formats, PictureTooLarge where it has more than `max_pixels` or needs
    more memory than the process has, and PictureBroken for any other error of opening or decoding it.
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
        raise PictureTooLarge(f"it has far more than {max_pixels} pixels, expected {max_pixels} or less") from error
    except UnidentifiedImageError as error:
        raise PictureUnknown(f"it has none of the formats {', '.join(formats)}") from error
    except MemoryError as error:
        raise PictureTooLarge(f"decoding it takes more memory than a worker has; {EXPORT_AGAIN}") from error
    except DECODING_ERRORS as error:
        raise PictureBroken(f"it is damaged or cut short: {str(error)!r:.160}") from error


def format_of(picture: Pillow.Image) -> str:
    """The format's name; a JPEG with further pictures behind it is a JPEG."""
    return "JPEG" if picture.format == "MPO" else str(picture.format)


def display_size(picture: Pillow.Image) -> tuple[int, int]:
    """Width and height as the picture is shown, with its EXIF orientation applied; reads a PNG to its end."""
    width_px, height_px = picture.size
    is_sideways = picture.getexif().get(Base.Orientation) in SIDEWAYS
    return (height_px, width_px) if is_sideways else (width_px, height_px)


def _open(content: bytes, formats: tuple[str, ...]) -> Pillow.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Pillow.DecompressionBombWarning)
        return Pillow.open(BytesIO(content), formats=formats)
