//! Choosing one of many by integer scores.
//!
//! Both mechanisms compare each score with the largest one, `gap = max - score`, and accept with probability
//! `exp(-gap/scale)`, exactly, for every 64-bit score and every [`Scale`]. The time depends on the scores:
//! that of the exponential mechanism on how many are near the largest, in proportion; that of
//! permute-and-flip by the few random words more that an acceptance takes.

use super::{Bits, Scale};
use crate::error::{Error, Result};
use crate::random::Stream;

/// True with probability `exp(-gap/scale)`.
#[inline]
fn accept(bits: &mut Bits, gap: u64, scale: Scale) -> bool {
    let t = scale.numerator;
    if gap.leading_zeros() >= scale.shift {
        // Whole scales are taken off one by one, or eight at first: mostly a coin fails before a division would
        // have ended. A gap of more than 44 scales is accepted once in 10^19 draws, not rounded to never.
        let mut left = gap << scale.shift;
        if left >> 3 >= t {
            if !bits.bernoulli_exp_ones(8) {
                return false;
            }
            left -= t << 3;
        }
        while left >= t {
            if !bits.bernoulli_exp_one() {
                return false;
            }
            left -= t;
        }
        return left == 0 || bits.bernoulli_exp(left, t);
    }
    let (scaled, t_wide) = (u128::from(gap) << scale.shift, u128::from(t));
    bits.bernoulli_exp_whole(scaled / t_wide) && bits.bernoulli_exp((scaled % t_wide) as u64, t)
}

fn largest(scores: &[i64]) -> Result<i64> {
    scores.iter().copied().max().ok_or_else(|| Error::InvalidParameter {
        name: "scores",
        found: "no score".into(),
        allowed: "one score or more".into(),
    })
}

/// The exponential mechanism (McSherry, Talwar 2007): index `i` with probability proportional to
/// `exp(scores[i]/scale)`. A uniform index is proposed until one is accepted: as many tries as there are
/// scores on average, or fewer.
///
/// # Errors
/// [`Error::InvalidParameter`] if there is no score.
pub fn exponential(scores: &[i64], scale: Scale, stream: Stream) -> Result<usize> {
    let max = largest(scores)?;
    let mut bits = Bits::new(stream);
    loop {
        let index = bits.below(scores.len() as u64) as usize;
        if accept(&mut bits, max.abs_diff(scores[index]), scale) {
            return Ok(index);
        }
    }
}

/// Permute-and-flip (McKenna, Sheldon 2020, Algorithm 1): in random order, the first index that is accepted
/// with probability `exp(-gap/scale)`. One with the largest score always is.
///
/// Each index has one coin, and the coins do not depend on the order: the first of the accepted in a
/// uniform order is a uniform one of them. So all coins are flipped in the order of memory, and of those
/// accepted the `k`-th replaces what was kept with probability `1/k`. Every call makes all flips.
///
/// # Errors
/// [`Error::InvalidParameter`] if there is no score.
pub fn permute_and_flip(scores: &[i64], scale: Scale, stream: Stream) -> Result<usize> {
    let max = largest(scores)?;
    let mut bits = Bits::new(stream);
    let (mut kept, mut accepted) = (None, 0);
    for (index, &score) in scores.iter().enumerate() {
        if accept(&mut bits, max.abs_diff(score), scale) {
            accepted += 1;
            if bits.below(accepted) == 0 {
                kept = Some(index);
            }
        }
    }
    kept.ok_or_else(|| Error::Internal("the largest score was not accepted".into()))
}
