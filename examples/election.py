"""Five officials hold an election together; any three of them count, and none of them can open a ballot.

The officials make the key without a dealer. Voters encrypt their marks and prove that each is 0 or 1. Every
official checks all ballots, adds them up itself, and decrypts that sum only. One voter votes twice, somebody
copies a ballot, one official lies about its part: all are found out. Each party is an object of its own; they
meet in bytes.

Run: python examples/election.py
"""

import argparse

from privml.elgamal import ballots, threshold
from privml.errors import MisbehaviourError

parser = argparse.ArgumentParser()
parser.add_argument("--bits", help="accepted as in the other examples; the group here is ristretto255")
parser.parse_args()

VOTES = {"ada": "yes", "ben": "no", "cem": "yes", "dee": "yes", "eva": "abstain", "fay": "no", "gus": "yes"}


class Official:
    """One official: an identity, later a share of the key, and a ballot box."""

    def __init__(self) -> None:
        self.identity = threshold.Identity.generate()

    def open_box(self, share: threshold.KeyShare) -> None:
        """Take the share, and start to collect ballots."""
        self.share = share
        self.box = ballots.BallotBox(election_under(share.public_key), voters=VOTES)


def election_under(key: threshold.PublicKey) -> ballots.Election:
    """Return the election, the same for all who know the key."""
    return ballots.Election(key, "new statutes", ["yes", "no", "abstain"])


# The officials make the key. Every message goes to all the others.
officials = [Official() for _ in range(5)]
identities = [official.identity.public for official in officials]
runs = [
    threshold.KeyGeneration(official.identity, identities, threshold=3, session="statutes, first run")
    for official in officials
]
messages = [run.first_message for run in runs]
for _ in range(4):
    messages = [run.receive(messages[:i] + messages[i + 1 :]) for i, run in enumerate(runs)]
for i, (official, run) in enumerate(zip(officials, runs, strict=True)):
    official.open_box(run.receive(messages[:i] + messages[i + 1 :]))
published = officials[0].share.public_key.to_bytes()
print(f"a key of five officials, of whom three decrypt: {officials[0].share.public_key.fingerprint}")

# The voters, each with the published key.
election = election_under(threshold.PublicKey.from_bytes(published))
cast = [election.cast(voter, mark) for voter, mark in VOTES.items() if voter != "gus"]
again = election.cast("ada", "no")  # ada votes twice
copied = cast[1].replace(b"ben", b"gus")  # someone casts ben's ballot as gus

# Every official checks every ballot.
for official in officials:
    refusals = official.box.add([*cast, again, copied])
    assert [refusal.index for refusal in refusals] == [6, 7]
for refusal in refusals:
    print(f"ballot {refusal.index + 1} does not count: {refusal.reason}")

# Three officials decrypt the sum; the second of them lies.
parts = {i: officials[i].box.decrypt_partially(officials[i].share) for i in (0, 2, 3)}
honest = parts[2]
parts[2] = honest[:-32] + election.key.element
named: tuple[int, ...] = ()
try:
    officials[0].box.total(list(parts.values()))
except MisbehaviourError as error:
    print(f"found out: {error}")
    named = error.parties
assert named == (3,)

# Another official takes its place.
del parts[2]
parts[4] = officials[4].box.decrypt_partially(officials[4].share)
totals = officials[0].box.total(list(parts.values()))
print("  ".join(f"{choice} {count}" for choice, count in totals.items()))
assert totals == {"yes": 3, "no": 2, "abstain": 1}
