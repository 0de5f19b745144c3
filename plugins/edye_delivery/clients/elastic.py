"""Sends events to Elasticsearch: bulk calls to a data stream, which has each event once, however often it is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic

import orjson
from elastic_transport import ConnectionTimeout, TlsError
from elasticsearch import ApiError, AuthenticationException, AuthorizationException, Elasticsearch, TransportError

from edye_delivery.catalog.event import Id, Shippable, documents_of
from edye_delivery.clients.http import is_transient_status
from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import AnswerMalformed, AuthRefused, ConfigurationInvalid, Transient

NAME = "ingestalogs"
"""The name of the index template and of the lifecycle; both are in include/elastic/."""
DATA_STREAM = f"{NAME}-edye"
EXISTS = 409
TOO_LARGE = 413
REFUSED_FOR_GOOD = frozenset({400, TOO_LARGE, 422})
REASON_MAX_CHARS = 500


@dataclass(slots=True)
class Arrival(Generic[Id]):
    """What became of events, by id: arrived, refused for good with the reason, or to be sent again with the reason."""

    arrived: list[Id] = field(default_factory=list)
    refused: dict[Id, str] = field(default_factory=dict)
    later: dict[Id, str] = field(default_factory=dict)


class ElasticSink:
    """A data stream; `template` and `lifecycle` are written to a cluster that has none or older ones.

    `mask` hides the client's key.
    """

    def __init__(
        self,
        client: Elasticsearch,
        template: dict[str, Any],
        lifecycle: dict[str, Any],
        mask: SecretMask = NO_SECRETS,
    ) -> None:
        self._client, self._template, self._lifecycle, self._mask = client, template, lifecycle, mask

    def prepare(self) -> None:
        """Writes the index template and the lifecycle, where the cluster has none or older ones.

        Raises Transient, AuthRefused or ConfigurationInvalid, as `put` does.
        """
        with _failures("the index template", self._mask):
            answer = self._client.options(ignore_status=404).indices.get_index_template(name=NAME)
            templates = answer.body.get("index_templates", []) if answer.meta.status == 200 else []
            if templates and templates[0]["index_template"].get("version", 0) >= self._template["version"]:
                return
            self._client.ilm.put_lifecycle(name=NAME, policy=self._lifecycle)
            self._client.indices.put_index_template(name=NAME, body=self._template)

    def put(self, events: Sequence[Shippable[Id]]) -> Arrival[Id]:
        """Sends one bulk call, halved as often as it is too large; an event that JSON cannot hold is refused.

        Raises Transient where it is unknown whether anything arrived and the same may succeed later, AuthRefused where
        the cluster does not accept our key, ConfigurationInvalid where it refuses the call itself.
        """
        documents, reasons = documents_of(events)
        whole = [event for event in events if event.id in documents]
        arrival: Arrival[Id] = self._put(whole, documents) if whole else Arrival()
        arrival.refused |= reasons
        return arrival

    def _put(self, events: Sequence[Shippable[Id]], documents: Mapping[Id, bytes]) -> Arrival[Id]:
        try:
            with _failures(f"the bulk call of {len(events)} events", self._mask):
                lines: list[Any] = list(_lines(events, documents))
                answer = self._client.bulk(operations=lines, index=DATA_STREAM)
        except _TooLarge as error:
            return self._put_halves(events, documents, str(error))
        items = answer.body.get("items") if isinstance(answer.body, dict) else None
        if not isinstance(items, list) or len(items) != len(events):
            raise AnswerMalformed("Elasticsearch answered a bulk call without an item for every event")
        arrival: Arrival[Id] = Arrival()
        for event, item in zip(events, items, strict=True):
            _add_result(arrival, event.id, item, self._mask)
        return arrival

    def _put_halves(self, events: Sequence[Shippable[Id]], documents: Mapping[Id, bytes], reason: str) -> Arrival[Id]:
        if len(events) == 1:
            return Arrival(refused={events[0].id: reason})
        middle = len(events) // 2
        first, second = self._put(events[:middle], documents), self._put(events[middle:], documents)
        return Arrival(first.arrived + second.arrived, first.refused | second.refused, first.later | second.later)


class _TooLarge(Exception):
    """The cluster refuses a call of this size."""


def _lines(events: Sequence[Shippable[Id]], documents: Mapping[Id, bytes]) -> Iterator[bytes]:
    for event in events:
        yield orjson.dumps({"create": {"_id": event.document_id}})
        yield documents[event.id]


def _add_result(arrival: Arrival[Id], number: Id, item: Any, mask: SecretMask) -> None:
    result = item.get("create") if isinstance(item, dict) else None
    status = result.get("status") if isinstance(result, dict) else None
    if isinstance(status, int) and (200 <= status < 300 or status == EXISTS):
        arrival.arrived.append(number)
        return
    error = result.get("error") if isinstance(result, dict) else None
    words = f"{error.get('type')}: {error.get('reason')}" if isinstance(error, dict) else str(error)
    reasons = arrival.refused if status in REFUSED_FOR_GOOD else arrival.later
    reasons[number] = mask.words(f"{status} {words}", REASON_MAX_CHARS)


@contextmanager
def _failures(what: str, mask: SecretMask) -> Iterator[None]:
    """Turns the client's errors into ours; none of them repeats the cluster's address or key."""
    with mask.errors(), _translate_errors(what, mask):
        yield


@contextmanager
def _translate_errors(what: str, mask: SecretMask) -> Iterator[None]:
    try:
        yield
    except (AuthenticationException, AuthorizationException) as error:
        raise AuthRefused(
            f"Elasticsearch refused {what} ({error.status_code}): check the connection ingesta_logs; its key has to be "
            "allowed to write to ingestalogs-* and, once, what is in include/elastic/ (monitor, manage_ilm, "
            "manage_index_templates)"
        ).with_answer(error.status_code) from error
    except ApiError as error:
        if error.status_code == TOO_LARGE:
            raise _TooLarge(f"{TOO_LARGE}: the event is larger than the cluster accepts") from error
        if is_transient_status(error.status_code):
            raise Transient(f"Elasticsearch answered {error.status_code} to {what}").with_answer(
                error.status_code
            ) from error
        raise ConfigurationInvalid(
            f"Elasticsearch refused {what} ({error.status_code}): {mask.words(str(error.message), REASON_MAX_CHARS)}"
        ) from error
    except TlsError as error:
        raise ConfigurationInvalid(f"{what}: the certificate of Elasticsearch is not trusted") from error
    except ConnectionTimeout as error:
        raise Transient(f"Elasticsearch did not answer {what} in time") from error
    except TransportError as error:
        raise Transient(f"{what}: Elasticsearch cannot be reached ({type(error).__name__})") from error
