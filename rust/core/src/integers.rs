//! Batches of signed integers of any size: the plaintexts of every scheme.
//!
//! Sign and magnitude, all magnitudes of one width. Whether an integer stands for a whole number or for a
//! real in fixed point ([`crate::fixed_point`]) is the caller's knowledge. Wiped on drop.
//!
//! Constant time in values and signs, with two exceptions: [`Integers::max_bits`] and
//! [`Integers::magnitude_bound`] are for public ones, and what is refused is looked for after the fact.

use std::hint::black_box;
use std::ops::Range;

use privml_kernels::memcheck;
use zeroize::Zeroize;

use crate::error::{Error, Result};
use crate::parallel::{self, Call};

mod packing;

/// A flat batch of signed integers.
#[derive(Clone)]
pub struct Integers {
    width: usize,
    magnitudes: Vec<u64>,
    negative: Vec<bool>,
}

impl Drop for Integers {
    fn drop(&mut self) {
        self.magnitudes.zeroize();
        self.negative.zeroize();
    }
}

impl Integers {
    /// From signs and magnitudes of `width` little-endian words each. A negative zero becomes zero.
    pub fn from_parts(width: usize, magnitudes: Vec<u64>, mut negative: Vec<bool>) -> Self {
        assert!(width > 0 && magnitudes.len() == width * negative.len(), "magnitudes of uneven width");
        clear_negative_zeros(width, &magnitudes, &mut negative);
        Self { width, magnitudes, negative }
    }

    /// A batch of `len`, made `run` at a time by `fill`: from a range of runs, the magnitudes (zero before)
    /// and signs of their integers. Runs are filled side by side, each at a cost of `ns`.
    pub(crate) fn filled(
        width: usize,
        len: usize,
        run: usize,
        ns: u64,
        chunk: usize,
        call: &mut Call<'_>,
        fill: impl Fn(Range<usize>, &mut [u64], &mut [bool]) -> Result<()> + Sync,
    ) -> Result<Self> {
        let mut batch = Self { width, magnitudes: vec![0; width * len], negative: vec![false; len] };
        let magnitudes = batch.magnitudes.chunks_mut(width * run * chunk);
        let parts = magnitudes.zip(batch.negative.chunks_mut(run * chunk));
        parallel::map_parts(call, len.div_ceil(run), chunk, ns, parts, |runs, (magnitudes, negative)| {
            fill(runs, magnitudes, negative)?;
            clear_negative_zeros(width, magnitudes, negative);
            Ok(())
        })?;
        Ok(batch)
    }

    /// Declares values and signs secret, for the check of constant time.
    pub fn conceal(&self) {
        memcheck::conceal(&self.magnitudes);
        memcheck::conceal(&self.negative);
    }

    /// From 64-bit signed integers.
    pub fn from_i64(values: &[i64]) -> Self {
        let magnitudes = values.iter().map(|value| value.unsigned_abs()).collect();
        Self { width: 1, magnitudes, negative: values.iter().map(|&value| value < 0).collect() }
    }

    /// From 64-bit unsigned integers.
    pub fn from_u64(values: &[u64]) -> Self {
        Self { width: 1, magnitudes: values.to_vec(), negative: vec![false; values.len()] }
    }

    /// Integers in the batch.
    pub fn len(&self) -> usize {
        self.negative.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.negative.is_empty()
    }

    /// Words of a magnitude.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The magnitude of one, little-endian.
    pub fn magnitude(&self, index: usize) -> &[u64] {
        &self.magnitudes[index * self.width..][..self.width]
    }

    /// All magnitudes, one after the other.
    pub fn magnitudes(&self) -> &[u64] {
        &self.magnitudes
    }

    /// Whether one is below zero.
    pub fn is_negative(&self, index: usize) -> bool {
        self.negative[index]
    }

    /// The signs: true for those below zero.
    pub fn signs(&self) -> &[bool] {
        &self.negative
    }

    /// Bits of the largest magnitude. For public values: the time tells of them too.
    pub fn max_bits(&self) -> usize {
        self.magnitudes.chunks_exact(self.width).map(bit_length).max().unwrap_or(0)
    }

    /// The smallest power of two that no magnitude exceeds; zero if all are zero. It tells of the values,
    /// so it is for public ones.
    pub fn magnitude_bound(&self) -> Vec<u64> {
        let bits = self.max_bits();
        let is_power_of_two = |words: &[u64]| words.iter().map(|word| word.count_ones()).sum::<u32>() == 1;
        let mut largest =
            self.magnitudes.chunks_exact(self.width).filter(|magnitude| bit_length(magnitude) == bits);
        let exponent = if bits == 0 {
            return vec![0];
        } else if largest.all(is_power_of_two) {
            bits - 1
        } else {
            bits
        };
        let mut power = vec![0; exponent / 64 + 1];
        power[exponent / 64] = 1 << (exponent % 64);
        power
    }

    /// Checks that no magnitude exceeds `bound`. Every magnitude is read to its end; only a refusal takes
    /// another path.
    ///
    /// # Errors
    /// [`Error::Overflow`] naming `name` and the first position where one does.
    pub fn check_bound(&self, bound: &[u64], name: &str) -> Result<()> {
        self.first_beyond(0..self.len(), bound).map_or(Ok(()), |index| {
            Err(Error::Overflow { name: name.to_owned(), index, allowed: describe(bound) })
        })
    }

    /// The first of these positions whose magnitude exceeds `bound`. Every one is read to its end.
    fn first_beyond(&self, indices: Range<usize>, bound: &[u64]) -> Option<usize> {
        if self.width > 1 {
            return first(indices, |index| exceeds(self.magnitude(index), bound));
        }
        if bit_length(bound) > 64 {
            return None;
        }
        let bound = bound.first().copied().unwrap_or(0);
        let words = &self.magnitudes[indices.clone()];
        let any = words.iter().fold(0, |any, &word| any | u64::from(word > bound));
        // Whether anything is refused may be known.
        match memcheck::revealed(any) {
            0 => None,
            _ => first(indices, |index| u64::from(self.magnitudes[index] > bound)),
        }
    }

    /// Every integer times a public one.
    pub fn scale(&self, factor: &[u64], factor_is_negative: bool) -> Self {
        let width = self.width + factor.len().max(1);
        let mut magnitudes = vec![0; width * self.len()];
        for (product, magnitude) in
            magnitudes.chunks_exact_mut(width).zip(self.magnitudes.chunks_exact(self.width))
        {
            for (i, &word) in magnitude.iter().enumerate() {
                let mut carry = 0u64;
                for (slot, &other) in product[i..].iter_mut().zip(factor) {
                    let wide = u128::from(word) * u128::from(other) + u128::from(*slot) + u128::from(carry);
                    *slot = wide as u64;
                    carry = (wide >> 64) as u64;
                }
                product[i + factor.len()] = carry;
            }
        }
        let negative = self.negative.iter().map(|&sign| sign ^ factor_is_negative).collect();
        Self::from_parts(width, magnitudes, negative)
    }

    /// As 64-bit signed integers, if all of them fit.
    pub fn to_i64(&self) -> Option<Vec<i64>> {
        // Down to -2^63, which is one further than upwards.
        let excess = (0..self.len()).fold(0, |any, index| {
            let magnitude = self.magnitude(index);
            let top = magnitude[0].wrapping_sub(u64::from(self.negative[index])) >> 63;
            magnitude[1..].iter().fold(any | top, |any, &word| any | word)
        });
        (excess == 0).then(|| {
            let signs = self.negative.iter().map(|&sign| mask(sign));
            let lowest = self.magnitudes.iter().step_by(self.width);
            lowest.zip(signs).map(|(&word, mask)| (word ^ mask).wrapping_sub(mask) as i64).collect()
        })
    }
}

/// Significant bits of little-endian words.
pub(crate) fn bit_length(words: &[u64]) -> usize {
    words
        .iter()
        .rposition(|&word| word != 0)
        .map_or(0, |top| 64 * top + 64 - words[top].leading_zeros() as usize)
}

fn clear_negative_zeros(width: usize, magnitudes: &[u64], negative: &mut [bool]) {
    for (sign, magnitude) in negative.iter_mut().zip(magnitudes.chunks_exact(width)) {
        *sign &= magnitude.iter().fold(0, |any, &word| any | word) != 0;
    }
}

/// The first index at which `fault` is not zero. Every one is looked at; only if there is one is it looked
/// for.
fn first(mut indices: Range<usize>, mut fault: impl FnMut(usize) -> u64) -> Option<usize> {
    let any = indices.clone().fold(0, |any, index| any | fault(index));
    // Whether anything is refused may be known.
    if memcheck::revealed(u64::from(any != 0)) == 0 { None } else { indices.find(|&index| fault(index) != 0) }
}

/// All ones for true, zero for false.
fn mask(choice: bool) -> u64 {
    black_box(u64::from(choice)).wrapping_neg()
}

/// 1 if `a > b`, else 0: the borrow of `b - a`, in a time that depends on the lengths only.
fn exceeds(a: &[u64], b: &[u64]) -> u64 {
    let word = |words: &[u64], i: usize| words.get(i).copied().unwrap_or(0);
    (0..a.len().max(b.len())).fold(0, |borrow, i| {
        let (difference, first) = word(b, i).overflowing_sub(word(a, i));
        u64::from(first | difference.overflowing_sub(borrow).1)
    })
}

/// A bound in words for people: exact below 2^64, a power of two's neighbourhood above.
fn describe(bound: &[u64]) -> String {
    let bits = bit_length(bound);
    if bits <= 64 {
        return bound.first().copied().unwrap_or(0).to_string();
    }
    let power_of_two = bound.iter().map(|word| word.count_ones()).sum::<u32>() == 1;
    if power_of_two { format!("2^{}", bits - 1) } else { format!("about 2^{bits}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_name_the_first_offender() {
        let values = Integers::from_i64(&[0, -5, 6, i64::MIN]);
        assert!(values.check_bound(&[1 << 63], "x").is_ok());
        assert!(values.check_bound(&[0, 1], "x").is_ok());
        let error = values.check_bound(&[5, 0], "x").expect_err("6 is above 5");
        assert_eq!(error, Error::Overflow { name: "x".into(), index: 2, allowed: "5".into() });
        assert_eq!(values.max_bits(), 64);
    }

    #[test]
    fn scaling_multiplies_signs_and_magnitudes() {
        let values = Integers::from_i64(&[0, -3, i64::MAX]).scale(&[u64::MAX, 1], true);
        assert!(!values.is_negative(0) && !values.is_negative(1) && values.is_negative(2));
        // 3 * (2^65 - 1)
        assert_eq!(values.magnitude(1), [u64::MAX - 2, 5, 0]);
        let product = (i64::MAX as u128) * u128::from(u64::MAX);
        assert_eq!(values.magnitude(2)[0], product as u64);
        assert_eq!(values.scale(&[], false).max_bits(), 0);
    }

    #[test]
    fn magnitude_bounds_are_powers_of_two() {
        let bound = |values: &[i64]| Integers::from_i64(values).magnitude_bound();
        assert_eq!(bound(&[]), [0]);
        assert_eq!(bound(&[0]), [0]);
        assert_eq!(bound(&[1, -1]), [1]);
        assert_eq!(bound(&[-4, 4, 3]), [4]);
        assert_eq!(bound(&[4, -5]), [8]);
        assert_eq!(bound(&[i64::MAX, i64::MIN]), [1 << 63]);
        assert_eq!(Integers::from_u64(&[u64::MAX]).magnitude_bound(), [0, 1]);
    }

    #[test]
    fn conversion_back_refuses_what_does_not_fit() {
        let edges = [i64::MIN, -1, 0, i64::MAX];
        assert_eq!(Integers::from_i64(&edges).to_i64(), Some(edges.to_vec()));
        assert_eq!(Integers::from_u64(&[1 << 63]).to_i64(), None);
        assert_eq!(Integers::from_parts(2, vec![0, 1], vec![false]).to_i64(), None);
        assert_eq!(Integers::from_parts(1, vec![0], vec![true]).to_i64(), Some(vec![0]));
    }
}
