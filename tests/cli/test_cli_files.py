"""keygen, encrypt, aggregate, decrypt: what goes round, and everything that must be refused."""

from __future__ import annotations

import contextlib
import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from privml import paillier
from privml.cli.arrayfile import shortest
from privml.cli.container import decode, read_encrypted
from privml.errors import PrivmlError


def csv_file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def encrypted(run: Any, keys: Any, source: Path, *options: Any) -> Path:
    out = source.with_suffix(source.suffix + ".enc")
    run("encrypt", source, "--key", keys.public, "--out", out, *options)
    return out


def decrypted(run: Any, keys: Any, source: Path, ending: str = ".npy", *options: Any) -> Path:
    out = source.with_name(source.name + ending)
    run("decrypt", source, "--key", keys.private, "--password-file", keys.password, "--out", out, *options)
    return out


def test_keygen_writes_a_private_and_a_public_file(keys: Any) -> None:
    assert stat.S_IMODE(keys.private.stat().st_mode) == 0o600
    private = paillier.PrivateKey.load(keys.private, password="correct horse")
    assert private.bits == 2048
    assert paillier.PublicKey.load(keys.public) == private.public_key


def test_keygen_json(run: Any, keys: Any, tmp_path: Path) -> None:
    out = tmp_path / "k"
    result = run(
        "keygen",
        "--out",
        out,
        "--bits",
        512,
        "--insecure-key-size",
        "--password-file",
        keys.password,
        "--json",
    )
    value = json.loads(result.stdout)
    assert value["bits"] == 512
    assert (
        value["fingerprint"] == paillier.PublicKey.load(value["public"], insecure_key_size=True).fingerprint
    )


def test_keygen_refuses_small_keys_and_existing_files(run: Any, keys: Any, tmp_path: Path) -> None:
    out = tmp_path / "k"
    run("keygen", "--out", out, "--bits", 512, "--password-file", keys.password, code=2)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "k.pub").write_text("mine")
    arguments = [
        "keygen",
        "--out",
        out,
        "--bits",
        512,
        "--insecure-key-size",
        "--password-file",
        keys.password,
    ]
    assert "k.pub exists already" in run(*arguments, code=2).stderr
    assert (tmp_path / "k.pub").read_text() == "mine"
    assert not out.exists()
    run(*arguments, "--force")
    assert paillier.PublicKey.load(tmp_path / "k.pub", insecure_key_size=True).bits == 512


@pytest.mark.parametrize("options", [(), ("--elementwise",)])
@pytest.mark.parametrize(
    "values",
    [
        np.array([[1.5, -2.25], [0.0, 1e-3]]),
        np.array([1, -7, 100], dtype=np.int16),
        np.array(3.25),
        np.array([True, False]),
        np.zeros((0, 2)),
    ],
    ids=["floats", "ints", "scalar", "bools", "empty"],
)
def test_npy_round_trip(run: Any, keys: Any, tmp_path: Path, values: Any, options: tuple[str, ...]) -> None:
    np.save(tmp_path / "x.npy", values)
    out = decrypted(run, keys, encrypted(run, keys, tmp_path / "x.npy", *options))
    found = np.load(out)
    assert found.shape == values.shape
    assert (found.dtype.kind == "f") == (values.dtype.kind == "f")
    np.testing.assert_allclose(found, values, atol=1e-6)


def test_csv_sum_and_mean_of_three_files(run: Any, keys: Any, tmp_path: Path) -> None:
    files = [
        encrypted(run, keys, csv_file(tmp_path / f"{i}.csv", f"größe,päy\n{i},{i}.5\n-1,2\n"))
        for i in range(3)
    ]
    result = run("aggregate", *files, "--out", tmp_path / "sum.enc", "--key", keys.public, "--json")
    assert json.loads(result.stdout)["parts"] == 3
    total = decrypted(run, keys, tmp_path / "sum.enc", ".csv")
    assert total.read_text(encoding="utf-8") == "größe,päy\n3.0,4.5\n-3.0,6.0\n"
    mean = decrypted(run, keys, tmp_path / "sum.enc", ".mean.csv", "--mean")
    assert mean.read_text(encoding="utf-8") == "größe,päy\n1.0,1.5\n-1.0,2.0\n"


def test_aggregates_of_aggregates_count_their_parts(run: Any, keys: Any, tmp_path: Path) -> None:
    one, two, three = (encrypted(run, keys, csv_file(tmp_path / f"{i}.csv", "a\n6\n")) for i in range(3))
    run("aggregate", one, two, "--out", tmp_path / "2.enc")
    run("aggregate", tmp_path / "2.enc", three, "--out", tmp_path / "3.enc")
    out = decrypted(run, keys, tmp_path / "3.enc", ".csv", "--mean")
    assert out.read_text() == "a\n6.0\n"


def test_whole_numbers_stay_whole_and_big_ones_are_exact(run: Any, keys: Any, tmp_path: Path) -> None:
    big = 2**70 + 1
    source = csv_file(tmp_path / "x.csv", f"a,b\n{big},1\n-5,2\n")
    file = encrypted(run, keys, source, "--elementwise", "--limit", 2.0**80)
    assert decrypted(run, keys, file, ".csv").read_text() == f"a,b\n{big},1\n-5,2\n"
    out = tmp_path / "x.npy"
    arguments = ["decrypt", file, "--key", keys.private, "--password-file", keys.password, "--out", out]
    assert "write a .csv" in run(*arguments, code=2).stderr
    assert not out.exists()


def test_column_names_with_separators_come_back(run: Any, keys: Any, tmp_path: Path) -> None:
    source = csv_file(tmp_path / "x.csv", '"pay, gross","two\nlines"\n1,2\n')
    result = run("encrypt", source, "--key", keys.public, "--out", tmp_path / "x.enc")
    assert "pay, gross" in result.stdout
    assert "two\\nlines" in result.stdout
    assert decrypted(run, keys, tmp_path / "x.enc", ".csv").read_text() == '"pay, gross","two\nlines"\n1,2\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3,\n", "line 3: column 'b' holds no value"),
        ("a,b\n1,2\n3,NaN\n", "line 3: column 'b' holds no value"),
        ("a,b\n1,x\n", "line 2: column 'b' holds 'x', not a number"),
        ("a,b\n1,inf\n", "line 2: column 'b' holds inf, which is not finite"),
        ("a,b\n1,1e999\n", "line 2: column 'b' holds 1e999, which is not finite"),
        ("a,b\n1,007\n", "holds codes such as 007"),
        ("a,b\n1,2.5\n9007199254740993,1\n", "line 3: column 'a' holds 9007199254740993, which is too large"),
        ("a,b\n1," + "9" * 5000 + "\n", "line 2: column 'b': more than 4000 digits"),
        ("a,b\n1,2\n3,-1048577\n", "line 3: column 'b' is not within the --limit"),
        ("a,b\n", "a header and no rows"),
        ("", "is empty"),
    ],
)
def test_bad_csv_is_refused_with_its_line(
    run: Any, keys: Any, tmp_path: Path, text: str, message: str
) -> None:
    source = csv_file(tmp_path / "x.csv", text)
    result = run("encrypt", source, "--key", keys.public, "--out", tmp_path / "x.enc", code=2)
    assert message in result.stderr
    assert not (tmp_path / "x.enc").exists()


def test_bad_npy_is_refused(run: Any, keys: Any, tmp_path: Path) -> None:
    path, out = tmp_path / "x.npy", tmp_path / "x.enc"
    for content in (b"", b"\x93NUMPY\x01\x00v\x00{'descr'", b"PK\x03\x04"):
        path.write_bytes(content)
        run("encrypt", path, "--key", keys.public, "--out", out, code=2)
    np.save(path, np.array(["a"]))
    result = run("encrypt", path, "--key", keys.public, "--out", out, code=2)
    assert "x.npy holds text; only integers" in result.stderr
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    result = run("encrypt", path, "--key", keys.public, "--out", out, code=2)
    assert "x.npy holds Python objects; only integers" in result.stderr
    path.write_bytes(b"\x80\x04N.")
    result = run("encrypt", path, "--key", keys.public, "--out", out, code=2)
    assert result.stderr.endswith("x.npy is not a .npy file\n")
    np.save(path, np.array([1.0, np.nan]))
    assert "x.npy[1] is not within" in run("encrypt", path, "--key", keys.public, "--out", out, code=2).stderr
    np.save(path, np.array([[1.0, 1e12]]))
    result = run("encrypt", path, "--key", keys.public, "--out", out, code=2)
    assert "x.npy[0, 1] is not within the --limit of 1.04858e+06" in result.stderr
    assert not out.exists()


def test_options_that_do_not_go_together(run: Any, keys: Any, tmp_path: Path) -> None:
    source = csv_file(tmp_path / "x.csv", "a\n1\n")
    start = ["encrypt", source, "--key", keys.public, "--out", tmp_path / "x.enc"]
    assert "--elementwise" in run(*start, "--elementwise", "--additions", 3, code=2).stderr
    for limit in (-1, 0, "nan", "inf"):
        message = run(*start, "--limit", limit, code=2).stderr
        assert "'--limit'" in message
        assert "x.csv" not in message
    assert "--value-bits is 100000; allowed" in run(*start, "--value-bits", 100000, code=2).stderr
    assert "--additions is 0; allowed" in run(*start, "--additions", 0, code=2).stderr


def test_whole_numbers_as_fractions_add_to_fractions(run: Any, keys: Any, tmp_path: Path) -> None:
    parts = []
    for name, text in (("whole", "a\n1\n2\n"), ("parts", "a\n0.5\n0.25\n")):
        out = tmp_path / f"{name}.enc"
        result = run(
            *("encrypt", csv_file(tmp_path / f"{name}.csv", text), "--key", keys.public, "--out", out),
            *("--fractional-bits", 20),
        )
        assert "that these are fractions" in result.stdout
        parts.append(out)
    run("aggregate", *parts, "--out", tmp_path / "sum.enc")
    np.save(tmp_path / "long.npy", np.array([2**60]))
    start = ["encrypt", tmp_path / "long.npy", "--key", keys.public, "--out", tmp_path / "long.enc"]
    assert "2^53" in run(*start, "--fractional-bits", 3, "--limit", 2**61, code=2).stderr


def test_what_does_not_add_is_refused(run: Any, keys: Any, other_keys: Any, tmp_path: Path) -> None:
    base = encrypted(run, keys, csv_file(tmp_path / "base.csv", "a,b\n1,2\n"))
    foreign = encrypted(run, other_keys, csv_file(tmp_path / "foreign.csv", "a,b\n1,2\n"))
    names = encrypted(run, keys, csv_file(tmp_path / "names.csv", "a,c\n1,2\n"))
    longer = encrypted(run, keys, csv_file(tmp_path / "longer.csv", "a,b\n1,2\n3,4\n"))
    single = encrypted(run, keys, csv_file(tmp_path / "single.csv", "a,b\n1,2\n"), "--elementwise")
    budget = encrypted(run, keys, csv_file(tmp_path / "budget.csv", "a,b\n1,2\n"), "--additions", 7)
    whole = encrypted(run, keys, csv_file(tmp_path / "w.csv", "a,b\n1,2\n"), "--fractional-bits", 20)
    fine = encrypted(run, keys, csv_file(tmp_path / "f.csv", "a,b\n1,2\n"), "--fractional-bits", 12)
    for other, message in (
        (foreign, "is for key"),
        (names, "different columns"),
        (longer, "shape"),
        (single, "is packed and"),
        (budget, "number of files that can be added 1024 and 7; encrypt both with the same --additions"),
        (whole, "base.csv.enc holds whole numbers and"),
    ):
        result = run("aggregate", base, other, "--out", tmp_path / "sum.enc", code=2)
        assert message in result.stderr
        assert str(base) in result.stderr
        assert str(other) in result.stderr
    message = run("aggregate", whole, fine, "--out", tmp_path / "sum.enc", code=2).stderr
    assert f"{whole} and {fine} were packed differently: " in message
    assert "bits after the binary point 20 and 12" in message
    assert "--value-bits" not in message
    assert message.endswith("encrypt both with the same --fractional-bits\n")
    arguments = ["aggregate", base, "--key", other_keys.public, "--out", tmp_path / "sum.enc"]
    assert "is for key" in run(*arguments, code=2).stderr
    assert not (tmp_path / "sum.enc").exists()


def test_more_additions_than_there_is_room_for(run: Any, keys: Any, tmp_path: Path) -> None:
    files = [
        encrypted(run, keys, csv_file(tmp_path / f"{i}.csv", "a\n1\n"), "--additions", 2) for i in range(3)
    ]
    run("aggregate", *files[:2], "--out", tmp_path / "2.enc")
    message = run("aggregate", *files, "--out", tmp_path / "3.enc", code=2).stderr
    assert "3 files would be added up" in message
    assert "sums of at most 2; encrypt with a larger --additions" in message


def test_foreign_key_and_wrong_password(run: Any, keys: Any, other_keys: Any, tmp_path: Path) -> None:
    source = encrypted(run, keys, csv_file(tmp_path / "x.csv", "a\n1\n"))
    out = tmp_path / "x.npy"
    start = ["decrypt", source, "--out", out, "--key"]
    result = run(*start, other_keys.private, "--password-file", other_keys.password, code=2)
    assert "is for key" in result.stderr
    wrong = csv_file(tmp_path / "wrong", "correct horse \n")
    assert "password" in run(*start, keys.private, "--password-file", wrong, code=2).stderr
    empty = csv_file(tmp_path / "empty", "\n")
    assert "holds no password" in run(*start, keys.private, "--password-file", empty, code=2).stderr
    result = run(*start, keys.public, "--password-file", keys.password, code=2)
    assert "this is a public key; --key needs the private one" in result.stderr
    # Said before a password is asked for.
    assert "this is a public key" in run(*start, keys.public, code=2).stderr
    public = ["encrypt", tmp_path / "x.csv", "--key", keys.private, "--out", tmp_path / "y.enc"]
    assert "this is a private key; --key needs the public one" in run(*public, code=2).stderr
    run(*start, source, "--password-file", keys.password, code=2)
    assert "no terminal to ask on" in run(*start, keys.private, code=2).stderr
    assert not out.exists()


def test_only_one_line_end_is_taken_from_a_password_file(run: Any, tmp_path: Path) -> None:
    password = csv_file(tmp_path / "password", "two lines\n\n")
    run("keygen", "--out", tmp_path / "k", "--bits", 512, "--insecure-key-size", "--password-file", password)
    assert paillier.PrivateKey.load(tmp_path / "k", password="two lines\n").bits == 512


def test_damaged_files_are_refused(run: Any, keys: Any, tmp_path: Path) -> None:
    source = encrypted(run, keys, csv_file(tmp_path / "x.csv", "a,b\n1,2\n"))
    whole = source.read_bytes()
    bad, out = tmp_path / "bad.enc", tmp_path / "out.enc"
    cuts = [0, 1, 7, 8, 12, 20, 24, 30, len(whole) // 2, len(whole) - 1]
    for content in [whole[:cut] for cut in cuts] + [whole + b"\0", b"\xff" * 100, whole[:24] + b"\xff" * 40]:
        bad.write_bytes(content)
        assert str(bad) in run("aggregate", bad, "--out", out, code=2).stderr
    assert not out.exists()


def test_a_row_that_no_encryption_gives_is_blamed_on_the_file(run: Any, keys: Any, tmp_path: Path) -> None:
    source = encrypted(run, keys, csv_file(tmp_path / "x.csv", "a,b\n1,2\n"))
    content = bytearray(source.read_bytes())
    content[-100] ^= 1
    source.write_bytes(content)
    arguments = ["--key", keys.private, "--password-file", keys.password, "--out", tmp_path / "x.npy"]
    message = run("decrypt", source, *arguments, code=2).stderr
    assert str(source) in message
    assert "damaged or altered" in message


def test_the_same_file_twice_is_refused(run: Any, keys: Any, tmp_path: Path) -> None:
    one = encrypted(run, keys, csv_file(tmp_path / "1.csv", "a\n1\n"))
    same = encrypted(run, keys, csv_file(tmp_path / "2.csv", "a\n1\n"))
    copy, link = tmp_path / "copy.enc", tmp_path / "link.enc"
    copy.write_bytes(one.read_bytes())
    link.symlink_to(one)
    out = tmp_path / "sum.enc"
    for other in (one, copy, link):
        message = run("aggregate", same, one, other, "--out", out, code=2).stderr
        assert f"{one} and {other} are the same encrypted file" in message
    assert "the sum of 2 encrypted files" in run("aggregate", one, same, "--out", out).stdout
    assert "the sum of 1 encrypted file," in run("aggregate", one, "--out", out, "--force").stdout


def test_sums_of_coarse_fractions_are_exact(run: Any, keys: Any, tmp_path: Path) -> None:
    how = ("--elementwise", "--fractional-bits", "1")
    rows = csv_file(tmp_path / "rows.csv", "a,b\n0.5,-0.5\n1.5,12.5\n")
    files = [tmp_path / f"{i}.enc" for i in range(5)]
    for file in files:
        run("encrypt", rows, "--key", keys.public, "--out", file, *how)
    total = tmp_path / "sum.enc"
    run("aggregate", *files, "--out", total)
    assert decrypted(run, keys, total, ".csv").read_text() == "a,b\n2.5,-2.5\n7.5,62.5\n"


def test_decimals_come_back_without_the_noise_of_the_fixed_point(run: Any, keys: Any, tmp_path: Path) -> None:
    texts = [
        "a,b\n44382.25,0.1\n-0.7,3.0\n",
        "a,b\n44382.26,0.2\n0.7,1e-05\n",
        "a,b\n44382.23,0.4\n0.1,0.0\n",
    ]
    files = [encrypted(run, keys, csv_file(tmp_path / f"{i}.csv", text)) for i, text in enumerate(texts)]
    for file, text in zip(files, texts, strict=True):
        assert decrypted(run, keys, file, ".csv").read_text() == text
    total = tmp_path / "sum.enc"
    run("aggregate", *files, "--out", total)
    # Roundings add up, and no more than half a step is ever taken off: a sum may end in a few digits more.
    assert decrypted(run, keys, total, ".csv").read_text() == "a,b\n133146.739999995,0.7\n0.1,3.00001\n"
    mean = np.load(decrypted(run, keys, total, ".npy", "--mean"))
    np.testing.assert_allclose(mean[0], [133146.74 / 3, 0.7 / 3], atol=2**-27)


def test_no_digit_that_the_fixed_point_tells_is_lost() -> None:
    values = np.random.default_rng(3).normal(size=200)
    stored = np.round(values * 2**20) / 2**20
    shown = shortest(stored, 2.0**-21)
    np.testing.assert_array_equal(np.round(shown * 2**20) / 2**20, stored)
    assert max(len(repr(value)) for value in shown.tolist()) < 12


def test_the_result_may_go_to_a_pipe_or_to_stdout(run: Any, keys: Any, process: Any, tmp_path: Path) -> None:
    source = encrypted(run, keys, csv_file(tmp_path / "x.csv", "a,b\n1,2\n"))
    arguments = [
        "decrypt",
        source,
        "--key",
        keys.private,
        "--password-file",
        keys.password,
        "--out",
        "/dev/stdout",
    ]
    result = process(*arguments)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "a,b\n1,2\n"
    assert "shape (1, 2)" in result.stderr
    with (tmp_path / "log").open("w") as log:
        log.write("before\n")
        log.flush()
        subprocess.run(
            [sys.executable, "-m", "privml", *map(str, arguments)],
            stdout=log,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    assert (tmp_path / "log").read_text() == "before\na,b\n1,2\n"
    assert Path("/dev/stdout").is_symlink()
    message = run("keygen", "--out", "/dev/null", "--password-file", keys.password, code=2).stderr
    assert "is not a file" in message


def test_damage_to_the_header_is_found(run: Any, keys: Any, tmp_path: Path) -> None:
    source = encrypted(run, keys, csv_file(tmp_path / "x.csv", "a,b\n1,2\n"))
    whole = source.read_bytes()
    # From the number of parts to the end of the key; what comes before is checked by what it says.
    for at in range(12, 24 + 2 * 5 + 4 + 256):
        content = bytearray(whole)
        content[at] ^= 1
        with pytest.raises(PrivmlError, match=r"damaged|cut short|contradicts"):
            decode(bytes(content), "x")
    parts = bytearray(whole)
    parts[12] = 3
    source.write_bytes(parts)
    message = run("aggregate", source, "--out", tmp_path / "y.enc", code=2).stderr
    assert f"{source} is damaged: its header does not match its checksum" in message
    old = bytearray(whole)
    old[8] = 1
    source.write_bytes(old)
    message = run("aggregate", source, "--out", tmp_path / "y.enc", code=2).stderr
    assert "has version 1; this privml reads version 2" in message


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_change_to_a_file_gives_a_file_or_an_error(
    run: Any, keys: Any, tmp_path: Path, data: Any
) -> None:
    path = tmp_path / "x.csv.enc"
    if not path.exists():
        encrypted(run, keys, csv_file(tmp_path / "x.csv", "a,b\n1,2\n"))
    content = bytearray(path.read_bytes())
    # Mostly the header, where the lengths are.
    at = data.draw(st.one_of(st.integers(0, 60), st.integers(0, len(content) - 1)))
    content[at] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(PrivmlError):
        decode(bytes(content), "x")


def test_an_encrypted_file_decodes_to_what_was_written(run: Any, keys: Any, tmp_path: Path) -> None:
    path = encrypted(run, keys, csv_file(tmp_path / "x.csv", "a,b\n1,2\n"))
    content = read_encrypted(path)
    assert content.names == ("a", "b")
    assert content.parts == 1
    assert content.packed
    assert content.to_bytes() == path.read_bytes()
    assert content.public_key == paillier.PublicKey.load(keys.public)


def test_existing_output_is_kept_without_force(run: Any, keys: Any, tmp_path: Path) -> None:
    source, out = csv_file(tmp_path / "x.csv", "a\n1\n"), csv_file(tmp_path / "out", "mine")
    arguments = ["encrypt", source, "--key", keys.public, "--out", out]
    assert "--force" in run(*arguments, code=2).stderr
    assert out.read_text() == "mine"
    run(*arguments, "--force")
    assert read_encrypted(out).names == ("a",)
    run("encrypt", source, "--key", keys.public, "--out", tmp_path, "--force", code=2)
    run("encrypt", source, "--key", keys.public, "--out", tmp_path / "no" / "x.enc", code=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "x.csv"]
