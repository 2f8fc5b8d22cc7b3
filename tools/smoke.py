"""A first look at an installed wheel: it imports fast and does its job."""

import statistics
import subprocess
import sys
import time

import numpy as np
import privml
from privml import federated, paillier
from privml.demo import load_breast_cancer

key = paillier.PrivateKey.generate(bits=2048)
x = np.linspace(-1, 1, 50)
assert np.array_equal(key.decrypt(key.public_key.encrypt(x)), key.decrypt(key.encrypt(x)))

features, labels, _ = load_breast_cancer()
features = (features - features.mean(axis=0)) / features.std(axis=0)
sites = federated.iid(features, labels, 3, seed=0)
history = federated.train(
    federated.LogisticRegression(features.shape[1]),
    sites,
    aggregation=federated.PaillierSum(key),
    rounds=3,
    seed=0,
)
assert history.rounds[-1].accuracy > 0.8, history.rounds[-1]


def seconds(code: str) -> float:
    """One warm start of the interpreter."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - begun


seconds("import privml")
median = statistics.median(seconds("import privml") for _ in range(10))
assert median < 0.15 * 3, f"import privml took {median:.3f} s"
version = sys.version.split()[0]
print(f"Python {version}: privml {privml.__version__} on {privml.backend()}, import {median:.3f} s")
