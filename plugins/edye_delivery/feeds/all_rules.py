"""Every feed rule: to import this module is to register them all."""

from __future__ import annotations

import edye_delivery.feeds.lint.images.checks
import edye_delivery.feeds.lint.linter  # imports the rules of every kind of feed
import edye_delivery.feeds.write.rules  # noqa: F401
