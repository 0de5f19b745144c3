"""--check-urls over real HTTP: every rule on pictures as it fails, holds, and holds at its limit."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image as Pillow

from edye_delivery.catalog.facts import PictureFacts
from edye_delivery.command_line.lint_feed import lint_inputs
from edye_delivery.command_line.network import Limits
from edye_delivery.feeds.lint.images.checks import check_picture
from edye_delivery.feeds.lint.images.places import PicturePlaces, Role
from edye_delivery.feeds.rule import RULES, Family
from tests.unit.clients.local_web import local_web
from tests.unit.command_line.calls import as_json, called, some_wishes
from tests.unit.command_line.feeds import a_feed, an_asset, as_bytes


@pytest.fixture
def web():
    with local_web() as server:
        yield server


def draw(width_px, height_px, picture_format="PNG"):
    file = BytesIO()
    Pillow.new("L", (width_px, height_px)).save(file, picture_format)
    return file.getvalue()


def an_image(url, kind="main"):
    return [{"type": kind, "url": url, "languages": ["en"]}]


def a_feed_with(web, url, kind="main"):
    images = an_image(url, kind)
    if kind != "main":
        images += an_image(web.put("/good", draw(1600, 900)))
    return web.put("/feed", as_bytes(a_feed(an_asset(images=images))))


def a_direct_feed_with(web, url):
    return web.put("/direct", as_bytes({"providerName": "A", "movies": [{"id": "m", "thumbnail": url}]}))


def picture_findings(*arguments):
    document = as_json("--check-urls", *arguments)
    return [one for one in document["findings"] if one["code"].startswith("FEED5")]


def picture_codes(*arguments):
    return [one["code"] for one in picture_findings(*arguments)]


def main_codes(web, width_px, height_px):
    return picture_codes(a_feed_with(web, web.put("/p", draw(width_px, height_px))))


def test_a_finding_has_page_pointer_asset_and_address(web):
    url = f"{web.origin}/gone"
    feed = a_feed_with(web, url)
    (finding,) = picture_findings(feed)
    assert (finding["code"], finding["file"], finding["path"], finding["asset_id"], finding["message"]) == (
        "FEED501", feed, "/assets/0/images/0/url", "movie-1", f"{url} answers 404 instead of 200",
    )  # fmt: skip


def test_pictures_are_left_alone_unless_they_are_asked_for(web):
    assert as_json(a_feed_with(web, f"{web.origin}/gone"))["findings"] == []
    assert web.asked == ["/feed"]


def test_a_redirect_a_page_and_a_webp_are_refused_and_all_three_formats_are_taken(web):
    good = web.put("/ok", draw(1600, 900))
    assert picture_codes(a_feed_with(web, web.put("/moved", status=301, Location=good))) == ["FEED502"]
    assert picture_codes(a_feed_with(web, web.put("/page", b"<html>"))) == ["FEED503"]
    assert picture_codes(a_feed_with(web, web.put("/webp", draw(1600, 900, "WEBP")))) == ["FEED503"]
    for picture_format in ("JPEG", "PNG", "GIF"):
        assert picture_codes(a_feed_with(web, web.put("/ok", draw(1600, 900, picture_format)))) == []


@pytest.mark.parametrize(
    ("size", "codes"),
    [
        ((1600, 900), []),
        ((1624, 900), []),  # 1.5 % wider than 16:9
        ((1625, 900), ["FEED504"]),
        ((1576, 900), []),  # 1.5 % narrower
        ((1575, 900), ["FEED504"]),
        ((600, 900), []),
        ((624, 900), []),  # 4 % wider than 2:3
        ((625, 900), ["FEED504"]),
        ((576, 900), []),  # 4 % narrower
        ((575, 900), ["FEED504"]),
        ((900, 900), ["FEED504"]),
        ((1920, 1080), []),
        ((1921, 1080), ["FEED506"]),
        ((3840, 2160), ["FEED506"]),
        ((720, 1080), []),
        ((721, 1081), ["FEED507"]),
        ((2000, 3000), ["FEED507"]),
        ((2000, 2000), ["FEED504", "FEED506"]),
    ],
    ids=str,
)
def test_ratio_and_size_of_a_main_image(web, size, codes):
    assert main_codes(web, *size) == codes


@pytest.mark.parametrize(("size", "codes"), [((1624, 900), []), ((1625, 900), ["FEED505"]), ((900, 900), ["FEED505"])])
def test_a_background_off_its_ratio_is_only_a_warning(web, size, codes):
    feed = a_feed_with(web, web.put("/p", draw(*size)), "background")
    assert picture_codes(feed) == codes
    assert called("--check-urls", feed).exit_code == 0


@pytest.mark.parametrize(
    ("size", "codes"),
    [
        ((800, 450), []),
        ((799, 450), ["FEED508"]),
        ((800, 449), ["FEED508"]),
        ((3840, 2160), []),
        ((1200, 1800), ["FEED505"]),
        ((812, 450), []),
        ((813, 450), ["FEED505"]),
    ],
    ids=str,
)
def test_a_thumbnail_of_a_direct_feed_is_large_enough_and_wide(web, size, codes):
    assert picture_codes(a_direct_feed_with(web, web.put("/t", draw(*size)))) == codes


@pytest.mark.parametrize("size", [(1200, 900), (810, 1080), (900, 900)], ids=str)
def test_a_ratio_that_roku_also_supports_is_taken_as_roku_takes_it_beside_a_required_one(web, size):
    other = web.put("/other", draw(*size))
    alone = web.put("/alone", as_bytes(a_feed(an_asset(images=an_image(other)))))
    beside = an_image(other, "poster") + an_image(web.put("/good", draw(1600, 900)))
    both = web.put("/both", as_bytes(a_feed(an_asset(images=beside))))
    assert picture_codes("--profile", "roku", alone) == ["FEED512"]
    assert picture_codes("--profile", "roku", both) == []
    assert picture_codes("--profile", "roku", a_feed_with(web, other, "background")) == []
    assert picture_codes(alone) == ["FEED504"]


def a_direct_feed_with_trick_play(web, url):
    episode = {"id": "e", "content": {"trickPlayFiles": [{"url": url, "quality": "HD"}]}}
    series = {"id": "s", "seasons": [{"episodes": [episode]}]}
    return web.put("/direct", as_bytes({"providerName": "A", "series": [series]}))


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (b"\x89BIF\r\n\x1a\n" + bytes(100), []),
        (b"\x89BIF\r\n\x1a\r" + bytes(100), ["FEED511"]),
        (draw(320, 180), ["FEED511"]),
        (b"", ["FEED511"]),
    ],
    ids=["a BIF", "another eighth byte", "a picture", "nothing"],
)
def test_a_trickplay_file_is_a_bif_by_its_content(web, content, codes):
    found = picture_findings(a_direct_feed_with_trick_play(web, web.put("/t.bif", content)))
    assert [(one["code"], one["asset_id"]) for one in found] == [(code, "e") for code in codes]


def test_a_trickplay_file_that_is_not_there_and_a_thumbnail_that_is_one_are_told(web):
    assert picture_codes(a_direct_feed_with_trick_play(web, f"{web.origin}/gone.bif")) == ["FEED501"]
    assert picture_codes(a_direct_feed_with(web, web.put("/t", b"\x89BIF\r\n\x1a\n"))) == ["FEED503"]


def test_so_many_images_are_looked_at_and_the_rest_is_told(web):
    urls = [web.put(f"/p{number}", draw(1600, 900)) for number in range(4)]
    feed = web.put(
        "/feed", as_bytes(a_feed(*(an_asset(number, images=an_image(url)) for number, url in enumerate(urls))))
    )
    assert picture_codes("--max-urls", "4", feed) == []
    web.asked.clear()
    (finding,) = picture_findings("--max-urls", "3", feed)
    assert (finding["code"], finding["path"]) == ("FEED509", "")
    assert finding["message"] == "checked: 3 files; not checked: the files of 1 place"
    assert len(web.asked) == 4


def test_a_file_with_too_many_bytes_is_a_warning(web):
    content = draw(1600, 900)
    feed = a_feed_with(web, web.put("/p", content))
    for most, codes in ((len(content), []), (len(content) - 1, ["FEED510"])):
        report = lint_inputs([feed], some_wishes(max_urls=9), limits=Limits(picture_max_bytes=most))
        assert [one.rule.code for one in report.findings()] == codes
        assert report.exit_code == 0


def test_an_image_that_many_titles_share_is_asked_for_once_and_told_of_each(web):
    images = an_image(f"{web.origin}/gone")
    feed = web.put("/feed", as_bytes(a_feed(an_asset(1, images=images), an_asset(2, images=images))))
    assert [one["asset_id"] for one in picture_findings(feed)] == ["movie-1", "movie-2"]
    assert web.asked.count("/gone") == 1


def test_an_image_on_a_private_address_is_told_and_asked_only_on_request(web, tmp_path):
    file = tmp_path / "feed.json"
    url = web.put("/p", draw(1600, 900))
    file.write_bytes(as_bytes(a_feed(an_asset(images=an_image(url)))))
    assert picture_codes(file) == ["FEED501"]
    assert web.asked == []
    assert picture_codes("--private-hosts", file) == []


def test_every_rule_on_pictures_is_known_here():
    tested = {f"FEED5{number:02}" for number in range(1, 13)}
    assert {code for code, rule in RULES.items() if rule.family is Family.PICTURES} == tested


@pytest.mark.parametrize(
    "item",
    [
        None,
        [],
        1,
        {"images": {}},
        {"images": [None, {"url": 1}]},
        {"thumbnail": []},
        {"seasons": [[], {"episodes": 3}]},
    ],
    ids=str,
)
def test_items_of_any_shape_are_taken(item):
    places = PicturePlaces()
    places.on_item("page", "/movies/0", item)
    assert places.of_url == {}


def test_thumbnails_of_seasons_and_episodes_have_their_places():
    episode = {"id": "e", "thumbnail": "t"}
    series = {"id": "s", "seasons": [{"thumbnail": "t", "episodes": [episode | {"episodes": [episode]}]}]}
    places = PicturePlaces()
    places.on_item("page", "/series/0", series | {"episodes": [episode], "thumbnail": "t"})
    assert [(use.path, use.asset_id) for use in places.of_url["t"]] == [
        ("/series/0/thumbnail", "s"),
        ("/series/0/seasons/0/thumbnail", "s"),
        ("/series/0/seasons/0/episodes/0/thumbnail", "e"),
        ("/series/0/episodes/0/thumbnail", "e"),
    ]


def test_places_are_bounded_as_well():
    places = PicturePlaces(urls_max=9, uses_max=2)
    for number in range(3):
        places.on_item("page", f"/assets/{number}", {"images": [{"type": "main", "url": "a"}]})
    assert (len(places.of_url["a"]), places.left_out) == (2, 1)


def test_an_address_with_control_characters_is_printable_in_messages():
    facts = PictureFacts(url="http://a/\x1b[31m", failure="unreachable", detail="has \x07")
    (hit,) = check_picture(facts, Role.MAIN)
    assert hit.message.isprintable()
