"""`python -m edye_delivery`: the commands for people who do not run Airflow."""

from __future__ import annotations

from edye_delivery.command_line.app import app

if __name__ == "__main__":
    app(prog_name="python -m edye_delivery")
