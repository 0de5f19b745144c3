"""What partners are called on a page: their display names; what one pulls beside another way is a line of its own."""

from __future__ import annotations

from collections.abc import Mapping

from edye_delivery.annex.model import PULL_SUFFIX
from edye_delivery.desk.access import Visitor


def names_of(caller: Visitor) -> Mapping[str, str]:
    """The display name of each partner that the user may see, by its name in the ledger, in alphabetical order."""
    names = {partner: _name_of(caller, partner) for partner in caller.partners}
    return dict(sorted(names.items(), key=lambda item: item[1].casefold()))


def _name_of(caller: Visitor, partner: str) -> str:
    name = caller.annex_of(partner).display_name
    return f"{name} (pull)" if partner.endswith(PULL_SUFFIX) else name
