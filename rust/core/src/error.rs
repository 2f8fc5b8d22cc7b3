//! What can go wrong in the core: one enum, its variants named by cause. Messages say what was found and
//! what is allowed and never contain a secret. The Python layer maps each variant to one class.

use thiserror::Error;

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation was refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Error {
    /// Two values belong to different keys.
    #[error("made under key {found}, but key {expected} is needed here")]
    KeyMismatch {
        /// Fingerprint of the key in use.
        expected: String,
        /// Fingerprint of the key that made the value.
        found: String,
    },
    /// A key of a size that is not supported or not safe.
    #[error("a key of {found} bits: {minimum} to {maximum} are allowed{hint}")]
    KeySize {
        /// Bits asked for or found.
        found: usize,
        /// Fewest bits allowed.
        minimum: usize,
        /// Most bits allowed.
        maximum: usize,
        /// What to do about it, starting with a space or a semicolon; may be empty.
        hint: &'static str,
    },
    /// Numbers that do not make a valid key.
    #[error("invalid key: {0}")]
    InvalidKey(&'static str),
    /// A number that is no ciphertext under its key.
    #[error("ciphertext {index}: {reason}")]
    InvalidCiphertext {
        /// Its position in the flat batch.
        index: usize,
        /// What it violates.
        reason: &'static str,
    },
    /// Bytes that do not decode.
    #[error("cannot decode {what}: {reason}")]
    Decode {
        /// What the bytes should have been.
        what: &'static str,
        /// What is wrong with them.
        reason: &'static str,
    },
    /// No memory for a batch of so many bytes.
    #[error("there is no memory for {0} more bytes")]
    OutOfMemory(u128),
    /// A value outside the declared or representable range.
    #[error("{name}: element {index} is outside the allowed range of ±{allowed}")]
    Overflow {
        /// The argument.
        name: String,
        /// Its first offending position in the flat batch.
        index: usize,
        /// The largest magnitude allowed.
        allowed: String,
    },
    /// NaN or infinity.
    #[error("{name}: element {index} is not finite")]
    NotFinite {
        /// The argument.
        name: String,
        /// Its first offending position in the flat batch.
        index: usize,
    },
    /// Lengths or shapes that do not fit together.
    #[error("{name}: {found}; {allowed}")]
    Shape {
        /// The argument.
        name: &'static str,
        /// What was found.
        found: String,
        /// What is needed.
        allowed: String,
    },
    /// A parameter outside its domain.
    #[error("{name}: found {found}, allowed: {allowed}")]
    InvalidParameter {
        /// The parameter.
        name: &'static str,
        /// What was found.
        found: String,
        /// What is allowed.
        allowed: String,
    },
    /// Parties that broke a protocol, by what they sent.
    #[error("{}: {reason}", named(parties))]
    Misbehaviour {
        /// Their numbers, from 1.
        parties: Vec<u8>,
        /// What they did.
        reason: &'static str,
    },
    /// A key file that does not open: wrong password and tampering look the same.
    #[error("wrong password, or the key file was altered")]
    WrongPassword,
    /// The operating system yielded no randomness.
    #[error("the operating system yielded no randomness")]
    Randomness,
    /// The poll hook asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// A bug in this library.
    #[error("internal error: {0}; please report it")]
    Internal(String),
}

fn named(parties: &[u8]) -> String {
    let numbers: Vec<_> = parties.iter().map(u8::to_string).collect();
    format!("part{} {}", if parties.len() == 1 { "y" } else { "ies" }, numbers.join(", "))
}
