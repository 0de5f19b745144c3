"""Publication against a real S3 server: read as readers do, killed at every step, old chains kept and then deleted."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import boto3
import httpx
import pytest

from edye_delivery.catalog.order import Accepted, place_of
from edye_delivery.clients.feed_store import S3FeedStore
from edye_delivery.clients.retry import Clock
from edye_delivery.errors import ConfigurationInvalid, FeedRefused
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.offers import Offer, offer_version, raise_version
from edye_delivery.ledger.publications import Publications
from edye_delivery.pipeline.feeds import draft_feed, lint_draft, refuse_errors
from edye_delivery.pipeline.publish_feed import FeedPublisher
from sandbox.s3 import S3Host
from tests.artifacts import Artifacts
from tests.builders import a_movie, the_annex
from tests.stored import stored

ANNEX = the_annex()
SPEC = ANNEX.feeds[0].model_copy(update={"page_max_bytes": 10_000, "keep_old_s": 3600})
START = datetime(2026, 3, 2, 6, tzinfo=UTC)


PARTNER = "p"


class Killed(BaseException):
    """The process ends here, whatever anybody catches."""


class SteppedClock:
    def __init__(self):
        self.at = START

    def __call__(self):
        return self.at

    def sleep(self, seconds):
        self.at += timedelta(seconds=seconds)


class Desk:
    """A partner's feed: titles go in, readers read; `steps_left` kills the store's next calls."""

    def __init__(self, port, folder, name):
        client = boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox-secret", region_name="us-east-1",
        )  # fmt: skip
        self.client, self.prefix = client, name
        self.store = S3FeedStore(client, "edye-feeds", name, f"http://127.0.0.1:{port}/edye-feeds")
        self.http = httpx.Client(trust_env=False)
        self.clock = SteppedClock()
        self.engine = open_engine(f"sqlite:///{folder}/ledger.sqlite")
        self.publications = Publications(
            self.engine, self.clock, PARTNER, "search", database_now=lambda _: self.clock.at
        )
        self.artifacts = Artifacts()
        self.fetches = 0

    def offer(self, titles):
        """Other titles are offered from now on."""
        with self.engine.begin() as connection:
            raise_version(connection, PARTNER, "A")
        self.offered = [Accepted(title.title_id, title) for title in sorted(titles, key=place_of)]

    def draft(self):
        with self.engine.connect() as connection:
            offer = Offer(offer_version(connection, PARTNER).version, iter(stored(self.offered)))
        previous = self.publications.current()
        draft = draft_feed(ANNEX, SPEC, offer, previous, self.store.url("pages/"), self.artifacts, self.clock())
        refuse_errors("search", "as assembled", lint_draft(draft, self.artifacts, self.clock()))
        return draft

    def publish(self, titles, store=None, publications=None):
        self.offer(titles)
        draft = self.draft()
        self.clock.at += timedelta(minutes=1)
        return self.publisher(store, publications).publish(draft)

    def publisher(self, store=None, publications=None, run_id="run-1", assemble=None):
        clock = Clock(now=self.clock, sleep=self.clock.sleep, random=lambda: 0.5)
        return FeedPublisher(
            SPEC, run_id, store or self.store, publications or self.publications, self.artifacts,
            lambda url: self.fetch(url), assemble or (lambda go_on: self.draft()), clock,
        )  # fmt: skip

    def fetch(self, url):
        self.fetches += 1
        answer = self.http.get(url)
        answer.raise_for_status()
        return answer.content

    def read(self):
        """id -> title of the chain as readers follow it now."""
        url, found = self.store.url("feed.json"), {}
        while url is not None:
            page = json.loads(self.fetch(url))
            found |= {asset["id"]: asset["titles"][0]["value"] for asset in page["assets"]}
            url = page.get("nextPageUrl")
        return found

    def objects(self):
        listed = self.client.list_objects_v2(Bucket="edye-feeds", Prefix=self.prefix).get("Contents", [])
        return {item["Key"].removeprefix(f"{self.prefix}/"): item["ETag"] for item in listed}


@pytest.fixture(scope="module")
def port():
    host = S3Host()
    yield host.start()
    host.stop()


@pytest.fixture
def desk(port, tmp_path):
    return Desk(port, tmp_path, tmp_path.name)


def titles(count=30, changed=()):
    return [
        a_movie(
            id=f"movie-{number}",
            title_id=f"MOV_{number:04}",
            titles={"en": f"Number {number}{' changed' if number in changed else ''}"},
            synopsis_short={"en": "A kite flies over four villages. " * 5},
            release_date="2025-01-01",
        )
        for number in range(count)
    ]


def expected(made):
    return {title.title_id: title.titles["en"] for title in made}


def test_what_is_published_is_what_readers_read(desk):
    published = desk.publish(titles())
    assert desk.read() == expected(titles())
    assert len(published.uploaded) > 2
    assert (published.changes.added, published.changes.changed, published.changes.removed) == (30, 0, 0)
    head = httpx.get(published.url, trust_env=False)
    assert head.headers["content-type"] == "application/json"
    assert head.headers["cache-control"] == "public, max-age=300"
    assert head.headers["etag"] == f'"{hashlib.md5(head.content, usedforsecurity=False).hexdigest()}"'
    page = httpx.get(head.json()["nextPageUrl"], trust_env=False)
    assert page.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_the_same_titles_again_send_nothing(desk):
    desk.publish(titles())
    before = desk.objects()
    published = desk.publish(titles())
    assert (published.uploaded, published.switched) == ((), False)
    assert published.changes.added == published.changes.changed == published.changes.removed == 0
    assert desk.objects() == before


def test_pages_whose_titles_did_not_change_keep_their_name_and_etag_and_changes_are_told(desk):
    desk.publish(titles())
    before = desk.objects()
    desk.publish(titles(changed={7}))
    once = desk.objects()
    published = desk.publish([*titles(changed={7, 8})[1:], *titles(31)[30:]])
    assert published.switched
    changes = published.changes
    assert changes.first_changed == ("MOV_0008",)
    assert changes.first_removed == ("MOV_0000",)
    assert changes.first_added == ("MOV_0030",)
    kept = {name for name in once if name.startswith("pages/")}
    assert kept <= desk.objects().keys()
    assert all(desk.objects()[name] == etag for name, etag in once.items() if name != "feed.json")
    assert before.keys() <= desk.objects().keys()


def test_an_old_chain_stays_for_its_grace_period_and_goes_after_it(desk):
    desk.publish(titles())
    first = {name for name in desk.objects() if name.startswith("pages/")}
    desk.publish(titles(changed={7}))
    assert first <= desk.objects().keys()
    desk.clock.at += timedelta(seconds=SPEC.keep_old_s)
    published = desk.publish(titles(changed={7}))
    needed = {f"pages/{page.name}" for page in desk.publications.current()}
    assert published.deleted == len(first - needed) > 0
    assert {name for name in desk.objects() if name.startswith("pages/")} == needed
    assert desk.read() == expected(titles(changed={7}))


class Mortal:
    """A store or ledger that dies at its nth call, before it or after it has worked; the dead do nothing more."""

    def __init__(self, real, life, *, before):
        self._real, self._life, self._before = real, life, before

    def __getattr__(self, name):
        real = getattr(self._real, name)
        if name == "url" or not callable(real):
            return real

        def call(*args, **more):
            self._life[0] -= 1
            if self._life[0] < -1 or (self._life[0] == -1 and self._before):
                raise Killed
            answer = real(*args, **more)
            if self._life[0] == -1:
                raise Killed
            return answer

        return call


@pytest.mark.proof
@pytest.mark.parametrize("before", [True, False], ids=["before the call", "after the call"])
def test_killed_at_any_step_readers_have_the_old_or_the_new_chain_and_a_repeat_completes(desk, before):
    old = titles(16)
    desk.publish(old)
    for step in range(1000):
        desk.clock.at += timedelta(hours=2)
        new = titles(16, changed={step % 16, (step * 7 + 9) % 16})
        life = [step]
        store = Mortal(desk.store, life, before=before)
        publications = Mortal(desk.publications, life, before=before)
        try:
            desk.publish(new, store, publications)
        except Killed:
            assert desk.read() in (expected(old), expected(new))
            desk.publish(new)
            assert desk.read() == expected(new)
            old = new
        else:
            break
    assert step > 20
    assert desk.read() == expected(new)


def test_a_page_that_comes_back_otherwise_keeps_readers_on_the_last_good_feed(desk):
    desk.publish(titles())
    desk.fetch = lambda url: b'{"version":"1","assets":[]}'
    with pytest.raises(FeedRefused, match=r"page 1 of the feed search at .* is not the one that was sent"):
        desk.publish(titles(changed={7}))
    del desk.fetch
    assert desk.read() == expected(titles())


def test_a_feed_with_errors_is_refused_with_rule_owner_and_title(desk):
    desk.publish(titles())
    twins = [a_movie(id="twin", title_id="MOV_0001", kind="special", titles={"en": "Twin"},
                     synopsis_short={"en": "A twin."}, release_date="2025-01-01")]  # fmt: skip
    with pytest.raises(FeedRefused, match=r"FEED401 id-twice x1 -> Content Operations: MOV_0001"):
        desk.publish([*titles(), *twins])
    assert desk.read() == expected(titles())


def test_a_bucket_that_does_not_exist_is_a_sentence_about_the_connection(desk):
    store = S3FeedStore(desk.client, "no-such-bucket", "x", "http://127.0.0.1")
    with pytest.raises(ConfigurationInvalid, match=r"no-such-bucket answers NoSuchBucket.*check the connection"):
        store.put("a", b"{}", "0", "no-store")


def test_a_feed_that_would_be_empty_is_refused_unless_nothing_was_published_before(desk):
    assert (desk.publish([]).switched, desk.objects()) == (False, {})
    desk.publish(titles())
    with pytest.raises(FeedRefused, match="would be empty and take 30 items out of search"):
        desk.publish([])
    assert desk.read() == expected(titles())
