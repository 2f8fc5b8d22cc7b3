"""At most k rows of each user, chosen at random by the core's randomness.

Each row draws a number, and a user's k rows of the smallest numbers stay. So one user more adds at most k
rows, and takes none away from others. Rows whose user is missing belong to nobody and are left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from privml.dp.mechanisms.draw import uniform

__all__ = ["rows_kept"]

PRIORITIES = 1 << 62


def rows_kept(users: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return positions of the rows that stay; users are numbers, -1 where missing."""
    known = np.flatnonzero(users >= 0)
    owners = users[known]
    order = np.lexsort((uniform(PRIORITIES, len(owners)), owners))
    sorted_owners = owners[order]
    starts = np.flatnonzero(np.diff(sorted_owners, prepend=-1))
    rank = np.arange(len(owners)) - np.repeat(starts, np.diff(starts, append=len(owners)))
    kept: NDArray[np.int64] = known[order[rank < most]]
    return kept
