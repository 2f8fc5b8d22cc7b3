//! Choosing one of many by integer scores.
//!
//! Both mechanisms compare each score with the largest one, `gap = max - score`, and accept with probability
//! `exp(-gap/scale)`, exactly. The time depends on the scores.

use super::{Bits, Scale};
use crate::error::{Error, Result};
use crate::random::Stream;

/// True with probability `exp(-gap/scale)`.
#[inline]
fn accept(bits: &mut Bits, gap: u64, scale: Scale) -> bool {
    let t = scale.numerator;
    if gap == 0 {
        return true;
    }
    if gap.leading_zeros() >= scale.shift {
        let scaled = gap << scale.shift;
        // A gap of more than 44 scales is accepted once in 10^19 draws, but it is not rounded to never.
        return bits.bernoulli_exp_whole(u128::from(scaled / t)) && bits.bernoulli_exp(scaled % t, t);
    }
    let scaled = u128::from(gap) << scale.shift;
    let t_wide = u128::from(t);
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

/// Permute-and-flip (McKenna, Sheldon 2020, Algorithm 1): the indices in random order, the first that is
/// accepted with probability `exp(-gap/scale)`. One with the largest score always is.
///
/// # Errors
/// [`Error::InvalidParameter`] if there is no score.
pub fn permute_and_flip(scores: &[i64], scale: Scale, stream: Stream) -> Result<usize> {
    let max = largest(scores)?;
    let mut bits = Bits::new(stream);
    let mut gaps: Vec<(u64, usize)> =
        scores.iter().enumerate().map(|(index, &score)| (max.abs_diff(score), index)).collect();
    // Fisher and Yates' shuffle, as far as it is needed. The gaps travel with the indices.
    for at in 0..gaps.len() {
        let other = at + bits.below((gaps.len() - at) as u64) as usize;
        gaps.swap(at, other);
        if accept(&mut bits, gaps[at].0, scale) {
            return Ok(gaps[at].1);
        }
    }
    Err(Error::Internal("the largest score was not accepted".into()))
}
