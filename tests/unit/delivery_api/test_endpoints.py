"""Paths of the delivery API: those of the contract, and nothing else."""

from __future__ import annotations

import pytest

from edye_delivery.catalog.api_call import Endpoint
from edye_delivery.delivery_api.endpoints import LISTS, NOWHERE, PERMISSIONS, Route, route_of

ROUTES = {
    "/v1/shows": Route(Endpoint.SHOW_LIST),
    "/v1/episodes": Route(Endpoint.EPISODE_LIST),
    "/v1/feed": Route(Endpoint.FEED),
    "/healthz": Route(Endpoint.HEALTH),
    "/v1/shows/S1": Route(Endpoint.SHOW, "S1"),
    "/v1/episodes/E 1": Route(Endpoint.EPISODE, "E 1"),
    "/v1/media/M1": Route(Endpoint.MEDIA, "M1"),
    "/v1/media/M1/images": Route(Endpoint.MEDIA_IMAGES, "M1"),
    "/v1/media/M1/metadata": Route(Endpoint.MEDIA_METADATA, "M1"),
    "/v1/media/M1/sources/aHR_-": Route(Endpoint.MEDIA_SOURCE, "M1", "aHR_-"),
}
NOT_OURS = [
    "",
    "/",
    "/v1",
    "/v1/",
    "/v1/shows/",
    "/v2/shows",
    "/v1/feed/F1",
    "/v1/media",
    "/v1/shows/S1/images",
    "/v1/media/M1/images/large",
    "/v1/media/M1/sources",
    "/v1/media/M1/sources/",
    "/v1/media/M1/sources/a/b",
    "/v1/media/M1/sources/a.b",
    "/v1/media/M1/sources/" + "x" * 1601,
    "/v1/shows/M1/sources/a",
    "/v1/shows/../media/M1",
    "/v1/../../etc/passwd",
    "//v1/shows",
    "/v1/shows/" + "x" * 65,
    "/v1/other/1",
]


@pytest.mark.parametrize("path", ROUTES, ids=str)
def test_a_path_of_the_contract_leads_to_its_endpoint(path):
    assert route_of(path) == ROUTES[path]


@pytest.mark.parametrize("path", NOT_OURS, ids=lambda path: path[:30] or "empty")
def test_any_other_path_leads_nowhere(path):
    assert route_of(path) is NOWHERE


def test_every_endpoint_with_data_needs_a_permission_and_has_a_list():
    assert PERMISSIONS.keys() == LISTS.keys() == set(Endpoint) - {Endpoint.HEALTH, Endpoint.OTHER}
