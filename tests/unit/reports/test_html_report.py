"""The HTML report: self-contained, harmless, readable, complete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from edye_delivery.catalog.vocabulary import Cause, Change, Owner
from edye_delivery.reports import html_report
from edye_delivery.reports.html_report import as_html
from edye_delivery.reports.model import Colour, ReportedCriterion, ReportedThumbnail, WindowReport
from edye_delivery.reports.page import PICTURE_MAX_BYTES, art_names_to_show, page_of
from tests.unit.reports.builders import a_day, a_finding, a_picture, a_report, a_title
from tests.unit.reports.tags import Tags

HOSTILE = "</script></style><img src=x onerror=alert(1)>\"'><svg onload=alert(2)>{{ 7*7 }}\u202e\x00\u200b"
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def hostile_report() -> WindowReport:
    title = a_title(
        state="rejected",
        cause=Cause.MEDIA,
        owner=Owner.DEVOPS,
        rules=(HOSTILE,),
        findings=(a_finding(HOSTILE, name=HOSTILE, message=HOSTILE, fix=HOSTILE),),
        reencoded=HOSTILE,
        fixed=(a_finding(HOSTILE, name=HOSTILE, message=HOSTILE, fix=HOSTILE),),
        criteria=(ReportedCriterion(criterion=HOSTILE, met=False, evidence=HOSTILE),),
        thumbnails=(ReportedThumbnail(name=HOSTILE, art_name=HOSTILE, width_px=1, height_px=1),),
        **dict.fromkeys(
            ("external_id", "edye_id", "title", "series", "kind", "lang", "detail", "next_step", "tracking_id"), HOSTILE
        ),
        file_name=HOSTILE,
        delivery_key=HOSTILE,
    )
    texts: dict[str, Any] = dict.fromkeys(("partner", "display_name", "run_id", "notice", "reason"), HOSTILE)
    return a_report(title, incidents=(HOSTILE,), left_out={HOSTILE: 1}, **texts)


def test_no_foreign_text_becomes_markup() -> None:
    hostile = Tags(as_html(hostile_report(), {HOSTILE: a_picture("x")}))
    assert [len(hostile.named(tag)) for tag in ("script", "style", "img", "svg")] == [1, 1, 1, 0]
    assert not [name for _, attributes in hostile.found for name in attributes if name.startswith("on")]
    assert hostile.open == []


def test_a_re_encoded_title_says_from_what_and_what_was_fixed() -> None:
    title = a_title(reencoded="re-encoded from hevc in mp4, the original is kept", fixed=(a_finding("VID006"),))
    text = Tags(as_html(a_report(title), {})).text
    assert "e-encoded from hevc in mp4, the original is kept" in text
    assert "VID006" in text
    assert "of the original, fixed by the re-encode" in text
    assert "fixed by the re-encode" not in Tags(as_html(a_report(a_title()), {})).text


def test_foreign_text_is_shown_as_it_is_with_its_invisible_characters_named() -> None:
    page = as_html(hostile_report(), {}).decode()
    assert "{{ 7*7 }}⟨U+202E⟩⟨U+0000⟩⟨U+200B⟩" in Tags(page.encode()).text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00]", page)


def test_the_page_asks_nobody_for_anything() -> None:
    report, pictures = a_day()
    page = as_html(report, pictures)
    tags = Tags(page)
    addresses = [a[key] for _, a in tags.found for key in ("src", "href", "action", "srcset") if a.get(key)]
    assert all(str(address).startswith(("data:", "#")) for address in addresses)
    assert {"http-equiv": "Content-Security-Policy", "content": POLICY} in tags.named("meta")
    assert b"://" not in page
    assert b"@import" not in page


def test_elements_are_closed_in_order() -> None:
    report, pictures = a_day()
    assert Tags(as_html(report, pictures)).open == []


def test_every_title_has_a_row_and_those_that_need_somebody_come_first() -> None:
    report, pictures = a_day()
    rows = [row["data-outcome"] for row in Tags(as_html(report, pictures)).named("tr") if "data-outcome" in row]
    assert rows == ["failed"] * 3 + ["rejected"] * 10 + ["accepted"] * 25 + ["unchanged"] * 2


def test_links_of_whose_turn_lead_to_rows() -> None:
    tags = Tags(as_html(a_day()[0], {}))
    targets = {f"#{row['id']}" for row in tags.named("tr") if "id" in row}
    links = [str(link["href"]) for link in tags.named("a")]
    assert len(links) == 13
    assert set(links) <= targets


def test_work_is_grouped_by_owner_with_the_biggest_share_first() -> None:
    page = page_of(a_day()[0], {})
    assert [(group.owner, group.titles) for group in page.owners] == [
        (Owner.CONTENT_OPERATIONS, 7),
        (Owner.DESIGN, 4),
        (Owner.DEVOPS, 2),
    ]
    assert [(part.cause, part.titles) for part in page.owners[0].causes] == [(Cause.MEDIA, 4), (Cause.METADATA, 3)]


def test_titles_with_the_same_next_step_stand_together() -> None:
    steps = ["export it anew", "encode it anew", "encode it anew"]
    titles = [a_title(state="failed", cause=Cause.MEDIA, owner=Owner.DEVOPS, next_step=step) for step in steps]
    (cause,) = page_of(a_report(*titles), {}).owners[0].causes
    assert [(step.next_step, len(step.rows)) for step in cause.steps] == [("encode it anew", 2), ("export it anew", 1)]


def test_a_long_list_of_work_is_folded_but_complete() -> None:
    titles = [a_title(state="failed", external_id=f"EDYE_{number}", title="") for number in range(20)]
    tags = Tags(as_html(a_report(*titles), {}))
    assert "12 more" in tags.text
    assert len(tags.named("a")) == 20


def test_messages_fixes_and_evidence_are_on_the_page() -> None:
    text = Tags(as_html(a_day()[0], {})).text
    assert "Short edge 480 px, the partner asks for at least 720 px" in text
    assert "never upscale" in text
    assert "the partner has not said completed" in text
    assert "5 attempts" in text


def test_the_result_names_who_is_asked() -> None:
    assert (
        "13 titles of 40 need somebody: Content Operations 7, Design 4, DevOps 2." in Tags(as_html(a_day()[0], {})).text
    )


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        (a_report(a_title()), "Every title of the window is accepted."),
        (a_report(), "The window has no title for this partner."),
        (a_report(a_title(state="planned"), dry_run=True), "1 title can be delivered."),
    ],
    ids=["green", "empty", "dry-run"],
)
def test_a_quiet_run_says_why_there_is_nothing_to_do(report: WindowReport, sentence: str) -> None:
    assert sentence in Tags(as_html(report, {})).text


def test_a_red_run_without_open_titles_does_not_call_itself_done() -> None:
    report = a_report(a_title(), colour=Colour.RED, incidents=("The feed was not published.",))
    text = Tags(as_html(report, {})).text
    assert "Every title of the window is accepted, but the run has incidents." in text


def test_pictures_say_what_they_show() -> None:
    report, pictures = a_day()
    shown = Tags(as_html(report, pictures)).named("img")
    assert len(shown) == 2 * 36
    assert all(picture["alt"] and str(picture["src"]).startswith("data:image/jpeg;base64,") for picture in shown)


@pytest.mark.parametrize(
    "content",
    [b"<svg onload=alert(1)>", b"", b"\xff\xd8\xff" + b"x" * PICTURE_MAX_BYTES],
    ids=["svg", "nothing", "too-large"],
)
def test_what_is_no_small_jpeg_or_png_is_not_embedded(content: bytes) -> None:
    thumbnail = ReportedThumbnail(name="poster", art_name="a.jpg", width_px=2, height_px=3)
    assert not Tags(as_html(a_report(a_title(thumbnails=(thumbnail,))), {"a.jpg": content})).named("img")


@pytest.mark.parametrize(("titles", "rows_with_pictures"), [(400, 400), (401, 1)])
def test_a_large_window_has_pictures_only_where_somebody_is_needed(titles: int, rows_with_pictures: int) -> None:
    thumbnail = ReportedThumbnail(name="poster", art_name="a.jpg", width_px=2, height_px=3)
    listed = [a_title(thumbnails=(thumbnail,)) for _ in range(titles - 1)]
    listed.append(a_title(thumbnails=(thumbnail,), state="failed"))
    page = page_of(a_report(*listed), {"a.jpg": a_picture("x", 0, (30, 20))})
    assert sum(bool(row.pictures) for row in page.rows) == rows_with_pictures


def test_exactly_the_wanted_pictures_are_shown() -> None:
    report, pictures = a_day()
    assert sorted(art_names_to_show(report)) == sorted(pictures)
    failed = [
        a_title(state="failed", thumbnails=(ReportedThumbnail(name="a", art_name=f"{n}.jpg", width_px=1, height_px=1),))
        for n in range(450)
    ]
    content = a_picture("x", 0, (30, 20))
    large = a_report(a_title(thumbnails=failed[0].thumbnails), *failed)
    page = page_of(large, {f"{number}.jpg": content for number in range(450)})
    assert len(art_names_to_show(large)) == sum(bool(row.pictures) for row in page.rows) == 400


def test_bytes_of_earlier_runs_are_not_counted_as_sent() -> None:
    titles = [a_title(bytes_sent=2_000_000), a_title(bytes_sent=7_000_000, sent=False, change=Change.UNCHANGED)]
    assert page_of(a_report(*titles), {}).bytes_sent == "2.0 MB"


def test_a_malformed_item_can_be_found_by_its_catalogue_id() -> None:
    page = as_html(a_report(a_title(title="", external_id="", edye_id="ep-777", state="rejected")), {})
    assert re.search(rb'<a href="#t1"><bdi>ep-777</bdi></a>', page)
    assert b"<code>ep-777</code>" in page


@pytest.mark.parametrize(("lang", "tag"), [("es", "es"), ("pt-BR", "pt-BR"), ('es" onload="x', ""), (None, "")])
def test_only_a_language_tag_becomes_a_lang_attribute(lang: str | None, tag: str) -> None:
    (row,) = page_of(a_report(a_title(lang=lang)), {}).rows
    assert row.language_tag == tag


def test_the_table_names_its_columns_for_a_screen_reader() -> None:
    tags = Tags(as_html(a_report(a_title()), {}))
    assert [cell.get("scope") for cell in tags.named("th")] == ["col"] * 5 + ["row"]
    assert len(tags.named("caption")) == 1


def test_an_unchanged_title_is_not_called_accepted_twice() -> None:
    page = as_html(a_report(a_title(change=Change.UNCHANGED)), {})
    assert page.count(b'class="badge ') == 1
    assert b'class="badge unchanged"' in page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_colour_has_enough_contrast(scheme: str) -> None:
    css = (Path(html_report.__file__).parent / "report.css").read_text(encoding="utf-8")
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", part)) for part in css.split("@media screen")[:2])
    colours = light if scheme == "light" else light | dark
    states = ["accepted", "unchanged", "rejected", "failed", "planned", "withdrawn"]
    pairs = [(text, ground) for text in ("ink", "soft", "link", *states) for ground in ("page", "card", "shade")]
    pairs += [("on-state", state) for state in states]
    pairs += [(text, wash) for text in ("ink", "soft", "link", "rejected") for wash in ("failed-wash", "rejected-wash")]
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours by WCAG 2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_run_over_a_deprecated_channel_says_so_at_the_top_and_repeats_its_reason() -> None:
    report = a_report(a_title(channel="ftp"), channel="ftp", notice="the FTP channel is deprecated", reason="API down")
    page = as_html(report, {}).decode()
    assert "FTP, deprecated" in page
    assert "The FTP channel is deprecated. Reason given: <bdi>API down</bdi>" in page
    assert "deprecated" not in as_html(a_report(a_title()), {}).decode()
