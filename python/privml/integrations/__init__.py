"""privml inside other people's programs: one module for each, which needs nothing of the others.

* :mod:`privml.integrations.phe`: serves code written for python-paillier, and reads and writes its files.
"""
