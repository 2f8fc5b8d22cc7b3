"""Checks that what a training is given plays the parts that it needs, before anything begins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from privml._wording import a_type
from privml.errors import UnsupportedOperationError
from privml.federated.aggregation.interface import Aggregation
from privml.federated.models import Model
from privml.federated.site import Site
from privml.federated.strategy import Strategy

__all__ = ["check_aggregation", "check_model", "check_sites", "check_strategy"]


def _check(value: object, part: type, name: str, allowed: str) -> None:
    # A class has all the attributes of its instances, and plays no part.
    if isinstance(value, type) or not isinstance(value, part):
        found = f"the class {value.__name__}" if isinstance(value, type) else a_type(value)
        raise UnsupportedOperationError(f"{name} is {found}; allowed are {allowed}")


def check_aggregation(value: object) -> Aggregation:
    """Return an aggregation, or refuse what is none."""
    _check(value, Aggregation, "aggregation", "PlainSum() and PaillierSum(key)")
    return cast(Aggregation, value)


def check_strategy(value: object) -> Strategy:
    """Return a strategy, or refuse what is none."""
    _check(value, Strategy, "strategy", "FedAvg() and FedProx(mu)")
    return cast(Strategy, value)


def check_model(value: object) -> None:
    """Refuse what is no model."""
    _check(
        value,
        Model,
        "model",
        "LinearRegression, LogisticRegression, SoftmaxRegression, MLP, and what has the methods of "
        "privml.federated.Model",
    )


def check_sites(values: object) -> list[Site]:
    """Return sites as a list, or refuse what are none."""
    if not isinstance(values, Iterable):
        raise UnsupportedOperationError(f"sites is {a_type(values)}; allowed are lists of Site(name, X, y)")
    sites = list(values)
    for index, site in enumerate(sites):
        _check(site, Site, f"sites[{index}]", "Sites: Site(name, X, y)")
    return sites
