"""The benchmarks that are not in the package: what `privml bench` measures is in :mod:`privml.bench`.

* `python -m benches.keygen`: how long keys take;
* `pytest benches --benchmark-enable`: the cases of `privml bench`, small, under pytest-benchmark.
"""
