//! Encryption: `c = (1 + m n) · noise mod n²`.
//!
//! Paillier, *Public-key cryptosystems based on composite degree residuosity classes* (EUROCRYPT '99),
//! section 4, with `g = 1 + n`; the noise of Damgård, Jurik and Nielsen (see `noise`).
//!
//! The owner of the key makes the same noise modulo `p²` and `q²` and joins the halves (Chinese
//! remainder theorem): short noise is the same function of the same exponents, and uniform noise is
//! `s^p mod p²` for `s` uniform modulo `p` (likewise `q`). The latter is uniform over the n-th residues
//! modulo `p²`: these are the subgroup of order `p - 1`, because `n` is coprime to that, and `s ↦ s^p`
//! maps the units modulo `p` onto it one to one.
//!
//! Constant time in plaintexts, noise and primes. Visible are the number of rejected draws of uniform
//! noise, and that a plaintext was refused and which. (What comes before is not all so: see
//! [`crate::fixed_point`].)

use std::ops::Range;

use privml_kernels::Batch;
use zeroize::Zeroizing;

use super::ciphertexts::Ciphertexts;
use super::noise::{Noise, draw_nonzero};
use super::number::{self, Words};
use super::private::{Half, PrivateKey};
use super::public::PublicKey;
use super::{cost, noise};
use crate::error::Result;
use crate::integers::Integers;
use crate::parallel::{self, Call};
use crate::random::Stream;

/// Whoever can make encryption noise under a key.
trait NoiseSource: Sync {
    fn key(&self) -> &PublicKey;

    /// Builds tables if they pay for `len` elements.
    fn prepare(&self, kind: Noise, len: usize, call: &mut Call<'_>) -> Result<()>;

    /// Nanoseconds of an element.
    fn cost(&self, kind: Noise) -> f64;

    /// The noise of these elements, in the key's ring. After [`Self::prepare`].
    fn noise(&self, kind: Noise, stream: &Stream, range: Range<usize>) -> Batch;
}

impl NoiseSource for PublicKey {
    fn key(&self) -> &PublicKey {
        self
    }

    fn prepare(&self, kind: Noise, len: usize, call: &mut Call<'_>) -> Result<()> {
        match kind {
            Noise::Short => self.noise().prepare(len, call),
            Noise::Uniform => Ok(()),
        }
    }

    fn cost(&self, kind: Noise) -> f64 {
        match kind {
            Noise::Short => self.noise().power_ns(),
            Noise::Uniform => cost::power(self.ring(), self.bits()),
        }
    }

    fn noise(&self, kind: Noise, stream: &Stream, range: Range<usize>) -> Batch {
        match kind {
            Noise::Short => self.noise().pow(&self.noise().draw_exponents(stream, range)),
            Noise::Uniform => {
                let units = draw_nonzero(self.modulus(), stream, range.map(|i| i as u64));
                self.ring().pow_vartime(&self.ring().enter(&units, self.words()), self.modulus())
            }
        }
    }
}

impl NoiseSource for PrivateKey {
    fn key(&self) -> &PublicKey {
        self.public_key()
    }

    fn prepare(&self, kind: Noise, len: usize, call: &mut Call<'_>) -> Result<()> {
        if kind == Noise::Short {
            let (p, q) = self.halves();
            p.noise.prepare(len, call)?;
            q.noise.prepare(len, call)?;
        }
        Ok(())
    }

    fn cost(&self, kind: Noise) -> f64 {
        let half = |half: &Half| match kind {
            Noise::Short => half.noise.power_ns(),
            Noise::Uniform => cost::power(half.ring(), 64 * half.prime().len()),
        };
        let (p, q) = self.halves();
        half(p) + half(q) + cost::convert(self.public_key().ring())
    }

    fn noise(&self, kind: Noise, stream: &Stream, range: Range<usize>) -> Batch {
        let (p, q) = self.halves();
        let power = |half: &Half, which: u64| -> Words {
            let ring = half.ring();
            let power = match kind {
                Noise::Short => half.noise.pow(&half.noise.draw_exponents(stream, range.clone())),
                Noise::Uniform => {
                    // Two sub-streams an element, one for each prime.
                    let indices = range.clone().map(|i| 2 * i as u64 + which);
                    let units = draw_nonzero(half.prime(), stream, indices);
                    ring.pow(&ring.enter(&units, half.prime().len()), half.prime())
                }
            };
            ring.leave(&power)
        };
        let rows = self.combine_squares(&power(p, 0), &power(q, 1));
        self.public_key().ring().enter(&rows, 2 * self.public_key().words())
    }
}

/// The owner's noise from a given stream.
#[cfg(test)]
pub(super) fn owner_noise(key: &PrivateKey, kind: Noise, stream: &Stream, range: Range<usize>) -> Batch {
    NoiseSource::noise(key, kind, stream, range)
}

/// Fresh noise for `len` elements, each piece of it handed to `finish`.
fn with_noise(
    source: &impl NoiseSource,
    kind: Noise,
    len: usize,
    call: &mut Call<'_>,
    finish: impl Fn(Batch, Range<usize>) -> Batch + Sync,
) -> Result<Ciphertexts> {
    let key = source.key();
    let stream = Stream::from_os()?;
    source.prepare(kind, len, call)?;
    let ns = source.cost(kind) + 2.0 * cost::multiply(key.ring());
    let chunk = cost::chunk(key.ring(), ns);
    let parts = parallel::map_chunks(call, len, chunk, cost::whole(ns), |range| {
        Ok(finish(source.noise(kind, &stream, range.clone()), range))
    })?;
    Ok(Ciphertexts::new(key.clone(), noise::concat(key.ring(), &parts)))
}

fn encrypt(
    source: &impl NoiseSource,
    values: &Integers,
    kind: Noise,
    call: &mut Call<'_>,
) -> Result<Ciphertexts> {
    let key = source.key();
    values.check_bound(key.largest_plaintext(), "values")?;
    with_noise(source, kind, values.len(), call, |noise, range| {
        key.ring().mul_one_plus(&noise, &residues(key, values, range))
    })
}

impl PublicKey {
    /// Encrypts integers of absolute value at most [`Self::largest_plaintext`].
    ///
    /// # Errors
    /// [`Error::Overflow`](crate::error::Error::Overflow) names the first that is larger;
    /// [`Error::Randomness`](crate::error::Error::Randomness), or what ends the call.
    pub fn encrypt(&self, values: &Integers, noise: Noise, call: &mut Call<'_>) -> Result<Ciphertexts> {
        encrypt(self, values, noise, call)
    }
}

impl PrivateKey {
    /// As [`PublicKey::encrypt`], with ciphertexts of the same distribution, for less work.
    ///
    /// # Errors
    /// Those of [`PublicKey::encrypt`].
    pub fn encrypt(&self, values: &Integers, noise: Noise, call: &mut Call<'_>) -> Result<Ciphertexts> {
        encrypt(self, values, noise, call)
    }
}

impl Ciphertexts {
    /// The same plaintexts under fresh noise: multiplied by encryptions of zero. What the ciphertexts
    /// were computed from no longer shows in them, to anyone but the owner of the key; with
    /// [`Noise::Uniform`] not to the owner either.
    ///
    /// # Errors
    /// [`Error::Randomness`](crate::error::Error::Randomness), or what ends the call.
    pub fn rerandomize(&self, noise: Noise, call: &mut Call<'_>) -> Result<Ciphertexts> {
        let key = self.public_key();
        with_noise(key, noise, self.len(), call, |noise, range| {
            key.ring().mul(&noise, &self.batch().slice(range))
        })
    }
}

/// Signed integers of absolute value below `n` as residues modulo `n`, in constant time.
pub(super) fn residues(key: &PublicKey, values: &Integers, range: Range<usize>) -> Batch {
    let (words, width) = (key.words(), values.width());
    let shared = words.min(width);
    let mut rows = Zeroizing::new(vec![0u64; range.len() * words]);
    let mut negated = Zeroizing::new(vec![0u64; words]);
    let mut positive = Zeroizing::new(vec![0u64; words]);
    for (row, i) in rows.chunks_exact_mut(words).zip(range) {
        positive.fill(0);
        positive[..shared].copy_from_slice(&values.magnitude(i)[..shared]);
        number::subtract(&mut negated, key.modulus(), &positive);
        number::select(row, u64::from(values.is_negative(i)), &negated, &positive);
    }
    key.ring().base().enter(&rows, words)
}
