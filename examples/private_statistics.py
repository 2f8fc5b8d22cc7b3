"""Statistics of a clinic's visits, released under a privacy budget that is kept in a file.

A patient comes several times, and it is the patient who is protected: at most three visits of each are read,
and every release is charged to the ledger before any value is looked at. When the budget is gone, it is gone.

Run: python examples/private_statistics.py
"""

import tempfile
from pathlib import Path

import numpy as np
from privml import dp
from privml.errors import BudgetExceededError

# Made-up data: 8000 visits of 3000 patients. Some ages are missing.
rng = np.random.default_rng(1)
visits = 8000
patients = rng.integers(0, 3000, visits)
ages = np.clip(rng.normal(52, 18, 3000), 0, 100)[patients]
ages[rng.random(visits) < 0.02] = np.nan
wards = rng.choice(["cardiology", "surgery", "maternity"], visits, p=[0.5, 0.4, 0.1])
clinic = {"age": ages, "patient": patients, "ward": wards}

# What is public: the bounds, the wards, how many visits of a patient count.
protected = {"unit": "user", "users": "patient", "rows_per_user": 3}
bounds = (0, 120)

# Before anything is asked: how good would a mean be, if there were about 5000 visits?
for epsilon in (0.1, 0.5):
    query = dp.Mean(bounds, epsilon, unit="user", rows_per_user=3)
    print(f"epsilon {epsilon}: 19 means of 20 are off by {query.accuracy(rows=5000):.1f} years at most")

with tempfile.TemporaryDirectory() as folder:
    ledger = dp.Ledger(Path(folder) / "budget.sqlite", epsilon=2, dataset="clinic", unit="user")
    options = {**protected, "ledger": ledger}

    mean = dp.mean(clinic, column="age", bounds=bounds, epsilon=0.5, label="mean age", **options)
    print(f"mean age {mean:.1f}")

    half = dp.median(clinic, column="age", bounds=bounds, step=1, epsilon=0.5, label="median age", **options)
    print(f"median age {half:.0f}")

    keys = ["cardiology", "maternity", "surgery", "psychiatry"]  # the last one had no visits
    counts = dp.count(clinic, epsilon=0.5, by="ward", keys=keys, label="visits by ward", **options)
    print("visits by ward", counts)

    print("left of the budget: epsilon", float(ledger.left()["epsilon"]))
    try:
        dp.histogram(clinic, column="age", bounds=bounds, bins=12, epsilon=1.0, **options)
    except BudgetExceededError as error:
        print("refused:", error)
    assert float(ledger.left()["epsilon"]) == 0.5
    ledger.verify()

assert 30 < mean < 70
assert 30 < half < 70
assert set(counts) == set(keys)
