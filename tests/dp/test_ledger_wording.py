"""What the ledger and the accountant say of themselves, and of files that are no ledgers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from privml import dp, errors
from privml.dp.accounting import GaussianLoss, LaplaceLoss


@pytest.mark.parametrize("given", [{}, {"epsilon": 1}])
def test_another_file_is_not_a_ledger(tmp_path: Path, given: dict[str, Any]) -> None:
    path = tmp_path / "people.csv"
    path.write_text("age,ward\n" * 100)
    with pytest.raises(errors.LedgerError, match="is not a ledger") as caught:
        dp.Ledger(path, **given)
    assert not isinstance(caught.value, errors.LedgerTamperedError)
    assert path.read_text() == "age,ward\n" * 100


def test_a_ledger_that_was_overwritten_was_tampered_with(tmp_path: Path) -> None:
    path = tmp_path / "budget.sqlite"
    ledger = dp.Ledger(path, epsilon=1)
    path.write_text("age,ward\n" * 100)
    with pytest.raises(errors.LedgerTamperedError):
        ledger.spend(0.1)


@pytest.mark.parametrize("given", [{}, {"epsilon": 1}])
def test_a_missing_directory_is_named(tmp_path: Path, given: dict[str, Any]) -> None:
    with pytest.raises(errors.LedgerError, match=r"no directory .*nowhere"):
        dp.Ledger(tmp_path / "nowhere" / "budget.sqlite", **given)


def test_charges_and_heads_show_their_hash_as_text(tmp_path: Path) -> None:
    charge = dp.Ledger(tmp_path / "budget.sqlite", epsilon=1).spend(0.25)
    assert repr(charge) == f"Charge(head='{charge.head}', epsilon=0.25)"
    assert repr(charge.head) == f"Head('{charge.head}')"


def test_accountants_show_their_steps() -> None:
    assert repr(dp.Accountant()) == "<Accountant by pld: no steps>"
    composed = dp.Accountant("rdp").compose(GaussianLoss(1.5), count=3)
    assert repr(composed) == f"<Accountant by rdp: 3 x {GaussianLoss(1.5)!r}>"
    for scale in range(1, 20):
        composed.compose(LaplaceLoss(scale))
    assert repr(composed).endswith(", ...>")


def test_calibration_needs_a_function() -> None:
    wrong: Any = 1.1
    with pytest.raises(errors.DtypeError, match="a function from noise to a loss"):
        dp.calibrate(wrong, 2.0, 1e-6)
