//! Groups of prime order: the floor of ElGamal encryption.
//!
//! [`finite_field`] has the batch arithmetic of the RFC 7919 groups. [`PrimeOrder`] is what protocols
//! (proofs, threshold decryption) need of any group; [`FiniteField`](finite_field::FiniteField) and
//! [`Ristretto255`] give it.

pub mod discrete_log;
pub mod finite_field;
mod prime_order;
pub mod ristretto;

pub use prime_order::{PrimeOrder, Ristretto255};
