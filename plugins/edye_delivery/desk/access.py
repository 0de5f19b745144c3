"""Who calls the desk, and what he may see and start: Airflow's own login and permissions, asked anew for every call.

A user sees a partner if he may read the runs of one of the partner's DAGs. What he may not see is answered as if it did
not exist.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import get_user
from airflow.models.dag import DagModel
from fastapi import Depends, HTTPException, Request

from edye_delivery.annex.dag_ids import BY_HAND_VERBS, DELIVERY_VERBS, REPORT_VERB, WATCH_VERB
from edye_delivery.annex.model import PULL_SUFFIX, Annex
from edye_delivery.dag_support.annexes import annexes

NOT_THERE = "There is no such page, or you may not see it."
OTHER_ORIGIN = "This call came from another site, so nothing was done."
READ: Final = "GET"
START: Final = "POST"
VERBS = frozenset({*DELIVERY_VERBS.values(), WATCH_VERB, REPORT_VERB, *BY_HAND_VERBS})
"""What the DAGs of a partner do."""
logged_in_user = get_user
"""The dependency of every endpoint: Airflow's user; 401 where nobody is logged in."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A user of the desk: the annexes of the partners that he may see, and the DAGs whose runs he may read."""

    name: str
    user: Any
    annexes: Mapping[str, Annex]
    dag_ids: frozenset[str]

    @property
    def partners(self) -> tuple[str, ...]:
        """The partners' names in the ledger: what a partner pulls beside another way has a name of its own."""
        names = []
        for name, annex in self.annexes.items():
            names.append(name)
            if annex.pull is not None and f"{name}{PULL_SUFFIX}" not in names:
                names.append(f"{name}{PULL_SUFFIX}")
        return tuple(names)

    def annex_of(self, partner: str) -> Annex:
        """The annex of a partner that the user may see, by its name in the ledger; 404 for every other."""
        annex = self.annexes.get(partner.removesuffix(PULL_SUFFIX))
        if annex is None:
            raise HTTPException(404, NOT_THERE)
        return annex

    def may(self, method: str, dag_id: str, entity: DagAccessEntity = DagAccessEntity.RUN) -> bool:
        """Whether the user may do this with the DAG; False for a DAG that does not exist."""
        return dag_id in self.dag_ids and _may(self.user, method, dag_id, entity)

    def dags_of(self, partner: str) -> tuple[str, ...]:
        """The DAGs of a partner whose runs the user may read."""
        name = partner.removesuffix(PULL_SUFFIX)
        return tuple(sorted(dag_id for dag_id in self.dag_ids if partner_of(dag_id, self.annexes) == name))


def partner_of(dag_id: str, known: Container[str]) -> str | None:
    """Which of the known partners a DAG is for; None for a DAG that is for none of them.

    Only the DAGs that we make count: whoever may read another DAG with such a name sees no partner by it.
    """
    verb, _, name = dag_id.partition("__")
    if verb in BY_HAND_VERBS:
        name = name.removesuffix(PULL_SUFFIX)
    return name if name in known and verb in VERBS else None


def visitor(user: Annotated[Any, Depends(get_user)]) -> Visitor:
    """The user, and what he may see; the dependency of every page."""
    known = annexes()
    readable = get_auth_manager().get_authorized_dag_ids(user=user, method=READ)
    dag_ids = frozenset(dag_id for dag_id in readable if _may(user, READ, dag_id, DagAccessEntity.RUN))
    seen = {partner_of(dag_id, known) for dag_id in dag_ids}
    allowed = {name: annex for name, annex in known.items() if name in seen}
    return Visitor(str(user.get_name()), user, allowed, dag_ids)


def dag_to_read(dag_id: str, caller: Annotated[Visitor, Depends(visitor)]) -> str:
    """The DAG that a call names, whose runs the user may read; 404 for every other."""
    if dag_id not in caller.dag_ids:
        raise HTTPException(404, NOT_THERE)
    return dag_id


def own_origin(request: Request) -> None:
    """Refuses a call that changes something and comes from a page of another site; 403.

    Browsers send the cookie with such a call too, and say in `Origin` where it comes from.
    """
    origin = request.headers.get("origin", "")
    found = urlsplit(origin)
    if found.scheme not in ("http", "https") or found.netloc != request.headers.get("host"):
        raise HTTPException(403, OTHER_ORIGIN)


def _may(user: Any, method: str, dag_id: str, entity: DagAccessEntity) -> bool:
    details = DagDetails(id=dag_id, team_name=DagModel.get_team_name(dag_id))
    return bool(
        get_auth_manager().is_authorized_dag(method=method, access_entity=entity, details=details, user=user)  # type: ignore[arg-type]
    )


Caller = Annotated[Visitor, Depends(visitor)]
ReadableDag = Annotated[str, Depends(dag_to_read)]
OwnOrigin = Depends(own_origin)
