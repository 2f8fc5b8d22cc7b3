//! ElGamal keys and ciphertexts as Python holds them, a file for each homomorphism.

pub(crate) mod additive;
