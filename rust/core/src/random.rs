//! The only door to randomness.
//!
//! Each call of the library draws a fresh 256-bit seed from the operating system and expands it with
//! ChaCha20 (RFC 8439's block function with a 64-bit counter and a 64-bit stream number). Nothing outlives
//! the call, so a forked child cannot repeat its parent's nonces. Work split over threads draws from
//! sub-streams numbered by the element, never by the thread: the same seed gives the same result however
//! many threads there are.

use std::convert::Infallible;

use chacha20::ChaCha20Rng;
use privml_kernels::memcheck;
use rand_core::{Rng, SeedableRng, TryCryptoRng, TryRng};
use zeroize::Zeroize;

use crate::error::{Error, Result};
use crate::secret::Secret;

/// A stream of random words. It is wiped on drop (the generator wipes itself: chacha20's `zeroize`
/// feature).
pub struct Stream {
    seed: Secret<[u8; 32]>,
    generator: ChaCha20Rng,
}

impl Stream {
    /// A stream with a fresh seed from the operating system.
    ///
    /// # Errors
    /// [`Error::Randomness`] if the system has none to give.
    pub fn from_os() -> Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| Error::Randomness)?;
        memcheck::conceal(&seed);
        let stream = Self::with_seed(seed, 0);
        seed.zeroize();
        Ok(stream)
    }

    /// A stream with a known seed: for tests of this crate and its benches, never in a wheel.
    #[cfg(any(test, feature = "seeded"))]
    pub fn seeded(seed: [u8; 32]) -> Self {
        Self::with_seed(seed, 0)
    }

    fn with_seed(seed: [u8; 32], number: u64) -> Self {
        let mut generator = ChaCha20Rng::from_seed(seed);
        generator.set_stream(number);
        Self { seed: Secret::new(seed), generator }
    }

    /// The stream that belongs to element `index`: independent of this one, of every other element's,
    /// and of what has been drawn from this one. It has a seed of its own, so that its sub-streams in
    /// turn are independent of this one's.
    pub fn substream(&self, index: u64) -> Self {
        // Stream number 0 is this stream's own; no batch has 2^64 - 1 elements.
        let mut seed = [0; 32];
        Self::with_seed(*self.seed.expose(), index + 1).fill(&mut seed);
        let substream = Self::with_seed(seed, 0);
        seed.zeroize();
        substream
    }

    /// Fills bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.generator.fill_bytes(bytes);
    }

    /// Fills words.
    pub fn fill_words(&mut self, words: &mut [u64]) {
        for word in words {
            *word = self.generator.next_u64();
        }
    }

    /// A number uniform below `bound` (little-endian words, not zero), of as many words. Candidates of the
    /// bound's bit length are drawn until one is below it: what is thrown away is independent of what is
    /// kept, and each try succeeds with probability at least one half.
    pub fn below(&mut self, bound: &[u64]) -> Vec<u64> {
        // The bound may be a secret prime; how long it is may be known.
        let top = bound.iter().rposition(|&word| memcheck::revealed(u64::from(word != 0)) == 1);
        debug_assert!(top.is_some(), "a bound of zero");
        let top = top.unwrap_or(0);
        let mask = u64::MAX >> memcheck::revealed(bound[top].leading_zeros().min(63).into());
        let mut words = vec![0; bound.len()];
        loop {
            self.fill_words(&mut words[..=top]);
            words[top] &= mask;
            let mut borrow = false;
            for (&word, &limit) in words.iter().zip(bound) {
                let (difference, first) = word.overflowing_sub(limit);
                borrow = first | difference.overflowing_sub(u64::from(borrow)).1;
            }
            // A candidate that is too large is thrown away: that there was one tells nothing of the next.
            if memcheck::revealed(u64::from(borrow)) == 1 {
                return words;
            }
        }
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> std::result::Result<u32, Infallible> {
        Ok(self.generator.next_u32())
    }

    fn try_next_u64(&mut self) -> std::result::Result<u64, Infallible> {
        Ok(self.generator.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> std::result::Result<(), Infallible> {
        self.generator.fill_bytes(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Stream {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_chacha20() {
        // RFC 8439, A.1, test vectors 1 and 2: key, nonce and counter zero, then counter one.
        let mut stream = Stream::seeded([0; 32]);
        let mut bytes = [0; 128];
        stream.fill(&mut bytes);
        assert_eq!(bytes[..8], [0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90]);
        assert_eq!(bytes[56..64], [0xc3, 0x87, 0xb6, 0x69, 0xb2, 0xee, 0x65, 0x86]);
        assert_eq!(bytes[64..72], [0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a]);
    }

    #[test]
    fn calls_and_elements_never_share_words() {
        let mut words = [[0; 4]; 7];
        let (mut a, mut b) = (Stream::from_os().expect("random"), Stream::from_os().expect("random"));
        let (mut first, mut second) = (a.substream(0), a.substream(1));
        let (mut nested, mut other) = (first.substream(1), second.substream(1));
        a.fill_words(&mut words[0]);
        b.fill_words(&mut words[1]);
        first.fill_words(&mut words[2]);
        second.fill_words(&mut words[3]);
        b.fill_words(&mut words[4]);
        nested.fill_words(&mut words[5]);
        other.fill_words(&mut words[6]);
        let distinct: std::collections::HashSet<u64> = words.iter().flatten().copied().collect();
        assert_eq!(distinct.len(), 28);
    }

    #[test]
    fn substreams_do_not_depend_on_what_was_drawn() {
        let mut stream = Stream::seeded([7; 32]);
        let mut before = [0; 3];
        stream.substream(41).fill_words(&mut before);
        stream.fill_words(&mut [0; 100]);
        let mut after = [0; 3];
        stream.substream(41).fill_words(&mut after);
        assert_eq!(before, after);
    }

    #[test]
    fn below_is_uniform() {
        let mut stream = Stream::seeded([1; 32]);
        let mut counts = [0i64; 5];
        for _ in 0..50_000 {
            counts[stream.below(&[5, 0])[0] as usize] += 1;
        }
        // chi-square with 4 degrees of freedom: 33.4 has probability 1e-6
        let statistic: f64 = counts.iter().map(|&n| ((n - 10_000) as f64).powi(2) / 10_000.0).sum();
        assert!(statistic < 33.4, "{counts:?}");
        assert_eq!(stream.below(&[1, 0]), [0, 0]);
        assert!(stream.below(&[0, 1])[1] == 0);
    }
}
