"""The tables of short noise: when they are there, what they take, and that they change no result."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from privml import paillier

PROGRAM = """
import numpy as np
from privml import paillier
key = paillier.PrivateKey.generate(2048)
print(key.table_bytes, key.public_key.table_bytes)
for encrypts in (key, key.public_key):
    c = encrypts.encrypt(np.arange(-20, 20))
    assert (key.decrypt(c) == np.arange(-20, 20)).all()
print(key.table_bytes, key.public_key.table_bytes)
"""


def run(limit, backend=None):
    environment = {"PRIVML_TABLE_MEMORY": limit, **({"PRIVML_BACKEND": backend} if backend else {})}
    return subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True)


def test_there_are_none_before_they_pay(key):
    public = paillier.PublicKey(key.public_key.n, insecure_key_size=True)
    assert public.table_bytes == 0
    public.encrypt(1)
    assert public.table_bytes == 0
    public.encrypt(np.arange(100))
    assert public.table_bytes > 0


@pytest.mark.parametrize("limit", ["", "16000000", "5000000", "4000000", "0"])
def test_the_limit_holds(limit):
    done = run(limit)
    assert done.returncode == 0, done.stderr
    before, after = (list(map(int, line.split())) for line in done.stdout.splitlines())
    assert before == [0, 0]
    most = int(limit or 16_000_000)  # the default, at 2048 bits
    assert after[0] <= most
    assert after[1] <= most // 2
    assert (after[0] > 0) == (after[1] > 0) == (most > 0)


@pytest.mark.parametrize("limit", ["-1", "much", "1.5"])
def test_what_is_no_limit_is_refused(limit):
    done = run(limit)
    assert "ParameterError: PRIVML_TABLE_MEMORY" in done.stderr
