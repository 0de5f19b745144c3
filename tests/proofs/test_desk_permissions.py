"""FAB's users with rights by DAG see nothing of another partner at any endpoint of the desk, with any parameter."""

from __future__ import annotations

import html
import re
import sqlite3
import time
from contextlib import closing

import pytest

from tests.proofs.desk_calls import (
    Call,
    calls,
    ghost_of,
    parameters_without_values,
    replace,
    usual_call,
)
from tests.proofs.desk_world import GHOST, OTHER, OWN, SECRET, keys_of, partner_of
from tests.proofs.fab_airflow import fab_airflow

pytestmark = pytest.mark.proof
TWIN_TRIES = 4
FORM_KEY = re.compile(r'name="key" value="[0-9a-f]{32}"')
RUN_KEY = re.compile(r"(desk_dry_run__|desk_run__)[0-9a-f]{32}")
"""The digest is of what the caller wrote himself."""
OF_NO_PARTNER = ("/static/{name}", "/texts", "/texts/{text_name}")
"""What is the same for everybody."""
MAY_REFUSE = ("/try",)
"""Here the answer is about a file, which is a wrong one."""
STARTS = ("/actions/dry-run", "/actions/start")


@pytest.fixture(scope="module")
def airflow(tmp_path_factory):
    with fab_airflow(tmp_path_factory.mktemp("fab")) as airflow:
        yield airflow


@pytest.fixture(scope="module")
def keys(airflow):
    return {word: keys_of(airflow.home, word) for word in (OWN, OTHER)}


@pytest.fixture(scope="module")
def endpoints(airflow):
    from tests.desk_endpoints import endpoints

    return endpoints()


def runs_of(airflow, word):
    with closing(sqlite3.connect(airflow.home / "airflow.db", timeout=30)) as database:
        query = "SELECT count(*) FROM dag_run WHERE dag_id LIKE ?"
        return database.execute(query, (f"%\\_\\_{partner_of(word)}%".replace("\\", ""),)).fetchone()[0]


def text_of(answer):
    """Status, headers and body of an answer as one text, without what differs at each call."""
    headers = sorted(f"{name}: {value}" for name, value in answer.headers.items() if name != "date")
    body = FORM_KEY.sub("", answer.content.decode("latin-1"))
    return RUN_KEY.sub(r"\1", "\n".join([str(answer.status_code), *headers, body]))


def assert_nothing_of(word, keys, client, call):
    """The answer has nothing of this partner, and it is the one for a partner that does not exist."""
    answer = client.send_call(call)
    text = text_of(answer)
    assert answer.status_code < 500, f"{call}: {answer.status_code}"
    assert SECRET not in text, f"{call} shows a connection's secret"
    assert client.token not in text, f"{call} shows the login"
    replacements = ghost_of(keys[word], word)
    twin = call.replaced(replacements)
    if twin == call:
        assert_absent(word, text, call)
        return
    for attempt in range(TWIN_TRIES):
        found, expected = replace(text, replacements), text_of(client.send_call(twin))
        if found == expected:
            return
        time.sleep(0.2 * attempt)
        text = text_of(client.send_call(call))
    assert found == expected, f"{call} is not answered as {twin}"


def assert_absent(word, text, call):
    place = html.unescape(text).lower().find(word)
    assert place < 0, f"{call} shows {word}: ...{text[max(0, place - 200) : place + 60]}"


class User:
    """A user's client, and his token."""

    def __init__(self, airflow, name):
        self._client, self._url = airflow.client_of(name), airflow.url
        self.token = self._client.cookies.get("_token") or "nobody has this token"

    def send_call(self, call: Call, origin=...):
        return call.send(self._client, self._url if origin is ... else origin)


def test_every_parameter_of_the_desk_has_values_for_this_proof(airflow):
    assert parameters_without_values() == set()


@pytest.mark.parametrize("word", [OWN, OTHER])
def test_an_administrator_finds_each_partner_at_every_endpoint(airflow, endpoints, keys, word):
    admin = User(airflow, "admin")
    for endpoint in endpoints:
        call = usual_call(endpoint, word, keys[word])
        answer = admin.send_call(call)
        allowed = (200, 303, 422) if endpoint.path in MAY_REFUSE else (200, 303)
        assert answer.status_code in allowed, f"{call}: {answer.status_code}"
        if endpoint.path not in OF_NO_PARTNER and not answer.headers.get("Content-Type", "").startswith("image/"):
            assert word in text_of(answer).lower(), f"{call} shows nothing of {word}"


@pytest.mark.parametrize("name", ["reader", "puller", "starter"])
def test_who_may_see_one_partner_gets_no_byte_of_the_other(airflow, endpoints, keys, name):
    user, there = User(airflow, name), runs_of(airflow, OTHER)
    assert OWN in user.send_call(usual_call(endpoints[1], OWN, keys[OWN])).text
    for call in calls(OWN, OTHER, keys, with_neutral=name == "reader"):
        assert_nothing_of(OTHER, keys, user, call)
    assert runs_of(airflow, OTHER) == there


@pytest.mark.parametrize("name", ["stranger", "blind"])
@pytest.mark.parametrize("word", [OWN, OTHER])
def test_who_may_read_no_runs_of_a_dag_sees_no_partner(airflow, keys, name, word):
    user, there = User(airflow, name), runs_of(airflow, word)
    other = OTHER if word == OWN else OWN
    for call in calls(word, other, keys, with_neutral=False):
        assert_nothing_of(word, keys, user, call)
    assert runs_of(airflow, word) == there


def test_nobody_gets_nothing(airflow, keys):
    nobody = User(airflow, None)
    for call in calls(OWN, OTHER, keys, with_neutral=False):
        answer = nobody.send_call(call)
        assert answer.status_code == 401, f"{call}: {answer.status_code}"
        for word in (OWN, OTHER):
            if not call.has(word):
                assert_absent(word, text_of(answer), call)


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1"])
def test_a_post_from_elsewhere_is_refused_and_starts_nothing(airflow, endpoints, keys, origin):
    starter, there = User(airflow, "starter"), runs_of(airflow, OWN)
    posts = [usual_call(one, OWN, keys[OWN]) for one in endpoints if one.method == "POST"]
    assert len(posts) >= len(STARTS)
    for call in posts:
        assert starter.send_call(call, origin).status_code == 403, str(call)
    assert runs_of(airflow, OWN) == there


@pytest.mark.parametrize("name", ["reader", "puller", "stranger", "blind"])
def test_who_may_not_start_runs_starts_none(airflow, endpoints, keys, name):
    user, there = User(airflow, name), runs_of(airflow, OWN)
    for endpoint in endpoints:
        if endpoint.path in STARTS:
            answer = user.send_call(usual_call(endpoint, OWN, keys[OWN]))
            assert answer.status_code in (403, 404), f"{endpoint.path}: {answer.status_code}"
    assert runs_of(airflow, OWN) == there


def test_who_may_start_runs_of_one_partner_starts_them(airflow, endpoints, keys):
    starter, there = User(airflow, "starter"), runs_of(airflow, OWN)
    for endpoint in endpoints:
        if endpoint.path in STARTS:
            call = usual_call(endpoint, OWN, keys[OWN]).replaced({"0" * 32: "1" * 32})
            assert starter.send_call(call).status_code == 303
    assert runs_of(airflow, OWN) > there


@pytest.mark.parametrize("path", ["/titles", "/distribution", "/api-log/calls", "/titles/{partner}/{external_id}"])
def test_the_place_of_another_partners_page_leads_into_no_page_of_his(airflow, endpoints, keys, path):
    endpoint = next(one for one in endpoints if one.path == path)
    page = User(airflow, "admin").send_call(usual_call(endpoint, OTHER, keys[OTHER]))
    cursors = {html.unescape(one) for one in re.findall(r'cursor=([^"&]+)', page.text)} or {GHOST}
    reader = User(airflow, "reader")
    for cursor in cursors:
        own = usual_call(endpoint, OWN, keys[OWN])
        call = Call(own.endpoint, (*own.values, ("cursor", cursor)))
        assert_absent(OTHER, text_of(reader.send_call(call)), call)
