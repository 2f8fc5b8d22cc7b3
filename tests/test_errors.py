"""The error classes, and the package's front door."""

from __future__ import annotations

import inspect
import pickle

import privml
import pytest
from privml import errors

CLASSES = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_every_error_is_ours_and_a_built_in(cls):
    assert issubclass(cls, errors.PrivmlError)
    assert inspect.getdoc(cls)
    if cls is not errors.PrivmlError:
        built_in = (ValueError, TypeError, OverflowError, RuntimeError, ImportError, MemoryError)
        assert issubclass(cls, built_in)
    again = pickle.loads(pickle.dumps(cls("why")))
    assert type(again) is cls
    assert str(again) == "why"


def test_all_classes_are_listed():
    defined = {n for n, c in vars(errors).items() if inspect.isclass(c) and issubclass(c, Exception)}
    assert defined == set(errors.__all__)


def test_errors_of_the_core_are_these_classes(public, other_key):
    for expected, attempt in [
        (errors.DecodeError, lambda: type(public).from_bytes(b"nonsense")),
        (errors.KeySizeError, lambda: type(public)(2**3000 - 1 + 2**20000)),
        (errors.NotFiniteError, lambda: public.encrypt(float("nan"))),
        (errors.DtypeError, lambda: public.encrypt([object()])),
        (errors.EncodingOverflowError, lambda: public.encrypt([2**64])),
    ]:
        with pytest.raises(expected) as caught:
            attempt()
        assert type(caught.value) is expected


def test_front_door():
    assert privml.backend() in privml.available_backends()
    assert privml.num_threads() >= 1
    assert privml.__version__.count(".") == 2
    assert {"paillier", "federated", "errors"} <= set(dir(privml))
    assert privml.paillier.PrivateKey.__module__ == "privml.paillier.keys"
    with pytest.raises(AttributeError, match="nothing_here"):
        _ = privml.nothing_here
    assert all(hasattr(privml, name) for name in ("paillier", "errors", "encoding"))
