//! AVX2: four lanes, 28-bit limbs, `vpmuludq`.
//!
//! A product of two limbs has 56 bits, so it goes into one column whole, and 255 of them fit a column
//! beside a carry: `255 (2^28 - 1)^2 + 2^54 < 2^64`. With 16 registers a tile has at most seven columns.

use std::arch::asm;
use std::arch::x86_64::*;

use super::kernel::vector::{Multiply, Picking, Vector};
use super::kernel::{lanes, linear, rate, reduce, table};
use crate::buffer::Buffer;
use crate::modulus::Constants;

/// See the module's text.
#[derive(Clone, Copy)]
pub(crate) struct Avx2;

/// Four limbs.
#[derive(Clone, Copy)]
pub(crate) struct Quad(__m256i);

/// A method of [`Quad`] that is one or a few intrinsics.
macro_rules! intrinsics {
    ($value:expr) => {
        // SAFETY: vectors exist only within kernels, which run only where the CPU has AVX2; loads and
        // stores get references to as many words as they move, and ask for no alignment.
        unsafe { $value }
    };
}

#[allow(unsafe_code)]
impl Vector for Quad {
    type Column = Self;
    type Limb = [u64; 4];

    const LANES: usize = 4;
    const RADIX_BITS: usize = 28;
    const PRODUCT: usize = 1;
    const TERMS: usize = 255;
    // Only what settling moves out of a tile, below 2^36 at a time, is not counted as terms.
    const MAX_LIMBS: usize = 1 << 16;

    #[inline(always)]
    fn limbs(words: &[u64]) -> &[[u64; 4]] {
        words.as_chunks().0
    }

    #[inline(always)]
    fn limbs_mut(words: &mut [u64]) -> &mut [[u64; 4]] {
        words.as_chunks_mut().0
    }

    #[inline(always)]
    fn load(limb: &[u64; 4]) -> Self {
        Self(intrinsics!(_mm256_loadu_si256(limb.as_ptr().cast())))
    }

    #[inline(always)]
    fn store(self, limb: &mut [u64; 4]) {
        intrinsics!(_mm256_storeu_si256(limb.as_mut_ptr().cast(), self.0));
    }

    #[inline(always)]
    fn splat(word: u64) -> Self {
        Self(intrinsics!(_mm256_set1_epi64x(word as i64)))
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(intrinsics!(_mm256_add_epi64(self.0, other.0)))
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self(intrinsics!(_mm256_sub_epi64(self.0, other.0)))
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(intrinsics!(_mm256_and_si256(self.0, other.0)))
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self(intrinsics!(_mm256_or_si256(self.0, other.0)))
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(intrinsics!(_mm256_xor_si256(self.0, other.0)))
    }

    #[inline(always)]
    fn shift_right<const N: u32>(self) -> Self {
        Self(intrinsics!(_mm256_srl_epi64(self.0, _mm_cvtsi32_si128(N as i32))))
    }

    #[inline(always)]
    fn carry(self) -> Self {
        Self(intrinsics!(_mm256_srli_epi64::<28>(self.0)))
    }

    #[inline(always)]
    fn equal(self, other: Self) -> Self {
        Self(intrinsics!(_mm256_cmpeq_epi64(self.0, other.0)))
    }
}

#[allow(unsafe_code)]
impl Picking for Quad {
    const ENTRIES: usize = 8;
    const ENTRY_BITS: usize = 32;

    #[inline(always)]
    fn block(index: Self) -> Self {
        index.shift_right::<3>()
    }

    #[inline(always)]
    fn pick(entries: &[u64], index: Self) -> Self {
        let entries = Self::load(entries.first_chunk().expect("a block of entries"));
        Self(intrinsics!(_mm256_permutevar8x32_epi32(entries.0, index.0)))
    }
}

impl Multiply for Quad {
    #[inline(always)]
    fn low(self, x: Self, y: Self) -> Self {
        self.plus(x.times(y))
    }

    #[inline(always)]
    fn high(self, _x: Self, _y: Self) -> Self {
        self
    }

    #[inline(always)]
    fn quotient(self, negative_inverse: Self) -> Self {
        // Only the low 32 bits of the column are multiplied, which hold its limb.
        self.times(negative_inverse).and(Self::splat(Self::MASK))
    }

    #[inline(always)]
    fn cancel(self, column: Self, digit: Self, modulus: Self) -> Self {
        self.plus(column.low(digit, modulus).carry())
    }
}

impl Quad {
    /// The products of the low 32 bits.
    #[inline(always)]
    #[allow(unsafe_code)]
    fn times(self, other: Self) -> Self {
        Self(intrinsics!(multiply(self.0, other.0)))
    }
}

/// `vpmuludq`. As an intrinsic it is, to the optimiser, a product of 64 bits of masked operands; where it
/// moves the masks out of a loop, it no longer sees that one instruction does, and emits six.
#[inline]
#[target_feature(enable = "avx2")]
#[allow(unsafe_code)]
fn multiply(x: __m256i, y: __m256i) -> __m256i {
    let product;
    // SAFETY: the instruction reads and writes these registers only.
    unsafe {
        asm!(
            "vpmuludq {product}, {x}, {y}",
            product = lateout(ymm_reg) product,
            x = in(ymm_reg) x,
            y = in(ymm_reg) y,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    product
}

lanes! { Avx2, Quad, tiles: (7, 6), features: "avx2" }
