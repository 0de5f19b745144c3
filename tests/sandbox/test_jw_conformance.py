"""JW Player's stand-in keeps its contract, for calls that schemathesis makes up, and gives every documented status."""

from __future__ import annotations

from zlib import crc32

import httpx
import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation

from sandbox.jw_player import SITE_ID, TOKEN
from sandbox.server import Sandbox
from tests.sandbox.conftest import PROJECT

pytestmark = pytest.mark.proof
BOUNDED = hypothesis.settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
HEADERS = {"authorization": f"Bearer {TOKEN}"}
QUERIES = ["id:[00000000 TO zzzzzzzz]", 'title: "cometa"', "last_modified:[2026-03-01 TO 2026-03-02]", ""]
SORTS = ["last_modified:dsc", "created:asc,title:dsc", "duration:asc"]
PATHS = {
    "site_id": [SITE_ID, "otherone"],
    "media_id": ["strangr1", "aaaaaaaa"],
    "playlist_id": ["listroku", "listnone"],
}


def contract() -> schemathesis.BaseSchema:
    """The contract, which makes up right and wrong calls, with the right secret."""
    loaded = schemathesis.openapi.from_path(PROJECT / "include" / "contracts" / "jw-player.yaml")
    loaded.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])

    @loaded.auth()
    class Token:
        def get(self, case, context):
            return TOKEN

        def set(self, case, data, context):
            case.headers["authorization"] = f"Bearer {data}"

    return loaded


jw_contract = contract()


@pytest.fixture(scope="module")
def jw_url(tmp_path_factory, media_dir):
    with Sandbox(tmp_path_factory.mktemp("jw"), media_dir=media_dir, jw_calls_a_minute=0) as box:
        yield box.jw_url


def one_of(values, case):
    """One of the values, the same for the same case."""
    return values[crc32(repr((case.path_parameters, case.query)).encode("utf-8", "replace")) % len(values)]


@jw_contract.parametrize()
@BOUNDED
def test_jw_player_keeps_its_contract(case, jw_url):
    path, query = (case.meta.components.get(place) for place in (ParameterLocation.PATH, ParameterLocation.QUERY))
    if path is None or path.mode is GenerationMode.POSITIVE:
        for name in case.path_parameters.keys() & PATHS.keys():
            case.path_parameters[name] = one_of(PATHS[name], case)
    if query is None or query.mode is GenerationMode.POSITIVE:
        # The schema allows any text here; what it means is in a description.
        for name, values in (("q", QUERIES), ("sort", SORTS)):
            if name in case.query:
                case.query[name] = one_of(values, case)
    case.call_and_validate(base_url=jw_url)


ANSWERED_BY_FAULT = {"429", "500", "502", "503", "504"}
BY_STATUS = {
    "listMedia": {"400": {"page": 0}, "404": {}, "401": {}},
    "getMedia": {"400": {"x": 1}, "404": {}, "401": {}},
    "listRenditions": {"400": {"page": 0}, "404": {}, "401": {}},
    "listOriginals": {"400": {"page": 0}, "404": {}, "401": {}},
    "listPlaylists": {"400": {"page": 0}, "404": {}, "401": {}},
    "deliverMedia": {"400": {"x": 1}, "403": {}, "404": {}},
    "deliverPlaylist": {"400": {"x": 1}, "403": {}, "404": {}},
}


def documented() -> list[tuple[str, str, str]]:
    paths = jw_contract.raw_schema["paths"]
    return [
        (operation["get"]["operationId"], path, status)
        for path, operation in paths.items()
        for status in operation["get"]["responses"]
    ]


@pytest.mark.parametrize(("operation", "path", "status"), documented(), ids=lambda value: value[:24])
def test_every_documented_status_is_reached(operation, path, status, tmp_path, media_dir):
    site, media, playlist = SITE_ID, "strangr1", "listroku"
    if status == "404":
        site, media, playlist = "otherone", "aaaaaaaa", "listnone"
    address = path.format(site_id=site, media_id=media, playlist_id=playlist)
    needs_token = status == "403" and operation.startswith("deliver")
    with Sandbox(tmp_path, media_dir=media_dir, jw_signing_secret="s3cret" if needs_token else "") as box:
        if status in ANSWERED_BY_FAULT or (status == "403" and not needs_token):
            box.plan([{"service": "jw", "operation": operation, "kind": "status", "status": int(status)}])
        query = BY_STATUS[operation].get(status, {}) if status == "400" else {}
        answer = httpx.get(box.jw_url + address, params=query, headers={} if status == "401" else HEADERS)
    assert answer.status_code == int(status)
