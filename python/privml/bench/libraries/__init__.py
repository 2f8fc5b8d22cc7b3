"""Who is measured: an adapter for each library, which imports it when it is made, in a worker.

Each takes numbers in the form it likes (`plain`), so that no conversion is timed. An encrypted vector has a
length and slices, whatever it is. The names of the operations are those of :mod:`privml.bench.cases`.
"""
