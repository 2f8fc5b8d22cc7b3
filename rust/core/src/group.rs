//! Groups of prime order: the floor of ElGamal encryption.

pub mod discrete_log;
pub mod finite_field;
pub mod ristretto;
