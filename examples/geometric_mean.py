"""Hospitals find the geometric mean of their risk ratios; nobody but them sees a factor.

Four hospitals each estimate the risk ratio of three treatments, and encrypt them under the public key of
an ethics board. A coordinator, which holds that public key only, multiplies the ciphertexts. It sends the
product alone to the board, which opens it.

Who could learn what: the coordinator sees ciphertexts and learns nothing of the ratios. The board holds the
private key, so it could open a single hospital's ciphertexts if it got hold of them: coordinator and board
must not work together.

Run: python examples/geometric_mean.py [--bits 3072]
"""

import argparse

import numpy as np
from privml import elgamal

parser = argparse.ArgumentParser()
parser.add_argument("--bits", type=int, default=3072, help="size of the group: 2048, 3072 or 4096")
bits = max(parser.parse_args().bits, 2048)

# The board: makes the key and gives away its public half.
private_key = elgamal.PrivateKey.generate(f"ffdhe{bits}")
public_key = private_key.public_key

# The hospitals: each encrypts its own ratios, as multiples of 2**-16. None is above the declared limit.
rng = np.random.default_rng(1)
ratios = np.exp(rng.normal([0.1, -0.3, 0.0], 0.2, size=(4, 3)))
encrypted = [public_key.encrypt(row, fractional_bits=16, limit=64) for row in ratios]

# The coordinator: sees ciphertexts, multiplies them, and hides which they were.
together = elgamal.stack(encrypted)
product = together.prod(axis=0).rerandomize()

# The board: opens the product only. The number of hospitals is public.
geometric_mean = private_key.decrypt(product) ** (1 / len(ratios))

print(f"{len(ratios)} hospitals, {bits}-bit group, key {public_key.fingerprint}")
print(f"geometric mean of the risk ratios  {np.round(geometric_mean, 4)}")
print(f"in the clear                       {np.round(np.exp(np.log(ratios).mean(axis=0)), 4)}")
np.testing.assert_allclose(geometric_mean, np.exp(np.log(ratios).mean(axis=0)), rtol=1e-4)
