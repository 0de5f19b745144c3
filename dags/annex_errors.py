"""No DAG: the place where Airflow shows what is wrong with annex files, as the import error of this file.

Airflow keeps one import error a file, and a DAG file with an import error loses all its DAGs. So the DAG files make the
DAGs of the annexes that are in order and pass the others by, and this file alone raises, with all defects of all files.
"""

from __future__ import annotations

from edye_delivery.dag_support.annexes import annex_folder

annex_folder().refuse_defects()
