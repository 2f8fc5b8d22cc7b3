"""Models whose weights are NumPy arrays, trained by plain stochastic gradient descent."""

from privml.federated.models.interface import Model
from privml.federated.models.linear import LinearRegression, LogisticRegression, SoftmaxRegression
from privml.federated.models.mlp import MLP

__all__ = ["MLP", "LinearRegression", "LogisticRegression", "Model", "SoftmaxRegression"]
