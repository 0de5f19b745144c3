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
    """The call by which the partner's API hears of a withdrawal.

    `end_at_parameter` is where it takes an end date; without one it hears of titles only that end at once.
    """

    method: Literal["DELETE", "POST"] = "DELETE"
    """The call's method."""
    path: PathTemplate
    """The call's path, with `{external_id}`."""
    end_at_parameter: PartName | None = None
    """The parameter that takes an end date; without one the partner hears of titles only that end at once."""
    gone_statuses: tuple[int, ...] = (404, 410)
    """The answers that say that the partner does not have the title any more."""


class WithdrawalTerms(Part):
    """Above so many titles a person has to approve a withdrawal, within so many hours.

    Without an `endpoint` the partner is not told by us: a person does it.
    """

    titles_without_approval: int = Field(10, ge=0, le=10_000)
    """How many titles may be withdrawn without an approval."""
    approval_hours: float = Field(24, gt=0, le=720)
    """How long an approval is waited for."""
    endpoint: WithdrawalEndpoint | None = None
    """The call by which the partner hears of it; without one a person tells it."""
