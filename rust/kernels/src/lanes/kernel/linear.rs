//! Sums and differences of lazy digits, and bringing them below the modulus.
//!
//! Subtraction adds a complement, so that every column is a sum, never negative, and carries by a
//! logical shift: with `R - 1 - x` for the digit of the complemented limbs of `x`, `s - x` is
//! `s + (R - 1 - x) + 1 - R`, and the carry out of the top limb tells whether it is negative.

use super::vector::Vector;
use crate::modulus::Constants;

/// The complement of a shared limb, times `2^shift`.
#[inline(always)]
fn complement<V: Vector, const SHIFT: u32>(limb: u64) -> V {
    V::splat((limb ^ V::MASK) << SHIFT)
}

/// Subtracts `2^SHIFT m` in the lanes where that leaves the digit not negative. Returns 1 in those, else 0.
#[inline(always)]
fn take_off<V: Vector, const SHIFT: u32>(m: &Constants, digit: &mut [V::Limb]) -> V {
    // digit + 2^SHIFT (R - 1 - m) + 2^SHIFT = digit - 2^SHIFT m + 2^SHIFT R, whose carry out of the top
    // limb is 2^SHIFT if the difference is not negative, and one less if it is.
    let mut carry = V::splat(1 << SHIFT);
    for (limb, &word) in digit.iter().zip(m.modulus()) {
        carry = V::load(limb).plus(complement::<V, SHIFT>(word)).plus(carry).carry();
    }
    let taken = carry.shift_right::<SHIFT>();
    let mask = V::splat(0).minus(taken);
    let mut carry = V::splat(1 << SHIFT).and(mask);
    for (limb, &word) in digit.iter_mut().zip(m.modulus()) {
        let sum = V::load(limb).plus(complement::<V, SHIFT>(word).and(mask)).plus(carry);
        sum.and(V::splat(V::MASK)).store(limb);
        carry = sum.carry();
    }
    taken
}

/// Adds a word to each lane.
#[inline(always)]
fn add_word<V: Vector>(digit: &mut [V::Limb], word: V) {
    let mut carry = word;
    for limb in digit {
        let sum = V::load(limb).plus(carry);
        sum.and(V::splat(V::MASK)).store(limb);
        carry = sum.carry();
    }
}

/// `a + b`, below `4m` again. Returns 1 in the lanes where `4m` was taken off, else 0.
#[inline(always)]
fn add_digits<V: Vector>(m: &Constants, out: &mut [V::Limb], a: &[V::Limb], b: &[V::Limb]) -> V {
    let mut carry = V::splat(0);
    for (out, (a, b)) in out.iter_mut().zip(a.iter().zip(b)) {
        let sum = V::load(a).plus(V::load(b)).plus(carry);
        sum.and(V::splat(V::MASK)).store(out);
        carry = sum.carry();
    }
    take_off::<V, 2>(m, out)
}

/// See [`crate::lanes::Lanes::add`].
#[inline(always)]
pub(crate) fn add<V: Vector>(m: &Constants, out: &mut [u64], a: &[u64], b: &[u64]) {
    add_digits::<V>(m, V::limbs_mut(out), V::limbs(a), V::limbs(b));
}

/// See [`crate::lanes::Lanes::sub`].
#[inline(always)]
pub(crate) fn sub<V: Vector>(m: &Constants, out: &mut [u64], a: &[u64], b: &[u64]) {
    let out = V::limbs_mut(out);
    // a + 4m - b is positive and below 8m; as a sum, a + 4m + (R - 1 - b) + 1 - R.
    let mut carry = V::splat(1);
    for (out, ((a, b), &word)) in out.iter_mut().zip(V::limbs(a).iter().zip(V::limbs(b)).zip(m.modulus())) {
        let difference = V::load(a).plus(V::load(b).xor(V::splat(V::MASK)));
        let sum = difference.plus(V::splat(word << 2)).plus(carry);
        sum.and(V::splat(V::MASK)).store(out);
        carry = sum.carry();
    }
    take_off::<V, 2>(m, out);
}

/// See [`crate::lanes::Lanes::normalise`].
#[inline(always)]
pub(crate) fn normalise<V: Vector>(m: &Constants, digit: &mut [u64]) {
    let digit = V::limbs_mut(digit);
    take_off::<V, 1>(m, digit);
    take_off::<V, 0>(m, digit);
}

/// See [`crate::lanes::Lanes::pair_add`].
#[inline(always)]
pub(crate) fn pair_add<V: Vector>(n: &Constants, out: &mut [u64], a: &[u64], b: &[u64]) {
    let h = n.limbs();
    let (out_low, out_high) = V::limbs_mut(out).split_at_mut(h);
    let (a_low, a_high) = V::limbs(a).split_at(h);
    let (b_low, b_high) = V::limbs(b).split_at(h);
    let taken = add_digits::<V>(n, out_low, a_low, b_low);
    add_digits::<V>(n, out_high, a_high, b_high);
    // Below 4n again for every n >= 3: at most 3 is left where 4n comes off once more.
    add_word(out_high, times_four(taken));
    take_off::<V, 2>(n, out_high);
}

/// See [`crate::lanes::Lanes::pair_normalise`].
#[inline(always)]
pub(crate) fn pair_normalise<V: Vector>(n: &Constants, pair: &mut [u64]) {
    let (low, high) = V::limbs_mut(pair).split_at_mut(n.limbs());
    let twos = take_off::<V, 1>(n, low);
    let ones = take_off::<V, 0>(n, low);
    // Below 4n + 3, which is below 8n.
    add_word(high, twos.plus(twos).plus(ones));
    take_off::<V, 2>(n, high);
    take_off::<V, 1>(n, high);
    take_off::<V, 0>(n, high);
}

#[inline(always)]
fn times_four<V: Vector>(x: V) -> V {
    let twice = x.plus(x);
    twice.plus(twice)
}
