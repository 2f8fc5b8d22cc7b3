//! AVX-512 IFMA: eight lanes, 52-bit limbs, `vpmadd52luq` and `vpmadd52huq`.
//!
//! Gueron, Krasnov, *Accelerating Big Integer Arithmetic Using Intel IFMA Extensions* (ARITH 2016), turned
//! on its side: eight independent numbers, so that no carry crosses lanes. The halves of a product go into
//! two columns; a column of a pair's high digit gets up to `6h` halves, of 52 bits each, and 12 bits above
//! them are free.

use std::arch::x86_64::*;

use super::kernel::vector::{Multiply, Picking, Vector};
use super::kernel::{lanes, linear, rate, reduce, table};
use crate::buffer::Buffer;
use crate::modulus::Constants;

/// See the module's text.
#[derive(Clone, Copy)]
pub(crate) struct Ifma;

/// Eight limbs.
#[derive(Clone, Copy)]
pub(crate) struct Octet(__m512i);

/// A method of [`Octet`] that is one or a few intrinsics.
macro_rules! intrinsics {
    ($value:expr) => {
        // SAFETY: vectors exist only within kernels, which run only where the CPU has AVX-512 F and IFMA;
        // loads and stores get references to as many words as they move, and ask for no alignment.
        unsafe { $value }
    };
}

#[allow(unsafe_code)]
impl Vector for Octet {
    type Column = Self;
    type Limb = [u64; 8];

    const LANES: usize = 8;
    const RADIX_BITS: usize = 52;
    const PRODUCT: usize = 2;
    const TERMS: usize = usize::MAX;
    // 6 h 2^52 + 2^54 < 2^64.
    const MAX_LIMBS: usize = 681;

    #[inline(always)]
    fn limbs(words: &[u64]) -> &[[u64; 8]] {
        words.as_chunks().0
    }

    #[inline(always)]
    fn limbs_mut(words: &mut [u64]) -> &mut [[u64; 8]] {
        words.as_chunks_mut().0
    }

    #[inline(always)]
    fn load(limb: &[u64; 8]) -> Self {
        Self(intrinsics!(_mm512_loadu_si512(limb.as_ptr().cast())))
    }

    #[inline(always)]
    fn store(self, limb: &mut [u64; 8]) {
        intrinsics!(_mm512_storeu_si512(limb.as_mut_ptr().cast(), self.0));
    }

    #[inline(always)]
    fn splat(word: u64) -> Self {
        Self(intrinsics!(_mm512_set1_epi64(word as i64)))
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(intrinsics!(_mm512_add_epi64(self.0, other.0)))
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self(intrinsics!(_mm512_sub_epi64(self.0, other.0)))
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(intrinsics!(_mm512_and_si512(self.0, other.0)))
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self(intrinsics!(_mm512_or_si512(self.0, other.0)))
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(intrinsics!(_mm512_xor_si512(self.0, other.0)))
    }

    #[inline(always)]
    fn shift_right<const N: u32>(self) -> Self {
        Self(intrinsics!(_mm512_srli_epi64::<N>(self.0)))
    }

    #[inline(always)]
    fn carry(self) -> Self {
        Self(intrinsics!(_mm512_srli_epi64::<52>(self.0)))
    }

    #[inline(always)]
    fn equal(self, other: Self) -> Self {
        Self(intrinsics!(_mm512_maskz_set1_epi64(_mm512_cmpeq_epi64_mask(self.0, other.0), -1)))
    }
}

#[allow(unsafe_code)]
impl Picking for Octet {
    const ENTRIES: usize = 16;
    const ENTRY_BITS: usize = 64;

    #[inline(always)]
    fn block(index: Self) -> Self {
        index.shift_right::<4>()
    }

    #[inline(always)]
    fn pick(entries: &[u64], index: Self) -> Self {
        let entries: &[u64; 16] = entries.first_chunk().expect("a block of entries");
        let (first, second) = (&Self::limbs(entries)[0], &Self::limbs(entries)[1]);
        let (first, second) = (Self::load(first), Self::load(second));
        Self(intrinsics!(_mm512_permutex2var_epi64(first.0, index.0, second.0)))
    }
}

#[allow(unsafe_code)]
impl Multiply for Octet {
    #[inline(always)]
    fn low(self, x: Self, y: Self) -> Self {
        Self(intrinsics!(_mm512_madd52lo_epu64(self.0, x.0, y.0)))
    }

    #[inline(always)]
    fn high(self, x: Self, y: Self) -> Self {
        Self(intrinsics!(_mm512_madd52hi_epu64(self.0, x.0, y.0)))
    }

    #[inline(always)]
    fn quotient(self, negative_inverse: Self) -> Self {
        // Only the low 52 bits of the column are multiplied.
        Self::splat(0).low(self, negative_inverse)
    }

    #[inline(always)]
    fn cancel(self, column: Self, digit: Self, modulus: Self) -> Self {
        // The low half of the product completes the column to the next multiple of 2^52, whatever it is.
        let carry = column.plus(Self::splat(Self::MASK)).carry();
        self.high(digit, modulus).plus(carry)
    }
}

lanes! { Ifma, Octet, tiles: (10, 9), features: "avx512f,avx512ifma" }
