"""What the exposure check found ends the exposures of a run: completed, or failed with the finding's words."""

import pytest

from edye_delivery.catalog.generation_records import CheckedGeneration, ExposedTitleFinding
from edye_delivery.catalog.plan import CheckedTitle
from edye_delivery.catalog.vocabulary import Cause, DeliveryState, Owner
from edye_delivery.pipeline.exposed_titles import conclude_exposures
from tests.builders import a_movie
from tests.unit.pipeline.test_publish_generation import Shelf

FINDING = ExposedTitleFinding(
    code="EXPO006", external_id="EDYE_MOV_000123_EN", cause=Cause.METADATA, owner=Owner.CONTENT_OPERATIONS,
    message="titles is empty", fix="fill it in",
)  # fmt: skip
GENERAL = FINDING.model_copy(update={"code": "EXPO005", "external_id": "", "message": "total is 2, the walk has 1"})


@pytest.fixture
def shelf(tmp_path):
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.engine.dispose()


def concluded(shelf, **checked):
    plan = shelf.expose(a_movie())
    conclude_exposures(shelf.ledger, [CheckedTitle(plan=plan)], CheckedGeneration(number=7, **checked))
    return shelf.ledger.deliveries([plan.delivery_key])[plan.delivery_key]


def test_a_title_that_is_seen_as_it_should_be_is_completed(shelf):
    assert concluded(shelf, confirmed=("EDYE_MOV_000123_EN",)).state is DeliveryState.COMPLETED


@pytest.mark.parametrize(
    ("checked", "cause", "detail"),
    [
        ({"findings": (GENERAL, FINDING)}, Cause.METADATA, "EXPO006 titles is empty"),
        ({"findings": (GENERAL,)}, Cause.TRANSIENT, "EXPO005 total is 2, the walk has 1"),
        ({"sentence": "generation 7 was taken back"}, Cause.TRANSIENT, "generation 7 was taken back"),
        ({}, Cause.TRANSIENT, "the exposure check did not find it in generation 7"),
    ],
    ids=["its own finding", "a finding on the generation", "taken back", "nothing"],
)
def test_any_other_title_fails_with_the_nearest_reason(shelf, checked, cause, detail):
    delivery = concluded(shelf, **checked)
    assert (delivery.state, delivery.cause, delivery.detail) == (DeliveryState.FAILED, cause, detail)


def test_the_same_conclusion_again_changes_nothing(shelf):
    plan = shelf.expose(a_movie())
    titles, checked = [CheckedTitle(plan=plan)], CheckedGeneration(number=7, confirmed=(plan.external_id,))
    for _ in range(2):
        conclude_exposures(shelf.ledger, titles, checked)
    assert shelf.ledger.deliveries([plan.delivery_key])[plan.delivery_key].state is DeliveryState.COMPLETED
