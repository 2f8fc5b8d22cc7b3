"""Turning the sites' tables into model inputs without pooling a row.

Numeric columns are standardised with the mean and the variance over all sites, which come from sums of the
sites' statistics in two passes: the mean first, then the squares about that mean (one pass over raw squares
would lose the variance of a column whose mean is large to rounding). Categorical columns become one column
for each category. The sums go through whatever aggregation the training uses, so under encryption the server
sees none of them; the sites learn the combined counts, means and variances.

**What this discloses.** Without a list of categories agreed beforehand, every site tells the others the names
of the categories it has: :attr:`Preprocessor.disclosed` lists them. A category that is rare (combined count
under five) becomes part of ``other`` in the model, but its name has been seen by then. With `categories`
given, no name leaves a site.

Missing numbers take the combined mean, and a column of zeros and ones says where; a missing category is a
category of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from privml.errors import DataError

__all__ = ["Categorical", "Combiner", "Numeric", "Preprocessor", "SiteColumns", "combined_names"]

SiteColumns = Mapping[str, NDArray[Any]]
"""One site's columns: float64 with NaN where missing, or objects, text with None where missing."""

RARE = 5
"""Categories counted fewer times than this over all sites become `other`."""


SMALLEST_VARIANCE = 1e-36
"""Variance under which a column counts as constant: encrypted sums are in steps of 2**-128."""


class Combiner(Protocol):
    """The sums over sites that preprocessing needs, by whatever aggregation."""

    def moments(
        self, tables: Sequence[NDArray[np.float64]]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Count present values, and give mean and variance, of each column of all sites; NaN is missing."""

    def totals(self, counts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
        """Add up the sites' vectors of counts, elementwise."""


@dataclass(frozen=True)
class Numeric:
    """How a numeric column is treated; with `indicator`, a second input says where it is missing."""

    name: str
    mean: float
    scale: float
    indicator: bool

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the model inputs made from the column."""
        return (self.name, f"{self.name}:missing") if self.indicator else (self.name,)

    def transform(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Make the inputs, shape (rows, 1 or 2), from the values."""
        numbers = np.asarray(values, dtype=np.float64)
        missing = np.isnan(numbers)
        standard = np.where(missing, 0.0, (numbers - self.mean) / self.scale)
        return np.stack([standard, missing], axis=1) if self.indicator else standard[:, None]


@dataclass(frozen=True)
class Categorical:
    """How a categorical column is treated: an input for each level, for `other` and for `missing`."""

    name: str
    levels: tuple[str, ...]
    other: bool
    missing: bool

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the model inputs made from the column."""
        extra = [f"{self.name}:other"] * self.other + [f"{self.name}:missing"] * self.missing
        return (*(f"{self.name}={level}" for level in self.levels), *extra)

    def transform(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Make the inputs, shape (rows, inputs), from the values; one without an input is all zeros."""
        width = len(self.levels) + self.other + self.missing
        places = {level: index for index, level in enumerate(self.levels)}
        other = len(self.levels) if self.other else width
        none = width - 1 if self.missing else width
        codes = [none if value is None else places.get(value, other) for value in values]
        inputs = np.zeros((len(values), width + 1))
        inputs[np.arange(len(values)), codes] = 1.0
        return inputs[:, :width]


@dataclass(frozen=True)
class Preprocessor:
    """The agreed treatment of all columns, the same at every site.

    Parameters
    ----------
    numeric : tuple of Numeric
        Treatment of the numeric columns.
    categorical : tuple of Categorical
        Treatment of the categorical columns.
    disclosed : dict of str to tuple of str
        Category names that the sites told one another to find it, by column.
    dropped : tuple of str
        Columns left out because they hold one value, or none, at all sites together.

    Examples
    --------
    >>> import numpy as np
    >>> ward = Categorical("ward", ("A", "B"), other=False, missing=True)
    >>> rule = Preprocessor((Numeric("age", 40.0, 10.0, indicator=False),), (ward,))
    >>> rule.feature_names
    ('age', 'ward=A', 'ward=B', 'ward:missing')
    >>> rule.transform({"age": np.array([50.0]), "ward": np.array(["B"], dtype=object)}).tolist()
    [[1.0, 0.0, 1.0, 0.0]]
    """

    numeric: tuple[Numeric, ...]
    categorical: tuple[Categorical, ...]
    disclosed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls,
        sites: Sequence[SiteColumns],
        *,
        numeric: Sequence[str],
        categorical: Sequence[str],
        combiner: Combiner,
        categories: Mapping[str, Sequence[str]] | None = None,
    ) -> Preprocessor:
        """Find the treatment from the sites' statistics.

        Parameters
        ----------
        sites : sequence of mappings
            Each site's columns, by name.
        numeric, categorical : sequence of str
            Names of the columns of either kind.
        combiner : Combiner
            Sums over the sites.
        categories : mapping of str to sequence of str, optional
            Categories agreed beforehand, by column; nothing is disclosed for these.

        Returns
        -------
        Preprocessor
            The treatment.
        """
        agreed = {} if categories is None else dict(categories)
        names = {
            name: tuple(dict.fromkeys(agreed[name]))
            if name in agreed
            else combined_names(site[name] for site in sites)
            for name in categorical
        }
        dropped: list[str] = []
        numbers = _fit_numeric(sites, numeric, combiner, dropped)
        levels = _fit_categorical(sites, names, combiner, dropped)
        disclosed = {name: found for name, found in names.items() if name not in agreed}
        return cls(numbers, levels, disclosed, tuple(dropped))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the model's inputs, in order."""
        rules: tuple[Numeric | Categorical, ...] = (*self.numeric, *self.categorical)
        return tuple(name for rule in rules for name in rule.feature_names)

    def transform(self, columns: SiteColumns) -> NDArray[np.float64]:
        """Model inputs, shape (rows, len(feature_names)), of one site's columns."""
        rules: tuple[Numeric | Categorical, ...] = (*self.numeric, *self.categorical)
        if not rules:
            raise DataError("no column is left to learn from")
        return np.concatenate([rule.transform(columns[rule.name]) for rule in rules], axis=1)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Give the treatment as plain arrays (numbers, booleans and text), for ``np.savez``."""
        levels = [(rule.name, level) for rule in self.categorical for level in rule.levels]
        return {
            "numeric_name": _texts(rule.name for rule in self.numeric),
            "numeric_mean": np.array([rule.mean for rule in self.numeric], dtype=np.float64),
            "numeric_scale": np.array([rule.scale for rule in self.numeric], dtype=np.float64),
            "numeric_indicator": np.array([rule.indicator for rule in self.numeric], dtype=np.bool_),
            "categorical_name": _texts(rule.name for rule in self.categorical),
            "categorical_other": np.array([rule.other for rule in self.categorical], dtype=np.bool_),
            "categorical_missing": np.array([rule.missing for rule in self.categorical], dtype=np.bool_),
            "level_column": _texts(name for name, _ in levels),
            "level_name": _texts(level for _, level in levels),
            "feature_name": _texts(self.feature_names),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Preprocessor:
        """Read the treatment that :meth:`to_arrays` wrote."""
        columns = ("numeric_name", "numeric_mean", "numeric_scale", "numeric_indicator")
        numeric = zip(*(arrays[name].tolist() for name in columns), strict=True)
        levels: dict[str, list[str]] = {name: [] for name in arrays["categorical_name"].tolist()}
        for name, level in zip(arrays["level_column"].tolist(), arrays["level_name"].tolist(), strict=True):
            levels[name].append(level)
        flags = zip(arrays["categorical_other"].tolist(), arrays["categorical_missing"].tolist(), strict=True)
        categorical = zip(levels.items(), flags, strict=True)
        return cls(
            tuple(Numeric(*rule) for rule in numeric),
            tuple(Categorical(name, tuple(found), *flag) for (name, found), flag in categorical),
        )


def combined_names(columns: Iterable[NDArray[Any]]) -> tuple[str, ...]:
    """Unite and sort the sites' category names: each site tells the others the names it has."""
    return tuple(sorted({value for column in columns for value in column if value is not None}))


def _texts(values: Iterable[str]) -> NDArray[np.str_]:
    return np.array(list(values), dtype=np.str_)


def _fit_numeric(
    sites: Sequence[SiteColumns], names: Sequence[str], combiner: Combiner, dropped: list[str]
) -> tuple[Numeric, ...]:
    if not names:
        return ()
    tables = [
        np.stack([np.asarray(site[name], dtype=np.float64) for name in names], axis=1) for site in sites
    ]
    rows = sum(len(table) for table in tables)
    counts, means, variances = combiner.moments(tables)
    rules = []
    for name, count, mean, variance in zip(
        names, counts.tolist(), means.tolist(), variances.tolist(), strict=True
    ):
        indicator = count < rows
        # Below this there is no spread, only the rounding of the sums.
        constant = count == 0 or variance <= max((1e-12 * mean) ** 2, SMALLEST_VARIANCE)
        if constant and (count == 0 or not indicator):
            dropped.append(name)
            continue
        rules.append(Numeric(name, mean, 1.0 if constant else float(np.sqrt(variance)), indicator))
    return tuple(rules)


def _fit_categorical(
    sites: Sequence[SiteColumns], names: Mapping[str, Sequence[str]], combiner: Combiner, dropped: list[str]
) -> tuple[Categorical, ...]:
    if not names:
        return ()
    totals = combiner.totals([_count(site, names) for site in sites]).tolist()
    rules = []
    for name, levels in names.items():
        here, totals = totals[: len(levels) + 2], totals[len(levels) + 2 :]
        kept = tuple(level for level, count in zip(levels, here, strict=False) if count >= RARE)
        rare = sum(count for count in here[: len(levels)] if count < RARE) + here[-2]
        rule = Categorical(name, kept, rare > 0, here[-1] > 0)
        if len(rule.feature_names) < 2:
            dropped.append(name)
        else:
            rules.append(rule)
    return tuple(rules)


def _count(site: SiteColumns, names: Mapping[str, Sequence[str]]) -> NDArray[np.int64]:
    """One site's counts: for each column its levels, then anything else, then missing."""
    counts: list[int] = []
    for name, levels in names.items():
        found = Counter(site[name].tolist())
        missing = found.pop(None, 0)
        known = [found.pop(level, 0) for level in levels]
        counts += [*known, sum(found.values()), missing]
    return np.array(counts, dtype=np.int64)
