"""Airflow's own parts with our rings in them."""

from tests.airflow_home import prepare

prepare()
