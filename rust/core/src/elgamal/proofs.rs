//! Zero-knowledge proofs about exponents and ciphertexts, made non-interactive by
//! [`Transcript`](crate::transcript::Transcript)s.
//!
//! All are honest-verifier zero-knowledge and sound in the random oracle model, in a group of prime order
//! ([`PrimeOrder`](crate::group::PrimeOrder)): a cheat that asks the hash `Q` times passes with probability
//! about `Q / 2^128`. What a proof binds besides its statement (who, which session, which key) is what the
//! caller has appended to the transcript. Proving is constant time in the secret; verifying is not, and
//! works on public values.

mod equality;
mod membership;
mod possession;
#[cfg(test)]
mod tests;

pub(crate) use equality::{Equality, Statement};
pub(crate) use membership::{Allowed, BRANCH_BYTES, Membership, is_identity};
pub(crate) use possession::Possession;
