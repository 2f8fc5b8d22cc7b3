//! ElGamal keys and ciphertexts as Python holds them, a file for each homomorphism, and what several
//! parties do together.

pub(crate) mod ballots;
pub(crate) mod key_generation;
pub(crate) mod threshold;
