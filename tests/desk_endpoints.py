"""Every endpoint of the desk as its application has them, with the parameters that a call of it may have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

PATH, QUERY, FORM = "path", "query", "form"
FIELDS_OF_BODIES: dict[str, tuple[str, ...]] = {
    "/try": ("partner", "kind"),
    "/feeds/{partner}/{feed}/live": (),
}
FILES_OF_BODIES = {"/try": ("file", "series")}
"""Form fields and files of endpoints that read their bodies by themselves, or have none."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: its name, where it stands in a call, and whether it is an uploaded file."""

    name: str
    place: str
    is_file: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path below the desk's address."""

    method: str
    path: str
    parameters: tuple[Parameter, ...]

    def address(self, values: dict[str, str]) -> str:
        """The path with these values for its parameters."""
        path = self.path
        for one in self.parameters:
            if one.place == PATH:
                path = re.sub(rf"{{{one.name}(:\w+)?}}", quote(values[one.name], safe=""), path)
        return f"/edye{path}"


def endpoints() -> list[Endpoint]:
    """The endpoints in the order in which the application looks at them."""
    from edye_delivery.desk.application import desk_application

    found = []
    for route in desk_application().routes:
        methods = getattr(route, "methods", None)
        assert methods, f"{route} is no endpoint that this knows how to call"
        found += [Endpoint(method, route.path, tuple(_parameters(route))) for method in sorted(methods)]
    return found


def _parameters(route: Any) -> list[Parameter]:
    from fastapi import UploadFile
    from fastapi.dependencies.utils import get_flat_dependant
    from pydantic import BaseModel

    found = get_flat_dependant(route.dependant)
    assert not found.header_params, f"{route.path} reads headers, which no test of the desk fills in"
    assert not found.cookie_params, f"{route.path} reads cookies, which no test of the desk fills in"
    parameters = [Parameter(one.alias, PATH) for one in found.path_params]
    parameters += [Parameter(one.alias, QUERY) for one in found.query_params]
    if "POST" in route.methods and not found.body_params:
        assert route.path in FIELDS_OF_BODIES, f"{route.path} reads a body of which this does not know the fields"
        parameters += [Parameter(name, FORM) for name in FIELDS_OF_BODIES[route.path]]
        parameters += [Parameter(name, FORM, is_file=True) for name in FILES_OF_BODIES.get(route.path, ())]
    for one in found.body_params:
        kind = one.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            parameters += [Parameter(name, FORM) for name in kind.model_fields]
        else:
            parameters.append(Parameter(one.alias, FORM, is_file=UploadFile.__name__ in repr(kind)))
    return parameters
