"""The benchmarks: privml against its peers.

* `python -m benches.peers`: a table, every library in one run, interleaved;
* `python -m benches.keygen`: how long keys take;
* `pytest benches --benchmark-enable`: the same cases, small, under pytest-benchmark.

What is measured is in :mod:`benches.cases`, a file for each scheme.
"""
