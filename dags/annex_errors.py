"""No DAG: the place where Airflow shows what is wrong with annex files, as the import error of this file.

Airflow keeps one import error for a file, and a DAG file with an import error loses all its DAGs. So the DAG files make
the DAGs of the valid annexes and skip the others. Only this file raises, with all defects of all annexes.
"""

from __future__ import annotations

from edye_delivery.dag_support.annexes import annex_folder

annex_folder().refuse_defects()
