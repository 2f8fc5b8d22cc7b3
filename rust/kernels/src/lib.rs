//! Batch modular arithmetic on limbs: the floor every scheme of privml stands on.
//!
//! A [`Modulus`] computes modulo one odd number, a [`PairModulus`] modulo the square of one, on whole
//! [`Batch`]es of residues in a backend's internal form. Rows of 64-bit words go in with `enter` and
//! come out with `leave`. The schedules of powers and products are written once over the crate's `Ring`
//! trait; a [`Backend`] supplies only the arithmetic on one group of residues (the `Lanes` trait), and
//! each batch call picks it once.
//!
//! The crate knows no secret's meaning, draws no randomness and starts no thread. Functions are
//! constant time in their operands' values unless their name ends in `_vartime`; shapes, lengths and
//! the bit length of a modulus are public. Buffers that may hold secrets are wiped on drop.

pub mod backend;
mod batch;
mod buffer;
mod fixed_base;
mod lanes;
pub mod memcheck;
mod modulus;
mod multi_pow;
mod pair;
mod pow;
mod rate;
mod ring;
mod self_test;
mod words;

pub use backend::{Backend, BackendError};
pub use batch::Batch;
pub use buffer::OutOfMemory;
pub use fixed_base::FixedBase;
pub use modulus::{Modulus, ModulusError};
pub use pair::{Invert, PairModulus};
pub use rate::{Rate, Work};
pub use words::Words;
