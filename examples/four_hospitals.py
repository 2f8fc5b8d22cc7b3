"""Four hospitals train one model; the server that adds up their updates reads none of them.

The hospitals share a private key. The server half of the aggregation holds the public key and handles
ciphertexts. The same training in the clear gives the same weights up to rounding.

Run: python examples/four_hospitals.py [--bits 3072] [--rounds 10]
"""

import argparse

import numpy as np
from privml import federated, paillier
from privml.demo import load_breast_cancer, split_hospitals

parser = argparse.ArgumentParser()
parser.add_argument(
    "--bits", type=int, default=3072, help="size of the key; under 2048 for a quick look only"
)
parser.add_argument("--rounds", type=int, default=10)
options = parser.parse_args()

X, y, _ = load_breast_cancer()
X = (X - X.mean(axis=0)) / X.std(axis=0)  # for brevity; `privml train` does this without pooling rows
hospitals = split_hospitals(X, y)
for hospital in hospitals:
    print(f"{hospital.name:<20} {len(hospital.y):>4} patients, {hospital.y.mean():4.0%} malignant")

key = paillier.PrivateKey.generate(options.bits, insecure_key_size=options.bits < 2048)
model = federated.LogisticRegression(X.shape[1])
weights = {}
for name, aggregation in (("clear", federated.PlainSum()), ("encrypted", federated.PaillierSum(key))):
    history = federated.train(
        model,
        hospitals,
        strategy=federated.FedProx(mu=0.1),
        aggregation=aggregation,
        rounds=options.rounds,
        seed=1,
    )
    last = history.rounds[-1]
    print(
        f"{name:<10} accuracy {last.accuracy:.1%}, loss {last.loss:.4f}, {last.bytes_up} bytes up in a round"
    )
    weights[name] = np.concatenate([np.ravel(part) for part in history.model.weights])

difference = np.abs(weights["clear"] - weights["encrypted"]).max()
print(f"largest difference of a weight: {difference:.1e}")
assert difference <= 1e-6
