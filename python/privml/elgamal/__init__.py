"""ElGamal encryption, and what several parties do with it together.

* :mod:`privml.elgamal.threshold`: keys of which any t of n parties decrypt, with or without a dealer;
* :mod:`privml.elgamal.ballots`: encrypted ballots with proofs, counted by such parties.
"""

from __future__ import annotations

from privml.elgamal import ballots, threshold

__all__ = ["ballots", "threshold"]
