//! What an instruction set must supply: arithmetic on one *group* of residues.
//!
//! A group holds [`Lanes::LANES`] residues side by side, one per SIMD lane. A digit of a group is
//! stored limb-major: limb 0 of every lane, then limb 1 of every lane, and so on, so that one vector
//! load fetches the same limb of all lanes. A flat residue is one digit; a residue modulo `n²` is a
//! pair of digits, the low one first (see [`crate::pair`]).
//!
//! The schedules (`pow`, `fixed_base`, `multi_pow`) are written once over [`crate::ring::Ring`] and
//! reach a backend only through this trait. A kernel is a whole modular product, thousands of cycles
//! long, so the call through it costs nothing and no vector value ever crosses it: only `&[u64]`.
//!
//! **Digits are lazy.** A backend may keep digits above the modulus, below a bound of its own choice,
//! as long as every kernel accepts what every kernel yields; [`Lanes::normalise`] and
//! [`Lanes::pair_normalise`] bring them below it.
//!
//! **Constant time.** No kernel here branches on, or forms an address from, a limb's value or a lookup
//! index.

use crate::buffer::Buffer;
use crate::modulus::Constants;

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod ifma;
pub(crate) mod kernel;
#[cfg(feature = "model")]
pub(crate) mod model;
pub(crate) mod portable;

/// The group kernels of one backend. See the module's text for layout and bounds.
pub(crate) trait Lanes: Copy + Send + Sync + 'static {
    /// Residues in a group.
    const LANES: usize;
    /// Bits in a limb.
    const RADIX_BITS: usize;
    /// Multiply-adds that the product of two limbs takes.
    const PRODUCT: usize;
    /// Columns of a tile.
    const TILE: usize;

    /// Limbs of one digit for a modulus of this many bits.
    fn limbs_for(modulus_bits: usize) -> usize;

    /// Words of scratch that any kernel may use for digits of this many limbs.
    fn scratch_words(limbs: usize) -> usize;

    /// Montgomery product `a * b / R mod m`. One operand may be any digit below `R` if the other is
    /// below the modulus.
    fn mul(m: &Constants, out: &mut [u64], a: &[u64], b: &[u64], scratch: &mut [u64]);

    /// Montgomery square `a * a / R mod m`.
    fn square(m: &Constants, out: &mut [u64], a: &[u64], scratch: &mut [u64]);

    /// `a + b mod m`.
    fn add(m: &Constants, out: &mut [u64], a: &[u64], b: &[u64]);

    /// `a - b mod m`.
    fn sub(m: &Constants, out: &mut [u64], a: &[u64], b: &[u64]);

    /// Brings a digit below the modulus.
    fn normalise(m: &Constants, digit: &mut [u64]);

    /// Montgomery product of two pairs: `a * b / R mod n²`.
    fn pair_mul(n: &Constants, out: &mut [u64], a: &[u64], b: &[u64], scratch: &mut [u64]);

    /// Montgomery square of a pair.
    fn pair_square(n: &Constants, out: &mut [u64], a: &[u64], scratch: &mut [u64]);

    /// Montgomery product of a pair and a single digit: any digit below `R` if the pair's digits are
    /// below `n`.
    fn pair_mul_digit(n: &Constants, out: &mut [u64], a: &[u64], digit: &[u64], scratch: &mut [u64]);

    /// `a + b mod n²` of two pairs: what the low digits give up is carried into the high ones.
    fn pair_add(n: &Constants, out: &mut [u64], a: &[u64], b: &[u64]);

    /// Brings both digits below `n`; what the low digit gives up is carried into the high one.
    fn pair_normalise(n: &Constants, pair: &mut [u64]);

    /// Copies into every lane of `out` that lane of the row at its own index, reading every row: for a
    /// table of groups and secret indices. Rows are as long as `out`.
    fn scan(out: &mut [u64], table: &[u64], indices: &[u64]);

    /// Lays out a fixed-base window for [`Lanes::lookup`]. `rows` are entries shared by all lanes,
    /// `limbs` words each.
    fn arrange(rows: Buffer, limbs: usize) -> Buffer;

    /// Fills every lane of `out` with its own row of an arranged window, reading every row: for one
    /// secret index per lane.
    fn lookup(out: &mut [u64], window: &[u64], indices: &[u64]);

    /// Multiply-adds of [`Lanes::TILE`] limbs with every limb of `b`, to be timed: see [`crate::rate`].
    fn multiply_adds(out: &mut [u64], a: &[u64], b: &[u64]);
}
