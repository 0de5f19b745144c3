"""The sandbox keeps both contracts, for calls that schemathesis makes up from them."""

from __future__ import annotations

import json
from typing import Any

import httpx
import hypothesis
import jsonschema
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation

from tests.sandbox.conftest import EDYE_TOKEN, PARTNER_TOKEN, PROJECT

CONTRACTS = PROJECT / "include" / "contracts"
BOUNDED = hypothesis.settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


def read(name: str) -> dict[str, Any]:
    """Return a contract as it is written."""
    contract: dict[str, Any] = yaml.safe_load((CONTRACTS / name).read_text("utf-8"))
    return contract


def load(name: str, token: str) -> schemathesis.BaseSchema:
    """Return a contract that makes up right and wrong calls, with a right token."""
    contract = schemathesis.openapi.from_path(CONTRACTS / name)
    contract.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])

    @contract.auth()
    class Token:
        def get(self, case, context):
            return token

        def set(self, case, data, context):
            case.headers["authorization"] = f"Bearer {data}"

    return contract


edye_contract = load("edye-api.yaml", EDYE_TOKEN)
partner_contract = load("roku-ingest-api.yaml", PARTNER_TOKEN)
ingest, status = partner_contract.include(operation_id="ingest"), partner_contract.include(operation_id="status")

# The contract calls the metadata part "JSON text; schema Metadata", which no schema keyword says to a generator.
METADATA = st.fixed_dictionaries(
    {"titulo": st.text(min_size=1), "id_cliente": st.text(min_size=1)},
    optional={
        **{key: st.text() for key in ("external_id", "idioma", "tipo", "rating", "synopsis_corta")},
        **{key: st.integers(0, 10**9) for key in ("temporada", "episodio", "duracion_seg")},
        "generos": st.lists(st.text()),
    },
)


@edye_contract.parametrize()
@BOUNDED
def test_the_edye_api_keeps_its_contract(case, suite_box):
    case.call_and_validate(base_url=suite_box.edye_url)


@pytest.fixture(scope="module")
def known_ids(suite_box, partner_of, sample) -> list[str]:
    """Return tracking ids of ingests that are completed, in error, and stuck in processing."""
    partner = partner_of(suite_box.partner_url)
    suite_box.plan([{"service": "partner", "kind": "stuck", "external_id": "STUCK_ES"}])
    bad = sample.files["/media/mv-ballena/video.mp4"].path.read_bytes()
    answers = [partner.ingest("GOOD_ES"), partner.ingest("BAD_ES", file=bad), partner.ingest("STUCK_ES")]
    ids = [answer.json()["id"] for answer in answers]
    assert [partner.final(one)["status"] for one in ids[:2]] == ["completed", "error"]
    suite_box.clear_faults()
    return ids


@status.given(which=st.sampled_from([None, 0, 1, 2]))
@status.parametrize()
@BOUNDED
def test_the_status_endpoint_keeps_its_contract(case, which, suite_box, known_ids):
    query = case.meta.components.get(ParameterLocation.QUERY)
    if which is not None and query and query.mode is GenerationMode.POSITIVE:
        case.query["id"] = known_ids[which]
    case.call_and_validate(base_url=suite_box.partner_url)


@ingest.given(metadata=METADATA)
@ingest.parametrize()
@BOUNDED
def test_the_ingest_endpoint_keeps_its_contract(case, metadata, suite_box):
    body = case.meta.components.get(ParameterLocation.BODY)
    if body and body.mode is GenerationMode.POSITIVE:
        case.body["metadata"] = json.dumps(metadata)
    case.call_and_validate(base_url=suite_box.partner_url)


def test_the_metadata_made_up_here_are_those_of_the_contract():
    keys: set[str] = set()

    @hypothesis.settings(max_examples=50, database=None)
    @hypothesis.given(METADATA)
    def collect(metadata):
        keys.update(metadata)

    collect()
    assert keys == set(read("roku-ingest-api.yaml")["components"]["schemas"]["Metadata"]["properties"])


@pytest.mark.parametrize(("path", "schema"), [("/v1/shows", "Show"), ("/v1/episodes", "Episode")])
def test_every_item_of_the_sample_fits_its_schema_and_no_other(suite_box, path, schema):
    schemas = read("edye-api.yaml")["components"]["schemas"]
    both = {
        name: jsonschema.Draft202012Validator(
            {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}},
            format_checker=jsonschema.FormatChecker(),
        )
        for name in ("Show", "Episode")
    }
    # The contract writes down an episode's own fields only, and says "as Show" of the others: hold it to those, too.
    as_show = {key: value for key, value in schemas["Show"]["properties"].items() if key != "kind"}
    both["as Show"] = jsonschema.Draft202012Validator(
        {"properties": as_show, "components": {"schemas": schemas}}, format_checker=jsonschema.FormatChecker()
    )
    headers = {"authorization": f"Bearer {EDYE_TOKEN}"}
    items = httpx.get(suite_box.edye_url + path, params={"page_size": 1000}, headers=headers).json()["items"]
    for item in items:
        assert not list(both["as Show"].iter_errors(item))
        assert [name for name in ("Show", "Episode") if both[name].is_valid(item)] == [schema]
