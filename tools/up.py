"""`make up`: the sandbox and a real Airflow in the browser, until Ctrl-C; `make down` ends them from elsewhere."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from edye_delivery.annex.load import DEFAULT_FOLDER, load_annexes
from tools import settings
from tools.airflow_system import AirflowSystem
from tools.check_tokens import check_tokens
from tools.delivery_api import start_delivery_api
from tools.ledgers import finish_migration, start_migration
from tools.local import AIRFLOW_HOME, BUILD, SANDBOX_ENDPOINTS, lead_to_sandbox, replaced_connections, start_sandbox
from tools.processes import Processes, end_recorded
from tools.run import DAG_ID, SAMPLE_DAY

RECORD = BUILD / "up.json"
console = Console(highlight=False)


def main(
    down: Annotated[bool, typer.Option("--down", help="Stop what `make up` started.")] = False,
) -> None:
    """Starts everything and stays until Ctrl-C, SIGTERM, or until one of the processes ends."""
    if down:
        names = end_recorded(RECORD)
        console.print(f"stopped: {', '.join(names)}" if names else "nothing is running")
        return
    if RECORD.exists() and end_recorded(RECORD, only_ask=True):
        raise SystemExit("it is up already: `make down` stops it")
    with Processes(RECORD) as processes:
        connections = settings.connections()
        if "delivery_ledger" not in replaced_connections():
            finish_migration(start_migration(Path(connections["delivery_ledger"]["host"])))
        with console.status("sandbox: making the sample's media (first time only), starting its services"):
            endpoints = start_sandbox(processes, SANDBOX_ENDPOINTS)
        lead_to_sandbox(connections, endpoints)
        tokens = _tokens(connections)
        delivery_api = start_delivery_api(processes, connections)
        system = AirflowSystem(processes, AIRFLOW_HOME, connections)
        with console.status("Airflow: making its database (first time only), starting four processes"):
            system.start()
            system.wait_for_dag(DAG_ID)
        user, password = system.login
        console.print(f"[bold]Airflow[/]  {system.url}  login [bold]{user}[/] password [bold]{password}[/]")
        services = f"partner {endpoints['partner_url']}, faults and journal {endpoints['admin_url']}"
        console.print(f"sandbox  {services}", soft_wrap=True)
        console.print(f"delivery API  {delivery_api}, for example {delivery_api}/v1/shows", soft_wrap=True)
        for partner, token in tokens.items():
            console.print(f"  the token of {partner}'s exposure check  {token}", soft_wrap=True)
        console.print(f"trigger {DAG_ID} (Single Run) and paste the window of the sample day into two fields:")
        console.print(f"  Window start  {SAMPLE_DAY[0]}")
        console.print(f"  Window end    {SAMPLE_DAY[1]}")
        console.print("Ctrl-C stops everything")
        try:
            while (ended := processes.check()) is None:
                time.sleep(1)
        except KeyboardInterrupt:
            console.print("stopping ...")
            return
        raise SystemExit(f"{ended} ended by itself, so everything is stopped; logs are in build/")


def _tokens(connections: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The tokens of the exposure check, which the connection has then too; none where it leads to another system."""
    if {"delivery_ledger", "delivery_api"} & replaced_connections():
        return {}
    annexes = list(load_annexes(DEFAULT_FOLDER).values())
    tokens = check_tokens(Path(connections["delivery_ledger"]["host"]), BUILD / "check-tokens.json", annexes)
    connections["delivery_api"].setdefault("extra", {})["tokens"] = tokens
    return tokens


if __name__ == "__main__":
    typer.run(main)
