//! The portable backend: one residue at a time, 59-bit limbs, `u64 x u64 -> u128` products.
//!
//! With full 64-bit limbs a column needs three words, and each product costs an addition and two with
//! carry; compilers emit no better. Limbs a little shorter leave a column of two words room for 1023
//! products, so that each costs one addition and one with carry, and carries wait until a column leaves.
//! It is the reference: every other backend must agree with it.

use super::kernel::table::Entries;
use super::kernel::vector::{Column, Vector};
use super::kernel::{lanes, linear, rate, reduce, table};
use crate::buffer::Buffer;
use crate::modulus::Constants;
use crate::words::mask_if_equal;

/// See the module's text.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

/// A limb.
#[derive(Clone, Copy)]
pub(crate) struct Word(u64);

impl Vector for Word {
    type Column = u128;
    type Limb = u64;

    const LANES: usize = 1;
    const RADIX_BITS: usize = 59;
    const PRODUCT: usize = 1;
    const TERMS: usize = usize::MAX;
    // 3 h 2^118 + 2^118 <= 2^128.
    const MAX_LIMBS: usize = 341;

    #[inline(always)]
    fn limbs(words: &[u64]) -> &[u64] {
        words
    }

    #[inline(always)]
    fn limbs_mut(words: &mut [u64]) -> &mut [u64] {
        words
    }

    #[inline(always)]
    fn load(limb: &u64) -> Self {
        Self(*limb)
    }

    #[inline(always)]
    fn store(self, limb: &mut u64) {
        *limb = self.0;
    }

    #[inline(always)]
    fn splat(word: u64) -> Self {
        Self(word)
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self(self.0.wrapping_sub(other.0))
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }

    #[inline(always)]
    fn shift_right<const N: u32>(self) -> Self {
        Self(self.0 >> N)
    }

    #[inline(always)]
    fn carry(self) -> Self {
        Self(self.0 >> Self::RADIX_BITS)
    }

    #[inline(always)]
    fn equal(self, other: Self) -> Self {
        Self(mask_if_equal(self.0, other.0))
    }
}

impl Entries for Word {
    fn arrange(rows: Buffer, _limbs: usize) -> Buffer {
        rows
    }

    #[inline(always)]
    fn lookup(out: &mut [u64], window: &[u64], indices: &[u64]) {
        table::scan::<Self>(out, window, indices);
    }
}

impl Column<Word> for u128 {
    #[inline(always)]
    fn zero() -> Self {
        0
    }

    #[inline(always)]
    fn with(self, other: Self) -> Self {
        self.wrapping_add(other)
    }

    #[inline(always)]
    fn with_limb(self, limb: Word) -> Self {
        self.wrapping_add(Self::from(limb.0))
    }

    #[inline(always)]
    fn low(self, x: Word, y: Word) -> Self {
        self.wrapping_add(Self::from(x.0) * Self::from(y.0))
    }

    #[inline(always)]
    fn high(self, _x: Word, _y: Word) -> Self {
        self
    }

    #[inline(always)]
    fn limb(self) -> Word {
        Word(self as u64 & Word::MASK)
    }

    #[inline(always)]
    fn above(self) -> Self {
        self >> Word::RADIX_BITS
    }

    #[inline(always)]
    fn quotient(self, negative_inverse: Word) -> Word {
        Word((self as u64).wrapping_mul(negative_inverse.0) & Word::MASK)
    }

    #[inline(always)]
    fn cancel(self, before: Self, digit: Word, modulus: Word) -> Self {
        self.with(before.low(digit, modulus).above())
    }
}

lanes! { Portable, Word, tiles: (3, 2), features: }
