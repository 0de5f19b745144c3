"""A partner is data: a second annex with other paths, names, constants and naming delivers without a change of code."""

import json

import httpx
import pytest
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from edye_delivery.annex.load import load_annexes
from sandbox.hosting import Hosting, open_listener
from tests.builders import annex_content
from tests.flow.conftest import QUICK_API

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
            "cover": await form["cover"].read(),
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
    assert episode["cover"].startswith(b"\xff\xd8")
    assert episode["size"] > 10_000
    assert {title.tracking_id for title in report.titles} == {"job-1", "job-2"}
