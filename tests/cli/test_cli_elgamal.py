"""ElGamal on the command line: products and sums of files, and what must be refused."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from privml import elgamal
from privml.cli.app import privml
from privml.cli.container import ELGAMAL_KEYS, decode, read_encrypted
from privml.cli.products import geometric_mean
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


class Made:
    """Files of an ElGamal key pair."""

    def __init__(self, folder: Path, group: str) -> None:
        self.private, self.public, self.password = folder / "key", folder / "key.pub", folder / "password"
        self.password.write_text("correct horse\n")
        words = ("--scheme", "elgamal", "--group", group, "--password-file", str(self.password), "--json")
        result = CliRunner().invoke(privml, ["keygen", "--out", str(self.private), *words])
        assert result.exit_code == 0, result.stderr
        self.said = result.stdout


@pytest.fixture(scope="session")
def products(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("products"), "ffdhe2048")


@pytest.fixture(scope="session")
def sums(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("sums"), "ristretto255")


def test_keygen_names_the_group(products: Made, sums: Made) -> None:
    for made, group in ((products, "ffdhe2048"), (sums, "ristretto255")):
        key = elgamal.PrivateKey.load(made.private, password="correct horse")
        assert key.group == json.loads(made.said)["group"] == group
        assert elgamal.PublicKey.load(made.public) == key.public_key
        assert made.public.read_bytes().startswith(ELGAMAL_KEYS)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--group", "ffdhe2048"),
        ("--scheme", "elgamal", "--bits", 2048),
        ("--scheme", "elgamal", "--insecure-key-size"),
        ("--scheme", "rsa"),
        ("--scheme", "elgamal", "--group", "p256"),
    ],
)
def test_keygen_refuses_options_of_the_other_scheme(run: Any, tmp_path: Path, arguments: Any) -> None:
    run("keygen", "--out", tmp_path / "k", *arguments, code=2)
    assert list(tmp_path.iterdir()) == []


def test_products_and_geometric_means_of_files(run: Any, products: Made, tmp_path: Path) -> None:
    files = [
        encrypted(run, products, csv_file(tmp_path / f"{i}.csv", f"ratio,n\n{text}\n"))
        for i, text in enumerate(["0.5,2", "1.5,4", "4.5,8"])
    ]
    said = run("aggregate", *files, "--out", tmp_path / "all.enc", "--key", products.public).stdout
    assert "the product of 3 encrypted files" in said
    out = decrypted(run, products, tmp_path / "all.enc", ".csv")
    assert out.read_text() == "ratio,n\n3.375,64.0\n"
    mean = decrypted(run, products, tmp_path / "all.enc", ".mean.csv", "--mean")
    assert mean.read_text() == "ratio,n\n1.5,4.0\n"


def test_products_of_whole_numbers_are_exact(run: Any, products: Made, tmp_path: Path) -> None:
    files = [
        encrypted(run, products, csv_file(tmp_path / f"{i}.csv", f"a\n{1000003 + i}\n")) for i in range(4)
    ]
    run("aggregate", *files, "--out", tmp_path / "all.enc")
    expected = 1000003 * 1000004 * 1000005 * 1000006
    assert decrypted(run, products, tmp_path / "all.enc", ".csv").read_text() == f"a\n{expected}\n"


def test_decimals_come_back_as_they_were_written(run: Any, products: Made, tmp_path: Path) -> None:
    file = encrypted(run, products, csv_file(tmp_path / "a.csv", "r\n0.1\n1.37\n"))
    assert decrypted(run, products, file, ".csv").read_text() == "r\n0.1\n1.37\n"


def test_sums_of_small_whole_numbers(run: Any, sums: Made, tmp_path: Path) -> None:
    files = [
        encrypted(run, sums, csv_file(tmp_path / f"{i}.csv", f"n,ill\n{i - 5},true\n7,false\n"))
        for i in range(3)
    ]
    assert "the sum of" in run("aggregate", *files, "--out", tmp_path / "all.enc").stdout
    assert decrypted(run, sums, tmp_path / "all.enc", ".csv").read_text() == "n,ill\n-12,3\n21,0\n"
    mean = decrypted(run, sums, tmp_path / "all.enc", ".mean.csv", "--mean")
    assert mean.read_text() == "n,ill\n-4.0,1.0\n7.0,0.0\n"


def test_arrays_of_any_shape(run: Any, sums: Made, products: Made, tmp_path: Path) -> None:
    for made, values in (
        (sums, np.array(7)),
        (sums, np.array([[True], [False]])),
        (products, np.array([0.5, 3.25])),
        (products, np.ones((0, 2), dtype=np.int64)),
    ):
        np.save(tmp_path / "x.npy", values)
        run("encrypt", tmp_path / "x.npy", "--key", made.public, "--out", tmp_path / "x.enc", "--force")
        found = np.load(decrypted(run, made, tmp_path / "x.enc", ".npy", "--force"))
        assert found.shape == values.shape
        np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("r\n1.5\n0\n", (), "x.csv, line 3: column 'r' is not positive"),
        ("r\n2\n-3\n", (), "line 3: column 'r' is not positive"),
        ("r\n1.5\n0.000001\n", (), "rounds to zero with --fractional-bits 16"),
        ("r\n2000000\n", (), "--limit"),
        ("r\nhigh\n", (), "not a number"),
        ("r\n1.5\n", ("--additions", 3), "--additions"),
        ("r\n1.5\n", ("--fractional-bits", 4000), "--fractional-bits is 4000"),
    ],
)
def test_values_that_products_cannot_take(
    run: Any, products: Made, tmp_path: Path, text: str, options: Any, message: str
) -> None:
    source = csv_file(tmp_path / "x.csv", text)
    out = tmp_path / "x.enc"
    said = run("encrypt", source, "--key", products.public, "--out", out, *options, code=2).stderr
    assert message in said
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("n\n1.5\n", (), "holds fractions"),
        ("n\n1\n", ("--limit", 2.0**50), "2**40"),
        ("n\n2000000\n", (), "--limit"),
        ("n\nmany\n", (), "not a number"),
    ],
)
def test_values_that_sums_cannot_take(
    run: Any, sums: Made, tmp_path: Path, text: str, options: Any, message: str
) -> None:
    source = csv_file(tmp_path / "x.csv", text)
    assert (
        message
        in run("encrypt", source, "--key", sums.public, "--out", tmp_path / "x.enc", *options, code=2).stderr
    )


def test_keys_and_schemes_do_not_mix(run: Any, products: Made, sums: Made, keys: Any, tmp_path: Path) -> None:
    source = csv_file(tmp_path / "x.csv", "n\n3\n")
    files = {}
    for name, made in (("p", products), ("s", sums), ("k", keys)):
        files[name] = tmp_path / f"{name}.enc"
        run("encrypt", source, "--key", made.public, "--out", files[name])
    out = tmp_path / "out.csv"
    for one, other in (("p", "s"), ("s", "k"), ("k", "p")):
        assert "is for key" in run("aggregate", files[one], files[other], "--out", out, code=2).stderr
    for name, made in (("p", keys), ("s", products), ("k", sums)):
        words = ("--key", made.private, "--password-file", products.password, "--out", out)
        assert "is for key" in run("decrypt", files[name], *words, code=2).stderr
        assert (
            "is for key" in run("aggregate", files[name], "--key", made.public, "--out", out, code=2).stderr
        )
    words = ("--password-file", products.password, "--out", out)
    assert "public key" in run("decrypt", files["p"], "--key", products.public, *words, code=2).stderr
    assert "private key" in run("encrypt", source, "--key", sums.private, "--out", out, code=2).stderr
    assert not out.exists()


def test_more_than_the_group_holds_is_refused(run: Any, products: Made, sums: Made, tmp_path: Path) -> None:
    for made, limit, message in ((products, 2.0**1000, "beyond the group"), (sums, 2.0**39, "beyond 2^40")):
        files = []
        for i in range(3):
            np.save(tmp_path / "x.npy", np.array([i + 1]))
            files.append(tmp_path / f"{i}.enc")
            words = ("--limit", limit, "--force")
            run("encrypt", tmp_path / "x.npy", "--key", made.public, "--out", files[-1], *words)
        assert message in run("aggregate", *files, "--out", tmp_path / "all.enc", code=2).stderr


def test_damaged_files_are_errors(run: Any, products: Made, tmp_path: Path) -> None:
    data = encrypted(run, products, csv_file(tmp_path / "x.csv", "n\n3\n")).read_bytes()
    assert decode(data, "x").multiplies
    rng = np.random.default_rng(5)
    for at in (*range(60), *rng.integers(60, len(data), 60).tolist()):
        changed = bytearray(data)
        changed[at] ^= 1 << int(rng.integers(8))
        try:
            decode(bytes(changed), "x")
        except PrivmlError:
            continue
        # A ciphertext is malleable: only what is in its bytes may pass.
        assert at > len(data) - 600
    for length in range(0, len(data), 37):
        with pytest.raises(PrivmlError):
            decode(data[:length], "x")


def test_train_refuses_an_elgamal_key(run: Any, products: Made, tmp_path: Path) -> None:
    rows = "".join(f"{i % 2},{i},{'abc'[i % 3]}\n" for i in range(40))
    source = csv_file(tmp_path / "x.csv", "y,a,s\n" + rows)
    words = ("--aggregation", "paillier", "--key", products.private, "--password-file", products.password)
    said = run("train", source, "--target", "y", "--site", "s", *words, "--out", tmp_path / "m", code=2)
    assert "needs a Paillier key" in said.stderr


def test_geometric_means_of_what_floats_cannot_hold() -> None:
    assert geometric_mean(Fraction(10) ** 900, 3) == 1e300
    assert geometric_mean(Fraction(1, 10**900), 3) == 1e-300


def test_products_beyond_floats_have_a_geometric_mean(run: Any, products: Made, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([2.0**600]))
    words = ("--limit", 2.0**600, "--fractional-bits", 1)
    for name in ("1.enc", "2.enc"):
        run("encrypt", tmp_path / "x.npy", "--key", products.public, "--out", tmp_path / name, *words)
    run("aggregate", tmp_path / "1.enc", tmp_path / "2.enc", "--out", tmp_path / "all.enc")
    assert read_encrypted(tmp_path / "all.enc").parts == 2
    out = tmp_path / "out.npy"
    words = ("--key", products.private, "--password-file", products.password, "--out", out)
    assert "--mean" in run("decrypt", tmp_path / "all.enc", *words, code=2).stderr
    run("decrypt", tmp_path / "all.enc", *words, "--mean")
    np.testing.assert_allclose(np.load(out), [2.0**600], rtol=1e-15)
