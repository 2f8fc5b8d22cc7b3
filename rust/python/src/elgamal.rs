//! ElGamal as Python holds it: a file for each room of the core.

pub(crate) mod additive;
pub(crate) mod multiplicative;
