"""Benchmarks: privml on each of its backends, and other libraries beside it, in one run.

`privml bench` is the command; :func:`privml.bench.run.run` is what it calls. What is measured is in
:mod:`privml.bench.cases`, a file for each scheme; who can do it is in :mod:`privml.bench.libraries`. Each
library works in a process of its own (:mod:`privml.bench.worker`), since the backend and the number of
threads are fixed for a process, and so that a library that fails takes nobody along. All are timed in turns,
and compared within a turn.

Other libraries are not needed by this package and never imported by it otherwise. They are measured if they
are installed and asked for.
"""
