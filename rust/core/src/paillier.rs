//! Paillier's additively homomorphic encryption, over whole batches.
//!
//! Paillier, *Public-key cryptosystems based on composite degree residuosity classes* (EUROCRYPT '99), with
//! `g = 1 + n` and the noise of Damgård, Jurik and Nielsen, *A generalization of Paillier's public-key
//! system with applications to electronic voting* (Int. J. Inf. Secur. 9, 2010), section 4.2.
//!
//! # What holds
//!
//! - Whoever has no private key learns nothing of plaintexts from fresh ciphertexts (they are
//!   indistinguishable under chosen plaintexts) **if deciding n-th residues modulo `n²` is hard** (DCR,
//!   the decisional composite residuosity assumption). That is all that [`Noise::Uniform`] needs.
//! - The default [`Noise::Short`] needs more: that a power `h_s^a` with `a` below `2^⌈|n|/2⌉` cannot be
//!   told from one with an exponent of full length. It is the assumption of Damgård, Jurik and Nielsen
//!   (DCR with half-length exponents), made for primes that are 3 modulo 4 with `gcd(p-1, q-1) = 2`.
//!   Then the elements of Jacobi symbol 1 are a cyclic group in which `h`, minus a random square,
//!   generates everything up to small factors of the order. Generated keys are like that. A modulus
//!   from elsewhere may not be: its `h` may generate less, and the assumption is about that smaller
//!   group. [`Noise::Uniform`] does not depend on any of it.
//! - Results of arithmetic are not re-randomised. From the operands' ciphertexts and the result anyone can check
//!   (and for small factors find) the public operands. [`Ciphertexts::rerandomize`] hides them from all
//!   but the owner of the key; with [`Noise::Uniform`] the owner too sees the plaintext only.
//! - Ciphertexts are malleable by design and there is no security against chosen ciphertexts: do not
//!   show a stranger whether something of theirs decrypted.
//! - The number of ciphertexts, the key and the kind of noise are public.
//!
//! # Constant time
//!
//! Operations on primes, plaintexts and noise are constant time in their values, with the exceptions
//! that `prime`, `encrypt` and `decrypt` name: how many draws were rejected and why, and that a
//! plaintext or a ciphertext was refused and which. Packing is too ([`crate::integers`]); reals to and
//! from fixed point ([`crate::fixed_point`]) are not, and arithmetic on ciphertexts with public
//! operands is not.
//!
//! # Rooms
//!
//! `public` and `private` keys, `prime`s for them, encryption `noise`, `encrypt`, `decrypt`, checked
//! `ciphertexts`, `arithmetic` on them with public and with `secret_operands`, and the `wire` format;
//! `number` and `cost` serve the others.

mod arithmetic;
mod ciphertexts;
mod cost;
mod decrypt;
mod encrypt;
mod noise;
mod number;
mod prime;
mod private;
mod public;
mod secret_operands;
#[cfg(test)]
mod tests;
mod wire;

pub use ciphertexts::Ciphertexts;
pub use noise::Noise;
pub use private::{BITS_STEP, PrivateKey};
pub use public::{MAXIMUM_BITS, MINIMUM_BITS, MINIMUM_INSECURE_BITS, PublicKey, check_size};
pub use wire::{ArrayHeader, PackedHeader};
