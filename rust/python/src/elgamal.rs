//! ElGamal as Python holds it: a file for each homomorphism, and for what several parties do together.

pub(crate) mod additive;
pub(crate) mod ballots;
pub(crate) mod key_generation;
pub(crate) mod multiplicative;
pub(crate) mod threshold;
