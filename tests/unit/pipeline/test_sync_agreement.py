"""Titles that agree are found by a query: the report is the same as if every rule had been asked about every title."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from edye_delivery.catalog.jw_player import JwDelivered, JwLook, JwPicture
from edye_delivery.catalog.order import Accepted
from edye_delivery.pipeline import sync_agreement
from edye_delivery.pipeline.sync_check import SyncCheck
from edye_delivery.pipeline.sync_titles import SyncTitles
from tests.builders import an_episode
from tests.unit.pipeline.sync_world import ROKU, a_check, a_library, a_sweep, looks_of, titles_of
from tests.unit.qc.sync.builders import LIMITS, NOW, a_media, a_source, a_title, ago

COUNT = 250
LAG, MICROSECOND = timedelta(seconds=LIMITS.sync_lag_s), timedelta(microseconds=1)
CHANGED = a_media().last_modified_at
SERIES = {"tags": ["roku", "series"], "geo": ["mx", "us"]}
TITLES = (
    {"tags": ["roku"]}, {"tags": ["roku", " kidsdirected", ""]}, {"geo": []}, {"geo": ["MX"]},
    {"visible": False}, {"external_ids": {}}, {"duration_ms": None}, {"duration_ms": 4_805_000},
    {"duration_ms": 4_805_001}, {"titles": {"en": "La cafe\u0301", "es": "The Kite"}},
    {"titles": {"en": "The\x1fKite"}},
    {"updated_at": (CHANGED - LAG).isoformat()}, {"updated_at": (CHANGED - LAG - MICROSECOND).isoformat()},
    {"title_id": " EDYE_MOV_000123 "}, {"title_id": "OTHER"}, {"jwp_id": None},
)  # fmt: skip
MEDIA = (
    {"status": "failed"}, {"status": "odd"}, {"title": ""}, {"title": " The Kite "}, {"title": "Kite"},
    {"title": "La café"}, {"title": "The\x1fKite"}, {"tags": ("roku", "kidsdirected", "roku ")}, {"tags": ()},
    {"params": {"Acronym": ""}}, {"params": {"Acronym": "OTHER"}}, {"params": {"geoList": ""}},
    {"params": {"TMS ID": "1"}}, {"duration_s": None}, {"duration_s": 4805.0}, {"last_modified_at": None},
    {"last_modified_at": NOW}, {"publish_start_at": NOW}, {"publish_start_at": NOW + MICROSECOND},
    {"publish_end_at": NOW}, {"publish_end_at": NOW + MICROSECOND}, {"defects": ("created is no moment",)},
)  # fmt: skip
GIVEN = ({"jwp_id": "m0000000"}, {"jwp_id": None}, {"duration_ms": 1}, {"tags": ("other",)}, {"updated_at": NOW})
LOOKS = (
    {"images": ()}, {"height": 720}, {"size_bytes": None}, {"height": None}, {"file": "https://c.example/o.mp4"},
    {"width": None, "height": None}, {"type": "audio/mp4"}, None,
)  # fmt: skip


def a_world(chance: random.Random, partner: str, **changes) -> SyncCheck:
    """Titles, media, looks and given states that differ at random, the same again for the same seed."""
    titles, media, looks, given = [], [], [], []
    for number in range(COUNT):
        media_id = f"m{number - (chance.random() < 0.03):07}"
        make = a_title if chance.random() < 0.7 else an_episode_of_a_series
        title = make(**{"id": f"id-{number}", "jwp_id": media_id, **one_of(chance, TITLES)})
        titles.append(title)
        own = {"last_modified_at": CHANGED, **one_of(chance, MEDIA)}
        params = {"Acronym": title.title_id.strip()} | own.pop("params", {})
        media.append(a_media(**own, id=f"m{number:07}", params=params))
        if chance.random() < 0.3:
            looks.append(a_look_at(f"m{number:07}", one_of(chance, LOOKS)))
        if partner and chance.random() < 0.5:
            given.append(Accepted(f"X{number}", title.model_copy(update=one_of(chance, GIVEN))))
    missing = {one.id for one in chance.sample(media, 8)}
    kept = a_library(*(one for one in media if one.id not in missing))
    known = titles_of(*titles, partner=partner, given=given)
    return a_check(known, kept, looks=looks_of(*looks), known=sorted(missing)[:4], **changes)


def one_of(chance: random.Random, changes):
    """Mostly no change, so that most titles differ in one thing or in none."""
    return chance.choice(changes) if chance.random() < 0.4 else {}


def an_episode_of_a_series(**changes):
    base = a_title()
    shared = {"tags": ["roku", "kidsdirected", "series"], "geo": ["mx", "us"], "series": SERIES}
    own = {"titles": base.titles, "external_ids": base.external_ids, "duration_ms": base.duration_ms}
    whole = an_episode(**{**shared, **own, "updated_at": ago(2 * LIMITS.sync_lag_s).isoformat(), **changes})
    return whole.model_copy(update={"sources": base.sources})


def a_look_at(media_id: str, change: dict | None) -> JwLook:
    if change is None:
        return JwLook(media_id, None)
    own = dict(change)
    images = own.pop("images", (JwPicture("https://cdn.example/p.jpg"),))
    return JwLook(media_id, JwDelivered(id=media_id, sources=(a_source(**own),), images=images))


def report_of(check: SyncCheck):
    check.run()
    rows = sorted(check.findings.rows(), key=lambda row: (row.edye_id, row.media_id))
    return [row.model_dump() for row in rows], check.findings.rule_counts(), check.compared


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("partner", ["", ROKU])
@pytest.mark.parametrize("is_complete", [True, False], ids=["whole", "cut"])
@pytest.mark.parametrize("external_ids", [LIMITS.external_ids, frozenset()], ids=["tms", "none"])
def test_the_report_is_as_if_every_rule_was_asked(monkeypatch, seed, partner, is_complete, external_ids):
    changes = {"sweep": a_sweep(is_complete=is_complete), "limits": replace(LIMITS, external_ids=external_ids)}
    check = a_world(random.Random(seed), partner, **changes)
    fast = report_of(check)
    assert COUNT / 4 < COUNT - len(fast[0]) < COUNT  # many agree
    monkeypatch.setattr(sync_agreement, "AGREES", "(0)")
    monkeypatch.setattr(sync_agreement, "IS_NOT_JUDGED", "(0)")
    assert fast == report_of(a_world(random.Random(seed), partner, **changes))


def test_most_titles_agree_so_that_the_rules_are_not_asked(monkeypatch):
    loaded = Counter()
    title = SyncTitles.title
    monkeypatch.setattr(SyncTitles, "title", lambda self, number: loaded.update([number]) or title(self, number))
    many = [a_title(id=f"movie-{number}", jwp_id=f"m{number:07}") for number in range(50)]
    library = a_library(
        *(a_media(id=f"m{number:07}", duration_s=1.0 if number == 7 else 4800.0) for number in range(50))
    )
    check = a_check(titles_of(*many), library)

    check.run()

    assert loaded == Counter({7: 1})
    assert (check.findings.rows_in_all, check.compared.titles) == (1, 50)
