"""How the log of the delivery API tells our own calls from the partner's, whose token they use."""

from __future__ import annotations

OWN_AGENT = "edye-delivery/"
"""How the User-Agent of our own checks begins; their calls are no polls, and no title is fetched by them."""
