"""The mean of many sensors' readings, many readings in one ciphertext.

Each meter packs its 24 hourly readings and sends them to a collector, which adds up what it cannot read. The
network operator, who holds the private key, opens the mean over all meters and no single meter's readings.

Run: python examples/packed_mean.py [--bits 3072]
"""

import argparse

import numpy as np
from privml import paillier

parser = argparse.ArgumentParser()
parser.add_argument(
    "--bits", type=int, default=3072, help="size of the key; under 2048 for a quick look only"
)
bits = parser.parse_args().bits

# The operator.
private_key = paillier.PrivateKey.generate(bits, insecure_key_size=bits < 2048)

# The meters: kWh, never above 20, 30 bits each, room for 1000 meters.
meters, hours = 30, 24
readings = np.random.default_rng(1).gamma(2.0, 0.4, size=(meters, hours))
messages = []
for reading in readings:
    packed = private_key.public_key.pack(reading, limit=20.0, value_bits=30, additions=1000)
    messages.append(packed.to_bytes())
print(f"{meters} meters send {len(messages[0])} bytes each; unpacked it would be {hours * bits // 4}")

# The collector: knows the public key.
arrays = [paillier.PackedArray.from_bytes(message, private_key.public_key) for message in messages]
total = paillier.aggregate(arrays)

# The operator again.
mean = private_key.decrypt(total) / meters
print("mean of each hour:", np.round(mean, 3))
np.testing.assert_allclose(mean, readings.mean(axis=0), atol=1e-6)
