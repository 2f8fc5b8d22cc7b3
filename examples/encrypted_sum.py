"""A bank adds up salaries that it cannot read.

Three employers encrypt salaries under the tax office's public key. The bank, which holds that public key
only, computes totals, and averages by department as a product with a plain matrix. The tax office opens the
results.

Run: python examples/encrypted_sum.py [--bits 3072]
"""

import argparse

import numpy as np
from privml import paillier

parser = argparse.ArgumentParser()
parser.add_argument(
    "--bits", type=int, default=3072, help="size of the key; under 2048 for a quick look only"
)
bits = parser.parse_args().bits

# The tax office: makes the key and gives away its public half.
private_key = paillier.PrivateKey.generate(bits, insecure_key_size=bits < 2048)
public_key = private_key.public_key

# The employers: each encrypts its own salaries, in thousands. No salary is above the declared limit.
rng = np.random.default_rng(1)
salaries = [rng.normal(55, 12, size=count).round(2) for count in (6, 4, 5)]
encrypted = [public_key.encrypt(part, limit=1000.0) for part in salaries]

# The bank: sees ciphertexts, and works on them.
everyone = paillier.concatenate(encrypted)
total = everyone.sum()
departments = np.arange(everyone.size) % 3
selection = (departments == np.arange(3)[:, None]).astype(np.int64)  # a public 0/1 matrix
by_department = selection @ everyone
raised = everyone * 1.03

# The tax office: opens results only.
plain = np.concatenate(salaries)
opened = private_key.decrypt
print(f"{everyone.size} salaries under a {bits}-bit key, fingerprint {public_key.fingerprint}")
print(f"total             {float(opened(total)):10.2f}   in the clear {plain.sum():10.2f}")
print(f"mean              {float(opened(everyone.mean())):10.2f}   in the clear {plain.mean():10.2f}")
averages = opened(by_department) / selection.sum(axis=1)
print(f"by department     {np.round(averages, 2)}")
print(f"total after 3 %   {float(opened(raised.sum())):10.2f}   in the clear {1.03 * plain.sum():10.2f}")

np.testing.assert_allclose(opened(total), plain.sum(), atol=1e-6)
np.testing.assert_allclose(opened(by_department), selection @ plain, atol=1e-6)
np.testing.assert_allclose(opened(raised.sum()), 1.03 * plain.sum(), atol=1e-6)
