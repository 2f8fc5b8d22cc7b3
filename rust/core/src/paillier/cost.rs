//! What batch operations cost, so that work is cut into pieces that are neither slow to interrupt nor
//! too small to be worth a thread.
//!
//! An operation on `h`-word digits takes about `h²` word products times the number the pair form needs
//! (see `privml_kernels::PairModulus`), plus something for each word.

use privml_kernels::PairModulus;

/// Nanoseconds of one word product inside kernels, on a busy machine: of words, and of each lane of vectors.
const WORD_PRODUCT: (f64, f64) = (1.2, 0.6);

/// What a piece of work should take, so that a call can be interrupted soon.
pub(super) const PIECE_NS: f64 = 30e6;

/// Nanoseconds for each word of an operand: loading, storing, carrying.
const WORD: f64 = 4.0;

fn products(ring: &PairModulus, count: f64) -> f64 {
    let words = ring.word_count() as f64;
    let product = if ring.base().backend().lanes() == 1 { WORD_PRODUCT.0 } else { WORD_PRODUCT.1 };
    count * words * words * product + words * WORD
}

/// One multiplication modulo `n²`.
pub(super) fn multiply(ring: &PairModulus) -> f64 {
    products(ring, 5.0)
}

/// One multiplication modulo `n²` by a single digit.
pub(super) fn multiply_digit(ring: &PairModulus) -> f64 {
    products(ring, 4.0)
}

/// Into or out of internal form modulo `n²`.
pub(super) fn convert(ring: &PairModulus) -> f64 {
    products(ring, 9.0)
}

/// A power modulo `n²` of a general base.
pub(super) fn power(ring: &PairModulus, exponent_bits: usize) -> f64 {
    // A squaring for each bit, a multiplication for every fourth or fifth, a table of some 16 entries.
    exponent_bits as f64 * products(ring, 3.5) + (exponent_bits as f64 / 4.0 + 16.0) * multiply(ring)
}

/// A power modulo `n` of a small base.
pub(super) fn power_of_small(ring: &PairModulus, exponent_bits: usize) -> f64 {
    exponent_bits as f64 * products(ring, 2.0)
}

/// The length of pieces of work, each element of which takes `ns`: some 30 ms, in full groups of lanes
/// where that is possible.
pub(super) fn chunk(ring: &PairModulus, ns: f64) -> usize {
    let fitting = (PIECE_NS / ns.max(1.0)) as usize;
    let lanes = ring.base().backend().lanes();
    [64, lanes]
        .iter()
        .find(|&&multiple| fitting >= multiple)
        .map_or(lanes, |multiple| fitting / multiple * multiple)
}

/// Nanoseconds as the scheduler takes them.
pub(super) fn whole(ns: f64) -> u64 {
    ns.ceil().max(1.0) as u64
}
