"""Draws the sample artwork: colourful scenes with a title's name written big."""

from __future__ import annotations

import functools
import io
import random
import unicodedata

from PIL import Image, ImageDraw, ImageFont, ImageOps

from sandbox.media.recipes import ImageRecipe

Colour = str
# sky above, sky below, hills, sun, confetti
PALETTES: dict[str, tuple[Colour, Colour, Colour, Colour, Colour]] = {
    "space": ("#1b1464", "#6c5ce7", "#2d3436", "#ffeaa7", "#74b9ff"),
    "meadow": ("#74b9ff", "#dff9fb", "#27ae60", "#f9ca24", "#e056fd"),
    "ocean": ("#0abde3", "#c7ecee", "#006266", "#feca57", "#ff6b6b"),
    "sunset": ("#f0932b", "#ffbe76", "#6d214f", "#f6e58d", "#eb4d4b"),
    "candy": ("#fd79a8", "#ffeaa7", "#a29bfe", "#ffffff", "#00cec9"),
    "forest": ("#badc58", "#f6e58d", "#218c74", "#ff793f", "#33d9b2"),
    "night": ("#130f40", "#30336b", "#535c68", "#f6e58d", "#7ed6df"),
}
_JPEG_QUALITY = 72
_FONT = "DejaVuSans-Bold.ttf"


def draw_image(recipe: ImageRecipe) -> bytes:
    """Return the picture's bytes as JPEG or PNG; cut short where the recipe asks for a broken file."""
    picture = _scene(recipe.width_px, recipe.height_px, recipe.palette).copy()
    _confetti(picture, recipe)
    _write_title(picture, recipe)
    encoded = io.BytesIO()
    if recipe.format == "png":
        picture.save(encoded, "PNG", compress_level=4)
    else:
        picture.save(encoded, "JPEG", quality=_JPEG_QUALITY)
    whole = encoded.getvalue()
    return whole[: int(len(whole) * recipe.keep_share)]


@functools.lru_cache(maxsize=32)
def _scene(width_px: int, height_px: int, palette: str) -> Image.Image:
    """Return sky, sun and hills of one size and palette: made once, copied for every title."""
    above, below, hills, sun, _ = PALETTES[palette]
    gradient = Image.linear_gradient("L").resize((width_px, height_px))
    scene = ImageOps.colorize(gradient, above, below)
    draw = ImageDraw.Draw(scene)
    short_px = min(width_px, height_px)
    radius_px = short_px // 5
    centre = (width_px * 4 // 5, height_px // 4)
    draw.circle(centre, radius_px, fill=sun)
    for share, centre_share in ((0.62, 0.15), (0.55, 0.55), (0.7, 0.95)):
        hill_px = int(width_px * share)
        left = int(width_px * centre_share) - hill_px // 2
        top = int(height_px * (1.08 - share * 0.5))
        draw.ellipse((left, top, left + hill_px, top + height_px), fill=_shade(hills, share))
    return scene


def _shade(colour: Colour, share: float) -> tuple[int, ...]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return tuple(min(255, int(part * (0.45 + share))) for part in (red, green, blue))


def _confetti(picture: Image.Image, recipe: ImageRecipe) -> None:
    """Scatter shapes that differ from title to title."""
    chance = random.Random(recipe.title + recipe.subtitle)
    colours = PALETTES[recipe.palette]
    draw = ImageDraw.Draw(picture)
    short_px = min(recipe.width_px, recipe.height_px)
    for _ in range(14):
        centre = (chance.randrange(recipe.width_px), chance.randrange(recipe.height_px * 3 // 4))
        radius_px = chance.randrange(short_px // 60, short_px // 18)
        draw.regular_polygon(
            (*centre, radius_px), chance.choice((3, 4, 5, 6, 24)), chance.randrange(90), fill=chance.choice(colours[3:])
        )


def _write_title(picture: Image.Image, recipe: ImageRecipe) -> None:
    room_px = int(recipe.width_px * 0.88)
    font = _fitting_font(recipe.title, room_px, int(min(recipe.width_px, recipe.height_px) * 0.16))
    lines = _wrapped(recipe.title, font, room_px)
    draw = ImageDraw.Draw(picture)
    line_px = int(font.size * 1.2)
    top = int(recipe.height_px * 0.5) - line_px * len(lines) // 2
    for at, line in enumerate(lines):
        _write(draw, line, font, (recipe.width_px // 2, top + at * line_px))
    if recipe.subtitle:
        small = _font(int(font.size * 0.45))
        _write(draw, recipe.subtitle, small, (recipe.width_px // 2, top + len(lines) * line_px + int(small.size) // 2))


def _write(draw: ImageDraw.ImageDraw, line: str, font: ImageFont.FreeTypeFont, anchor: tuple[int, int]) -> None:
    text = _drawable(line)
    edge_px = max(2, int(font.size) // 18)
    draw.text(anchor, text, font=font, fill="white", anchor="ma", stroke_width=edge_px, stroke_fill="#2d3436")


def _wrapped(text: str, font: ImageFont.FreeTypeFont, room_px: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(_drawable(longer)) <= room_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _fitting_font(text: str, room_px: int, size_px: int) -> ImageFont.FreeTypeFont:
    """Return the largest font in which no single word is wider than the room."""
    font = _font(size_px)
    widest = max((font.getlength(_drawable(word)) for word in text.split()), default=0)
    return font if widest <= room_px else _font(int(size_px * room_px / widest))


@functools.lru_cache(maxsize=64)
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(_FONT, size_px)
    except OSError:
        # Pillow's own font is always there, but it draws ASCII only: see _drawable.
        own = ImageFont.load_default(size_px)
        assert isinstance(own, ImageFont.FreeTypeFont)  # noqa: S101 - a Pillow wheel always has FreeType
        return own


@functools.lru_cache(maxsize=1)
def _has_accents() -> bool:
    return _font(16).getname()[0] != "Aileron"


def _drawable(text: str) -> str:
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf")
    if _has_accents():
        return visible
    return "".join(char for char in unicodedata.normalize("NFKD", visible) if char.isascii())
