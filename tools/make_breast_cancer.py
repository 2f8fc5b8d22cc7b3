"""Make ``python/privml/demo/data/breast_cancer.csv.gz`` from the copy of the table in scikit-learn.

The table is the Breast Cancer Wisconsin (Diagnostic) data of the UCI Machine Learning Repository
(doi:10.24432/C5DW2B, CC BY 4.0). The figures are written with ``repr``, so that they read back exactly, and
the gzip header holds no time and no name, so that the same input gives the same bytes.

Run it from the root of the repository: ``python tools/make_breast_cancer.py``.
"""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer

TARGET = Path(__file__).resolve().parents[1] / "python" / "privml" / "demo" / "data" / "breast_cancer.csv.gz"


def main() -> int:
    """Write the file and say how large it is."""
    table = load_breast_cancer()
    names = [str(name).replace(" ", "_") for name in table.feature_names]
    text = [",".join(["malignant", *names])]
    for features, label in zip(table.data.tolist(), table.target.tolist(), strict=True):
        # scikit-learn codes malignant as 0; here 1 is the event to be found.
        text.append(",".join([str(1 - label), *map(repr, features)]))
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as stream:
        stream.write(("\n".join(text) + "\n").encode("ascii"))
    TARGET.write_bytes(buffer.getvalue())
    print(f"{TARGET}: {len(text) - 1} patients, {len(names)} features, {len(buffer.getvalue())} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
