"""DAGs in an empty Airflow, without connections."""

from tests.airflow_home import prepare

prepare()
