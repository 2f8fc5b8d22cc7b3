//! ElGamal encryption over whole batches, one room for each homomorphism.

pub mod multiplicative;
