//! What an instruction set must be able to do with one vector for the kernels of this folder.
//!
//! A vector holds one limb of every lane. The two ways in which instruction sets multiply differ in
//! [`Vector::low`] and [`Vector::high`] only: where a product of two limbs fits a lane (AVX2: 28-bit
//! limbs), all of it goes into one column; where an instruction yields its halves (IFMA: 52-bit limbs),
//! the lower goes into one column and the upper into the next.

/// A vector of limbs. Every method is `#[inline(always)]` in its implementation and is called only from
/// functions that have the instruction set's features, so that no vector crosses a call.
pub(crate) trait Vector: Copy {
    /// A limb of every lane, in memory.
    type Limb: Copy;

    /// Lanes.
    const LANES: usize;

    /// Bits in a limb.
    const RADIX_BITS: usize;

    /// Products that may be added to a column that holds less than 2^54 before it must be settled;
    /// `usize::MAX` if [`Vector::MAX_LIMBS`] already sees to it.
    const TERMS: usize;

    /// The longest digit whose columns cannot overflow.
    const MAX_LIMBS: usize;

    /// Entries of a table that [`Vector::pick`] chooses from; a power of two.
    const ENTRIES: usize;

    /// Bits that an entry's limb takes in a table.
    const ENTRY_BITS: usize;

    /// A limb with all bits set.
    const MASK: u64 = u64::MAX >> (64 - Self::RADIX_BITS);

    /// Words, as limbs. What does not fill a limb is left out.
    fn limbs(words: &[u64]) -> &[Self::Limb];

    /// Words, as limbs to be written.
    fn limbs_mut(words: &mut [u64]) -> &mut [Self::Limb];

    /// From memory.
    fn load(limb: &Self::Limb) -> Self;

    /// To memory.
    fn store(self, limb: &mut Self::Limb);

    /// The same word in every lane.
    fn splat(word: u64) -> Self;

    /// `self + other` on 64 bits.
    fn plus(self, other: Self) -> Self;

    /// `self - other` on 64 bits.
    fn minus(self, other: Self) -> Self;

    /// `self & other`.
    fn and(self, other: Self) -> Self;

    /// `self | other`.
    fn or(self, other: Self) -> Self;

    /// `self ^ other`.
    fn xor(self, other: Self) -> Self;

    /// `self >> N`, logical.
    fn shift_right<const N: u32>(self) -> Self;

    /// What a column carries into the next: `self >> RADIX_BITS`.
    fn carry(self) -> Self;

    /// All ones in the lanes that are equal, else zero.
    fn equal(self, other: Self) -> Self;

    /// The column, with what the product `x * y` adds to it.
    fn low(self, x: Self, y: Self) -> Self;

    /// The next column, with what the product `x * y` adds to it.
    fn high(self, x: Self, y: Self) -> Self;

    /// The quotient digit that clears this column: its low limb times `negative_inverse`, as a limb.
    fn quotient(self, negative_inverse: Self) -> Self;

    /// The next column (`self`), with the carry of `column + digit * modulus`, whose low limb is zero.
    fn cancel(self, column: Self, digit: Self, modulus: Self) -> Self;

    /// The entry at `index` (its lowest bits) of [`Vector::ENTRIES`] entries, for each lane. What is
    /// above the limb in a lane is undefined.
    fn pick(entries: &[u64], index: Self) -> Self;
}
