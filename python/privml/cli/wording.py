"""The words of the library's errors as those of the command line.

The library speaks of arguments (``limit=``, ``max_examples=100``); who types commands knows options.
Here alone one becomes the other.
"""

from __future__ import annotations

import re

__all__ = ["for_command_line"]

_ARGUMENTS = (
    "additions|batch_size|bits|epochs|fractional_bits|learning_rate|limit|max_examples|min_sites|mu|rounds|"
    "seed|value_bits"
)

# Applied in this order; what a replacement makes no later pattern matches.
_PHRASES = (
    ("; insecure_key_size=True allows less, for tests", " (--insecure-key-size allows fewer, for tests)"),
    (
        "; declare a larger limit=, or a smaller learning_rate=",
        "; try a larger --limit or a smaller --learning-rate",
    ),
    (": loss is not finite", ": loss is not finite; try a smaller --learning-rate"),
)
_WITH_VALUE = re.compile(rf"(?<![\w/.-])({_ARGUMENTS})=([^\s,;:()]+)")
_ALONE = re.compile(rf"(?<![\w/.-])({_ARGUMENTS})=")
_SUBJECT = re.compile(rf"(^|: )({_ARGUMENTS}) is (?=[-+\d.]|inf|nan)")


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def for_command_line(message: str) -> str:
    """Name options where a message of the library names arguments.

    Examples
    --------
    >>> for_command_line("value_bits is 1; allowed are integers from 2")
    '--value-bits is 1; allowed are integers from 2'
    >>> for_command_line("beyond max_examples=100; declare a larger limit=")
    'beyond --max-examples 100; declare a larger --limit'
    """
    for phrase, words in _PHRASES:
        message = message.replace(phrase, words)
    message = _WITH_VALUE.sub(lambda found: f"{_option(found[1])} {found[2]}", message)
    message = _ALONE.sub(lambda found: _option(found[1]), message)
    return _SUBJECT.sub(lambda found: f"{found[1]}{_option(found[2])} is ", message)
