"""The ledger: exact budgets, conversions, refusals, and everything that verification must find."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from privml import dp
from privml.dp.ledger import SigningKey
from privml.dp.ledger.amounts import UNIT, as_float_below
from privml.dp.ledger.budget import Loss, make_budget, zcdp_epsilon
from privml.dp.ledger.chain import encode_body, entry_hash
from privml.dp.ledger.conversion import convert, steps
from privml.errors import (
    BudgetExceededError,
    DtypeError,
    LedgerError,
    LedgerTamperedError,
    ParameterError,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "budget.sqlite"


# --- amounts and filters ---------------------------------------------------------------------------------


def test_three_tenths_fill_three_tenths_exactly(path: Path) -> None:
    ledger = dp.Ledger(path, epsilon=0.3)
    for _ in range(3):
        ledger.spend(0.1)
    assert ledger.left() == {"epsilon": 0, "delta": 0}
    with pytest.raises(BudgetExceededError):
        ledger.spend(1e-30)


def test_the_charge_gives_the_mechanism_no_more_than_was_paid(path: Path) -> None:
    ledger = dp.Ledger(path, epsilon=100, delta=0.5)
    for value in (0.1, 0.2, 0.3, 1 / 3, 0.7, 1e-9, 5):
        charge = ledger.spend(value, 1e-6)
        assert charge.epsilon is not None
        assert Fraction(charge.epsilon) <= charge.loss.epsilon  # type: ignore[operator]
        assert math.isclose(charge.epsilon, value, rel_tol=1e-15)
        assert Fraction(charge.delta) <= Fraction(1, 10**6)
    assert as_float_below(Fraction(1, 2)) == 0.5


def test_what_is_spent_is_rounded_up(path: Path) -> None:
    ledger = dp.Ledger(path, epsilon=1)
    ledger.spend(Fraction(1, 3))
    assert ledger.spent()["epsilon"] == Fraction(UNIT // 3 + 1, UNIT)


def test_delta_is_limited_as_epsilon_is(path: Path) -> None:
    ledger = dp.Ledger(path, epsilon=10, delta=1e-6)
    ledger.spend(1, 6e-7)
    with pytest.raises(BudgetExceededError, match="delta"):
        ledger.spend(1, 6e-7)
    assert ledger.spent()["epsilon"] == 1


@pytest.mark.parametrize(("epsilon", "delta"), [(0.01, 1e-12), (1, 1e-5), (3, 1e-6), (20, 0.1), (1000, 1e-9)])
def test_a_zcdp_budget_keeps_its_promise_and_wastes_nothing(epsilon: float, delta: float) -> None:
    rho = make_budget("zcdp", epsilon, delta)["rho"]
    tail = Fraction(repr(delta))
    assert zcdp_epsilon(rho, tail) <= Fraction(repr(float(epsilon))) * UNIT
    assert zcdp_epsilon(rho + UNIT // 10**15, tail) > Fraction(repr(float(epsilon))) * UNIT
    found = rho / UNIT
    assert math.isclose(found + 2 * math.sqrt(found * math.log(1 / delta)), epsilon, rel_tol=1e-9)


def test_zcdp_charges(path: Path) -> None:
    ledger = dp.Ledger(path, epsilon=3, delta=1e-6, accounting="zcdp")
    ledger.spend(noise_multiplier=5)
    ledger.spend(rho=0.01)
    ledger.spend(0.1)
    assert ledger.spent() == {"rho": Fraction(2, 100) + Fraction(1, 100) + Fraction(5, 1000)}
    with pytest.raises(ParameterError, match="delta must be 0"):
        ledger.spend(0.1, 1e-9)


def test_a_plan_is_charged_whole_at_its_accountants_bound(path: Path) -> None:
    class Accountant:
        def epsilon(self, delta: float) -> float:
            assert 0 < delta <= 1e-6
            return 0.7

    ledger = dp.Ledger(path, epsilon=1, delta=1e-5)
    with pytest.raises(ParameterError, match="adjacency"):
        ledger.spend(plan=Accountant(), delta=1e-6)
    charge = ledger.spend(plan=Accountant(), delta=1e-6, adjacency="add-remove")
    assert ledger.spent()["epsilon"] >= Fraction(0.7)
    assert charge.epsilon == 0.7
    assert ledger.statement().data["releases"][0]["accountant"] == "plan charged whole"


# --- units and adjacencies -------------------------------------------------------------------------------


def test_group_privacy_is_not_below_its_formula() -> None:
    epsilon, delta = Fraction(1, 2), Fraction(1, 10**8)
    for count in (2, 3, 10):
        found = convert(Loss(epsilon=epsilon, delta=delta), count)
        true = 1e-8 * math.expm1(count * 0.5) / math.expm1(0.5)
        assert found.epsilon == count * epsilon
        assert true * (1 - 1e-14) <= found.delta <= true * (1 + 1e-12)
    assert convert(Loss(rho=Fraction(1, 10)), 3).rho == Fraction(9, 10)


def test_group_privacy_without_a_promise_left_is_refused() -> None:
    for epsilon in (2, 100):
        with pytest.raises(ParameterError, match="no promise"):
            convert(Loss(epsilon=Fraction(epsilon), delta=Fraction(1, 1000)), 100)


STEPS = {
    # ledger unit, ledger adjacency, unit, adjacency, rows of one user: steps, or None where it is refused
    ("row", "add-remove", "row", "add-remove", None): 1,
    ("row", "substitution", "row", "add-remove", None): 2,
    ("row", "add-remove", "row", "substitution", None): None,
    ("user", "add-remove", "row", "add-remove", 5): 5,
    ("user", "substitution", "row", "add-remove", 5): 10,
    ("user", "add-remove", "row", "add-remove", None): None,
    ("user", "add-remove", "row", "substitution", 5): None,
    ("user", "substitution", "row", "substitution", 5): None,
    ("row", "add-remove", "user", "add-remove", None): 2,
    ("row", "add-remove", "user", "substitution", None): None,
    ("row", "substitution", "user", "substitution", None): None,
    ("user", "add-remove", "user", "add-remove", 3): None,
    ("user", "add-remove", "row", "add-remove", 0): None,
    ("user", "add-remove", "row", "add-remove", True): None,
}


@pytest.mark.parametrize("case", STEPS, ids=str)
def test_conversion_table(case: tuple[str, str, str, str, int | None]) -> None:
    names = ("ledger_unit", "ledger_adjacency", "unit", "adjacency", "rows_per_user")
    arguments = dict(zip(names, case, strict=True))
    if STEPS[case] is None:
        with pytest.raises(ParameterError):
            steps(**arguments)  # type: ignore[arg-type]
    else:
        assert steps(**arguments) == STEPS[case]  # type: ignore[arg-type]


def test_a_converted_spend_costs_what_the_conversion_says(path: Path) -> None:
    ledger = dp.Ledger(path, epsilon=1, unit="user")
    ledger.spend(0.1, unit="row", rows_per_user=4)
    assert ledger.spent()["epsilon"] == Fraction(4, 10)


# --- groups ----------------------------------------------------------------------------------------------


def test_disjoint_groups_spend_in_parallel(path: Path) -> None:
    ledger = dp.Ledger(path, epsilon=1, groups=["north", "south"])
    ledger.spend(0.75, group="north")
    ledger.spend(0.75, group="south")
    assert ledger.spent() == {"epsilon": Fraction(3, 4), "delta": 0}
    ledger.spend(0.25)
    with pytest.raises(BudgetExceededError, match="north"):
        ledger.spend(0.1, group="north")
    with pytest.raises(BudgetExceededError):
        ledger.spend(0.1)
    assert ledger.left()["epsilon"] == 0
    assert ledger.left("")["epsilon"] == Fraction(3, 4)
    ledger.verify()


def test_groups_with_budgets_of_their_own(path: Path) -> None:
    ledger = dp.Ledger(path, epsilon=1, groups={"north": 0.2, "south": 1})
    assert ledger.left()["epsilon"] == Fraction(1, 5)
    with pytest.raises(BudgetExceededError):
        ledger.spend(0.3, group="north")
    ledger.spend(0.3, group="south")
    with pytest.raises(ParameterError, match="budgets of its groups"):
        dp.Ledger(path, epsilon=1, groups={"north": 0.3, "south": 1})
    with pytest.raises(ParameterError, match="at most"):
        dp.Ledger(path.with_name("other"), epsilon=1, groups={"north": 2})


def test_a_group_that_was_not_fixed_is_refused(path: Path) -> None:
    ledger = dp.Ledger(path, epsilon=1, groups=["north"])
    for name in ("west", ""):
        with pytest.raises(ParameterError, match="was not fixed"):
            ledger.spend(0.1, group=name)
    with pytest.raises(ParameterError, match="substitution"):
        dp.Ledger(path.with_name("other"), epsilon=1, adjacency="substitution", groups=["a"])


# --- spending --------------------------------------------------------------------------------------------


def test_a_refused_query_never_sees_the_data(path: Path) -> None:
    ledger = dp.Ledger(path, epsilon=1)
    seen = []

    @ledger.query(epsilon=0.6)
    def mean(data: str, *, charge: dp.Charge) -> float | None:
        seen.append(data)
        return charge.epsilon

    assert mean("a") == pytest.approx(0.6)
    with pytest.raises(BudgetExceededError):
        mean("b")
    assert seen == ["a"]
    assert mean.__name__ == "mean"


def test_an_exception_after_the_charge_refunds_nothing(path: Path) -> None:
    ledger = dp.Ledger(path, epsilon=1)
    with pytest.raises(ZeroDivisionError), ledger.spend(0.6):
        raise ZeroDivisionError
    assert dp.Ledger(path).left()["epsilon"] == Fraction(2, 5)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, ParameterError),
        ({"epsilon": 0}, ParameterError),
        ({"epsilon": -1}, ParameterError),
        ({"epsilon": math.nan}, ParameterError),
        ({"epsilon": math.inf}, ParameterError),
        ({"epsilon": 1e300}, ParameterError),
        ({"epsilon": "1"}, DtypeError),
        ({"epsilon": True}, DtypeError),
        ({"epsilon": np.ones(1)}, DtypeError),
        ({"epsilon": 1j}, DtypeError),
        ({"epsilon": 0.1, "delta": 1}, ParameterError),
        ({"epsilon": 0.1, "delta": -1e-9}, ParameterError),
        ({"epsilon": 0.1, "rho": 0.1}, ParameterError),
        ({"rho": 0.1}, ParameterError),
        ({"noise_multiplier": 0}, ParameterError),
        ({"epsilon": 0.1, "unit": "person"}, ParameterError),
        ({"epsilon": 0.1, "adjacency": "none"}, ParameterError),
        ({"epsilon": 0.1, "label": 3}, DtypeError),
        ({"epsilon": 0.1, "label": "a\x1b[31m"}, ParameterError),
        ({"epsilon": 0.1, "parameters": {"x": object()}}, DtypeError),
        ({"epsilon": 0.1, "parameters": {"x": "y" * 2**21}}, ParameterError),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_parameters_cost_nothing(
    path: Path, arguments: dict[str, object], error: type[Exception]
) -> None:
    ledger = dp.Ledger(path, epsilon=1, delta=1e-3)
    before = ledger.head()
    with pytest.raises(error):
        ledger.spend(**arguments)  # type: ignore[arg-type]
    assert ledger.head() == before


def test_numpy_numbers_are_numbers(path: Path) -> None:
    ledger = dp.Ledger(path, epsilon=np.int64(2))
    ledger.spend(np.float64(0.1))
    ledger.spend(np.float32(0.5), parameters={"k": np.int32(3), "b": np.array([1.5, 2])})
    assert ledger.spent()["epsilon"] == Fraction(6, 10)


# --- opening ---------------------------------------------------------------------------------------------


def test_opening_needs_a_ledger_and_agreement(path: Path) -> None:
    with pytest.raises(LedgerError, match="does not exist"):
        dp.Ledger(path)
    dp.Ledger(path, epsilon=1, delta=1e-6, dataset="patients", unit="user", groups=["a"])
    assert dp.Ledger(path).unit == "user"
    dp.Ledger(path, epsilon=1, delta=1e-6, dataset="patients", unit="user", groups=["a"])
    for other in ({"epsilon": 2}, {"delta": 1e-5}, {"unit": "row"}, {"dataset": "x"}, {"groups": []}):
        with pytest.raises(ParameterError):
            dp.Ledger(path, **other)  # type: ignore[arg-type]
    assert path.stat().st_mode & 0o077 == 0


def test_files_that_are_no_ledgers(path: Path) -> None:
    path.write_bytes(b"")
    with pytest.raises(LedgerError, match="holds no ledger"):
        dp.Ledger(path)
    path.write_bytes(b"not a database, and long enough to be read as one" * 100)
    for arguments in ({}, {"epsilon": 1}):
        with pytest.raises(LedgerError):
            dp.Ledger(path, **arguments)  # type: ignore[arg-type]
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE entries (x)")
    other.close()
    with pytest.raises(LedgerTamperedError):
        dp.Ledger(path, epsilon=1)


# --- tampering -------------------------------------------------------------------------------------------


def change(path: Path, *statements: str) -> None:
    database = sqlite3.connect(path)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()


def rechain(path: Path, edit: Callable[[int, bytes], bytes | None]) -> None:
    """Write the chain anew after an edit, as whoever can write an unsigned file can."""
    database = sqlite3.connect(path)
    rows = [
        (n, edit(n, body))
        for n, body in database.execute("SELECT sequence, body FROM entries ORDER BY sequence")
    ]
    database.execute("DELETE FROM entries")
    previous = bytes(32)
    for position, body in enumerate(body for _, body in rows if body is not None):
        previous = entry_hash(previous, position, body)
        database.execute("INSERT INTO entries VALUES (?, ?, ?, NULL)", (position, body, previous))
    database.commit()
    database.close()


EDITS = {
    "body": [
        "UPDATE entries SET body=CAST(replace(CAST(body AS TEXT),'first','worst') AS BLOB) WHERE sequence=1"
    ],
    "hash": ["UPDATE entries SET hash=zeroblob(32) WHERE sequence=2"],
    "type": ["UPDATE entries SET hash='text' WHERE sequence=2"],
    "deleted in the middle": ["DELETE FROM entries WHERE sequence=2"],
    "deleted first": ["DELETE FROM entries WHERE sequence=0"],
    "deleted and closed up": [
        "DELETE FROM entries WHERE sequence=1",
        "UPDATE entries SET sequence=1 WHERE sequence=2",
        "UPDATE entries SET sequence=2 WHERE sequence=3",
    ],
    "re-ordered": [
        "UPDATE entries SET sequence=99 WHERE sequence=1",
        "UPDATE entries SET sequence=1 WHERE sequence=2",
        "UPDATE entries SET sequence=2 WHERE sequence=99",
    ],
    "everything": ["DELETE FROM entries"],
    "signature where none belongs": ["UPDATE entries SET signature=zeroblob(64) WHERE sequence=1"],
    "trigger": [
        "CREATE TRIGGER undo AFTER INSERT ON entries BEGIN DELETE FROM entries WHERE sequence>1; END"
    ],
    "rolled back": ["DELETE FROM entries WHERE sequence=3"],
}


def filled(path: Path) -> dp.Ledger:
    ledger = dp.Ledger(path, epsilon=1)
    for label in ("first", "second", "third"):
        ledger.spend(0.1, label=label)
    return ledger


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_found_relative_to_a_head(path: Path, edit: str) -> None:
    head = filled(path).head()
    assert dp.Ledger(path).verify(str(head)) == head
    change(path, *EDITS[edit])
    with pytest.raises(LedgerTamperedError):
        dp.Ledger(path).verify(head)


def test_a_whole_new_chain_is_found_by_the_head_alone(path: Path) -> None:
    ledger = filled(path)
    head = ledger.head()
    rechain(path, lambda n, body: body.replace(b"first", b"1st"))
    dp.Ledger(path).verify()  # what an unkeyed chain cannot show
    with pytest.raises(LedgerTamperedError, match="given head"):
        dp.Ledger(path).verify(head)
    with pytest.raises(LedgerTamperedError):
        ledger.spend(0.1)


def test_a_roll_back_and_new_spends_are_found(path: Path, tmp_path: Path) -> None:
    ledger = dp.Ledger(path, epsilon=1)
    old = path.read_bytes()
    ledger.spend(0.9)
    head = ledger.head()
    path.write_bytes(old)
    for use in (ledger.left, lambda: ledger.spend(0.5)):
        with pytest.raises(LedgerTamperedError, match="rolled back"):
            use()
    dp.Ledger(path).spend(0.5)
    dp.Ledger(path).verify()
    with pytest.raises(LedgerTamperedError):
        dp.Ledger(path).verify(head)


def test_a_new_chain_with_wrong_totals_is_found_without_a_head(path: Path) -> None:
    filled(path)
    rechain(path, lambda n, body: None if n == 1 else body)
    with pytest.raises(LedgerTamperedError, match="totals"):
        dp.Ledger(path).verify()


def test_a_chain_in_other_bytes_is_found(path: Path) -> None:
    filled(path)
    rechain(path, lambda n, body: body.replace(b'":"', b'": "'))
    with pytest.raises(LedgerTamperedError, match="canonical"):
        dp.Ledger(path)


def test_another_ledger_in_its_place_is_found(path: Path) -> None:
    ledger = filled(path)
    path.unlink()
    filled(path)
    with pytest.raises(LedgerTamperedError, match="not the ledger that was opened"):
        ledger.spend(0.1)


def test_every_flipped_byte_of_the_bodies_is_found(path: Path) -> None:
    head = filled(path).head()
    database = sqlite3.connect(path)
    rows = database.execute("SELECT sequence, body FROM entries").fetchall()
    for sequence, body in rows:
        for position in range(0, len(body), 37):
            bad = bytearray(body)
            bad[position] ^= 1
            database.execute("UPDATE entries SET body=? WHERE sequence=?", (bytes(bad), sequence))
            database.commit()
            with pytest.raises(LedgerTamperedError):
                dp.Ledger(path).verify(head)
        database.execute("UPDATE entries SET body=? WHERE sequence=?", (body, sequence))
        database.commit()
    database.close()
    dp.Ledger(path).verify(head)


def test_heads_are_read_strictly() -> None:
    text = "3:" + "0f" * 32
    assert str(dp.Head.parse(text)) == text
    for bad in (
        "",
        "3",
        "03:" + "0f" * 32,
        "3:" + "0F" * 32,
        "3:" + "0f" * 31,
        text + ":",
        "-1:" + "0f" * 32,
    ):
        with pytest.raises(ParameterError):
            dp.Head.parse(bad)


def test_the_chain_is_what_its_description_says() -> None:
    """Recomputed with hashlib from the bytes in the docstring, not by our functions."""
    import hashlib

    body = encode_body({"kind": "x", "a": ["1", 2]})
    assert body == b'{"a":["1",2],"kind":"x"}'
    expected = hashlib.sha256(b"privml.ledger/1" + bytes(1) + bytes(32) + bytes(7) + b"\x05" + body).digest()
    assert entry_hash(bytes(32), 5, body) == expected


# --- signatures ------------------------------------------------------------------------------------------


def test_signed_ledgers(path: Path, tmp_path: Path) -> None:
    key = SigningKey.generate()
    key.save(tmp_path / "sign.key")
    assert (tmp_path / "sign.key").stat().st_mode & 0o077 == 0
    key = SigningKey.load(tmp_path / "sign.key")
    ledger = dp.Ledger(path, epsilon=1, signing_key=key)
    ledger.spend(0.1, label="first").record(41.5)
    ledger.verify(ledger.head(), verify_key=key.verify_key)
    with pytest.raises(LedgerError, match="signed"):
        dp.Ledger(path).spend(0.1)
    with pytest.raises(ParameterError):
        dp.Ledger(path, signing_key=SigningKey.generate())
    with pytest.raises(LedgerTamperedError):
        ledger.verify(verify_key=SigningKey.generate().verify_key)
    rechain(path, lambda n, body: body.replace(b"first", b"1st"))
    with pytest.raises(LedgerTamperedError, match="signed"):
        dp.Ledger(path)


def test_an_unsigned_ledger_is_not_taken_for_a_signed_one(path: Path) -> None:
    ledger = filled(path)
    with pytest.raises(LedgerTamperedError, match="verify_key"):
        ledger.verify(verify_key=SigningKey.generate().verify_key)


# --- statement -------------------------------------------------------------------------------------------


def test_the_statement_says_what_a_reader_needs(path: Path) -> None:
    import json

    ledger = dp.Ledger(path, epsilon=1, delta=1e-6, dataset="patients", unit="user", groups=["north"])
    charge = ledger.spend(
        0.25,
        unit="row",
        rows_per_user=2,
        group="north",
        label="mean age",
        mechanism="Laplace",
        parameters={"b": 2.5},
    )
    charge.record(np.array([41.25]))
    data = json.loads(ledger.statement().to_json())
    assert data["groups"]["north"]["spent"]["epsilon"] == "0.5"
    assert data["groups"][""]["spent"]["epsilon"] == "0"
    assert data["releases"][0]["released"] == [["41.25"]]
    text = str(ledger.statement())
    for part in (
        "patients",
        "user",
        "adding or removing",
        "Laplace",
        "2.5",
        "north",
        "2 steps",
        data["head"],
    ):
        assert part in text


# --- what is in the way ----------------------------------------------------------------------------------


def test_a_locked_file_ends_in_an_error_and_costs_nothing(path: Path) -> None:
    ledger = dp.Ledger(path, epsilon=1, timeout=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="locked"):
        ledger.spend(0.5)
    other.execute("ROLLBACK")
    other.close()
    assert ledger.left()["epsilon"] == 1


def test_signing_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from privml.errors import MissingPackageError

    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric", None)
    with pytest.raises(MissingPackageError, match=r"privml\[sign\]"):
        SigningKey.generate()
