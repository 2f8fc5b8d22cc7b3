//! Keys that `n` parties hold together, of which any `t` decrypt.
//!
//! The private exponent `x` is shared after Shamir (*How to share a secret*, CACM 1979) modulo the group's
//! order: party `i` of `1..=n` holds `x_i = f(i)` for a polynomial `f` of degree `t - 1` with `f(0) = x`. The
//! commitments `C_k = g^(f_k)` (Feldman, FOCS '87) are public, so anyone has `g^(x_i)`. A partial
//! decryption of the ciphertexts `(c_j, .)` is `d_j = c_j^(x_i)` with a proof ([`proofs`](super::proofs)) that the
//! exponent is that of `g^(x_i)`; `t` of them give `c_j^x` by interpolation at 0 (Desmedt, Frankel, *Threshold
//! cryptosystems*, CRYPTO '89).
//!
//! # What holds
//!
//! - Fewer than `t` parties, whatever they pool, learn nothing of the plaintexts beyond what ElGamal's
//!   ciphertexts tell anyone (DDH), nor of `x` (Shamir's scheme hides it; the commitments hide it under the
//!   discrete logarithm). This is for corruptions fixed in advance.
//! - A partial decryption tells others `c_j^(x_i)`, which simulators compute from the plaintext and the
//!   corrupted parties' shares; its proof is zero-knowledge in the random oracle model. A party must
//!   decide *which* ciphertexts it decrypts: `t` parties who decrypt whatever they are sent are an open key.
//! - A wrong partial decryption is found and its party named: the proof binds the shared key, the session,
//!   the party, all ciphertexts and all results.
//! - Whoever combines learns the plaintexts; so does everyone who sees the ciphertexts and `t` partial
//!   decryptions. Send them over encrypted channels if plaintexts are not public.
//! - A dealer knows the key. [`key_generation`](super::key_generation) has none.
//!
//! # Constant time
//!
//! Sharing, and partial decryption in the share. Verifying and combining work on public values.

mod partial;
mod share;
#[cfg(test)]
mod tests;

pub use partial::{Ciphertexts, PartialDecryption};
pub use share::{KeyShare, Payload, PublicKey, group_name};
pub(crate) use share::{Polynomial, share_of_commitments};

/// The most parties that can hold a key.
pub const MAX_PARTIES: usize = 255;
