//! The IFMA backend on any machine, for tests only (feature `model`): its kernels, the very same source,
//! over a plain-Rust vector that does what the instructions do. Slow, and its
//! methods are kept out of line: unrolled kernels with all of it inside take minutes to compile.
//!
//! It shows too that the schedules depend neither on one lane, nor on 64-bit limbs, nor on reduced digits.

use std::array::from_fn;

use super::kernel::vector::{Multiply, Picking, Vector};
use super::kernel::{lanes, linear, rate, reduce, table};
use crate::buffer::Buffer;
use crate::modulus::Constants;

/// See the module's text.
#[derive(Clone, Copy)]
pub(crate) struct Model;

/// Eight limbs.
#[derive(Clone, Copy)]
pub(crate) struct Emulated([u64; 8]);

impl Emulated {
    /// A function of each lane of three vectors.
    #[inline(always)]
    fn each(self, x: Self, y: Self, f: impl Fn(u64, u64, u64) -> u64) -> Self {
        Self(from_fn(|lane| f(self.0[lane], x.0[lane], y.0[lane])))
    }
}

/// The product of two limbs: of the operands' low 52 bits, as the instructions have it.
fn product(x: u64, y: u64) -> u128 {
    u128::from(x & Emulated::MASK) * u128::from(y & Emulated::MASK)
}

/// A sum of columns, which must not overflow.
fn sum(column: u64, more: u64) -> u64 {
    column.checked_add(more).expect("a column overflows")
}

impl Vector for Emulated {
    type Column = Self;
    type Limb = [u64; 8];

    const LANES: usize = 8;
    const RADIX_BITS: usize = 52;
    const PRODUCT: usize = 2;
    const TERMS: usize = usize::MAX;
    const MAX_LIMBS: usize = 681;

    fn limbs(words: &[u64]) -> &[[u64; 8]] {
        words.as_chunks().0
    }

    fn limbs_mut(words: &mut [u64]) -> &mut [[u64; 8]] {
        words.as_chunks_mut().0
    }

    fn load(limb: &[u64; 8]) -> Self {
        Self(*limb)
    }

    fn store(self, limb: &mut [u64; 8]) {
        *limb = self.0;
    }

    fn splat(word: u64) -> Self {
        Self([word; 8])
    }

    #[inline(never)]
    fn plus(self, other: Self) -> Self {
        self.each(other, other, |a, b, _| sum(a, b))
    }

    fn minus(self, other: Self) -> Self {
        self.each(other, other, |a, b, _| a.wrapping_sub(b))
    }

    #[inline(never)]
    fn and(self, other: Self) -> Self {
        self.each(other, other, |a, b, _| a & b)
    }

    fn or(self, other: Self) -> Self {
        self.each(other, other, |a, b, _| a | b)
    }

    fn xor(self, other: Self) -> Self {
        self.each(other, other, |a, b, _| a ^ b)
    }

    fn shift_right<const N: u32>(self) -> Self {
        Self(self.0.map(|a| a >> N))
    }

    fn carry(self) -> Self {
        Self(self.0.map(|a| a >> 52))
    }

    fn equal(self, other: Self) -> Self {
        self.each(other, other, |a, b, _| if a == b { u64::MAX } else { 0 })
    }
}

impl Picking for Emulated {
    const ENTRIES: usize = 16;
    const ENTRY_BITS: usize = 64;

    fn block(index: Self) -> Self {
        index.shift_right::<4>()
    }

    fn pick(entries: &[u64], index: Self) -> Self {
        Self(index.0.map(|i| entries[i as usize % 16]))
    }
}

impl Multiply for Emulated {
    #[inline(never)]
    fn low(self, x: Self, y: Self) -> Self {
        self.each(x, y, |a, x, y| sum(a, product(x, y) as u64 & Self::MASK))
    }

    #[inline(never)]
    fn high(self, x: Self, y: Self) -> Self {
        self.each(x, y, |a, x, y| sum(a, (product(x, y) >> 52) as u64))
    }

    fn quotient(self, negative_inverse: Self) -> Self {
        Self::splat(0).low(self, negative_inverse)
    }

    #[inline(never)]
    fn cancel(self, column: Self, digit: Self, modulus: Self) -> Self {
        let carry = column.plus(Self::splat(Self::MASK)).carry();
        self.high(digit, modulus).plus(carry)
    }
}

lanes! { Model, Emulated, tiles: (4, 3), features: }
