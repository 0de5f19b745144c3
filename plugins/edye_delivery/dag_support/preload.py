"""Everything that the DAG files import. A process that forks workers imports it first, so that no task loads it again.

Loading takes longer than most tasks work. `make up` does so for its scheduler, which forks LocalExecutor's workers.
"""

from __future__ import annotations

import edye_delivery.annex.dag_ids
import edye_delivery.dag_support.annexes
import edye_delivery.dag_support.channels
import edye_delivery.dag_support.defaults
import edye_delivery.dag_support.params
import edye_delivery.dag_support.withdrawal
import edye_delivery.operators.jw_player
import edye_delivery.operators.pull
import edye_delivery.operators.ship_events  # noqa: F401
