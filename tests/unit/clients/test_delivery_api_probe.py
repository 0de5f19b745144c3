"""The probe of the delivery API: one call, and whatever fails is an answer that was not good."""

from __future__ import annotations

import httpx
import pytest

from edye_delivery.catalog.own_calls import OWN_AGENT
from edye_delivery.clients.delivery_api.probe import probe_health
from tests.unit.clients.transport import NOW, Slept, client_of
from tests.unit.delivery_api.world import World, call, pull_annex


def probe_of(handler):
    calls = []

    def count(request):
        calls.append(request)
        return handler(request)

    with client_of(count) as client:
        probe = probe_health(client, httpx.URL("http://api.example"), Slept().clock(), 5.0)
    [request] = calls
    assert request.url.path == "/healthz"
    assert request.headers["User-Agent"].startswith(OWN_AGENT)
    return probe


def test_an_api_that_is_well_is_answered():
    probe = probe_of(lambda request: httpx.Response(200))
    assert (probe.at, probe.is_answered, probe.detail) == (NOW, True, "")
    assert probe.milliseconds >= 0


@pytest.mark.parametrize("status", [204, 302, 401, 429, 500, 503])
def test_any_other_status_is_no_good_answer_and_is_told(status):
    probe = probe_of(lambda request: httpx.Response(status))
    assert not probe.is_answered
    assert probe.detail == f"the delivery API (/healthz) answered {status}"


def test_an_api_that_is_there_is_answered_although_a_partner_s_generation_is_old(tmp_path):
    world = World(tmp_path)
    pull_annex(world.annexes, "shelf")
    nothing_published = call(world.application(), "/healthz")
    assert nothing_published.status == 503
    assert probe_of(lambda request: httpx.Response(503, content=nothing_published.body)).is_answered
    assert not probe_of(lambda request: httpx.Response(500, content=nothing_published.body)).is_answered


@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b"[]", b'{"status": "not ok"}'])
def test_a_503_of_somebody_else_is_no_good_answer(body):
    assert not probe_of(lambda request: httpx.Response(503, content=body)).is_answered


def test_a_refused_connection_is_no_good_answer():
    def refuse(request):
        raise httpx.ConnectError("connection refused")

    probe = probe_of(refuse)
    assert not probe.is_answered
    assert "the delivery API (/healthz)" in probe.detail


def test_a_huge_answer_is_cut_off():
    probe = probe_of(lambda request: httpx.Response(200, content=b"x" * 100_000))
    assert not probe.is_answered
