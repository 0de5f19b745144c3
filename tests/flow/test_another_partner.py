"""A partner is data: a second annex with other paths, names, constants and naming delivers without a change of code."""

import json
import tempfile
from io import BytesIO
from pathlib import Path

import httpx
import pytest
import yaml
from PIL import Image as Pillow
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from edye_delivery.annex.load import load_annexes
from edye_delivery.annex.model import Annex
from edye_delivery.feeds.lint.linter import FeedLint
from edye_delivery.feeds.publish.assemble import assemble
from edye_delivery.feeds.roku.schemas import Profile
from sandbox.hosting import Hosting, open_listener
from tests.builders import PROJECT, annex_content
from tests.flow.conftest import QUICK_API, QUICK_FTP
from tests.flow.ftp_line import FtpLine
from tests.flow.line import now

FRESH = PROJECT / "tests" / "fixtures" / "annexes"
SECOND = {
    "partner": "directv_latam",
    "display_name": "DIRECTV Latin America",
    "client_id": "dtv-7",
    "naming": {
        "episode": "DTV-{title_id}-{season:03}-{episode:03}-{lang}",
        "episode_without_season": "DTV-{title_id}-{episode:04}-{lang}",
        "other": "DTV-{title_id}-{lang}",
        "file_name": "directv_{id_cliente}_{title_slug}_{date}.mp4",
    },
    "metadata": {
        "title": {"field": "title"},
        "client": {"field": "client_id"},
        "asset": {"field": "external_id"},
        "provider": {"constant": "EDYE"},
        "keywords": {"field": "genres", "map": "generos", "join": ";"},
        "aired": {"field": "release_date", "format": "%d.%m.%Y"},
        "title_en": {"field": "title", "lang": "en"},
    },
    "minimum_metadata": ["title", "client"],
    "acceptance": ["received_with_tracking_id", "completed", "media_within_limits", "minimum_metadata"],
}
API = {
    "ingest_path": "/vod/v3/assets",
    "status_path": "/vod/v3/jobs",
    "status_id_parameter": "job",
    "file_part": "video",
    "metadata_part": "info",
    "tracking_id_keys": ["job.ref"],
    "state_key": "job.phase",
    "states": {"QUEUED": "received", "RUNNING": "processing", "DONE": "completed", "FAILED": "error"},
    "renditions": [{"part": "cover", "thumbnail": "portrait_2x3"}],
}


@pytest.fixture
def second_partner():
    """A partner of another shape: takes everything, keeps it, and says DONE at the second look."""
    taken, looks = {}, {}

    async def ingest(request: Request):
        form = await request.form()
        info = json.loads(form["info"])
        ref = f"job-{len(taken) + 1}"
        taken[ref] = {
            "info": info,
            "file_name": form["video"].filename,
            "size": form["video"].size,
            "pictures": {
                name: (part.filename, await part.read())
                for name, part in form.items()
                if not isinstance(part, str) and part.content_type.startswith("image/")
            },
        }
        return JSONResponse({"job": {"ref": ref, "phase": "QUEUED"}}, 202)

    async def status(request: Request):
        ref = request.query_params["job"]
        looks[ref] = looks.get(ref, 0) + 1
        return JSONResponse({"job": {"ref": ref, "phase": "DONE" if looks[ref] > 1 else "RUNNING"}})

    app = Starlette(routes=[Route("/vod/v3/assets", ingest, methods=["POST"]), Route("/vod/v3/jobs", status)])
    listener = open_listener("second", "127.0.0.1", 0)
    hosting = Hosting({"second": app}, {"second": listener})
    hosting.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", taken
    hosting.stop()


def test_a_second_annex_in_a_folder_delivers_by_its_own_names(tmp_path, make_line, second_partner):
    url, taken = second_partner
    content = annex_content()
    content |= SECOND | {"api": content["api"] | QUICK_API | API}
    (tmp_path / "annexes").mkdir()
    (tmp_path / "annexes" / "directv_latam.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    line = make_line(load_annexes(tmp_path / "annexes")["directv_latam"])
    line.partner_client = lambda kind=httpx.Client: kind(base_url=url, trust_env=False)
    report = line.run(external_ids=("DTV-EDYE_PLANETA-001-001-es", "DTV-EDYE_MOV_000101-es"))
    assert [title.state for title in report.titles] == ["accepted", "accepted"]
    sent = {entry["info"]["asset"]: entry for entry in taken.values()}
    episode = sent["DTV-EDYE_PLANETA-001-001-es"]
    assert episode["file_name"].startswith("directv_dtv-7_")
    assert episode["file_name"].endswith("_20260301.mp4")
    assert episode["info"]["provider"] == "EDYE"
    assert episode["info"]["keywords"] == "kids;education"
    assert "titulo" not in episode["info"]
    assert episode["info"]["title_en"]
    assert episode["pictures"]["cover"][1].startswith(b"\xff\xd8")
    assert episode["size"] > 10_000
    assert {title.tracking_id for title in report.titles} == {"job-1", "job-2"}


def fresh_partner(name: str, **quick: dict) -> Annex:
    """A partner whose annex the tests keep, with waits of a test."""
    load_annexes(FRESH)
    content = yaml.safe_load((FRESH / f"{name}.yaml").read_text(encoding="utf-8"))
    return Annex.model_validate(content | {key: content[key] | waits for key, waits in quick.items()})


def shape(content: bytes) -> tuple[str, tuple[int, int]]:
    with Pillow.open(BytesIO(content)) as picture:
        return str(picture.format), picture.size


def test_a_fresh_partner_with_an_api_gets_four_pictures_of_its_own_sizes_and_names(make_line, second_partner):
    url, taken = second_partner
    line = make_line(fresh_partner("cable_operator", api=QUICK_API))
    line.partner_client = lambda kind=httpx.Client: kind(base_url=url, trust_env=False)
    episode = "CABLE-EDYE_PLANETA-01-001-es"

    report = line.run(external_ids=(episode, "CABLE-EDYE_MOV_000101-es"))

    assert [title.state for title in report.titles] == ["accepted", "accepted"]
    sent = next(entry for entry in taken.values() if entry["info"]["asset"] == episode)
    assert {part: (name, *shape(content)) for part, (name, content) in sent["pictures"].items()} == {
        "still_wide": (f"{episode}_1280x720.jpg", "JPEG", (1280, 720)),
        "still_box": (f"{episode}_960x720.jpg", "JPEG", (960, 720)),
        "poster": (f"{episode}_poster_2x3.jpg", "JPEG", (600, 900)),
        "cover": (f"cover-{episode}.png", "PNG", (450, 600)),
    }
    assert (sent["info"]["rating"], sent["info"]["type"], sent["info"]["keywords"]) == (
        "Para toda la familia",
        "Episode",
        "niños",
    )
    assert sent["info"]["ends"] == "2099-12-31 23:59:59"


def test_a_fresh_partner_by_ftp_alone_gets_its_files_and_its_feed(box, tmp_path, artifacts):
    annex = fresh_partner("telecom_operator", ftp=QUICK_FTP)
    line = FtpLine(annex, box, tmp_path, artifacts=artifacts)
    episode, movie = "EDYE_PLANETA_01_01_ES", "EDYE_MOV_000101_ES"

    report = line.run(external_ids=(episode, movie))

    assert [title.state for title in report.titles] == ["accepted", "accepted"]
    stored = {Path(entry["path"]).name for entry in box.journal(service="ftp", operation="store")}
    wanted = ["still_wide.{}.jpg", "still_square.{}.png", "poster_large.{}.jpg", "poster_small.{}.jpg"]
    for name in wanted:
        assert any(file.startswith(name.format(episode)) for file in stored), (name, stored)
    accepted = list(line.ledger.accepted_titles(annex.partner))
    with tempfile.TemporaryDirectory() as folder:
        made = assemble(annex, annex.feeds[0], accepted, (), "https://feeds.example/", Path(folder), now())
        content = made.pages[0].path.read_bytes()
    lint = FeedLint(Profile.SCHEMA, int(now().timestamp() * 1000))
    lint.add_page("feed", content)
    feed = json.loads(content)
    assert [movie["id"] for movie in feed.get("movies", feed.get("shortFormVideos", []))] == ["EDYE_MOV_000101"]
    assert [series["genres"] for series in feed["series"]] == [["children", "educational"]]
    assert lint.finish().findings.counts.keys() <= {"FEED360", "FEED347"}
