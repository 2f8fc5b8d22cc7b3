//! What protocols need of a group of prime order, and its two implementers.
//!
//! **Constant time** in scalars and elements unless a function's name ends in `_vartime`: those are for
//! public values, such as what a proof is verified with. How many there are is public.

mod finite_field;
mod ristretto;
#[cfg(test)]
mod tests;

use std::ops::Range;

use zeroize::Zeroize;

pub use ristretto::Ristretto255;

use crate::random::Stream;

/// A group of prime order, written multiplicatively. Every element it decodes is in the group: there is
/// no cofactor and no small subgroup.
pub trait PrimeOrder: Clone + Send + Sync {
    /// An integer modulo the order. Callers wipe secret ones.
    type Scalar: Clone + Zeroize + Send + Sync;
    /// A batch of elements.
    type Elements: Clone + Send + Sync;

    /// The name, as keys are generated with it.
    fn name(&self) -> &'static str;
    /// A rough time of one power with a full exponent, for cutting work into pieces.
    fn power_ns(&self) -> u64;

    /// Bytes of an encoded scalar.
    fn scalar_bytes(&self) -> usize;
    /// A scalar uniform among all.
    fn random_scalar(&self, stream: &mut Stream) -> Self::Scalar;
    /// A small integer.
    fn small_scalar(&self, value: u64) -> Self::Scalar;
    /// The scalar that a hash of 256 bits stands for. Every scalar comes from at most 2^5 hashes.
    fn challenge_scalar(&self, hash: &[u8; 32]) -> Self::Scalar;
    /// `a + b`
    fn add_scalars(&self, a: &Self::Scalar, b: &Self::Scalar) -> Self::Scalar;
    /// `a b`
    fn multiply_scalars(&self, a: &Self::Scalar, b: &Self::Scalar) -> Self::Scalar;
    /// `-a`
    fn negate_scalar(&self, a: &Self::Scalar) -> Self::Scalar;
    /// `1 / a`; of zero, zero.
    fn invert_scalar(&self, a: &Self::Scalar) -> Self::Scalar;
    /// Little-endian bytes, [`Self::scalar_bytes`] of them.
    fn encode_scalar(&self, a: &Self::Scalar) -> Vec<u8>;
    /// The scalar of its canonical encoding; `None` for any other bytes.
    fn decode_scalar(&self, bytes: &[u8]) -> Option<Self::Scalar>;

    /// Declares a scalar secret, for the check of constant time.
    fn conceal_scalar(&self, a: &Self::Scalar);

    /// Bytes of an encoded element.
    fn element_bytes(&self) -> usize;
    /// How many elements a batch has.
    fn len(&self, x: &Self::Elements) -> usize;
    /// So many times the neutral element.
    fn identity(&self, len: usize) -> Self::Elements;
    /// The generator, alone in a batch.
    fn generator(&self) -> Self::Elements;
    /// A part of a batch.
    fn slice(&self, x: &Self::Elements, range: Range<usize>) -> Self::Elements;
    /// Batches one after the other.
    fn concat(&self, parts: &[Self::Elements]) -> Self::Elements;
    /// Elementwise products.
    fn multiply(&self, a: &Self::Elements, b: &Self::Elements) -> Self::Elements;
    /// Inverses.
    fn invert(&self, x: &Self::Elements) -> Self::Elements;
    /// The generator to each exponent.
    fn generator_powers(&self, exponents: &[Self::Scalar]) -> Self::Elements;
    /// Every element to one exponent.
    fn powers(&self, x: &Self::Elements, exponent: &Self::Scalar) -> Self::Elements;
    /// Every element to one public exponent.
    fn powers_vartime(&self, x: &Self::Elements, exponent: &Self::Scalar) -> Self::Elements;
    /// The product of every element to its public weight, alone in a batch.
    fn combine_vartime(&self, x: &Self::Elements, weights: &[u128]) -> Self::Elements;
    /// Canonical encodings, one after the other.
    fn encode(&self, x: &Self::Elements) -> Vec<u8>;
    /// The elements of canonical encodings.
    ///
    /// # Errors
    /// The position of the first that is none; the last position for a part of an encoding.
    fn decode(&self, bytes: &[u8]) -> Result<Self::Elements, usize>;

    /// Whether an element of a batch is neutral. Not constant time in where.
    fn has_identity(&self, x: &Self::Elements) -> bool {
        let neutral = self.encode(&self.identity(1));
        self.encode(x).chunks_exact(self.element_bytes()).any(|bytes| bytes == neutral)
    }
}
