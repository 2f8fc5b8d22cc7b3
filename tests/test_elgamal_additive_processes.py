"""Additive ElGamal in forked children and in threads."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest
from privml import elgamal


@pytest.mark.skipif(os.name == "nt", reason="forks are POSIX")
def test_a_forked_child_works_and_never_repeats_noise():
    script = """
        import os
        import numpy as np
        from privml import elgamal
        key = elgamal.PrivateKey.generate("ristretto255")
        x = np.arange(2000) - 1000
        first = key.public_key.encrypt(x)
        assert (key.decrypt(first) == x).all()
        read, write = os.pipe()
        child = os.fork()
        c = key.public_key.encrypt(x)
        assert (key.decrypt(c + first) == 2 * x).all()
        if child == 0:
            with os.fdopen(write, "wb") as pipe:
                pipe.write(c.to_bytes())
            os._exit(0)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            theirs = elgamal.AdditiveArray.from_bytes(pipe.read(), key.public_key)
        assert os.waitpid(child, 0)[1] == 0
        seen = {raw[:32] for array in (first, c, theirs) for raw in array.raw()}
        print(len(seen))
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "6000\n"


def test_threads_share_keys_and_table():
    key = elgamal.PrivateKey.generate("ristretto255")
    wrong = []

    def work(limit: int) -> None:
        x = np.arange(-limit, limit, limit // 50)
        if not np.array_equal(key.decrypt(key.public_key.encrypt(x, limit=limit)), x):
            wrong.append(limit)

    threads = [threading.Thread(target=work, args=(100 * 10**i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
