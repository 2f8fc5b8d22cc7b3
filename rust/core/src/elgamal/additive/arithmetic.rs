//! Arithmetic on ciphertexts. Plaintext operands are public: everything here may take time that depends on
//! them, and from `c` and `w c` anyone finds `w`. Results are not re-randomised.

use super::ciphertexts::{Ciphertexts, Pair};
use super::encrypt::check_plaintexts;
use crate::error::{Error, Result};
use crate::group::ristretto::{self, ADDITION_NS, ShortMultiples};
use crate::integers::Integers;
use crate::parallel::Call;

/// Refuses a list of another length.
fn check_length(name: &'static str, found: usize, needed: usize) -> Result<()> {
    if found == needed {
        return Ok(());
    }
    let (found, allowed) = (format!("{found} elements"), format!("{needed} are needed"));
    Err(Error::Shape { name, found, allowed })
}

impl Ciphertexts {
    fn zip(
        &self,
        other: &Self,
        call: &mut Call<'_>,
        join: impl Fn(Pair, Pair) -> Pair + Sync,
    ) -> Result<Self> {
        self.public_key().check_same(other.public_key())?;
        check_length("other", other.len(), self.len())?;
        Self::made(self.public_key(), self.len(), 2 * ADDITION_NS, call, |i| {
            join(self.pairs()[i], other.pairs()[i])
        })
    }

    /// Elementwise sums of plaintexts.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`], [`Error::Shape`] for another length, or what ends the call.
    pub fn add(&self, other: &Self, call: &mut Call<'_>) -> Result<Self> {
        self.zip(other, call, |a, b| a.zip(b, |a, b| a + b))
    }

    /// Elementwise differences of plaintexts.
    ///
    /// # Errors
    /// Those of [`Self::add`].
    pub fn subtract(&self, other: &Self, call: &mut Call<'_>) -> Result<Self> {
        self.zip(other, call, |a, b| a.zip(b, |a, b| a - b))
    }

    /// Plaintexts with the other sign.
    ///
    /// # Errors
    /// What ends the call.
    pub fn negate(&self, call: &mut Call<'_>) -> Result<Self> {
        Self::made(self.public_key(), self.len(), ADDITION_NS, call, |i| self.pairs()[i].map(|point| -point))
    }

    /// Elementwise sums with public integers.
    ///
    /// # Errors
    /// [`Error::Shape`] for another length, [`Error::Overflow`] for an integer that is no plaintext, or what
    /// ends the call.
    pub fn add_plain_vartime(&self, values: &Integers, call: &mut Call<'_>) -> Result<Self> {
        check_length("values", values.len(), self.len())?;
        check_plaintexts(values, "values")?;
        let short = ShortMultiples::get();
        Self::made(self.public_key(), self.len(), 12 * ADDITION_NS, call, |i| {
            let Pair { nonce, masked } = self.pairs()[i];
            let plain = short.multiply_vartime(values.magnitude(i)[0]);
            Pair { nonce, masked: if values.is_negative(i) { masked - plain } else { masked + plain } }
        })
    }

    /// Elementwise products with public integers; the shorter they are the faster. A product with zero is the
    /// pair of neutral elements, and one with itself: see the module on what operands reveal.
    ///
    /// # Errors
    /// Those of [`Self::add_plain_vartime`].
    pub fn multiply_vartime(&self, values: &Integers, call: &mut Call<'_>) -> Result<Self> {
        check_length("values", values.len(), self.len())?;
        check_plaintexts(values, "values")?;
        let ns = 2 * ristretto::additions_of(values.max_bits()) * ADDITION_NS;
        Self::made(self.public_key(), self.len(), ns, call, |i| {
            let (magnitude, negative) = (values.magnitude(i)[0], values.is_negative(i));
            self.pairs()[i].map(|point| ristretto::multiply_vartime(&point, magnitude, negative))
        })
    }

    /// Sums of consecutive runs of `segment` plaintexts.
    ///
    /// # Errors
    /// [`Error::Shape`] if the batch is no whole number of runs, or what ends the call.
    pub fn sum(&self, segment: usize, call: &mut Call<'_>) -> Result<Self> {
        if segment == 0 || !self.len().is_multiple_of(segment) {
            return Err(Error::Shape {
                name: "segment",
                found: format!("{segment} of {} elements", self.len()),
                allowed: "a divisor of the batch's length".into(),
            });
        }
        self.sum_runs(&vec![segment; self.len() / segment], call)
    }

    /// Sums of consecutive runs of these lengths.
    ///
    /// # Errors
    /// [`Error::Shape`] if the lengths do not add up to the batch's, or what ends the call.
    pub fn sum_runs(&self, lengths: &[usize], call: &mut Call<'_>) -> Result<Self> {
        let total = lengths.iter().try_fold(0usize, |sum, &length| sum.checked_add(length));
        check_length("lengths", total.unwrap_or(usize::MAX), self.len())?;
        // Long runs are cut into pieces, so that one of them keeps many threads busy.
        let mut pieces = Vec::new();
        let mut counts = Vec::with_capacity(lengths.len());
        let mut start = 0;
        for &length in lengths {
            let before = pieces.len();
            let end = start + length;
            while start < end {
                let next = (start + PIECE).min(end);
                pieces.push(start..next);
                start = next;
            }
            counts.push(pieces.len() - before);
        }
        let ns = 2 * ADDITION_NS * (self.len() / pieces.len().max(1)) as u64;
        let sums = Self::made(self.public_key(), pieces.len(), ns, call, |i| {
            let add = |sum: Pair, pair: &Pair| sum.zip(*pair, |a, b| a + b);
            self.pairs()[pieces[i].clone()].iter().fold(Pair::neutral(), add)
        })?;
        if counts.iter().all(|&count| count == 1) {
            return Ok(sums);
        }
        let mut rest = sums.pairs();
        let whole = counts.iter().map(|&count| {
            let (run, after) = rest.split_at(count);
            rest = after;
            run.iter().fold(Pair::neutral(), |sum, pair| sum.zip(*pair, |a, b| a + b))
        });
        Ok(Self::new(self.public_key(), whole.collect()))
    }
}

/// Ciphertexts that are added up in one go.
const PIECE: usize = 4096;
