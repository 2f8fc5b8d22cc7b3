//! ElGamal encryption over whole batches, one room for each homomorphism; keys that several parties hold
//! together; ballots with proofs.

pub mod additive;
pub mod ballots;
pub mod key_generation;
pub mod multiplicative;
mod proofs;
pub mod threshold;
