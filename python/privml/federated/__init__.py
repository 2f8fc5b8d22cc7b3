"""Federated training: several sites train one model, and no row leaves its site.

:func:`train` runs rounds of local training and averaging over several :class:`Site` objects in one process.
What varies is handed in:

* the strategy: :class:`FedAvg` or :class:`FedProx`;
* the aggregation, which decides what the server can see: :class:`PlainSum` (everything) or
  :class:`PaillierSum` (ciphertexts, and who took part). Each is two halves that meet only in bytes, so that
  the parties of a simulation hold exactly what those of a deployment would;
* the model: :class:`LinearRegression`, :class:`LogisticRegression`, :class:`SoftmaxRegression`, :class:`MLP`,
  or anything else that satisfies :class:`Model`.

**What the sites learn, whatever the aggregation**: the combined model after every round and the combined
metrics. A model can tell about the rows it was trained on; encryption does not prevent that.

Examples
--------
>>> from privml import federated
>>> from privml.demo import load_breast_cancer
>>> X, y, _ = load_breast_cancer()
>>> sites = federated.iid((X - X.mean(axis=0)) / X.std(axis=0), y, 4, seed=1)
>>> history = federated.train(federated.LogisticRegression(30), sites, rounds=5, seed=1)
>>> history.rounds[-1].accuracy > 0.95
True
"""

from privml.federated.aggregation import Aggregation, PaillierServer, PaillierSite, PaillierSum, PlainSum
from privml.federated.history import History, Round
from privml.federated.models import MLP, LinearRegression, LogisticRegression, Model, SoftmaxRegression
from privml.federated.partition import by_column, dirichlet, iid, shards
from privml.federated.site import Site
from privml.federated.statistics import SumCombiner
from privml.federated.strategy import FedAvg, FedProx, Strategy
from privml.federated.training import train

__all__ = [
    "MLP",
    "Aggregation",
    "FedAvg",
    "FedProx",
    "History",
    "LinearRegression",
    "LogisticRegression",
    "Model",
    "PaillierServer",
    "PaillierSite",
    "PaillierSum",
    "PlainSum",
    "Round",
    "Site",
    "SoftmaxRegression",
    "Strategy",
    "SumCombiner",
    "by_column",
    "dirichlet",
    "iid",
    "shards",
    "train",
]
