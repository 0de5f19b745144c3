"""The log's names of endpoints are those that the server gives its calls."""

from __future__ import annotations

from edye_delivery.catalog import api_call
from edye_delivery.delivery_api import endpoints


def test_the_log_can_be_asked_for_every_endpoint_that_the_server_names():
    assert {one.value for one in endpoints.Endpoint} == {one.value for one in api_call.Endpoint}
