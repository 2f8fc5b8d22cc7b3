"""Reports of a federated run: an HTML page that needs nothing else, the figures as JSON, pictures as PNG.

The page works without a network, holds no script, and escapes every name it shows. Pictures are drawn when
matplotlib is there; otherwise the page has the tables and says what to install.
"""

from __future__ import annotations

from privml.federated.report.page import Page, Picture
from privml.federated.report.run import ReportPaths, write_report

__all__ = ["Page", "Picture", "ReportPaths", "write_report"]
