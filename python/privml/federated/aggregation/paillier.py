"""Sums under Paillier: the server adds up ciphertexts that it cannot open.

**Who holds what.** The sites share the private key, or a named decryptor (which must not be the server) holds
it alone and the sites have the public one. The server half has the public key only; handing it a private one
is a TypeError.

**What the server sees**: ciphertexts; which exchange they belong to and who sent them; shapes, scales, the
limit and how much room the slots have. No update, no model, no metric, no example count: a site multiplies by
its count before it encrypts, the count lies in a slot of its own, and every site declares the same share of
the room whatever its count.

**What it rests on.** The semantic security of Paillier's scheme (see :mod:`privml.paillier`), a server that
follows the protocol and works with no holder of the private key, and channels that authenticate and encrypt
(TLS). A site that gets hold of another one's message can open it, where sites share the key. The integrity of
the aggregate is not proven: a server that does not follow the protocol can leave out, repeat or make up
contributions, and pass one site's numbers off as a sum of several. With two sites each learns the other's
update from the sum, so fewer than `min_sites` are not opened, by those who hold the key and run this code.
Sums of changing sets of sites can be subtracted from each other; this tells as much as it tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privml._wording import a_type
from privml.encoding import check_int
from privml.errors import (
    EncodingOverflowError,
    FederatedError,
    ParameterError,
    PrivmlError,
    UnsupportedOperationError,
)
from privml.federated.aggregation.interface import Exchange, Opened, Purpose
from privml.federated.aggregation.messages import (
    Kind,
    Message,
    Received,
    check_belongs,
    check_vector,
    read_all,
)
from privml.federated.aggregation.plain import pack_sum, unpack_sum
from privml.paillier import PackedArray, PrivateKey, PublicKey, aggregate
from privml.paillier.packing import Packing, packing_for

__all__ = ["PaillierDecryptor", "PaillierServer", "PaillierSite", "PaillierSum"]

# Metrics and statistics may have any magnitude: slots for numbers up to 2**256 in steps of 2**-128.
_WIDE_LIMIT = 2.0**256
_WIDE_BITS = 385


@dataclass(frozen=True)
class Slots:
    """
    How numbers lie in ciphertexts: public, and agreed by all who protect and open.

    Parameters
    ----------
    limit, value_bits, max_examples
        As for :class:`PaillierSum`.
    """

    limit: float
    value_bits: int
    max_examples: int

    def limit_of(self, exchange: Exchange) -> float:
        """Return the largest magnitude in an exchange."""
        return self.limit if exchange.purpose is Purpose.WEIGHTS else _WIDE_LIMIT

    def arguments(self, exchange: Exchange) -> dict[str, Any]:
        """Return what `pack` is called with."""
        return {
            "limit": self.limit_of(exchange),
            "value_bits": self.value_bits if exchange.purpose is Purpose.WEIGHTS else _WIDE_BITS,
            "additions": self.max_examples * exchange.sites,
            "append_weight": True,
        }

    def packing(self, exchange: Exchange) -> Packing:
        """Return the packing that honest messages of an exchange have."""
        return packing_for(np.zeros(1), fractional_bits=None, **self.arguments(exchange))


class PaillierSum:
    """
    Sums under Paillier: the server half sees ciphertexts, shapes and who took part.

    Parameters
    ----------
    key : PrivateKey or PublicKey
        The sites' key. With the public one alone only :meth:`server_half` can be made, as on the server of a
        deployment.
    limit : float
        The largest magnitude of a model's weight. Beyond it, training stops with an error that names site,
        round and parameter.
    value_bits : int
        Bits for a weight, its sign included; with the default `limit` 34 of 40 are after the binary point.
    max_examples : int
        The most examples that one site may have. It sizes the slots and is public, so that the counts need
        not be.
    decryptor : str, optional
        Name of a party, not the server, that alone holds the private key and opens sums for the sites. The
        sites then encrypt with the public key and cannot open each other's messages.

    Raises
    ------
    UnsupportedOperationError
        If `key` is no Paillier key.
    ParameterError
        If another argument is out of range.

    Examples
    --------
    >>> from privml import federated, paillier
    >>> key = paillier.PrivateKey.generate(1024, insecure_key_size=True)  # small, for a quick example
    >>> X = [[float(i % 5)] for i in range(30)]
    >>> sites = federated.iid(X, [int(x > 2) for (x,) in X], 3, seed=1)
    >>> aggregation = federated.PaillierSum(key)
    >>> history = federated.train(federated.LogisticRegression(1), sites, aggregation=aggregation, rounds=2)
    >>> federated.PaillierServer(key)
    Traceback (most recent call last):
        ...
    privml.errors.UnsupportedOperationError: the server half takes a public key and was given a private one
    """

    def __init__(
        self,
        key: PrivateKey | PublicKey,
        *,
        limit: float = 32.0,
        value_bits: int = 40,
        max_examples: int = 1 << 20,
        decryptor: str | None = None,
    ) -> None:
        if not isinstance(key, PrivateKey | PublicKey):
            raise UnsupportedOperationError(f"key is {a_type(key)}; allowed are Paillier keys")
        if not limit > 0:
            raise ParameterError(f"limit is {limit}; allowed are positive numbers")
        if decryptor is not None and (not isinstance(decryptor, str) or not decryptor):
            raise ParameterError(f"decryptor is {decryptor!r}; allowed are names")
        self._key = key
        self._slots = Slots(
            float(limit),
            check_int(value_bits, "value_bits", 2),
            check_int(max_examples, "max_examples", 1, 1 << 48),
        )
        self._decryptor = decryptor

    @property
    def public_key(self) -> PublicKey:
        """What the server is given."""
        return self._key.public_key if isinstance(self._key, PrivateKey) else self._key

    @property
    def decryptor(self) -> str | None:
        """Who opens the sums; None if the sites do."""
        return self._decryptor

    def _private(self) -> PrivateKey:
        if isinstance(self._key, PrivateKey):
            return self._key
        raise UnsupportedOperationError("opening sums takes the private key, and only the public one is here")

    def site_half(self) -> PaillierSite:
        """Return what each site runs."""
        return PaillierSite(self._private() if self._decryptor is None else self.public_key, self._slots)

    def server_half(self) -> PaillierServer:
        """Return what the server runs."""
        return PaillierServer(self.public_key)

    def decryptor_half(self) -> PaillierDecryptor | None:
        """Return what the decryptor runs; None if the sites open sums themselves."""
        if self._decryptor is None:
            return None
        return PaillierDecryptor(self._private(), self._slots)

    def __repr__(self) -> str:
        return (
            f"PaillierSum({self._key.bits} bits, limit={self._slots.limit:g}, "
            f"value_bits={self._slots.value_bits}, max_examples={self._slots.max_examples}"
            + (f", decryptor={self._decryptor!r})" if self._decryptor is not None else ")")
        )


class PaillierSite:
    """The site's half: with the private key it encrypts faster, and opens sums itself."""

    def __init__(self, key: PrivateKey | PublicKey, slots: Slots) -> None:
        self._key = key
        self._slots = slots

    def protect(self, exchange: Exchange, sender: str, vector: NDArray[np.float64], weight: int) -> bytes:
        """
        Make the message for the server: the vector times the weight, and the weight, packed and encrypted.

        Raises
        ------
        EncodingOverflowError
            If a number is beyond the limit; the message names site, round and parameter.
        NotFiniteError
            If a number is not finite.
        ParameterError
            If the weight is beyond `max_examples`.
        """
        self._check(exchange, sender, vector, weight)
        packed = self._key.pack(
            vector, weight=weight, spent=self._slots.max_examples, **self._slots.arguments(exchange)
        )
        return Message.of(exchange, Kind.FROM_SITE, (sender,), packed.to_bytes()).to_bytes()

    def _check(self, exchange: Exchange, sender: str, vector: NDArray[np.float64], weight: int) -> None:
        where = f"site {sender!r}, {exchange}"
        most = self._slots.max_examples
        if not 1 <= weight <= most:
            raise ParameterError(f"{where}: the number of examples is beyond max_examples={most}")
        check_vector(vector, exchange, f"site {sender!r}")
        limit = self._slots.limit_of(exchange)
        beyond = np.abs(vector) > limit
        if beyond.any():
            place = exchange.layout.place(int(np.argmax(beyond)))
            advice = "" if limit == _WIDE_LIMIT else "; declare a larger limit=, or a smaller learning_rate="
            raise EncodingOverflowError(f"{where}: {place} is beyond the limit {limit:g}{advice}")

    def open(self, exchange: Exchange, combined: bytes) -> Opened:
        """
        Open what the server combined, or read what the decryptor opened.

        Raises
        ------
        FederatedError
            If it does not belong to the exchange, or is a sum over fewer than `min_sites`.
        KeyMismatchError, DecodeError, InvalidCiphertextError
            If it is no such sum under the sites' key.
        """
        message = Message.from_bytes(combined)
        if isinstance(self._key, PrivateKey):
            check_belongs(message, exchange, Kind.COMBINED)
            total, weight = _decrypt(self._key, message, exchange, self._slots)
        else:
            check_belongs(message, exchange, Kind.OPENED)
            total, weight = unpack_sum(message.payload)
            check_vector(total, exchange, "the sum")
        return Opened(total, weight, message.senders)


class PaillierServer:
    """
    The server's half: it holds the public key and adds up ciphertexts.

    Parameters
    ----------
    public_key : PublicKey
        The sites' public key.

    Raises
    ------
    UnsupportedOperationError
        A TypeError, if it is given a private key or anything else.
    """

    def __init__(self, public_key: PublicKey) -> None:
        if isinstance(public_key, PrivateKey):
            raise UnsupportedOperationError("the server half takes a public key and was given a private one")
        if not isinstance(public_key, PublicKey):
            raise UnsupportedOperationError(
                f"the server half takes a public key and was given {a_type(public_key)}"
            )
        self._public_key = public_key
        self._received = Received()

    def combine(self, messages: Mapping[str, bytes]) -> bytes:
        """
        Add up the sites' ciphertexts.

        Parameters
        ----------
        messages : mapping of str to bytes
            What the sites' halves made, by the name that the transport vouches for.

        Raises
        ------
        FederatedError
            If a message belongs to another session, round or sender, or the round was combined before.
        DecodeError, KeyMismatchError, InvalidCiphertextError, ParameterError
            If a message holds no ciphertexts of the sites' key, or they do not fit together; the text names
            the site.
        """
        read = read_all(messages)
        first = self._received.check(read)
        arrays = []
        for name, message in read.items():
            try:
                arrays.append(PackedArray.from_bytes(message.payload, self._public_key))
                arrays[0]._check_matches(arrays[-1])
            except PrivmlError as error:
                raise type(error)(f"the message of {name!r}: {error}") from None
        payload = aggregate(arrays).to_bytes()
        self._received.close(first)
        return Message(
            Kind.COMBINED, first.purpose, first.round, first.session, tuple(sorted(read)), payload
        ).to_bytes()


class PaillierDecryptor:
    """The decryptor's half: the only one with the private key, where the sites do not share it."""

    def __init__(self, key: PrivateKey, slots: Slots) -> None:
        self._key = key
        self._slots = slots

    def open(self, exchange: Exchange, combined: bytes) -> bytes:
        """Open what the server combined and say it to the sites in the clear (over channels of their own)."""
        message = Message.from_bytes(combined)
        check_belongs(message, exchange, Kind.COMBINED)
        total, weight = _decrypt(self._key, message, exchange, self._slots)
        return Message.of(exchange, Kind.OPENED, message.senders, pack_sum(total, weight)).to_bytes()


def _decrypt(
    key: PrivateKey, message: Message, exchange: Exchange, slots: Slots
) -> tuple[NDArray[np.float64], int]:
    array = PackedArray.from_bytes(message.payload, key.public_key)
    count = len(message.senders)
    if array.spent != count * slots.max_examples:
        raise FederatedError(f"{exchange}: the ciphertexts are not the sum of {count} sites")
    # The scale is in the clear beside the ciphertexts: another one than agreed would change every number.
    if array.packing != slots.packing(exchange) or array.divisor != 1:
        raise FederatedError(f"{exchange}: the sum is packed otherwise than the sites agreed")
    if array.shape != (exchange.layout.size,):
        raise FederatedError(
            f"{exchange}: the sum has the shape {array.shape}; expected ({exchange.layout.size},)"
        )
    total, weight = key.decrypt(array)
    if weight < 1:
        raise FederatedError(f"{exchange}: the sum has no positive weight")
    return total, weight
