//! The exponential mechanism over a line cut into intervals: a private quantile (Smith, *Privacy-preserving
//! statistical estimation with optimal convergence rates*, STOC 2011, algorithm 2) on a public grid.
//!
//! The candidates are the integers `0..n`. Consecutive ones have the same score as long as no value lies
//! between them, so that there are as many intervals as values and not as candidates. A candidate of interval
//! `i` has weight `exp(-gap_i / scale)`; what is drawn is exactly that, with no floating point:
//!
//! * Each weight is enclosed in fixed-point integers, 63 bits behind the point: `low <= 2^63 w <= high`.
//! * A random point falls below the sum of all `high`s; every candidate owns a stretch of length `high`. Which
//!   one was hit, and how far in, are exact integers.
//! * Within the stretch the point counts if it lies below `2^63 w`. Nearly always the enclosure tells. Where it
//!   does not, more random bits of the point and more digits of this one weight are computed until it does.
//! * A point that does not count lies in the sliver between `2^63 w` and `high`: another one is drawn. What is
//!   left is uniform below the weights themselves. With `n <= 2^41` that happens less than once in 2^17 draws,
//!   however the weights lie, because the largest of them is one.
//!
//! **Time.** It depends on the number of intervals, hardly on the gaps, and in the rare undecided case on the
//! random point.

mod fixed;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use self::fixed::{Exponent, exp, less};

use super::{Bits, Scale};
use crate::error::{Error, Result};
use crate::random::Stream;

/// Candidates at most: with it, sums of enclosures stay below 2^106.
const MAX_CANDIDATES: u64 = 1 << 41;

/// One, with 63 bits behind the point.
const ONE: u64 = 1 << 63;

/// From here on a weight is below the last digit of the enclosure: `e^-44 < 2^-63`.
const WHOLES: u64 = 44;

/// An integer from `0..sum(lengths)`: in interval `i` with probability in proportion to
/// `lengths[i] * exp(-gaps[i] / scale)`, and uniform within it.
///
/// # Errors
/// [`Error::InvalidParameter`] if the lists differ in length, or have no candidate, or more than 2^41, or a
/// length is negative or the smallest gap below zero.
pub fn interval(lengths: &[i64], gaps: &[i64], scale: Scale, stream: Stream) -> Result<(usize, u64)> {
    let refuse = |name, found: String, allowed: &str| {
        Err(Error::InvalidParameter { name, found, allowed: allowed.into() })
    };
    if lengths.len() != gaps.len() {
        return refuse("gaps", gaps.len().to_string(), "as many as lengths");
    }
    let mut candidates = 0u64;
    let mut least = u64::MAX;
    for (&length, &gap) in lengths.iter().zip(gaps) {
        let (Ok(length), Ok(gap)) = (u64::try_from(length), u64::try_from(gap)) else {
            return refuse("intervals", "a negative number".into(), "lengths and gaps from 0");
        };
        candidates = candidates.saturating_add(length);
        if length > 0 {
            least = least.min(gap);
        }
    }
    if candidates == 0 || candidates > MAX_CANDIDATES {
        return refuse("lengths", format!("a sum of {candidates}"), "1 to 2^41");
    }
    // Weights relative to the largest: it is one, and nothing is lost below the last digit but slivers.
    let tables = Tables::get();
    let exponent = |index: usize| Exponent::new((gaps[index] as u64).saturating_sub(least), scale);
    let highs: Vec<u64> = (0..gaps.len()).map(|index| tables.enclose(&exponent(index)).1).collect();
    let total: u128 = highs.iter().zip(lengths).map(|(&high, &len)| u128::from(high) * len as u128).sum();
    let mut bits = Bits::new(stream);
    loop {
        let mut point = below(&mut bits, total);
        let mut hit = None;
        for (index, (&high, &length)) in highs.iter().zip(lengths).enumerate() {
            let owned = u128::from(high) * length as u128;
            if point < owned {
                hit = Some((index, high));
                break;
            }
            point -= owned;
        }
        let Some((index, high)) = hit else {
            return Err(Error::Internal("a point beyond all intervals".into()));
        };
        let (offset, depth) = ((point / u128::from(high)) as u64, (point % u128::from(high)) as u64);
        if tables.counts(depth, &exponent(index), &mut bits) {
            return Ok((index, offset));
        }
    }
}

/// A number uniform below `bound`, which is from 1 to 2^127.
fn below(bits: &mut Bits, bound: u128) -> u128 {
    let length = 128 - (bound - 1).leading_zeros();
    let mask = u128::MAX.checked_shr(128 - length).unwrap_or(0);
    loop {
        let candidate = (u128::from(bits.word()) << 64 | u128::from(bits.word())) & mask;
        if candidate < bound {
            return candidate;
        }
    }
}

/// `e^-k`, and `e^-(b/2^8j)` for the first four bytes `b` of a fraction: rounded down, 63 bits behind the point.
struct Tables {
    wholes: [u64; WHOLES as usize],
    bytes: [[u64; 256]; 4],
}

impl Tables {
    fn get() -> &'static Self {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(|| {
            let entry = |whole: u64, rest: u64, t: u64| {
                // One digit more than is kept; the error of the last place does not reach it but in the sum below.
                let low = exp(&Exponent { whole: whole.into(), rest, t }, 2).0;
                if low[2] > 0 { ONE } else { low[1] >> 1 }
            };
            Self {
                wholes: std::array::from_fn(|k| entry(k as u64, 0, 1)),
                bytes: std::array::from_fn(|j| {
                    std::array::from_fn(|b| entry(0, b as u64, 1 << (8 * (j + 1))))
                }),
            }
        })
    }

    /// Integers around `2^63 e^-x`, the upper one at least 1.
    ///
    /// The fraction of `x` is cut to 64 bits: four bytes go through tables, and for the rest `f < 2^-32` it is
    /// `1 - f + f²/2 - ...`, of which the first two terms are an enclosure with `f²/2 < 2^-65`. Each of the six
    /// factors is at most one and less than two units of 2^-63 too small, each of the five products loses less
    /// than one; the cut moves `e^-x` by less than half a unit, the other way. So the truth is within 17 units
    /// above the product and one below.
    fn enclose(&self, x: &Exponent) -> (u64, u64) {
        if x.whole >= u128::from(WHOLES) {
            return (0, 1);
        }
        let fraction = ((u128::from(x.rest) << 64) / u128::from(x.t)) as u64;
        let mut product = self.wholes[x.whole as usize];
        for (j, table) in self.bytes.iter().enumerate() {
            let byte = (fraction >> (56 - 8 * j)) & 255;
            if byte != 0 {
                product = multiply(product, table[byte as usize]);
            }
        }
        // The last 32 bits of the fraction are f in units of 2^-64: rounded up to units of 2^-63.
        let f = fraction & 0xffff_ffff;
        product = multiply(product, ONE - f.div_ceil(2));
        if x.whole == 0 && x.rest == 0 {
            return (ONE, ONE);
        }
        (product.saturating_sub(1), (product + 17).min(ONE))
    }

    /// Whether a random point counts whose first digits are the integer `depth`: whether it is below `2^63 e^-x`.
    fn counts(&self, depth: u64, x: &Exponent, bits: &mut Bits) -> bool {
        let (low, high) = self.enclose(x);
        // The point is in [depth, depth + 1).
        if depth < low {
            return true;
        }
        if depth >= high {
            return false;
        }
        self.decide(depth, x, bits)
    }

    #[cold]
    fn decide(&self, depth: u64, x: &Exponent, bits: &mut Bits) -> bool {
        // The point over 2^63, as digits of 64 bits, the first after the point last: 63 bits are known, and one
        // more is drawn to fill the digit; then whole digits.
        let mut point = vec![depth << 1 | u64::from(bits.bit())];
        loop {
            let digits = point.len();
            let (low, high) = exp(x, digits + 1);
            let mut first = point.clone();
            first.insert(0, 0); // in as many digits as the enclosure: the start of where the point may be
            first.push(0);
            let mut last = first.clone();
            last[0] = u64::MAX; // and its end, less one unit
            if less(&last, &low) {
                return true;
            }
            if !less(&first, &high) {
                return false;
            }
            point.insert(0, bits.word());
        }
    }
}

fn multiply(a: u64, b: u64) -> u64 {
    ((u128::from(a) * u128::from(b)) >> 63) as u64
}
