//! A model of a SIMD backend in plain Rust, for tests only (feature `model`): eight lanes, 52-bit
//! limbs, digits that stay lazy below `4m`. Slow and simple on purpose. It shows that the schedules do
//! not depend on one lane, on 64-bit limbs or on reduced digits, on machines without wide SIMD too.
//!
//! With `R >= 64 m`, products of digits below `4m` come out below `2m`, and the high digit of a pair
//! product below `n + 32 n²/R + 2 < 4n`.

use super::Lanes;
use crate::modulus::Constants;

/// See the module's text.
#[derive(Clone, Copy)]
pub(crate) struct Model;

const LANE_COUNT: usize = 8;
const BITS: usize = 52;
const MASK: u64 = (1 << BITS) - 1;

/// The limbs of one lane.
fn lane(digit: &[u64], lane: usize) -> Vec<u64> {
    digit.iter().skip(lane).step_by(LANE_COUNT).copied().collect()
}

fn put_lane(out: &mut [u64], limbs: &[u64], lane: usize) {
    for (slot, &limb) in out.iter_mut().skip(lane).step_by(LANE_COUNT).zip(limbs) {
        *slot = limb;
    }
}

/// Adds `a * b` to raw columns.
fn multiply_into(columns: &mut [u128], a: &[u64], b: &[u64]) {
    for (i, &x) in a.iter().enumerate() {
        for (j, &y) in b.iter().enumerate() {
            columns[i + j] += u128::from(x) * u128::from(y);
        }
    }
}

/// Montgomery reduction of raw columns: the quotient's limbs and the reduced ones.
fn reduce(m: &Constants, mut columns: Vec<u128>) -> (Vec<u64>, Vec<u64>) {
    let h = m.limbs();
    let mut quotient = Vec::with_capacity(h);
    for i in 0..h {
        let q = (columns[i] as u64).wrapping_mul(m.negative_inverse()) & MASK;
        for (j, &limb) in m.modulus().iter().enumerate() {
            columns[i + j] += u128::from(q) * u128::from(limb);
        }
        let carry = columns[i] >> BITS;
        columns[i + 1] += carry;
        quotient.push(q);
    }
    (quotient, carry_through(&columns[h..], h))
}

/// Columns made limbs; the value fits in `limbs` of them.
fn carry_through(columns: &[u128], limbs: usize) -> Vec<u64> {
    let mut carry = 0;
    (0..limbs)
        .map(|i| {
            let sum = columns[i] + carry;
            carry = sum >> BITS;
            sum as u64 & MASK
        })
        .collect()
}

/// `a + b` for limbs of the same count.
fn add_limbs(a: &[u64], b: &[u64]) -> Vec<u64> {
    let columns: Vec<u128> = a.iter().zip(b).map(|(&x, &y)| u128::from(x) + u128::from(y)).collect();
    carry_through(&columns, a.len())
}

/// `a - times * m` and 1 if it is not negative, else `a` and 0.
fn take_off(a: Vec<u64>, m: &Constants, times: u64) -> (Vec<u64>, u64) {
    let mut borrow = 0i128;
    let difference: Vec<u64> = a
        .iter()
        .zip(m.modulus())
        .map(|(&x, &y)| {
            let value = i128::from(x) - i128::from(y) * i128::from(times) + borrow;
            borrow = value >> BITS;
            value as u64 & MASK
        })
        .collect();
    if borrow < 0 { (a, 0) } else { (difference, 1) }
}

/// `a + b`, below `4m` again, and how many times `m` was taken off.
fn add_lazy(m: &Constants, a: &[u64], b: &[u64]) -> (Vec<u64>, u64) {
    let (sum, taken) = take_off(add_limbs(a, b), m, 4);
    (sum, 4 * taken)
}

fn word_limbs(value: u64, limbs: usize) -> Vec<u64> {
    (0..limbs).map(|i| if i == 0 { value } else { 0 }).collect()
}

fn flat(m: &Constants, out: &mut [u64], a: &[u64], b: &[u64]) {
    for l in 0..LANE_COUNT {
        let mut columns = vec![0; 2 * m.limbs() + 1];
        multiply_into(&mut columns, &lane(a, l), &lane(b, l));
        put_lane(out, &reduce(m, columns).1, l);
    }
}

fn pair(n: &Constants, out: &mut [u64], a: &[u64], b_low: &[u64], b_high: Option<&[u64]>) {
    let h = n.limbs();
    let half = h * LANE_COUNT;
    for l in 0..LANE_COUNT {
        let (a0, a1, b0) = (lane(&a[..half], l), lane(&a[half..], l), lane(b_low, l));
        let mut columns = vec![0; 2 * h + 1];
        multiply_into(&mut columns, &a0, &b0);
        let (quotient, low) = reduce(n, columns);
        let mut columns = vec![0; 2 * h + 1];
        multiply_into(&mut columns, &a1, &b0);
        if let Some(b1) = b_high {
            multiply_into(&mut columns, &a0, &lane(b1, l));
        }
        let mut borrow = 0i128;
        for (i, &limb) in n.carry_base().iter().enumerate() {
            let value = i128::from(limb) - i128::from(quotient.get(i).copied().unwrap_or(0)) + borrow;
            borrow = value >> BITS;
            columns[i] += (value as u64 & MASK) as u128;
        }
        put_lane(&mut out[..half], &low, l);
        put_lane(&mut out[half..], &reduce(n, columns).1, l);
    }
}

impl Lanes for Model {
    const LANES: usize = LANE_COUNT;
    const RADIX_BITS: usize = BITS;

    fn limbs_for(modulus_bits: usize) -> usize {
        (modulus_bits + 6).div_ceil(BITS)
    }

    fn scratch_words(_limbs: usize) -> usize {
        0
    }

    fn mul(m: &Constants, out: &mut [u64], a: &[u64], b: &[u64], _scratch: &mut [u64]) {
        flat(m, out, a, b);
    }

    fn square(m: &Constants, out: &mut [u64], a: &[u64], _scratch: &mut [u64]) {
        flat(m, out, a, a);
    }

    fn add(m: &Constants, out: &mut [u64], a: &[u64], b: &[u64]) {
        for l in 0..LANE_COUNT {
            put_lane(out, &add_lazy(m, &lane(a, l), &lane(b, l)).0, l);
        }
    }

    fn sub(m: &Constants, out: &mut [u64], a: &[u64], b: &[u64]) {
        for l in 0..LANE_COUNT {
            let (a, b) = (lane(a, l), lane(b, l));
            let mut borrow = 0i128;
            let difference: Vec<u64> = (0..m.limbs())
                .map(|i| {
                    let value = i128::from(a[i]) + 4 * i128::from(m.modulus()[i]) - i128::from(b[i]) + borrow;
                    borrow = value >> BITS;
                    value as u64 & MASK
                })
                .collect();
            put_lane(out, &take_off(difference, m, 4).0, l);
        }
    }

    fn normalise(m: &Constants, digit: &mut [u64]) {
        for l in 0..LANE_COUNT {
            let (value, _) = take_off(lane(digit, l), m, 2);
            put_lane(digit, &take_off(value, m, 1).0, l);
        }
    }

    fn pair_mul(n: &Constants, out: &mut [u64], a: &[u64], b: &[u64], _scratch: &mut [u64]) {
        let (low, high) = b.split_at(n.limbs() * LANE_COUNT);
        pair(n, out, a, low, Some(high));
    }

    fn pair_square(n: &Constants, out: &mut [u64], a: &[u64], scratch: &mut [u64]) {
        Self::pair_mul(n, out, a, a, scratch);
    }

    fn pair_mul_digit(n: &Constants, out: &mut [u64], a: &[u64], digit: &[u64], _scratch: &mut [u64]) {
        pair(n, out, a, digit, None);
    }

    fn pair_add(n: &Constants, out: &mut [u64], a: &[u64], b: &[u64]) {
        let half = n.limbs() * LANE_COUNT;
        for l in 0..LANE_COUNT {
            let (low, taken) = add_lazy(n, &lane(&a[..half], l), &lane(&b[..half], l));
            let (high, _) = add_lazy(n, &lane(&a[half..], l), &lane(&b[half..], l));
            let (high, _) = add_lazy(n, &high, &word_limbs(taken, n.limbs()));
            put_lane(&mut out[..half], &low, l);
            put_lane(&mut out[half..], &high, l);
        }
    }

    fn pair_normalise(n: &Constants, pair: &mut [u64]) {
        let half = n.limbs() * LANE_COUNT;
        for l in 0..LANE_COUNT {
            let (low, twos) = take_off(lane(&pair[..half], l), n, 2);
            let (low, ones) = take_off(low, n, 1);
            let mut high = add_limbs(&lane(&pair[half..], l), &word_limbs(2 * twos + ones, n.limbs()));
            // Below 4n + 3, which is below 8n.
            for times in [4, 2, 1] {
                high = take_off(high, n, times).0;
            }
            put_lane(&mut pair[..half], &low, l);
            put_lane(&mut pair[half..], &high, l);
        }
    }
}
