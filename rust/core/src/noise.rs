//! Exact integer noise: no floating point between the random bits and the integer that is drawn.
//!
//! Every sampler works on machine words and draws from exactly the distribution it names; the one
//! exception is that a magnitude beyond 2^63 saturates, which for the parameters allowed here happens with
//! probability below e^-2000 for each draw. The algorithms are those of Canonne, Kamath, Steinke, *The Discrete Gaussian
//! for Differential Privacy* (NeurIPS 2020; arXiv 2004.00010), section 5, with comparisons against random
//! bits refined only as far as they are undecided. Scales are [`Scale`]s, `numerator / 2^shift`: what does
//! not have this form is rounded up by the caller, who accounts for the rounded one.
//!
//! **Time.** All of them are rejection samplers. The time of one draw depends on the random bits and so
//! says something about the magnitude drawn; selection also takes a time that depends on the scores. Whole
//! arrays at once blur the former and hide neither.

mod bits;
mod intervals;
mod poisson;
mod selection;
#[cfg(test)]
mod tests;

pub use bits::Bits;
pub use intervals::interval;
pub use selection::{exponential, permute_and_flip};

use crate::error::{Error, Result};
use crate::parallel::{Call, map_parts};
use crate::random::Stream;

/// Elements that share one sub-stream. It is part of what a seed means.
const CHUNK: usize = 4096;

/// The largest numerator: products with small integers stay in a word.
const MAX_NUMERATOR: u64 = 1 << 52;

/// The largest shift: scales down to about 2^-40 with 21 significant bits.
const MAX_SHIFT: u32 = 63;

/// The largest mean of Poisson noise, whose time grows with it.
const MAX_MEAN: u64 = 1 << 22;

/// The largest number of trials of binomial noise, whose time grows with it: 64 coins to a word.
const MAX_TRIALS: u64 = 1 << 24;

/// A positive number `numerator / 2^shift`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    numerator: u64,
    shift: u32,
}

impl Scale {
    /// # Errors
    /// [`Error::InvalidParameter`] unless the numerator is from 1 to 2^52 and the shift at most 63.
    pub fn new(numerator: u64, shift: u32) -> Result<Self> {
        if numerator == 0 || numerator > MAX_NUMERATOR || shift > MAX_SHIFT {
            return Err(Error::InvalidParameter {
                name: "scale",
                found: format!("{numerator} / 2^{shift}"),
                allowed: "a numerator from 1 to 2^52 over a power of two up to 2^63".into(),
            });
        }
        Ok(Self { numerator, shift })
    }
}

/// A distribution on the integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// `P(y) ∝ exp(-y/scale)` for `y = 0, 1, ...`
    Geometric(Scale),
    /// `P(y) ∝ exp(-|y|/scale)` for every integer.
    DiscreteLaplace(Scale),
    /// `P(y) ∝ exp(-y²/(2 sigma²))` for every integer.
    DiscreteGaussian(Scale),
    /// `P(y) = e^-mean mean^y / y!`
    Poisson(Scale),
    /// The difference of two independent Poisson draws of this mean each: its variance is twice that.
    Skellam(Scale),
    /// The number of heads of so many fair coins.
    FairCoins(u64),
    /// 0 to one less than the bound, each equally likely.
    Uniform(u64),
    /// 1 with probability `numerator / denominator`, else 0.
    Bernoulli(u64, u64),
    /// The number of successes of `trials` draws of probability `numerator / denominator` each.
    Binomial(u64, u64, u64),
}

impl Law {
    /// # Errors
    /// [`Error::InvalidParameter`] for parameters that name no distribution or would take too long.
    fn check(self) -> Result<()> {
        let refuse = |name, found: String, allowed: &str| {
            Err(Error::InvalidParameter { name, found, allowed: allowed.into() })
        };
        match self {
            Self::Poisson(mean) | Self::Skellam(mean) if mean.numerator >> mean.shift > MAX_MEAN => {
                refuse("mean", (mean.numerator >> mean.shift).to_string(), "at most 2^22")
            }
            Self::FairCoins(trials) | Self::Binomial(trials, _, _) if trials > MAX_TRIALS => {
                refuse("trials", trials.to_string(), "at most 2^24")
            }
            Self::Uniform(bound) if bound == 0 || bound > i64::MAX as u64 => {
                refuse("bound", bound.to_string(), "1 to 2^63 - 1")
            }
            Self::Bernoulli(numerator, denominator) | Self::Binomial(_, numerator, denominator)
                if denominator == 0 || numerator > denominator =>
            {
                refuse("probability", format!("{numerator}/{denominator}"), "0 to 1")
            }
            _ => Ok(()),
        }
    }

    /// Rough nanoseconds a draw, to decide what is worth a thread.
    fn cost(self) -> u64 {
        let mean = |scale: Scale| match scale.numerator >> scale.shift {
            few @ 0..16 => 40 * few + 40,
            many => many + 800,
        };
        match self {
            Self::Uniform(_) | Self::Bernoulli(..) => 5,
            Self::Geometric(_) | Self::DiscreteLaplace(_) => 60,
            Self::DiscreteGaussian(_) => 120,
            Self::Poisson(scale) => mean(scale),
            Self::Skellam(scale) => 2 * mean(scale),
            Self::FairCoins(trials) => 5 + trials / 16,
            Self::Binomial(trials, _, _) => 40 + trials / 8,
        }
    }

    #[inline]
    fn draw(self, bits: &mut Bits) -> i64 {
        match self {
            Self::Geometric(scale) => geometric(bits, scale),
            Self::DiscreteLaplace(scale) => discrete_laplace(bits, scale),
            Self::DiscreteGaussian(sigma) => discrete_gaussian(bits, sigma),
            Self::Poisson(mean) => poisson::poisson(bits, mean) as i64,
            Self::Skellam(mean) => poisson::poisson(bits, mean) as i64 - poisson::poisson(bits, mean) as i64,
            Self::FairCoins(trials) => poisson::fair_coins(bits, trials) as i64,
            Self::Uniform(bound) => bits.below(bound) as i64,
            Self::Bernoulli(numerator, denominator) => i64::from(bits.bernoulli(numerator, denominator)),
            Self::Binomial(trials, numerator, denominator) => {
                poisson::binomial(bits, trials, numerator, denominator) as i64
            }
        }
    }

    /// `len` independent draws. The result depends on the stream's seed and the length, not on the number
    /// of threads.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for parameters out of range; what the hook of `call` returns.
    pub fn fill(self, stream: &Stream, len: usize, call: &mut Call<'_>) -> Result<Vec<i64>> {
        self.check()?;
        let mut out = vec![0; len];
        map_parts(call, len, CHUNK, self.cost(), out.chunks_mut(CHUNK), |range, part: &mut [i64]| {
            let mut bits = Bits::new(stream.substream((range.start / CHUNK) as u64));
            // One loop per law, so that the choice is not made again at every draw.
            match self {
                Self::DiscreteLaplace(scale) => part.fill_with(|| discrete_laplace(&mut bits, scale)),
                Self::DiscreteGaussian(sigma) => part.fill_with(|| discrete_gaussian(&mut bits, sigma)),
                law => part.fill_with(|| law.draw(&mut bits)),
            }
            Ok(())
        })?;
        Ok(out)
    }
}

/// A magnitude with `P(x) ∝ exp(-x/t)`, `t` the numerator, and then its quotient by `2^shift`, which has
/// `P(y) ∝ exp(-y 2^shift / t)` (CKS20, Algorithm 2: the remainder modulo `t` by rejection, the quotient by
/// counting successes of `exp(-1)`). It saturates where the quotient is 2^63/t, at least 2048: with a
/// probability below e^-2000.
#[inline]
fn magnitude(bits: &mut Bits, scale: Scale) -> u64 {
    let remainder = loop {
        let candidate = bits.below(scale.numerator);
        if bits.bernoulli_exp(candidate, scale.numerator) {
            break candidate;
        }
    };
    let mut quotient = 0u64;
    while bits.bernoulli_exp_one() {
        quotient += 1;
    }
    let x = quotient.saturating_mul(scale.numerator).saturating_add(remainder).min(i64::MAX as u64);
    x >> scale.shift
}

/// `P(y) ∝ exp(-y/scale)` for `y >= 0`: exact for every [`Scale`], up to saturation at `2^63 / 2^shift`. Its
/// time tells about the quotient `⌊y/scale⌋`.
fn geometric(bits: &mut Bits, scale: Scale) -> i64 {
    magnitude(bits, scale) as i64
}

/// `P(y) ∝ exp(-|y|/scale)`: exact for every [`Scale`], up to saturation. Its time tells about `|y|/scale`, and
/// not its sign.
#[inline]
fn discrete_laplace(bits: &mut Bits, scale: Scale) -> i64 {
    loop {
        let y = magnitude(bits, scale) as i64;
        // Zero has one sign: of the two that would be drawn for it, one is thrown away.
        match bits.bit() {
            true if y == 0 => {}
            true => return -y,
            false => return y,
        }
    }
}

/// CKS20, Algorithm 3, with a discrete Laplace proposal of the same scale as `sigma`: what remains is
/// `exp(-(|y| - sigma)²/(2 sigma²))`, in which only the ratio `||y| - sigma| / sigma` appears. With that
/// ratio as `a + b/t` it is `exp(-a²/2) exp(-a b/t) exp(-(b/t)²/2)`, so that no square is ever formed.
///
/// Exact for every [`Scale`] as `sigma`, up to saturation of the proposal; `|y| 2^shift` is at most the
/// magnitude before it was shifted and does not overflow. The time tells about `|y|/sigma` and how many
/// proposals were refused.
#[inline]
fn discrete_gaussian(bits: &mut Bits, sigma: Scale) -> i64 {
    loop {
        let y = discrete_laplace(bits, sigma);
        let t = sigma.numerator;
        let distance = (y.unsigned_abs() << sigma.shift).abs_diff(t);
        let (a, b) = if distance < t { (0, distance) } else { (distance / t, distance % t) };
        if bits.bernoulli_exp_half_square(b, t) && (a == 0 || tail(bits, a, b, t)) {
            return y;
        }
    }
}

/// Bernoulli of `exp(-a²/2 - a b/t)`.
#[cold]
fn tail(bits: &mut Bits, a: u64, b: u64, t: u64) -> bool {
    let square = u128::from(a) * u128::from(a);
    (square.is_multiple_of(2) || bits.bernoulli_exp(1, 2))
        && bits.bernoulli_exp_whole(square / 2)
        && (0..a).all(|_| bits.bernoulli_exp(b, t))
}
