//! The portable backend: one residue at a time, 64-bit limbs, `u64 x u64 -> u128` products.
//!
//! Montgomery products by product scanning ("FIPS" in Koc, Acar, Kaliski, *Analyzing and Comparing
//! Montgomery Multiplication Algorithms*, IEEE Micro 1996): one column of the product and of the
//! reduction at a time, summed in a three-word accumulator. On 64-bit machines without wide SIMD
//! multipliers this beats operand scanning, whose carry chains compilers do not keep in flags.
//! It is the reference: every other backend must agree with it.
//!
//! Digits are always fully reduced. `R = 2^(64 h)`, and `m < R` is all that is asked of a modulus.

use super::Lanes;
use crate::modulus::Constants;
use crate::words::{add_assign, borrow_of, nonzero, reduce_once, sub_assign_masked};

/// See the module's text.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

/// A column sum: 192 bits, enough for 2^64 products. Three words with a carry from each to the next,
/// spelled out, compile to an add and two adds with carry.
#[derive(Clone, Copy, Default)]
struct Accumulator {
    low: u64,
    middle: u64,
    high: u64,
}

impl Accumulator {
    #[inline(always)]
    fn with(self, low: u64, middle: u64) -> Self {
        let (low, carry) = self.low.overflowing_add(low);
        let (sum, first) = self.middle.overflowing_add(middle);
        let (middle, second) = sum.overflowing_add(u64::from(carry));
        Self { low, middle, high: self.high.wrapping_add(u64::from(first | second)) }
    }

    #[inline(always)]
    fn with_product(self, a: u64, b: u64) -> Self {
        let product = u128::from(a) * u128::from(b);
        self.with(product as u64, (product >> 64) as u64)
    }

    /// Adds `a[0] b[last] + a[1] b[last - 1] + ...`: one column of a product.
    #[inline(always)]
    fn with_column(self, a: &[u64], b: &[u64]) -> Self {
        // Four products a turn: counting each would cost nearly as much as adding it.
        let (fours, rest) = a.as_chunks::<4>();
        let (front, reversed) = b[..a.len()].as_rchunks::<4>();
        let sum = fours.iter().zip(reversed.iter().rev()).fold(self, |sum, (x, y)| {
            sum.with_product(x[0], y[3])
                .with_product(x[1], y[2])
                .with_product(x[2], y[1])
                .with_product(x[3], y[0])
        });
        rest.iter().zip(front.iter().rev()).fold(sum, |sum, (&x, &y)| sum.with_product(x, y))
    }

    #[inline(always)]
    fn with_doubled(self, other: Self) -> Self {
        let sum = self.with(other.low << 1, (other.middle << 1) | (other.low >> 63));
        Self { high: sum.high.wrapping_add((other.high << 1) | (other.middle >> 63)), ..sum }
    }

    /// What is left for the next column.
    #[inline(always)]
    fn next(self) -> Self {
        Self { low: self.middle, middle: self.high, high: 0 }
    }
}

/// A number given by its columns: what a reduction adds up.
///
/// A trait rather than closures, since only functions can be told to inline, and the accumulator must
/// stay in registers.
trait Columns {
    fn add(&self, sum: Accumulator, k: usize) -> Accumulator;
}

/// `a * b`.
#[derive(Clone, Copy)]
struct Product<'a>(&'a [u64], &'a [u64]);

impl Columns for Product<'_> {
    #[inline(always)]
    fn add(&self, sum: Accumulator, k: usize) -> Accumulator {
        let h = self.0.len();
        let (first, end) = if k < h { (0, k + 1) } else { (k + 1 - h, h) };
        sum.with_column(&self.0[first..end], &self.1[first..end])
    }
}

/// `a * a`: each mixed product once, doubled, and the square in the middle.
#[derive(Clone, Copy)]
struct Square<'a>(&'a [u64]);

impl Columns for Square<'_> {
    #[inline(always)]
    fn add(&self, sum: Accumulator, k: usize) -> Accumulator {
        let (a, h) = (self.0, self.0.len());
        let first = (k + 1).saturating_sub(h);
        let half = k.div_ceil(2).max(first);
        let mixed = Accumulator::default().with_column(&a[first..half], &a[k + 1 - half..k + 1 - first]);
        let sum = sum.with_doubled(mixed);
        if k.is_multiple_of(2) && k / 2 < h { sum.with_product(a[k / 2], a[k / 2]) } else { sum }
    }
}

/// Twice a number.
#[derive(Clone, Copy)]
struct Twice<C>(C);

impl<C: Columns> Columns for Twice<C> {
    #[inline(always)]
    fn add(&self, sum: Accumulator, k: usize) -> Accumulator {
        sum.with_doubled(self.0.add(Accumulator::default(), k))
    }
}

/// The sum of two numbers.
#[derive(Clone, Copy)]
struct Sum<A, B>(A, B);

impl<A: Columns, B: Columns> Columns for Sum<A, B> {
    #[inline(always)]
    fn add(&self, sum: Accumulator, k: usize) -> Accumulator {
        self.1.add(self.0.add(sum, k), k)
    }
}

/// A number given by its words.
#[derive(Clone, Copy)]
struct Words<'a>(&'a [u64]);

impl Columns for Words<'_> {
    #[inline(always)]
    fn add(&self, sum: Accumulator, k: usize) -> Accumulator {
        match self.0.get(k) {
            Some(&word) => sum.with(word, 0),
            None => sum,
        }
    }
}

/// Montgomery reduction of `t`: writes the quotient digits `q = -t m^-1 mod R` and the words of
/// `(t + q m) / R`, and returns the word above them.
#[inline(always)]
fn reduce_columns(m: &Constants, q: &mut [u64], out: &mut [u64], t: impl Columns) -> u64 {
    let modulus = m.modulus();
    let h = modulus.len();
    let (q, out) = (&mut q[..h], &mut out[..h]);
    let mut sum = Accumulator::default();
    for k in 0..h {
        sum = t.add(sum, k).with_column(&q[..k], &modulus[1..=k]);
        let digit = sum.low.wrapping_mul(m.negative_inverse());
        q[k] = digit;
        sum = sum.with_product(digit, modulus[0]).next();
    }
    for k in h..2 * h {
        sum = t.add(sum, k).with_column(&q[k + 1 - h..], &modulus[k + 1 - h..]);
        out[k - h] = sum.low;
        sum = sum.next();
    }
    sum.low
}

/// Ends a flat product: below `2m`, so one subtraction reduces it.
#[inline(always)]
fn finish(m: &Constants, out: &mut [u64], mut top: u64) {
    reduce_once(out, &mut top, m.modulus());
}

/// The two reductions of a pair product (see [`crate::pair`] for the identity).
///
/// `low` sums the columns of `x0 y0`, `high` those of `x0 y1 + x1 y0`. With operands below `n` (or one
/// operand a lone digit below `R`), the low result is below `2n` and the high one below `3n`: the high
/// one is at most `(2(n-1)^2 + C)/R + n - n/R + 1`, where `C < 2R` is the multiple of `n` that keeps
/// `C - q` positive.
#[inline(always)]
fn pair_reduce(n: &Constants, out: &mut [u64], scratch: &mut [u64], low: impl Columns, high: impl Columns) {
    let h = n.limbs();
    let modulus = n.modulus();
    let (out_low, out_high) = out.split_at_mut(h);
    let (q, scratch) = scratch.split_at_mut(h);
    let carry_in = &mut scratch[..h + 1];

    let mut top = reduce_columns(n, q, out_low, low);
    let carried = reduce_once(out_low, &mut top, modulus);

    carry_in.copy_from_slice(n.carry_base());
    let borrow = sub_assign_masked(&mut carry_in[..h], q, u64::MAX);
    carry_in[h] = carry_in[h].wrapping_sub(borrow);

    let mut top = reduce_columns(n, q, out_high, Sum(high, Words(carry_in)));
    top += add_word(out_high, carried);
    reduce_once(out_high, &mut top, modulus);
    reduce_once(out_high, &mut top, modulus);
}

/// Adds one word and returns the carry.
#[inline(always)]
fn add_word(a: &mut [u64], word: u64) -> u64 {
    let mut carry = word;
    for x in a {
        let (sum, overflow) = x.overflowing_add(carry);
        *x = sum;
        carry = u64::from(overflow);
    }
    carry
}

impl Lanes for Portable {
    const LANES: usize = 1;
    const RADIX_BITS: usize = 64;

    fn limbs_for(modulus_bits: usize) -> usize {
        modulus_bits.div_ceil(64)
    }

    fn scratch_words(limbs: usize) -> usize {
        2 * limbs + 1
    }

    fn mul(m: &Constants, out: &mut [u64], a: &[u64], b: &[u64], scratch: &mut [u64]) {
        let h = m.limbs();
        let top = reduce_columns(m, scratch, out, Product(&a[..h], &b[..h]));
        finish(m, out, top);
    }

    fn square(m: &Constants, out: &mut [u64], a: &[u64], scratch: &mut [u64]) {
        let top = reduce_columns(m, scratch, out, Square(&a[..m.limbs()]));
        finish(m, out, top);
    }

    fn add(m: &Constants, out: &mut [u64], a: &[u64], b: &[u64]) {
        out.copy_from_slice(a);
        let mut top = add_assign(out, b);
        reduce_once(out, &mut top, m.modulus());
    }

    fn sub(m: &Constants, out: &mut [u64], a: &[u64], b: &[u64]) {
        let borrow = borrow_of(a, b);
        out.copy_from_slice(a);
        sub_assign_masked(out, b, u64::MAX);
        let mask = nonzero(borrow).wrapping_neg();
        let mut carry = 0;
        for (x, &word) in out.iter_mut().zip(m.modulus()) {
            let (sum, c1) = x.overflowing_add(word & mask);
            let (sum, c2) = sum.overflowing_add(carry);
            *x = sum;
            carry = u64::from(c1 | c2);
        }
    }

    fn normalise(_m: &Constants, _digit: &mut [u64]) {}

    fn pair_mul(n: &Constants, out: &mut [u64], a: &[u64], b: &[u64], scratch: &mut [u64]) {
        let h = n.limbs();
        let (a0, a1) = a[..2 * h].split_at(h);
        let (b0, b1) = b[..2 * h].split_at(h);
        pair_reduce(n, out, scratch, Product(a0, b0), Sum(Product(a0, b1), Product(a1, b0)));
    }

    fn pair_square(n: &Constants, out: &mut [u64], a: &[u64], scratch: &mut [u64]) {
        let h = n.limbs();
        let (a0, a1) = a[..2 * h].split_at(h);
        pair_reduce(n, out, scratch, Square(a0), Twice(Product(a0, a1)));
    }

    fn pair_mul_digit(n: &Constants, out: &mut [u64], a: &[u64], digit: &[u64], scratch: &mut [u64]) {
        let h = n.limbs();
        let (a0, a1) = a[..2 * h].split_at(h);
        let digit = &digit[..h];
        pair_reduce(n, out, scratch, Product(a0, digit), Product(a1, digit));
    }

    fn pair_add(n: &Constants, out: &mut [u64], a: &[u64], b: &[u64]) {
        let h = n.limbs();
        let (out_low, out_high) = out.split_at_mut(h);
        out_low.copy_from_slice(&a[..h]);
        let mut top = add_assign(out_low, &b[..h]);
        let carried = reduce_once(out_low, &mut top, n.modulus());
        // At most (n - 1) + (n - 1) + 1, so one subtraction is enough here too.
        out_high.copy_from_slice(&a[h..]);
        let mut top = add_assign(out_high, &b[h..]);
        top += add_word(out_high, carried);
        reduce_once(out_high, &mut top, n.modulus());
    }

    fn lookup(out: &mut [u64], window: &[u64], indices: &[u64]) {
        Self::scan(out, window, indices[0]);
    }

    fn pair_normalise(_n: &Constants, _pair: &mut [u64]) {}
}
