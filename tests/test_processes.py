"""Forks, threads, interrupts, and what crosses between processes."""

from __future__ import annotations

import multiprocessing
import operator
import os
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
from privml import paillier

posix = pytest.mark.skipif(os.name == "nt", reason="signals and forks are POSIX")

# Ctrl-C must be served within 200 ms; a loaded machine that runs the tests gets a second.
PATIENCE = 1.0


def run(script: str, timeout: float = 120) -> str:
    """Run a script in a fresh interpreter and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@posix
def test_a_forked_child_works_and_never_repeats_noise():
    out = run(
        """
        import os
        import numpy as np
        from privml import paillier
        key = paillier.PrivateKey.generate(1024, insecure_key_size=True)
        x = np.zeros(600, dtype=int)
        first = key.public_key.encrypt(x, noise="uniform")  # long enough to start the thread pool
        read, write = os.pipe()
        child = os.fork()
        c = key.public_key.encrypt(x, noise="uniform")
        d = key.encrypt(x)
        assert (key.decrypt(c + d) == 0).all()
        if child == 0:
            with os.fdopen(write, "wb") as pipe:
                pipe.write(c.to_bytes())
            os._exit(0)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            theirs = paillier.EncryptedArray.from_bytes(pipe.read(), key.public_key)
        assert os.waitpid(child, 0)[1] == 0
        seen = set(first.raw().tolist() + c.raw().tolist() + d.raw().tolist() + theirs.raw().tolist())
        print(len(seen))
        """
    )
    assert int(out) == 2400


# A process in a PID namespace of its own is number 1, and so is its child in a namespace below that.
SAME_ID = """
    import ctypes, os, sys
    import numpy as np
    from privml import paillier

    CLONE_NEWUSER, CLONE_NEWPID = 0x10000000, 0x20000000
    unshare = ctypes.CDLL(None, use_errno=True).unshare

    def fork():
        child = os.fork()
        if child:
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)

    if unshare(CLONE_NEWPID if os.geteuid() == 0 else CLONE_NEWUSER | CLONE_NEWPID):
        print("not permitted:", os.strerror(ctypes.get_errno()))
        sys.exit()
    fork()
    key = paillier.PrivateKey.generate(1024, insecure_key_size=True)
    x = np.zeros(600, dtype=int)
    key.public_key.encrypt(x, noise="uniform")  # long enough to start the thread pool
    parent = os.getpid()
    if unshare(CLONE_NEWPID):
        print("not permitted:", os.strerror(ctypes.get_errno()))
        sys.exit()
    fork()
    key.public_key.encrypt(x, noise="uniform")  # in the parent's pool it would wait for ever
    print(os.getpid() == parent)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="PID namespaces are Linux's")
def test_a_forked_child_with_the_id_of_its_parent_works():
    out = run(SAME_ID, timeout=60).strip()
    if out.startswith("not permitted"):
        pytest.skip(f"PID namespaces are {out}")
    assert out == "True"


@posix
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_arrays_cross_through_multiprocessing(key, public, method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    c = public.encrypt(np.arange(6).reshape(2, 3))
    p = public.pack([1.0, 2.0], limit=4, value_bits=8, additions=4)
    with multiprocessing.get_context(method).Pool(2) as pool:
        results = [
            pool.apply_async(operator.add, (c, c)),
            pool.apply_async(operator.mul, (c, 3)),
            pool.apply_async(operator.add, (p, p)),
            pool.apply_async(operator.methodcaller("encrypt", [5]), (public,)),
        ]
        doubled, tripled, packed, fresh = (result.get(timeout=60) for result in results)
    np.testing.assert_array_equal(key.decrypt(doubled), 2 * np.arange(6).reshape(2, 3))
    np.testing.assert_array_equal(key.decrypt(tripled), 3 * np.arange(6).reshape(2, 3))
    np.testing.assert_array_equal(key.decrypt(packed), [2.0, 4.0])
    np.testing.assert_array_equal(key.decrypt(fresh), [5])


def test_two_threads_encrypt_at_once(key, public):
    x = np.arange(400)
    results = {}

    def work(which):
        c = public.encrypt(x + which)
        results[which] = key.decrypt(c * 2 + c.sum())

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    for which in range(4):
        y = x + which
        np.testing.assert_array_equal(results[which], 2 * y + y.sum())


def test_other_threads_run_during_a_long_call(real_key):
    ticks = []
    stop = threading.Event()

    def tick():
        while not stop.wait(0.01):
            ticks.append(time.perf_counter())

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        start = time.perf_counter()
        real_key.public_key.encrypt(np.zeros(600, dtype=int), noise="uniform")
        end = time.perf_counter()
    finally:
        stop.set()
        thread.join()
    during = sum(start < t < end for t in ticks)
    assert during > 5 * (end - start)  # it would be some 100 a second, and none with the GIL held


INTERRUPTED = """
    import os, signal, threading, time
    import numpy as np
    from privml import paillier
    {prepare}
    sent = []
    def interrupt():
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)
    timer = threading.Timer(0.4, interrupt)
    timer.start()
    try:
        {call}
    except KeyboardInterrupt:
        print(time.perf_counter() - sent[0])
    else:
        print("finished")
    {after}
"""
KEY = "key = paillier.PrivateKey.generate(2048)"
LONG_CALLS = {
    "encrypt": (KEY, "key.public_key.encrypt(np.zeros(100_000, dtype=int), noise='uniform')"),
    "encrypt by the owner": (KEY, "key.encrypt(np.zeros(100_000, dtype=int), noise='uniform')"),
    "decrypt": (KEY + "; c = key.encrypt(5).broadcast_to((100_000,))", "key.decrypt(c)"),
    "multiply": (
        KEY + "; c = key.encrypt(5).broadcast_to((100_000,)); w = np.full(100_000, 2**300 - 1, dtype=object)",
        "c * w",
    ),
    "matmul": (
        KEY + "; c = key.encrypt(5).broadcast_to((3000,)); w = np.full((500, 3000), 2**63 - 1)",
        "w @ c",
    ),
    "generate": ("", "[paillier.PrivateKey.generate(8192) for _ in range(20)]"),
}


@posix
@pytest.mark.parametrize("name", LONG_CALLS)
def test_ctrl_c(name):
    prepare, call = LONG_CALLS[name]
    after = "assert key.decrypt(key.encrypt([1, 2])).tolist() == [1, 2]" if prepare else "pass"
    out = run(INTERRUPTED.format(prepare=prepare, call=call, after=after))
    assert out.strip() != "finished"
    assert float(out) < PATIENCE


@posix
def test_signals_are_seen_in_a_loop_over_objects():
    # The loop holds the GIL, so no thread could send the signal: a timer of the system does.
    out = run(
        """
        import signal, time
        import numpy as np
        from privml import paillier
        key = paillier.PrivateKey.generate(256, insecure_key_size=True)
        x = np.full(4_000_000, 2**70, dtype=object)
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        start = time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            key.public_key.encrypt(x, limit=2.0**71)
        except KeyboardInterrupt:
            print(time.perf_counter() - start - 0.2)
        """
    )
    assert float(out) < PATIENCE


class Enough(Exception):
    pass


@pytest.mark.parametrize("name", ["encrypt", "decrypt", "multiply", "matmul", "generate"])
def test_a_progress_callback_cancels_by_raising(real_key, name):
    def stop(done, total):
        raise Enough

    c = real_key.encrypt(5).broadcast_to((5000,))
    calls = {
        "encrypt": lambda: real_key.public_key.encrypt(np.zeros(5000), noise="uniform", progress=stop),
        "decrypt": lambda: real_key.decrypt(c, progress=stop),
        "multiply": lambda: c.multiply(np.full(5000, 2**200 - 1, dtype=object), progress=stop),
        "matmul": lambda: c.matmul(np.full((5000, 200), 2**62 - 1), progress=stop),
        "generate": lambda: [paillier.PrivateKey.generate(8192, progress=stop) for _ in range(3)],
    }
    start = time.perf_counter()
    with pytest.raises(Enough):
        calls[name]()
    assert time.perf_counter() - start < PATIENCE
    assert real_key.decrypt(real_key.encrypt([1, 2])).tolist() == [1, 2]


def test_progress_rises_to_the_end(real_key):
    seen = []
    real_key.public_key.encrypt(np.zeros(1500), noise="uniform", progress=lambda *a: seen.append(a))
    assert seen
    assert {total for _, total in seen} == {seen[0][1]}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert all(0 <= done <= total for done, total in seen)


def test_progress_line(real_key, capsys):
    real_key.public_key.encrypt(np.zeros(1500), noise="uniform", progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "encrypting" in captured.err
    assert captured.err.endswith("\n")


@pytest.mark.parametrize("threads", ["1", "3"])
def test_thread_counts(threads):
    out = run(
        f"""
        import os
        os.environ["PRIVML_NUM_THREADS"] = "{threads}"
        import numpy as np
        import privml
        from privml import paillier
        key = paillier.PrivateKey.generate(1024, insecure_key_size=True)
        x = np.arange(1000)
        c = key.public_key.encrypt(x)
        assert (key.decrypt(c * 3 + c) == 4 * x).all()
        assert key.decrypt(c.sum()) == x.sum()
        print(privml.num_threads())
        """
    )
    assert out.strip() == threads


@posix
@pytest.mark.parametrize("threads", [b"\xff", b"3\xff", b"0", b"many"])
def test_thread_counts_that_are_none(threads):
    done = subprocess.run(
        [sys.executable, "-c", "import privml; print(privml.num_threads())"],
        capture_output=True,
        env={**os.environb, b"PRIVML_NUM_THREADS": threads},
        timeout=60,
        check=False,
    )
    assert b"ParameterError: PRIVML_NUM_THREADS" in done.stderr, done.stdout


def test_import_is_light():
    out = run(
        """
        import sys
        import threading
        import privml
        import privml.paillier
        heavy = {"click", "rich", "pandas", "polars", "matplotlib", "sklearn", "gmpy2", "multiprocessing"}
        print(sorted(heavy & set(sys.modules)), threading.active_count())
        """
    )
    assert out.strip() == "[] 1"


def test_no_memory_is_an_error_of_its_own():
    program = """
import resource
from privml import errors, paillier
c = paillier.PrivateKey.generate(512, insecure_key_size=True).public_key.encrypt(1)
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
try:
    c.broadcast_to((1 << 26,))
except errors.OutOfMemoryError as error:
    assert isinstance(error, MemoryError)
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "there is no memory for" in done.stdout
