"""Every feed rule: importing this enters them all into the registry."""

from __future__ import annotations

import edye_delivery.feeds.lint.images.checks
import edye_delivery.feeds.lint.linter  # with it the rules of every kind of feed
import edye_delivery.feeds.write.rules  # noqa: F401
