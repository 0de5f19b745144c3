"""The annex's part on withdrawals (section 7, rollback): how many need an approval, and how the partner is told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from edye_delivery.annex.api import PartName
from edye_delivery.annex.part import Part
from edye_delivery.annex.template import template_validator

PathTemplate = Annotated[
    str,
    StringConstraints(pattern=r"^/[A-Za-z0-9._~/{}-]*\{external_id\}[A-Za-z0-9._~/-]*$"),
    AfterValidator(template_validator(frozenset({"external_id"}))),
]


class WithdrawalEndpoint(Part):
    """The call that tells the partner's API about a withdrawal.

    `end_at_parameter` takes an end date; without it the partner is told only about titles that end at once.
    """

    method: Literal["DELETE", "POST"] = "DELETE"
    """The call's method."""
    path: PathTemplate
    """The call's path, with `{external_id}`."""
    end_at_parameter: PartName | None = None
    """The parameter that takes an end date; without it the partner is told only about titles that end at once."""
    gone_statuses: tuple[int, ...] = (404, 410)
    """The statuses that mean that the partner does not have the title any more."""


class WithdrawalTerms(Part):
    """Which withdrawals a person has to approve, and how the partner is told.

    Without an `endpoint` we do not tell the partner: a person does it.
    """

    titles_without_approval: int = Field(10, ge=0, le=10_000)
    """How many titles may be withdrawn without an approval."""
    approval_hours: float = Field(24, gt=0, le=720)
    """For how many hours a run waits for the approval."""
    endpoint: WithdrawalEndpoint | None = None
    """The call that tells the partner; without one a person has to tell it."""

    def endpoint_for(self, *, is_end_dated: bool) -> WithdrawalEndpoint | None:
        """The call that tells the partner of a withdrawal by hand; None where a person has to tell it.

        Where the partner takes no end date, there is no call for one: without the date it would end the title at once.
        """
        endpoint = self.endpoint
        return None if endpoint is None or (is_end_dated and endpoint.end_at_parameter is None) else endpoint
