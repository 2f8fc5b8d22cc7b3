//! Random words in a buffer, and the coins made of them. Every coin has exactly the probability it names:
//! a comparison that 64 random bits leave open is decided by more of them.

use zeroize::Zeroize;

use crate::random::Stream;

/// Bytes drawn at a time: a multiple of what ChaCha20's widest backend makes at once.
const BUFFER: usize = 1024;

/// Factorials that fit a word: 20!.
const FACTORIALS: usize = 20;

/// The largest power of two that divides 20!, and 21!.
const TWOS: u32 = 18;

/// `n!` for `n` up to 20.
const FACTORIAL: [u64; FACTORIALS + 1] = {
    let mut values = [1; FACTORIALS + 1];
    let mut n = 1;
    while n <= FACTORIALS {
        values[n] = values[n - 1] * n as u64;
        n += 1;
    }
    values
};

/// `2^64 / n!` rounded down; for `n` of 0 and 1, which are never looked up, 0.
const INVERSE_FACTORIAL: [u64; FACTORIALS + 1] = {
    let mut values = [0; FACTORIALS + 1];
    let mut n = 2;
    while n <= FACTORIALS {
        values[n] = ((1u128 << 64) / FACTORIAL[n] as u128) as u64;
        n += 1;
    }
    values
};

/// A stream of random bits, wiped on drop.
pub struct Bits {
    stream: Stream,
    buffer: [u8; BUFFER],
    at: usize,
    signs: u64,
    signs_left: u32,
}

impl Bits {
    /// The bits of a stream.
    pub fn new(stream: Stream) -> Self {
        Self { stream, buffer: [0; BUFFER], at: BUFFER, signs: 0, signs_left: 0 }
    }

    /// 64 random bits.
    #[inline]
    pub(super) fn word(&mut self) -> u64 {
        if self.at >= BUFFER {
            self.refill();
        }
        let mut word = [0; 8];
        word.copy_from_slice(&self.buffer[self.at..self.at + 8]);
        self.at += 8;
        u64::from_le_bytes(word)
    }

    #[cold]
    fn refill(&mut self) {
        self.stream.fill(&mut self.buffer);
        self.at = 0;
    }

    /// One random bit.
    #[inline]
    pub(super) fn bit(&mut self) -> bool {
        if self.signs_left == 0 {
            self.signs = self.word();
            self.signs_left = 64;
        }
        let bit = self.signs & 1 == 1;
        self.signs >>= 1;
        self.signs_left -= 1;
        bit
    }

    /// A number uniform below `bound`, which is not zero (Lemire, *Fast random integer generation in an
    /// interval*, 2019).
    #[inline]
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        let mut product = u128::from(self.word()) * u128::from(bound);
        if (product as u64) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (product as u64) < threshold {
                product = u128::from(self.word()) * u128::from(bound);
            }
        }
        (product >> 64) as u64
    }

    /// True with probability `numerator / denominator`, at most 1.
    ///
    /// With `u` uniform on [0, 1) and its first 64 bits known, `u·denominator` lies in an interval shorter
    /// than `denominator / 2^64`. Where the numerator falls inside, what remains is again such a coin.
    #[inline]
    pub(super) fn bernoulli(&mut self, numerator: u64, denominator: u64) -> bool {
        let mut numerator = numerator;
        loop {
            let product = u128::from(self.word()) * u128::from(denominator);
            let (whole, rest) = ((product >> 64) as u64, product as u64);
            if whole >= numerator {
                return false;
            }
            // Below the numerator by two or more, or too far below for the bits not yet drawn to reach it.
            if numerator - whole > 1 || rest.checked_add(denominator - 1).is_some() {
                return true;
            }
            numerator = rest.wrapping_neg();
        }
    }

    /// True with probability `exp(-numerator/denominator)`, for a ratio of at most 1.
    ///
    /// The number of successes of coins of probability `x/1, x/2, x/3, ...` before the first failure is at
    /// least `n` with probability `x^n/n!`, hence even with probability `exp(-x)` (von Neumann 1951; CKS20,
    /// Algorithm 1).
    #[inline]
    pub(super) fn bernoulli_exp(&mut self, numerator: u64, denominator: u64) -> bool {
        let mut n = 1;
        loop {
            let success = match denominator.checked_mul(n) {
                Some(product) => self.bernoulli(numerator, product),
                None => self.bernoulli(numerator, denominator) && self.bernoulli(1, n),
            };
            if !success {
                return n & 1 == 1;
            }
            n += 1;
        }
    }

    /// True with probability `exp(-1)`: as [`Self::bernoulli_exp`] with one `u` for all coins, since `n`
    /// of them succeed together with probability `1/n!`.
    #[inline]
    pub(super) fn bernoulli_exp_one(&mut self) -> bool {
        let word = self.word();
        // u of 1/2 or more: one success, an odd number. From 1/6 to 1/2: two.
        if word >> 63 == 1 {
            return false;
        }
        if word > INVERSE_FACTORIAL[3] {
            return true;
        }
        self.successes_below(word) & 1 == 0
    }

    /// True with probability `exp(-count)`, for a count from 1 to 64: the first bit of the `u` of each coin of
    /// `exp(-1)` is one of a word's, and where it is set the coin has failed. Only the others draw the rest.
    #[inline]
    pub(super) fn bernoulli_exp_ones(&mut self, count: u32) -> bool {
        let first = self.word();
        first << (64 - count) == 0
            && (0..count).all(|_| {
                let word = self.word() >> 1;
                word > INVERSE_FACTORIAL[3] || self.successes_below(word) & 1 == 0
            })
    }

    /// The largest `n` with `u < 1/n!`, of a `u` that begins with `word` and is below 1/2. Exact for every
    /// word: where its interval contains `1/n!`, a coin of the part below decides.
    #[cold]
    pub(super) fn successes_below(&mut self, word: u64) -> u64 {
        for n in 3..=FACTORIALS {
            if word > INVERSE_FACTORIAL[n] {
                return n as u64 - 1;
            }
            if word == INVERSE_FACTORIAL[n] {
                let rest = ((1u128 << 64) % u128::from(FACTORIAL[n])) as u64;
                return n as u64 - u64::from(!self.bernoulli(rest, FACTORIAL[n]));
            }
        }
        // Words 1 to 6 lie between 1/21! and 1/20!. In word 0, u·2^64 is uniform on [0, 1) and 1/21! is
        // 2^64/21! of it, which is 0.36; from there on, each next factorial is met with probability 1/n.
        let mut n = FACTORIALS as u64;
        if word == 0 && self.bernoulli(1 << (64 - TWOS), (FACTORIAL[FACTORIALS] >> TWOS) * (n + 1)) {
            n += 1;
            while self.bernoulli(1, n + 1) {
                n += 1;
            }
        }
        n
    }

    /// True with probability `exp(-count)`.
    #[inline]
    pub(super) fn bernoulli_exp_whole(&mut self, count: u128) -> bool {
        let mut left = count;
        while left > 0 {
            if !self.bernoulli_exp_one() {
                return false;
            }
            left -= 1;
        }
        true
    }

    /// True with probability `exp(-(numerator/denominator)²/2)`, for a ratio of at most 1: coins of
    /// probability `x²/2n`, each made of three.
    #[inline]
    pub(super) fn bernoulli_exp_half_square(&mut self, numerator: u64, denominator: u64) -> bool {
        let mut n = 1;
        while self.bernoulli(numerator, denominator)
            && self.bernoulli(numerator, denominator)
            && self.bernoulli(1, 2 * n)
        {
            n += 1;
        }
        n & 1 == 1
    }
}

impl Drop for Bits {
    fn drop(&mut self) {
        self.buffer.zeroize();
        self.signs.zeroize();
    }
}
