//! Groups of prime order: the floor of ElGamal encryption.

pub mod finite_field;
