"""A privacy budget on disk: charged before noise is drawn, never refunded, every entry chained to the last.

Rooms: `amounts` (exact arithmetic), `budget` (the filters that limit adaptive spending), `conversion` (units
and adjacencies), `chain` (entries, hashes, heads), `signing` (Ed25519, optional), `store` (SQLite), `book`
(the class), `statement` (what a data-protection officer reads).
"""

from __future__ import annotations

from privml.dp.ledger.book import Charge, Ledger
from privml.dp.ledger.chain import Head
from privml.dp.ledger.signing import SigningKey, VerifyKey
from privml.dp.ledger.statement import Statement

__all__ = ["Charge", "Head", "Ledger", "SigningKey", "Statement", "VerifyKey"]
