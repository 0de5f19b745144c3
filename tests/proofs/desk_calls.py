"""Calls of the desk's endpoints with the values of a partner, of another one, and with both mixed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from edye_delivery.annex.model import PULL_SUFFIX
from tests.desk_endpoints import FORM, QUERY, Endpoint, Parameter, endpoints
from tests.proofs.desk_world import DAG_KINDS, GHOST, OTHER, OWN, Keys, moment, partner_of, run_of

Values = dict[str, str]
RUN_KINDS = (
    "manual", "desk_dry_run", "approval", f"approval{PULL_SUFFIX}", "generation", "watch_pull", "report_pull",
    "deliver_ftp",
)  # fmt: skip
NEUTRAL: dict[str, tuple[str, ...]] = {
    "state": ("accepted", "failed"),
    "cause": ("transient",),
    "owner": ("Design",),
    "kind": ("movie",),
    "lang": ("en",),
    "waits": ("nobody",),
    "sort": ("title", "-since", "state", "external_id"),
    "window_start": ("2020-01-01T00:00:00Z",),
    "window_end": ("2090-01-01T00:00:00Z",),
    "month": (f"{moment():%Y-%m}", "2026-03"),
    "window": ("24h", "7d", "30d"),
    "endpoint": ("showList",),
    "status": ("4xx",),
    "since": ("2020-01-01T00:00",),
    "until": ("2090-01-01T00:00",),
    "before": ("999",),
    "action": ("redeliver", "withdraw", "window", "release"),
    "correction": ("resend", "by_cause", "metadata"),
    "end_at": ("2090-01-01T00:00:00Z",),
    "ending": ("json", "html", "csv", "xlsx"),
    "feed": ("search", "generation"),
    "key": ("0" * 32,),
    "channel": ("api", "ftp"),
    "text_name": ("deliver", "VID004"),
}
"""Parameters whose values are no partner's: each value is tried with the values of either partner."""
ALWAYS_GIVEN = ("ending", "feed", "action", "correction", "key", "text_name")


def identities_of(word: str, keys: Keys) -> Values:
    """Parameters whose values are a partner's, with those of this one."""
    return {
        "partner": partner_of(word),
        "external_id": f"EDYE_{word.upper()}_000000_EN",
        "external_ids": f"EDYE_{word.upper()}_000000_EN\nEDYE_BOTH_000001_EN",
        "delivery": keys.delivery,
        "name": keys.picture,
        "dag_id": f"deliver_api__{partner_of(word)}",
        "run_id": run_of(word, "manual"),
        "q": word,
        "user": f"{word}_reader",
        "reason": f"{word} lost it in its migration",
        "cursor": "",
        "file": f'{{"id": "{word}-1"}}',
        "series": f'{{"id": "{word}-series"}}',
        "find": "",
        "instead": "",
    }


def more_identities_of(word: str) -> dict[str, tuple[str, ...]]:
    """Further values of a partner for the same parameters."""
    partner = partner_of(word)
    return {
        "partner": (f"{partner}{PULL_SUFFIX}",),
        "dag_id": tuple(kind.format(partner) for kind in DAG_KINDS),
        "run_id": tuple(run_of(word, kind) for kind in RUN_KINDS),
        "external_id": ("EDYE_BOTH_000001_EN", f"EDYE_{word.upper()}_000001_EN"),
        "find": (word, f"EDYE_{word.upper()}_0", "shared"),
        "instead": (f"EDYE_{word.upper()}_000000_EN\nEDYE_{word.upper()}_000002_EN",),
        "q": (f"{word} sea", f"tracking-{word}-20", "both-1", "shared", f"{word}-3"),
    }


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an endpoint."""

    endpoint: Endpoint
    values: tuple[tuple[str, str], ...]

    def send(self, client: httpx.Client, origin: str | None) -> httpx.Response:
        """Makes the call; `origin` is said with a POST alone."""
        values = dict(self.values)
        query = {one.name: values[one.name] for one in self._given(QUERY)}
        options: dict[str, Any] = {"params": query}
        if self.endpoint.method == "POST":
            options["headers"] = {"Origin": origin} if origin else {}
            fields = [one for one in self._given(FORM)]
            options["data"] = {one.name: values[one.name] for one in fields if not one.is_file}
            files = {one.name: ("a.json", values[one.name].encode()) for one in fields if one.is_file}
            options |= {"files": files} if files else {}
        return client.request(self.endpoint.method, self.endpoint.address(values), **options)

    def has(self, word: str) -> bool:
        """Whether a value has this word in it."""
        return any(word in value.lower() for _, value in self.values)

    def replaced(self, replacements: Values) -> Call:
        """The same call with other texts in its values."""
        return Call(self.endpoint, tuple((name, replace(value, replacements)) for name, value in self.values))

    def _given(self, place: str) -> list[Parameter]:
        return [one for one in self.endpoint.parameters if one.place == place and one.name in dict(self.values)]

    def __str__(self) -> str:
        return f"{self.endpoint.method} {self.endpoint.path} {dict(self.values)}"


def replace(text: str, replacements: Values) -> str:
    """The text with every replacement made."""
    for found, instead in replacements.items():
        text = text.replace(found, instead)
    return text


def ghost_of(keys: Keys, word: str = OTHER) -> Values:
    """What turns everything that is a partner's into what is nobody's: words of the same length, other digests."""
    digest = hashlib.sha256(GHOST.encode()).hexdigest()
    forms = {form(word): form(GHOST) for form in (str.lower, str.upper, str.title)}
    return forms | {keys.delivery: digest, keys.picture: f"{digest}.jpg"}


def parameters_without_values() -> set[str]:
    """Parameters of the desk for which this file has no value: whoever adds one adds it above."""
    known = {*NEUTRAL, *identities_of(OWN, Keys("", ""))}
    return {one.name for endpoint in endpoints() for one in endpoint.parameters} - known


def usual_call(endpoint: Endpoint, word: str, keys: Keys) -> Call:
    """The call with all values of this partner."""
    return _call(endpoint, _usual(endpoint, word, keys))


def calls(word: str, other: str, keys: dict[str, Keys], *, with_neutral: bool = True) -> Iterator[Call]:
    """Every call: with the values of one partner, with one value of the other, and with each neutral value."""
    for endpoint in endpoints():
        names = {one.name for one in endpoint.parameters}
        own, foreign = _usual(endpoint, word, keys[word]), _usual(endpoint, other, keys[other])
        yield from (_call(endpoint, own), _call(endpoint, foreign))
        for name in names & {*own} - {*ALWAYS_GIVEN}:
            yield _call(endpoint, own | {name: foreign[name]})
            yield _call(endpoint, foreign | {name: own[name]})
            if all(one.place != "path" for one in endpoint.parameters if one.name == name):
                yield _call(endpoint, {key: value for key, value in own.items() if key != name})
        for name, values in more_identities_of(other).items():
            for value in values if name in names else ():
                yield from (_call(endpoint, own | {name: value}), _call(endpoint, foreign | {name: value}))
        for name in names & {*NEUTRAL} if with_neutral else ():
            for value in NEUTRAL[name]:
                yield from (_call(endpoint, own | {name: value}), _call(endpoint, foreign | {name: value}))


def _usual(endpoint: Endpoint, word: str, keys: Keys) -> Values:
    values = identities_of(word, keys)
    of_an_action = {"dag_id": f"redeliver__{partner_of(word)}", "run_id": run_of(word, "desk_dry_run")}
    special = {
        "/actions/run": of_an_action,
        "/actions/start": of_an_action,
        "/actions/ids": {"find": word},
        "/static/{name}": {"name": "desk.css"},
        "/try": {"kind": "metadata"},
    }
    values |= special.get(endpoint.path, {})
    names = {one.name for one in endpoint.parameters}
    neutral = {name: NEUTRAL[name][0] for name in ALWAYS_GIVEN}
    return {name: value for name, value in (values | neutral).items() if name in names and value}


def _call(endpoint: Endpoint, values: Values) -> Call:
    return Call(endpoint, tuple(sorted(values.items())))
