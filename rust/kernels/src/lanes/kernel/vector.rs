//! What an instruction set must be able to do with one vector, and with one column, for the kernels of
//! this folder.
//!
//! A vector holds one limb of every lane; a [`Column`] holds a sum of products of limbs. The two ways in
//! which instruction sets multiply differ in [`Column::low`] and [`Column::high`] only: where a column has
//! room for a product of two limbs (AVX2: 28-bit limbs in 64 bits; portable: 59-bit limbs in 128), all of
//! it goes into one column; where an instruction yields its halves (IFMA: 52-bit limbs), the lower goes into
//! one column and the upper into the next.

/// A vector of limbs. Every method is `#[inline(always)]` in its implementation and is called only from
/// functions that have the instruction set's features, so that no vector crosses a call.
pub(crate) trait Vector: Copy {
    /// A limb of every lane, in memory.
    type Limb: Copy;

    /// A sum of products of limbs, in every lane.
    type Column: Column<Self>;

    /// Lanes.
    const LANES: usize;

    /// Bits in a limb.
    const RADIX_BITS: usize;

    /// Multiply-adds that the product of two limbs takes: 2 where an instruction yields half of it.
    const PRODUCT: usize;

    /// Products that may be added to a column, beside what else it takes (see
    /// [`super::tile::Tile`]), before it must be settled; `usize::MAX` if [`Vector::MAX_LIMBS`] already
    /// sees to it.
    const TERMS: usize;

    /// The longest digit whose columns cannot overflow.
    const MAX_LIMBS: usize;

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

    /// What a sum of limbs carries into the next: `self >> RADIX_BITS`.
    fn carry(self) -> Self;

    /// All ones in the lanes that are equal, else zero.
    fn equal(self, other: Self) -> Self;
}

/// Vectors whose lanes can be taken from different entries of a table by one permutation.
pub(crate) trait Picking: Vector {
    /// Entries of a table that [`Picking::pick`] chooses from: a block of them.
    const ENTRIES: usize;

    /// Bits that an entry's limb takes in a table.
    const ENTRY_BITS: usize;

    /// The block that the entry of this index is in.
    fn block(index: Self) -> Self;

    /// The entry at `index` (its lowest bits) of [`Picking::ENTRIES`] entries, for each lane. What is
    /// above the limb in a lane is undefined.
    fn pick(entries: &[u64], index: Self) -> Self;
}

/// A column of a product, in every lane. Inlined as [`Vector`] is.
pub(crate) trait Column<V>: Copy {
    /// Nothing.
    fn zero() -> Self;

    /// The sum of two.
    fn with(self, other: Self) -> Self;

    /// With a limb, or the sum of a few.
    fn with_limb(self, limb: V) -> Self;

    /// With what the product `x * y` adds to this column.
    fn low(self, x: V, y: V) -> Self;

    /// With what the product `x * y` of the column before adds to this one.
    fn high(self, x: V, y: V) -> Self;

    /// Its lowest limb.
    fn limb(self) -> V;

    /// What it carries into the next: all above its lowest limb.
    fn above(self) -> Self;

    /// The quotient digit that clears this column: its low limb times `negative_inverse`, as a limb.
    fn quotient(self, negative_inverse: V) -> V;

    /// With the carry of the column before it plus `digit * modulus`, whose low limb is zero.
    fn cancel(self, before: Self, digit: V, modulus: V) -> Self;
}

/// Vectors that are their own columns: a sum of 64 bits in each lane. The methods are those of [`Column`].
pub(crate) trait Multiply: Vector {
    /// See [`Column::low`].
    fn low(self, x: Self, y: Self) -> Self;

    /// See [`Column::high`].
    fn high(self, x: Self, y: Self) -> Self;

    /// See [`Column::quotient`].
    fn quotient(self, negative_inverse: Self) -> Self;

    /// See [`Column::cancel`].
    fn cancel(self, before: Self, digit: Self, modulus: Self) -> Self;
}

impl<V: Multiply> Column<V> for V {
    #[inline(always)]
    fn zero() -> Self {
        Self::splat(0)
    }

    #[inline(always)]
    fn with(self, other: Self) -> Self {
        self.plus(other)
    }

    #[inline(always)]
    fn with_limb(self, limb: Self) -> Self {
        self.plus(limb)
    }

    #[inline(always)]
    fn low(self, x: Self, y: Self) -> Self {
        Multiply::low(self, x, y)
    }

    #[inline(always)]
    fn high(self, x: Self, y: Self) -> Self {
        Multiply::high(self, x, y)
    }

    #[inline(always)]
    fn limb(self) -> Self {
        self.and(Self::splat(Self::MASK))
    }

    #[inline(always)]
    fn above(self) -> Self {
        self.carry()
    }

    #[inline(always)]
    fn quotient(self, negative_inverse: Self) -> Self {
        Multiply::quotient(self, negative_inverse)
    }

    #[inline(always)]
    fn cancel(self, before: Self, digit: Self, modulus: Self) -> Self {
        Multiply::cancel(self, before, digit, modulus)
    }
}
