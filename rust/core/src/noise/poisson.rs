//! Counts: binomial and Poisson draws. All of them are split into fair coins, which come 64 to a word.

use super::{Bits, Scale};

/// From so many halves in the mean on, a Poisson draw counts instead of adding up.
const MANY: u64 = 32;

/// Factorials whose coins are drawn by counting: 20! fits a word.
const FACTORIALS: u64 = 20;

/// The number of heads of fair coins: exact, and its time depends on the number of coins alone.
pub(super) fn fair_coins(bits: &mut Bits, trials: u64) -> u64 {
    let whole: u64 = (0..trials / 64).map(|_| u64::from(bits.word().count_ones())).sum();
    let rest = match trials % 64 {
        0 => 0,
        left => u64::from((bits.word() >> (64 - left)).count_ones()),
    };
    whole + rest
}

/// The number of successes among `trials` coins of probability `numerator/denominator`, at most 1 and with
/// any denominator of a word: exact.
///
/// Each trial compares a uniform number with the probability, digit by digit; half of them are decided by
/// each digit, and only how many matters (Farach-Colton, Tsai, *Exact sublinear binomial sampling*, 2015).
/// So it takes two fair coins a trial and a digit for each doubling of the trials. Its time tells about how
/// many digits were looked at.
pub(super) fn binomial(bits: &mut Bits, trials: u64, numerator: u64, denominator: u64) -> u64 {
    if numerator == denominator {
        return trials;
    }
    let (mut open, mut successes) = (trials, 0);
    let (mut rest, denominator) = (u128::from(numerator), u128::from(denominator));
    while open > 0 && rest > 0 {
        rest *= 2;
        let zeros = fair_coins(bits, open);
        if rest >= denominator {
            rest -= denominator;
            // The digit is 1: a 0 drawn is below, and a 1 leaves the trial open.
            successes += zeros;
            open -= zeros;
        } else {
            open = zeros;
        }
    }
    successes
}

/// A Poisson draw of any mean that [`super::Law`] allows, exact: the sum of as many draws of mean 1/2 as
/// there are halves in the mean, and one of what is left. Its time grows with the mean and with the draw.
pub(super) fn poisson(bits: &mut Bits, mean: Scale) -> u64 {
    let doubled = u128::from(mean.numerator) << 1;
    let halves = (doubled >> mean.shift) as u64;
    let rest = (doubled - (u128::from(halves) << mean.shift)) as u64;
    let mut total = 0;
    if halves < MANY {
        for _ in 0..halves {
            total += small(bits, |_| true);
        }
    } else {
        total = many(bits, halves);
    }
    if rest > 0 {
        // rest < 2^shift, so the shift is not 0 and 2^shift fits a word.
        total += small(bits, |bits| bits.bernoulli(rest, 1 << mean.shift));
    }
    total
}

/// A Poisson draw of mean `x/2`, with coins of probability `x`: a proposal `g` of probability `2^-(g+1)` is
/// accepted with probability `x^g/g!`.
#[inline]
fn small(bits: &mut Bits, mut coin: impl FnMut(&mut Bits) -> bool) -> u64 {
    loop {
        let mut proposal = 0;
        loop {
            let zeros = bits.word().trailing_zeros();
            proposal += u64::from(zeros);
            if zeros < 64 {
                break;
            }
        }
        if (1..=proposal).all(|k| coin(bits) && (k == 1 || bits.bernoulli(1, k))) {
            return proposal;
        }
    }
}

/// The sum of `count` draws as those of [`small`] with `x = 1`, all at once: how many of them propose each
/// number, and how many of these are accepted. Those that are not try again.
fn many(bits: &mut Bits, count: u64) -> u64 {
    let (mut total, mut trying) = (0, count);
    while trying > 0 {
        let (mut above, mut proposal, mut factorial) = (trying, 0, 1);
        trying = 0;
        while above > 0 {
            let more = fair_coins(bits, above);
            let here = above - more;
            let accepted = if proposal <= FACTORIALS {
                binomial(bits, here, 1, factorial)
            } else {
                (0..here).map(|_| u64::from((2..=proposal).all(|k| bits.bernoulli(1, k)))).sum()
            };
            total += proposal * accepted;
            trying += here - accepted;
            above = more;
            proposal += 1;
            if proposal <= FACTORIALS {
                factorial *= proposal;
            }
        }
    }
    total
}
