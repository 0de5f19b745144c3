"""`make run` without a report: what it says instead."""

from tools.run import why_no_report

LOG = """2026-11-25 [error    ] Task failed with exception [task]
Traceback (most recent call last):
  File "plugins/edye_delivery/hooks/artifacts.py", line 36, in put
edye_delivery.errors.ConfigurationInvalid: nothing can be written to s3://x: no bucket; check the connection
2026-11-25 [info     ] retry
edye_delivery.errors.ConfigurationInvalid: nothing can be written to s3://x: no bucket; check the connection
"""


def test_a_sentence_of_ours_is_told_once_and_without_its_traceback():
    told = why_no_report(LOG)
    assert told.count("nothing can be written") == 1
    assert "Traceback" not in told


def test_anything_else_is_told_by_the_end_of_the_log():
    assert why_no_report("starting\nKilled\n").endswith("Killed")
