//! Counts: Poisson draws and fair coins.

use super::{Bits, Scale};

/// A Poisson draw: the sum of as many draws of mean 1/2 as there are halves in the mean, and one of what
/// is left. Its time grows with the mean.
pub(super) fn poisson(bits: &mut Bits, mean: Scale) -> i64 {
    let doubled = u128::from(mean.numerator) << 1;
    let halves = (doubled >> mean.shift) as u64;
    let rest = (doubled - (u128::from(halves) << mean.shift)) as u64;
    let mut total = 0;
    for _ in 0..halves {
        total += small(bits, |_| true);
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
fn small(bits: &mut Bits, mut coin: impl FnMut(&mut Bits) -> bool) -> i64 {
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
            return proposal as i64;
        }
    }
}

/// The number of heads of fair coins.
pub(super) fn fair_coins(bits: &mut Bits, trials: u64) -> i64 {
    let whole: u64 = (0..trials / 64).map(|_| u64::from(bits.word().count_ones())).sum();
    let rest = match trials % 64 {
        0 => 0,
        left => u64::from((bits.word() >> (64 - left)).count_ones()),
    };
    (whole + rest) as i64
}
