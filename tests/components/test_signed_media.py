"""Signed media from end to end: the API in its own processes, a host that checks signatures, the exposure check."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
import pytest

from edye_delivery.annex.load import load_annexes
from edye_delivery.annex.signed_media import SignedMedia
from edye_delivery.catalog.exposure import Expected, ExpectedItem, item_digest
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.clients.delivery_api.client import DeliveryApi as DeliveryApiClient
from edye_delivery.delivery_api.generations.values import ItemChange
from edye_delivery.pipeline.exposure.check import check_exposure
from edye_delivery.pipeline.exposure.result import ExposureResult
from tests.components.delivery_api_server import DeliveryApi
from tests.proofs.secret_search import found_below, needles_of
from tests.unit.delivery_api.signed_entries import SECRET
from tests.unit.delivery_api.world import entry, pull_annex
from tests.unit.pipeline.exposure.test_addresses import media_of
from tests.unit.pipeline.exposure.world import POLICY, Time, messages
from tests.waiting import until

CONTENT = b"a film" * 100
PARTNERS = ("shelf", "rival")


class SigningHost(BaseHTTPRequestHandler):
    """Serves every path to whoever has a valid signature for it, as JW Player documents it."""

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        path, until_s = split.path[1:], query.get("exp", "0")
        signature = hashlib.md5(f"{path}:{until_s}:{SECRET}".encode(), usedforsecurity=False).hexdigest()
        is_valid = query.get("sig") == signature and int(until_s) > time.time()
        content = CONTENT if is_valid else b"denied"
        self.send_response(200 if is_valid else 403)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """Host and port of the media host."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), SigningHost)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Shelf:
    """A running API with one entry of each partner; `addresses` are those of the files, by partner."""

    api: DeliveryApi
    folder: Path
    host: str
    tokens: dict[str, str]
    addresses: dict[str, str]
    items: dict[str, dict[str, object]]

    def publish(self, partner: str) -> None:
        signed = SignedMedia(base_url=self.api.url, hosts=(self.host,))
        words = {"signed_media": signed.model_dump(mode="json"), "tags": ["kids"], "geo": ["mx"]}
        pull_annex(self.api.world.annexes, partner, **words)
        item_id = f"ep-{PARTNERS.index(partner)}"
        address = signed.stable_address(item_id, f"http://{self.host}/videos/{partner}.mp4?exp=1&sig=old")
        source = {"file": address, "type": "video/mp4", "filesize": len(CONTENT)}
        body = orjson.loads(entry(item_id).body or b"") | {"sources": [source], "tags": ["kids"]}
        del body["image"], body["images"]
        self.addresses[partner], self.items[partner] = address, body
        self.api.publish(partner, ItemChange(ListName.ENTRIES, item_id, orjson.dumps(body), tags=("kids",)))

    def get(self, partner: str, address: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[partner]}"}
        return httpx.get(address, headers=headers, timeout=30, trust_env=False)

    def check(self) -> ExposureResult:
        item, annex = self.items["shelf"], load_annexes(self.api.world.annexes)["shelf"]
        title = ExpectedItem(ListName.ENTRIES, "ep-0", "EXTERNAL", item_digest(item), tags=("kids",), is_new=True)
        assert annex.pull is not None
        expected = Expected(1, dict.fromkeys(ListName, 0) | {ListName.ENTRIES: 1}, [title])
        headers, clock = {"Authorization": f"Bearer {self.tokens['shelf']}"}, Time().clock()
        with httpx.Client(base_url=self.api.url, headers=headers, timeout=30, trust_env=False) as web:
            client = DeliveryApiClient(web, POLICY, clock, 10)
            return check_exposure(client, expected, annex, annex.pull, clock, is_full=True, media=media_of(self.host))


@pytest.fixture(scope="module", params=[SECRET, ""], ids=["with a secret", "without"])
def shelf(request, host, tmp_path_factory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("api")
    api = DeliveryApi(folder, signing_secret=request.param)
    tokens = {partner: api.tokens.add(partner, "app") for partner in PARTNERS}
    for partner in PARTNERS:
        pull_annex(api.world.annexes, partner)
    api.start(workers=1)
    shelf = Shelf(api, folder, host, tokens, {}, {})
    for partner in PARTNERS:
        shelf.publish(partner)
        address = shelf.addresses[partner]
        until(lambda: shelf.get(partner, address).status_code in (302, 503), "the annex")  # noqa: B023
    yield shelf
    api.close()


with_secret = pytest.mark.parametrize("shelf", [SECRET], indirect=True, ids=["with a secret"])
without = pytest.mark.parametrize("shelf", [""], indirect=True, ids=["without"])


@with_secret
def test_a_partner_gets_its_file_from_a_host_that_checks_signatures(shelf):
    assert httpx.get(f"http://{shelf.host}/videos/shelf.mp4", trust_env=False).status_code == 403
    answer = shelf.get("shelf", shelf.addresses["shelf"])
    assert (answer.status_code, answer.headers["cache-control"]) == (302, "no-store")
    assert httpx.get(answer.headers["location"], trust_env=False).content == CONTENT


@with_secret
def test_no_partner_gets_a_signature_for_another_partners_file(shelf):
    assert shelf.get("rival", shelf.addresses["shelf"]).status_code == 404
    mixed = shelf.addresses["rival"].replace("/ep-1/", "/ep-0/")
    assert shelf.get("shelf", mixed).status_code == 404


@with_secret
def test_the_exposure_check_follows_our_address_to_the_signed_file(shelf):
    result = shelf.check()
    assert (result.counts, result.is_good("EXTERNAL")) == ({}, True), result.findings


@without
def test_without_the_secret_files_are_degraded_and_the_check_says_whose_turn_it_is(shelf):
    answer = shelf.get("shelf", shelf.addresses["shelf"])
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/degraded")
    assert "EDYE_JW_SIGNING_SECRET in its environment" in shelf.api.output
    assert ["our API answered 503" in text for text in messages(shelf.check(), "EXPO008")] == [True]
    feed = httpx.get(f"{shelf.api.url}/v1/feed", headers={"Authorization": f"Bearer {shelf.tokens['shelf']}"})
    assert feed.status_code == 200


@with_secret
def test_neither_the_secret_nor_a_signature_is_kept_anywhere(shelf):
    location = shelf.get("shelf", shelf.addresses["shelf"]).headers["location"]
    assert shelf.api.stop() == 0
    needles = needles_of({"the secret": SECRET, "a signature": location.partition("sig=")[2]})
    assert found_below(shelf.folder, needles) == []
    assert found_below(shelf.folder, {b"mediaSource": "a line of the log"}) != []
