"""How the log of the delivery API tells our own calls from the partner's, whose token they use."""

from __future__ import annotations

OWN_AGENT = "edye-delivery/"
"""How the User-Agent of our own checks begins; their calls are no polls, and no title is fetched by them."""
OWN_USER = OWN_AGENT
"""The user under which the sums of hours have our own calls; no user of a partner can have such a name."""


def is_own(user_agent: str | None) -> bool:
    """Whether a call is one of our own."""
    return user_agent is not None and user_agent.startswith(OWN_AGENT)
