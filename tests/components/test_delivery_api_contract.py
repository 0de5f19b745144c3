"""The delivery API keeps its contract for calls that schemathesis makes up, and reaches every status that it names."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import positive_data_acceptance

from edye_delivery.catalog.vocabulary import ListName
from tests.components.delivery_api_server import PROJECT, DeliveryApi
from tests.unit.delivery_api.signed_entries import BASE, SECRET, VIDEO, signed_entry, source_path
from tests.unit.delivery_api.world import entry, episode, gone, pull_annex, show
from tests.waiting import until

pytestmark = pytest.mark.proof
CONTRACT_FILE = PROJECT / "include" / "contracts" / "edye-delivery-api.yaml"
BOUNDED = hypothesis.settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
TOKENS: dict[str, str] = {}

contract = schemathesis.openapi.from_path(CONTRACT_FILE)
contract.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])


@contract.auth()
class Token:
    def get(self, case, context):
        return TOKENS["app"]

    def set(self, case, data, context):
        case.headers["authorization"] = f"Bearer {data}"


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """A server with one partner that may call everything, a user that may not, and partners without what is asked."""
    api = DeliveryApi(tmp_path_factory.mktemp("api"), signing_secret=SECRET)
    users = {"app": ["shows", "episodes", "feed", "media"], "nobody": ["shows"], "feeder": ["feed"]}
    signed = {"signed_media": {"base_url": BASE}}
    pull_annex(api.world.annexes, "shelf", users, **signed)
    pull_annex(api.world.annexes, "slow", rate_limit={"calls": 1, "window_s": 3600})
    pull_annex(api.world.annexes, "empty")
    pull_annex(api.world.annexes, "new")
    pull_annex(api.world.annexes, "expired")
    items = [show("s1"), show("s2"), episode("e1", "s1"), episode("e2", "s1"), signed_entry("m1", VIDEO), entry("m2")]
    items += [show("s3"), episode("e3", "s1"), entry("m3")]
    for partner in ("shelf", "slow", "expired"):
        api.publish(partner, *items)
    api.publish("empty")
    left = [(ListName.SHOWS, "s1"), (ListName.EPISODES, "e1"), (ListName.ENTRIES, "m1")]
    api.publish("expired", *(gone(item_id, name) for name, item_id in left))
    for partner, user in [("shelf", name) for name in users] + [
        (name, "app") for name in ("slow", "empty", "new", "expired")
    ]:
        TOKENS[user if partner == "shelf" else partner] = api.tokens.add(partner, user)
    api.start()
    yield api
    api.close()


calls = contract.exclude(operation_id="health")
KNOWN_IDS = {"show": "s1", "episode": "e1"}


@calls.given(is_known=st.booleans())
@calls.parametrize()
@BOUNDED
def test_the_delivery_api_keeps_its_contract(case, is_known, api):
    path = case.meta.components.get(ParameterLocation.PATH)
    if is_known and path and path.mode is GenerationMode.POSITIVE:
        if "name" in case.path_parameters:
            case.path_parameters["name"] = source_path("m1", VIDEO).rpartition("/")[2]
        case.path_parameters["id"] = KNOWN_IDS.get(case.operation.definition.raw["operationId"], "m1")
    is_free = not {"cursor", "updated_since", "tag"} & set(case.query or {})  # these are valid by more than a schema
    case.call_and_validate(base_url=api.url, excluded_checks=[] if is_free else [positive_data_acceptance])


def test_health_answers_as_the_contract_says(api):
    answer = api.get("/healthz")
    assert str(answer.status_code) in operations()["health"]["responses"]
    assert answer.status_code == 503  # one partner has nothing yet


PATHS = {
    "showList": "/v1/shows",
    "episodeList": "/v1/episodes",
    "feed": "/v1/feed",
    "show": "/v1/shows/s1",
    "episode": "/v1/episodes/e1",
    "media": "/v1/media/m1",
    "mediaImages": "/v1/media/m1/images",
    "mediaMetadata": "/v1/media/m1/metadata",
    "mediaSource": source_path("m1", VIDEO),
}
LISTS = ("showList", "episodeList", "feed")


def operations() -> dict[str, dict[str, Any]]:
    """The contract's operations by their id."""
    read = yaml.safe_load(CONTRACT_FILE.read_text("utf-8"))
    return {path["get"]["operationId"]: path["get"] for path in read["paths"].values()}


def raw_status(api, content, path):
    """The status for these bytes after the path."""
    host, _, port = api.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), 30) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n".encode() + content)
        return int(connection.recv(65536).split()[1])


def status_of_an_old_cursor(api, path):
    """The status of a cursor whose generation is not kept any more."""
    cursor = api.get(f"{path}?page_size=1", TOKENS["expired"]).json()["next"]
    for number in range(2):
        api.publish("expired", show("s2", f"{path} {number}"), keep=2)
    until(lambda: api.get(cursor, TOKENS["expired"]).status_code != 200, "the end of the generation")
    return api.get(cursor, TOKENS["expired"]).status_code


@pytest.mark.parametrize("name", PATHS, ids=str)
def test_every_status_of_the_contract_is_reached(name, api):
    path, token = PATHS[name], TOKENS["app"]
    found = api.get(path, token)
    refused = TOKENS["nobody"] if name not in ("showList", "show") else TOKENS["feeder"]
    statuses = {
        found.status_code,
        api.get(path, token, If_None_Match=found.headers.get("etag", "")).status_code,
        api.get(f"{path}?unknown=1", token).status_code,
        api.get(path).status_code,
        api.get(path, refused).status_code,
        httpx.post(f"{api.url}{path}").status_code,
        raw_status(api, b"X: " + b"a" * 9000 + b"\r\n\r\n", path),
        raw_status(api, b"", path),
        api.get(path, TOKENS["new"]).status_code,
    }
    for _ in range(2):
        statuses.add(api.get(path, TOKENS["slow"]).status_code)
    if name in LISTS:
        statuses.add(api.get(path, TOKENS["empty"]).status_code)
        statuses.add(status_of_an_old_cursor(api, path))
    else:
        for known in ("s1", "e1", "m1"):
            statuses.add(api.get(path.replace(known, "unknown"), token).status_code)
        statuses.add(api.get(path, TOKENS["expired"]).status_code)
    documented = {int(status) for status in operations()[name]["responses"]} - {500}
    assert documented <= statuses
