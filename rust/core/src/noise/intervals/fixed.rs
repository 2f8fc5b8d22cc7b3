//! `e^-x` to as many digits as are asked for, enclosed: arithmetic on vectors of 64-bit digits. It serves the
//! tables, which are made once, and the rare draw that 63 bits do not decide.

use super::super::Scale;

/// The number `x = whole + rest / t` in `exp(-x)`, with `rest < t <= 2^52`.
pub(super) struct Exponent {
    pub(super) whole: u128,
    pub(super) rest: u64,
    pub(super) t: u64,
}

impl Exponent {
    pub(super) fn new(gap: u64, scale: Scale) -> Self {
        let t = scale.numerator;
        let scaled = u128::from(gap) << scale.shift;
        if let Ok(short) = u64::try_from(scaled) {
            return Self { whole: u128::from(short / t), rest: short % t, t };
        }
        Self { whole: scaled / u128::from(t), rest: (scaled % u128::from(t)) as u64, t }
    }
}

/// A number from 0 to below 2^64, its digits of 64 bits behind the point: the least significant first, the whole
/// part last.
pub(super) type Fixed = Vec<u64>;

pub(super) fn less(a: &[u64], b: &[u64]) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

/// Enclosures of `e^-x` with `digits` digits behind the point: `(low, high)`.
///
/// `e^-rest/t` by its series; each term is the one before times `rest`, over `t`, over its number, each rounded
/// down, so it is too small by less than two units more than the one before; the sum of `n` terms is off by
/// less than `n (n + 1) + 1` units, what is cut off included. `e^-whole` by squares and products of `e^-1`, each
/// rounded down.
pub(super) fn exp(x: &Exponent, digits: usize) -> (Fixed, Fixed) {
    // Terms, squares and products together are off by less than 2^64 units of the last of two more digits, which
    // are then cut off: two units of the last one kept are more than both.
    let inner = digits + 2;
    let Some(whole) = u64::try_from(x.whole).ok().filter(|&whole| whole < 64 * (digits as u64 + 1)) else {
        // e^-x < 2^-64 digits, well below the last digit.
        let mut unit = vec![0; digits + 1];
        let zero = unit.clone();
        unit[0] = 1;
        return (zero, unit);
    };
    let mut value = series(x.rest, x.t, inner);
    if whole > 0 {
        let mut power = series(1, 1, inner);
        let mut left = whole;
        while left > 0 {
            if left & 1 == 1 {
                value = product(&value, &power);
            }
            left >>= 1;
            if left > 0 {
                power = product(&power, &power);
            }
        }
    }
    let exact = whole == 0 && x.rest == 0;
    let mut low: Fixed = value[2..].to_vec();
    let mut high = low.clone();
    if !exact {
        add_one(&mut high);
        add_one(&mut high);
        subtract_one(&mut low);
    }
    (low, high)
}

/// The alternating series of `e^-(rest/t)`.
fn series(rest: u64, t: u64, digits: usize) -> Fixed {
    let mut sum = vec![0; digits + 1];
    sum[digits] = 1;
    let mut term = sum.clone();
    let mut number = 1;
    // The terms of a fraction that is not zero end too: each is smaller than the one before, rounded down.
    loop {
        scale_by(&mut term, rest, t);
        divide(&mut term, number);
        if term.iter().all(|&digit| digit == 0) {
            break;
        }
        if number % 2 == 1 {
            subtract(&mut sum, &term)
        } else {
            add(&mut sum, &term)
        }
        number += 1;
    }
    sum
}

/// Times `numerator`, over `denominator`: a ratio of at most one, digit by digit from the top, without a wider
/// number in between: what is left over of a digit is below the denominator.
fn scale_by(value: &mut [u64], numerator: u64, denominator: u64) {
    let mut carry = 0;
    for digit in value.iter_mut() {
        let wide = u128::from(*digit) * u128::from(numerator) + carry;
        *digit = wide as u64;
        carry = wide >> 64;
    }
    // The carry out of the top is below the numerator, and so below the denominator.
    let mut rest = carry;
    for digit in value.iter_mut().rev() {
        let wide = rest << 64 | u128::from(*digit);
        *digit = (wide / u128::from(denominator)) as u64;
        rest = wide % u128::from(denominator);
    }
}

fn divide(value: &mut [u64], divisor: u64) {
    scale_by(value, 1, divisor);
}

fn add(value: &mut [u64], other: &[u64]) {
    let mut carry = false;
    for (digit, &term) in value.iter_mut().zip(other) {
        let (sum, first) = digit.overflowing_add(term);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        (*digit, carry) = (sum, first | second);
    }
}

fn subtract(value: &mut [u64], other: &[u64]) {
    let mut borrow = false;
    for (digit, &term) in value.iter_mut().zip(other) {
        let (rest, first) = digit.overflowing_sub(term);
        let (rest, second) = rest.overflowing_sub(u64::from(borrow));
        (*digit, borrow) = (rest, first | second);
    }
}

fn add_one(value: &mut [u64]) {
    for digit in value {
        let (sum, carry) = digit.overflowing_add(1);
        *digit = sum;
        if !carry {
            return;
        }
    }
}

/// Less one unit, but not below zero.
fn subtract_one(value: &mut [u64]) {
    if value.iter().all(|&digit| digit == 0) {
        return;
    }
    for digit in value {
        let (rest, borrow) = digit.overflowing_sub(1);
        *digit = rest;
        if !borrow {
            return;
        }
    }
}

/// The product of two numbers of at most one, rounded down.
fn product(a: &[u64], b: &[u64]) -> Fixed {
    let mut wide = vec![0u64; a.len() + b.len()];
    for (i, &x) in a.iter().enumerate() {
        let mut carry = 0u128;
        for (j, &y) in b.iter().enumerate() {
            let sum = u128::from(x) * u128::from(y) + u128::from(wide[i + j]) + carry;
            wide[i + j] = sum as u64;
            carry = sum >> 64;
        }
        wide[i + b.len()] = carry as u64;
    }
    // Behind the point the product has as many digits as both together: the upper half of them stay.
    wide[a.len() - 1..2 * a.len() - 1].to_vec()
}
