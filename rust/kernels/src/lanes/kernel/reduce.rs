//! Montgomery reduction, a tile of columns at a time, and the products made of it.
//!
//! Digits are lazy, below `4m`, and `R >= 64m` ([`limbs_for`]). So:
//!
//! - A flat product, and the low digit of a pair's, is at most `(16m² + Rm)/R`, below `2m`.
//! - The high digit of a pair's is at most `(32n² + 2R + Rn)/R`, below `n + n/2 + 2` and so below `4n`
//!   (for every `n >= 3`): it adds up two products, a multiple of `n` below `2R`, and the reduction.
//! - With one operand any digit below `R` and the other below `m`, they are below `2m` and `2n + 2`.

use super::columns::{Columns, Product, Square, Sum, Twice};
use super::tile::{Shared, Tile, unroll};
use super::vector::{Column, Vector};
use crate::modulus::Constants;

/// Limbs for a modulus of this many bits: enough for `R >= 64m`, and a number that tiles of `width` and
/// `width - 1` columns add up to.
pub(crate) fn limbs_for<V: Vector>(modulus_bits: usize, width: usize) -> usize {
    let mut limbs = (modulus_bits + 6).div_ceil(V::RADIX_BITS);
    while tiles(limbs, width).is_none() {
        limbs += 1;
    }
    limbs
}

/// How many tiles of `width` and of `width - 1` columns make up so many columns.
fn tiles(limbs: usize, width: usize) -> Option<(usize, usize)> {
    let count = limbs.div_ceil(width);
    let narrow = count * width - limbs;
    Some((count.checked_sub(narrow)?, narrow))
}

/// Reduces `t`: writes the quotient digits `q = -t / m mod R` and the limbs of `(t + q m) / R`.
///
/// With a `carry_base` (that of [`Constants::carry_base`], without its top limb, which is 1), what was in
/// `q` before, `p`, is subtracted from `t`: `base - p` is added, limb by limb as `base + (radix - 1 - p)`
/// and 1 at the bottom, so that no column is negative; the sum of all `radix - 1`, and that 1, is `R`,
/// which the top limb takes off again.
#[inline(always)]
fn reduce<V: Vector, const W: usize, const N: usize>(
    m: &Constants,
    q: &mut [V::Limb],
    out: &mut [V::Limb],
    t: impl Columns<V>,
    carry_base: Option<&[u64]>,
) {
    let h = m.limbs();
    assert!(h == q.len() && h == out.len() && h <= V::MAX_LIMBS, "digits of another length");
    let (wide, narrow) = tiles(h, W).expect("limbs_for gives such lengths only");
    let mut carry = V::Column::zero();
    let mut k = 0;
    for _ in 0..wide {
        carry = low_tile::<V, W>(m, q, k, t, carry_base, carry);
        k += W;
    }
    for _ in 0..narrow {
        carry = low_tile::<V, N>(m, q, k, t, carry_base, carry);
        k += N;
    }
    for _ in 0..wide {
        carry = high_tile::<V, W>(m, q, out, k, t, carry);
        k += W;
    }
    for _ in 0..narrow {
        carry = high_tile::<V, N>(m, q, out, k, t, carry);
        k += N;
    }
}

/// Columns of the low half, which the quotient digits made here clear. Returns the carry.
#[inline(always)]
fn low_tile<V: Vector, const W: usize>(
    m: &Constants,
    q: &mut [V::Limb],
    k: usize,
    t: impl Columns<V>,
    carry_base: Option<&[u64]>,
    carry: V::Column,
) -> V::Column {
    let modulus = Shared(m.modulus());
    let mut tile = Tile::<V, W>::new();
    t.add_low(&mut tile, k);
    let (known, digits) = q.split_at_mut(k);
    let (known, digits) = (&*known, &mut digits[..W]);
    if k > 0 {
        tile.add_rows(modulus, known, k, W, k + 1);
        tile.add_lower_triangle(modulus, known, k);
        tile.add_upper_triangle(modulus, known, 0);
    }
    // The carry comes in last, so that the sums above do not wait for the tile before.
    tile.take_room(W);
    tile.columns[0] = tile.columns[0].with(carry);
    if let Some(base) = carry_base {
        for (t, (&limb, p)) in base[k..k + W].iter().zip(&*digits).enumerate() {
            let complement = V::load(p).xor(V::splat(V::MASK));
            tile.columns[t] = tile.columns[t].with_limb(V::splat(limb).plus(complement));
        }
        if k == 0 {
            tile.columns[0] = tile.columns[0].with_limb(V::splat(1));
        }
    }
    let negative_inverse = V::splat(m.negative_inverse());
    let limbs: &[u64; W] = m.modulus().first_chunk().expect("a tile is no longer than the modulus");
    unroll!(t in 0..W, {
        let column = tile.columns[t];
        let digit = column.quotient(negative_inverse);
        digit.store(&mut digits[t]);
        let next = if t + 1 < W { &mut tile.columns[t + 1] } else { &mut tile.over };
        *next = next.cancel(column, digit, V::splat(limbs[0]));
        for u in t + 1..W {
            tile.add(u, digit, V::splat(limbs[u - t]));
        }
    });
    tile.over
}

/// Columns of the high half, which are the result. Returns the carry.
#[inline(always)]
fn high_tile<V: Vector, const W: usize>(
    m: &Constants,
    q: &[V::Limb],
    out: &mut [V::Limb],
    k: usize,
    t: impl Columns<V>,
    mut carry: V::Column,
) -> V::Column {
    let h = q.len();
    let modulus = Shared(m.modulus());
    let mut tile = Tile::<V, W>::new();
    t.add_high(&mut tile, k);
    Product(modulus, q).add_high(&mut tile, k);
    for (column, limb) in tile.columns.iter().zip(&mut out[k - h..k - h + W]) {
        let sum = column.with(carry);
        sum.limb().store(limb);
        carry = sum.above();
    }
    carry.with(tile.over)
}

/// See [`crate::lanes::Lanes::mul`]. `W` is the width of a tile, `N` one less.
#[inline(always)]
pub(crate) fn mul<V: Vector, const W: usize, const N: usize>(
    m: &Constants,
    out: &mut [u64],
    a: &[u64],
    b: &[u64],
    scratch: &mut [u64],
) {
    let (a, b, h) = (V::limbs(a), V::limbs(b), m.limbs());
    assert!(a.len() == h && b.len() == h, "digits of another length");
    reduce::<V, W, N>(m, V::limbs_mut(scratch), V::limbs_mut(out), Product(a, b), None);
}

/// See [`crate::lanes::Lanes::square`].
#[inline(always)]
pub(crate) fn square<V: Vector, const W: usize, const N: usize>(
    m: &Constants,
    out: &mut [u64],
    a: &[u64],
    scratch: &mut [u64],
) {
    let a = V::limbs(a);
    assert!(a.len() == m.limbs(), "digits of another length");
    reduce::<V, W, N>(m, V::limbs_mut(scratch), V::limbs_mut(out), Square(a), None);
}

/// The two reductions of a pair's product (see [`crate::pair`] for the identity): `low` sums the
/// columns of `x0 y0`, `high` those of `x0 y1 + x1 y0`.
#[inline(always)]
fn pair<V: Vector, const W: usize, const N: usize>(
    n: &Constants,
    out: &mut [u64],
    scratch: &mut [u64],
    low: impl Columns<V>,
    high: impl Columns<V>,
) {
    let h = n.limbs();
    let (out_low, out_high) = V::limbs_mut(out).split_at_mut(h);
    let q = V::limbs_mut(scratch);
    reduce::<V, W, N>(n, q, out_low, low, None);
    reduce::<V, W, N>(n, q, out_high, high, Some(&n.carry_base()[..h]));
}

/// See [`crate::lanes::Lanes::pair_mul`].
#[inline(always)]
pub(crate) fn pair_mul<V: Vector, const W: usize, const N: usize>(
    n: &Constants,
    out: &mut [u64],
    a: &[u64],
    b: &[u64],
    scratch: &mut [u64],
) {
    let (a0, a1) = digits::<V>(n, a);
    let (b0, b1) = digits::<V>(n, b);
    pair::<V, W, N>(n, out, scratch, Product(a0, b0), Sum(Product(a0, b1), Product(a1, b0)));
}

/// See [`crate::lanes::Lanes::pair_square`].
#[inline(always)]
pub(crate) fn pair_square<V: Vector, const W: usize, const N: usize>(
    n: &Constants,
    out: &mut [u64],
    a: &[u64],
    scratch: &mut [u64],
) {
    let (a0, a1) = digits::<V>(n, a);
    pair::<V, W, N>(n, out, scratch, Square(a0), Twice(Product(a0, a1)));
}

/// See [`crate::lanes::Lanes::pair_mul_digit`].
#[inline(always)]
pub(crate) fn pair_mul_digit<V: Vector, const W: usize, const N: usize>(
    n: &Constants,
    out: &mut [u64],
    a: &[u64],
    digit: &[u64],
    scratch: &mut [u64],
) {
    let (a0, a1) = digits::<V>(n, a);
    let digit = V::limbs(digit);
    assert!(digit.len() == n.limbs(), "digits of another length");
    pair::<V, W, N>(n, out, scratch, Product(a0, digit), Product(a1, digit));
}

/// The two digits of a pair.
#[inline(always)]
fn digits<'a, V: Vector>(n: &Constants, pair: &'a [u64]) -> (&'a [V::Limb], &'a [V::Limb]) {
    let (pair, h) = (V::limbs(pair), n.limbs());
    assert!(pair.len() == 2 * h, "a pair of another length");
    pair.split_at(h)
}
