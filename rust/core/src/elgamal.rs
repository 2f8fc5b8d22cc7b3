//! ElGamal encryption over whole batches, one room for each homomorphism.

pub mod additive;
pub mod multiplicative;
