//! ElGamal's additively homomorphic encryption of small integers, over whole batches.
//!
//! Exponential ElGamal (Cramer, Gennaro and Schoenmakers, *A secure and optimally efficient multi-authority
//! election scheme*, EUROCRYPT 1997) in ristretto255, written additively: with the private key `x` and
//! `H = x G`, the ciphertext of `m` is `(r G, m G + r H)`. Sums of ciphertexts decrypt to sums of plaintexts.
//! Decryption finds `m` from `m G` by [`crate::group::discrete_log`], so plaintexts are at most
//! [`LARGEST_PLAINTEXT`] in magnitude; callers bound sums and products.
//!
//! # What holds
//!
//! - Whoever has no private key learns nothing of plaintexts from fresh ciphertexts (they are
//!   indistinguishable under chosen plaintexts) **if the decisional Diffie-Hellman problem is hard** in
//!   ristretto255, about 128 bits of security. The group's order is prime: there is no subgroup in which a
//!   plaintext's parity, or anything else of it, would show.
//! - Results of arithmetic are not re-randomised: who knows the operands' ciphertexts finds public operands.
//!   [`Ciphertexts::rerandomize`] hides them from all but the owner of the key.
//! - Ciphertexts are malleable by design and there is no security against chosen ciphertexts: do not show a
//!   stranger whether something of theirs decrypted, or to what.
//! - The neutral element is an element: `c - c` and `0 c` are the pair of two, and decrypt to 0. Whoever sees
//!   a ciphertext whose first half is neutral can find its plaintext, as its maker has not hidden it; it says
//!   nothing of the key. A public key that is neutral would hide nothing at all and is refused.
//! - The number of ciphertexts, the key and the limit of decryption are public.
//!
//! # Constant time
//!
//! Generating keys and encrypting are constant time in scalars and plaintexts, except that a plaintext was
//! refused and which. Decryption is constant time in the private key. **The search for the plaintext is not
//! constant time in the plaintext**, and arithmetic with public integers is not in those.

mod arithmetic;
mod ciphertexts;
mod encrypt;
mod keys;
#[cfg(test)]
mod tests;
mod wire;

pub use ciphertexts::Ciphertexts;
pub use encrypt::plaintexts_vartime;
pub use keys::{PrivateKey, PublicKey};
pub use wire::ArrayHeader;

/// The largest magnitude of a plaintext: what decryption can find.
pub const LARGEST_PLAINTEXT: u64 = crate::group::discrete_log::LARGEST_LIMIT;
