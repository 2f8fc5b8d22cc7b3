//! Keys that nobody deals: distributed key generation on ristretto255.
//!
//! Pedersen (*A threshold cryptosystem without a trusted party*, EUROCRYPT '91) with the safeguards of FROST
//! (Komlo, Goldberg, SAC 2020, figure 1; RFC 9591, appendix C, leaves the protocol open): every party shares
//! a secret of its own as Feldman does, and the key is the sum. Each of `n` parties sends one message a round
//! to all others; a [`Party`] makes and takes them, and does no input or output itself.
//!
//! | round | message | what it is for |
//! | --- | --- | --- |
//! | 1 | hash of the next message | commit before reveal: nobody chooses their part after seeing others' |
//! | 2 | commitments `C_k`, proof of possession of the logarithm of `C_0`, a one-time encryption key | FROST's round 1 |
//! | 3 | hashes of everyone's messages of rounds 1 and 2 | consistent broadcast: who told different things is found out |
//! | 4 | for every other party, its share, encrypted | FROST's round 2 |
//! | 5 | hash of everyone's round 4, or a complaint | nobody accepts a key that another refused |
//!
//! # What the caller provides
//!
//! The **public identities of all parties**, in an agreed order, authentically; a session label that is new
//! for each run; and delivery. Nothing else: every message is signed (Schnorr) by its sender's identity over the
//! round, the label, the sizes and all identities, and shares are encrypted to one-time keys that such a message
//! announced (Diffie-Hellman, SHAKE256, XChaCha20-Poly1305), so that a network which reads and alters everything
//! can only stop the protocol. Once the run is over its shares cannot be decrypted even with the identities.
//!
//! # What holds
//!
//! - If all honest parties finish, they hold shares of one key, and fewer than `t` parties know nothing of its
//!   exponent (DDH, random oracle model; corruptions fixed in advance).
//! - **A fault ends the run and is named.** Messages that prove themselves wrong (a bad opening, a bad proof)
//!   name their sender. A complaint about a share publishes the complainer's one-time key and the signed
//!   message: everyone sees whether the accused or the accuser lied, and names that one. If two parties report
//!   different hashes for a third, the third or the reporter lies, and both are named. The one-time secrets
//!   published by a complaint tell that run's shares, which nobody uses.
//! - **It can be stopped** by anyone of the `n`, by silence too. There is no key with fewer parties.
//! - **Bias.** Pedersen's protocol lets an adversary who is last to speak shift the distribution of the public
//!   key (Gennaro, Jarecki, Krawczyk, Rabin, *Secure distributed key generation for discrete-log based
//!   cryptosystems*, EUROCRYPT '99, J. Cryptology 20, 2007, section 3): by choosing who is disqualified. Here
//!   nobody is disqualified without the run ending, and round 1 fixes all parts before any is seen. What remains
//!   is to stop runs whose key one dislikes: `s` runs that end in failure let it choose among `s + 1` keys. Who
//!   stops them is named or silent. The same authors show that for uses in which the security is reduced to a
//!   discrete logarithm such bias does no harm (*Secure applications of Pedersen's distributed key generation
//!   protocol*, CT-RSA 2003); for ElGamal it means that runs should not be repeated with a party that stopped
//!   several.

mod identity;
mod message;
mod party;
#[cfg(test)]
mod tests;

pub use identity::Identity;
pub use party::{Party, Step};
