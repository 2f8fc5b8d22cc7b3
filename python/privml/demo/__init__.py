"""The demonstration behind ``privml demo``: four hospitals train one model on real patients, encrypted.

:func:`run` does the computing and tells of it in events; showing them is the command's.
:func:`load_breast_cancer` and :func:`split_hospitals` give the same data for own trials.

Who learns what is in SECURITY.md and in the demonstration's own three lines
(:func:`privml.demo.evidence.who_learns_what`): all parties here run in one process, so what is shown is what
each party would be sent, not that a hostile machine was kept out.
"""

from __future__ import annotations

from privml.demo.comparison import run
from privml.demo.events import (
    TOLERANCE,
    DemoEvent,
    DemoResult,
    EncryptionShown,
    Evidence,
    HospitalSummary,
    KeyMade,
    Prepared,
    ReportWritten,
    RoundFinished,
    Row,
    RunFinished,
    RunStarted,
    StatisticsCombined,
    WhoLearnsWhat,
)
from privml.demo.report import hex_lines, write_demo_report
from privml.demo.scores import accuracy, auc
from privml.demo.table import (
    ATTRIBUTION,
    HOSPITALS,
    Hospital,
    load_breast_cancer,
    split_hospitals,
    split_test,
)
from privml.federated.report.charts import INSTALL as INSTALL_PICTURES

__all__ = [
    "ATTRIBUTION",
    "HOSPITALS",
    "INSTALL_PICTURES",
    "TOLERANCE",
    "DemoEvent",
    "DemoResult",
    "EncryptionShown",
    "Evidence",
    "Hospital",
    "HospitalSummary",
    "KeyMade",
    "Prepared",
    "ReportWritten",
    "RoundFinished",
    "Row",
    "RunFinished",
    "RunStarted",
    "StatisticsCombined",
    "WhoLearnsWhat",
    "accuracy",
    "auc",
    "hex_lines",
    "load_breast_cancer",
    "run",
    "split_hospitals",
    "split_test",
    "write_demo_report",
]
