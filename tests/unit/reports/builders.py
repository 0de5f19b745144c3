"""Builders of reports: one title, one window, and a day of forty titles with drawn pictures."""

from __future__ import annotations

import io
import textwrap
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from edye_delivery.catalog.digest import digest_of
from edye_delivery.catalog.vocabulary import CAUSE_OWNERS, Cause, Change, DeliveryState, Mode, Severity
from edye_delivery.reports.model import (
    Colour,
    ReportedCriterion,
    ReportedFinding,
    ReportedThumbnail,
    Span,
    TitleReport,
    WindowReport,
    causes_of,
    totals_of,
)

CRITERIA = {
    "received_with_tracking_id": "200 with received and tracking id {tracking_id} at 2026-03-02T06:01:12Z",
    "completed": "status completed at 2026-03-02T06:03:40Z",
    "media_within_limits": "h264 in mp4, 1920x1080, 22 min 00 s; at least 720p, at most 120 min 00 s",
    "minimum_metadata": "titulo, id_cliente, archivo_media are filled",
    "qc_and_thumbnails": "no blocking finding; thumbnails landscape_16x9, portrait_2x3",
}
SERIES = {
    ("EDYE_PLANETA", "Planeta Curioso", 1): (
        ("El volcán dormido", "The Sleeping Volcano"),
        ("La luna de papel", "The Paper Moon"),
        ("Un río bajo la arena", "A River Under the Sand"),
        ("Eco", "Echo"),
    ),
    ("EDYE_LUMA", "Luma y el jardín de noche", 2): (
        ("El desfile de caracoles", "The Snail Parade"),
        ("Un farol para Polilla", "A Lantern for Moth"),
        ("Llueve otra vez", "Rain Check"),
        ("Raíces", "Roots"),
    ),
    ("EDYE_ROBOTS", "Robots de cartón", 1): (
        ("El tornillo perdido", "The Lost Screw"),
        ("La gran mudanza", "Moving Day"),
        ("Cinta y tijeras", "Tape and Scissors"),
        ("Apagón", "Lights Out"),
    ),
    ("EDYE_OLA", "Ola y Bruma", 3): (
        ("La isla que respira", "The Breathing Island"),
        ("Marea baja", "Low Tide"),
        ("El faro", "The Lighthouse"),
        ("Botella al mar", "Message in a Bottle"),
    ),
}
MOVIES = (
    ("El gigante de lana", "The Woollen Giant"),
    ("La panadería de la luna", "The Moon Bakery"),
    ("Carrera de nubes", "Cloud Race"),
    ("Hola, Piedrita", "Hello, Pebble"),
)
SHOWN_DEFECTS = (
    ("META008", "genre-without-mapping", Cause.METADATA, "genre 'noir' has no line in the partner's table 'generos'"),
    ("VID007", "resolution-too-low", Cause.MEDIA, "short edge 480 px, the partner asks for at least 720 px"),
    ("IMG005", "image-ratio-wrong", Cause.IMAGES, "poster is 1000x1300 px (1:1.30), 2:3 within 4 % is asked for"),
    ("META003", "invisible-characters", Cause.METADATA, "title (es) holds U+200B at character 7 and U+202E at 12"),
    ("VID006", "codec-unsupported", Cause.MEDIA, "codec hevc, the partner takes h264"),
    ("IMG001", "image-missing", Cause.IMAGES, "an episode needs a still, the catalogue has none"),
    ("META012", "external-id-duplicate", Cause.METADATA, "EDYE items ep-118 and ep-204 both become EDYE_OLA_S03E02_ES"),
)
FIXES = {
    Cause.METADATA: "Correct the field in EDYE; the next run takes the title up again with the same media.",
    Cause.MEDIA: "Make a new encode from the master and synchronise it; the next run sends it.",
    Cause.IMAGES: "Export the picture from the master in the asked size and ratio; never upscale.",
}


def a_title(**changes: Any) -> TitleReport:
    """An accepted, newly sent episode, unless told otherwise."""
    values: dict[str, Any] = {
        "external_id": "EDYE_PLANETA_S01E01_ES",
        "edye_id": "ep-101",
        "title": "El volcán dormido",
        "series": "Planeta Curioso",
        "kind": "episode",
        "lang": "es",
        "change": Change.NEW,
        "state": DeliveryState.ACCEPTED,
        "detail": "The partner completed it and all five criteria are met.",
        "attempts": 1,
        "tracking_id": "7f3c-0101",
        "sent": True,
        "bytes_sent": 48_211_093,
        "seconds": 148.2,
    }
    return TitleReport(**(values | changes))


def a_finding(code: str = "VID006", **changes: Any) -> ReportedFinding:
    """A blocking finding of the video rules, unless told otherwise."""
    values = {
        "code": code,
        "name": "codec-unsupported",
        "severity": Severity.BLOCK,
        "message": "codec hevc, the partner takes h264",
        "fix": FIXES[Cause.MEDIA],
        "owner": CAUSE_OWNERS[Cause.MEDIA],
    }
    return ReportedFinding(**(values | changes))


def a_report(*titles: TitleReport, **changes: Any) -> WindowReport:
    """The report of one day with these titles."""
    values: dict[str, Any] = {
        "partner": "roku_premium_subs_mx",
        "display_name": "ROKU Premium Subscriptions MX",
        "window": Span(start="2026-03-01T06:00:00Z", end="2026-03-02T06:00:00Z"),
        "run_id": "scheduled__2026-03-02T06:00:00+00:00",
        "mode": Mode.CHANGED,
        "dry_run": False,
        "colour": Colour.RED if any(title.needs_work for title in titles) else Colour.GREEN,
        "started_at": "2026-03-02T06:00:04Z",
        "finished_at": "2026-03-02T06:07:31Z",
        "totals": totals_of(titles),
        "causes": causes_of(titles),
        "titles": titles,
    }
    return WindowReport(**(values | changes))


def a_day() -> tuple[WindowReport, dict[str, bytes]]:
    """Forty titles as a real day has them, and the pictures of those that have thumbnails."""
    titles: list[TitleReport] = []
    pictures: dict[str, bytes] = {}
    for (title_id, series, season), episodes in SERIES.items():
        for episode, names in enumerate(episodes, start=1):
            for lang, name in zip(("es", "en"), names, strict=True):
                titles.append(_episode(f"{title_id}_S{season:02}E{episode:02}_{lang.upper()}", series, name, lang))
    for number, names in enumerate(MOVIES, start=123):
        for lang, name in zip(("es", "en"), names, strict=True):
            titles.append(_episode(f"EDYE_MOV_{number:06}_{lang.upper()}", None, name, lang))
    titles = [_as_the_day_went(number, title) for number, title in enumerate(titles)]
    for number, title in enumerate(titles):
        for thumbnail in title.thumbnails:
            size_px = (228, 128) if thumbnail.width_px > thumbnail.height_px else (86, 128)
            pictures[thumbnail.art_name] = a_picture(title.title, number, size_px)
    incident = "Batch 3 of 4: the partner answered 503 four times in a row for one title; the other nine were finished."
    left_out = {"not visible in EDYE": 1, "not for mx (geo)": 2}
    return a_report(*titles, incidents=(incident,), left_out=left_out), pictures


def a_picture(text: str, number: int = 0, size_px: tuple[int, int] = (228, 128)) -> bytes:
    """A small JPEG: a gradient sky, a sun, hills, and the title written big."""
    width_px, height_px = size_px
    hue = number // 2 * 47 % 256
    sky = Image.linear_gradient("L").resize(size_px)
    bands = (sky.point([(hue + y // 6) % 256 for y in range(256)]), sky.point([170] * 256), sky.point([215] * 256))
    picture = Image.merge("HSV", bands).convert("RGB")
    draw = ImageDraw.Draw(picture)
    sun_px, left_px = height_px // 3, number // 2 * 31 % (width_px // 2) + width_px // 3
    draw.ellipse((left_px, 10, left_px + sun_px, 10 + sun_px), fill="#fff3c4")
    for place, colour in ((-0.3, "#2f6f5e"), (0.35, "#24564a")):
        draw.ellipse((width_px * place, height_px * 0.45, width_px * (place + 1.1), height_px * 1.6), fill=colour)
    if width_px > height_px:
        font = ImageFont.load_default(size=height_px / 6)
        draw.multiline_text((10, height_px - 9), textwrap.fill(text, 18), font=font, fill="white", anchor="ld")
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=80)
    return content.getvalue()


def _episode(external_id: str, series: str | None, name: str, lang: str) -> TitleReport:
    key = digest_of(external_id)
    tracking_id = f"{key[:4]}-{key[4:8]}"
    sizes_px = {"landscape_16x9": (800, 450), "portrait_2x3": (534, 801)}
    return a_title(
        external_id=external_id,
        edye_id=f"{'ep' if series else 'mov'}-{int(key[:2], 16) + 100}",
        title=name,
        series=series,
        kind="episode" if series else "movie",
        lang=lang,
        tracking_id=tracking_id,
        bytes_sent=int(key[:7], 16) + 9_000_000,
        seconds=int(key[8:11], 16) / 20 + 30,
        file_name=f"{external_id}.mp4",
        delivery_key=key,
        criteria=tuple(
            ReportedCriterion(criterion=name, met=True, evidence=text.format(tracking_id=tracking_id))
            for name, text in CRITERIA.items()
        ),
        thumbnails=tuple(
            ReportedThumbnail(name=name, art_name=f"{digest_of(key, name)}.jpg", width_px=width_px, height_px=height_px)
            for name, (width_px, height_px) in sizes_px.items()
        ),
        sent_at="2026-03-02T06:01:12Z",
        accepted_at="2026-03-02T06:03:40Z",
    )


def _as_the_day_went(number: int, title: TitleReport) -> TitleReport:
    if number in (3, 8, 12, 15, 19, 22, 27, 30, 33, 38):
        return _rejected(title, *SHOWN_DEFECTS[number % len(SHOWN_DEFECTS)])
    if number in (5, 21, 34):
        return _failed(title, (Cause.TRANSIENT, Cause.STUCK, Cause.MEDIA)[number % 3])
    if number in (0, 1):
        unchanged = {
            "change": Change.UNCHANGED,
            "sent": False,
            "detail": "Accepted on 2026-02-27 and not changed since.",
        }
        return title.model_copy(update=unchanged)
    return title


def _rejected(title: TitleReport, code: str, name: str, cause: Cause, message: str) -> TitleReport:
    owner, fix = CAUSE_OWNERS[cause], FIXES[cause]
    finding = a_finding(code, name=name, message=message, fix=fix, owner=owner)
    unmet = {"met": False, "evidence": "not sent: the quality check found a blocking defect"}
    return title.model_copy(
        update={
            "state": DeliveryState.REJECTED,
            "cause": cause,
            "owner": owner,
            "rules": (code,),
            "findings": (finding,),
            "detail": message[0].upper() + message[1:] + ".",
            "next_step": fix,
            "attempts": 0,
            "tracking_id": None,
            "sent": False,
            "bytes_sent": 0,
            "seconds": None,
            "criteria": tuple(item.model_copy(update=unmet) for item in title.criteria),
            "thumbnails": () if cause is Cause.IMAGES else title.thumbnails,
            "sent_at": None,
            "accepted_at": None,
        }
    )


def _failed(title: TitleReport, cause: Cause) -> TitleReport:
    told = {
        Cause.TRANSIENT: (
            "The partner answered 503 to five attempts.",
            "The next run sends the same again.",
            5,
        ),
        Cause.STUCK: (
            "Processing for 2 h 00 min, the limit is 2 h 00 min.",
            "Ask the partner about this tracking id; the next run goes on polling.",
            1,
        ),
        Cause.MEDIA: ("The partner says: formato no soportado: hevc.", FIXES[Cause.MEDIA], 1),
    }
    detail, next_step, attempts = told[cause]
    update = {
        "state": DeliveryState.FAILED,
        "cause": cause,
        "owner": CAUSE_OWNERS[cause],
        "detail": detail,
        "next_step": next_step,
        "attempts": attempts,
        "accepted_at": None,
        "criteria": tuple(
            item.model_copy(update={"met": False, "evidence": "the partner has not said completed"})
            if item.criterion == "completed"
            else item
            for item in title.criteria
        ),
    }
    return title.model_copy(update=update)
