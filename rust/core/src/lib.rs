//! The cryptography of privml.
//!
//! Base rooms that every scheme stands on come first: errors, secrets, randomness, the wire format,
//! parallel execution, groups of prime order, transcripts of proofs, batches of integers, fixed point and password-protected key files. Then one room
//! per scheme; schemes do not import each other. Nothing here knows Python or NumPy.
//!
//! Functions are constant time in the values of secrets unless their name ends in `_vartime` or their
//! module says otherwise: [`fixed_point`] works where the data is at home, arithmetic on ciphertexts and
//! the bounds of [`integers`] are for public values, and what is refused is looked for. Lengths, shapes,
//! scales and bounds are public. Nothing is started before the first long call, no randomness is kept
//! between calls, and every batch comes out the same for any number of threads.

#![forbid(unsafe_code)]

pub mod codec;
pub mod environment;
pub mod error;
pub mod fixed_point;
pub mod group;
pub mod integers;
pub mod keyfile;
pub mod noise;
pub mod parallel;
pub mod random;
pub mod secret;
pub mod transcript;
mod words;

pub mod elgamal;
pub mod paillier;

pub use privml_kernels::{Backend, BackendError};

/// The backend that arithmetic runs on.
///
/// # Errors
/// [`BackendError`] if `PRIVML_BACKEND` names none that runs here.
pub fn backend() -> Result<Backend, BackendError> {
    Backend::active()
}
