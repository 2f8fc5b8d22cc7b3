//! Finding and testing the secret primes.
//!
//! Candidates are `start + k * 60060`: a random start in a residue class, then an incremental search
//! (Brandt and Damgård, *On generation of probable primes by incremental search*, CRYPTO '92), with a
//! fresh start after [`STEPS`] candidates. The class modulo `60060 = 4·3·5·7·11·13` is drawn first: it
//! is 3 modulo 4, has no factor up to 13, and the classes of the two primes of a key are drawn together
//! so that 3, 5, 7, 11 and 13 never divide both `p - 1` and `q - 1`. The primes come out as if both had
//! been drawn without regard to that and been thrown away when it fails (which is what happens for the
//! larger common factors).
//!
//! A survivor of trial division by the primes below 2^16 is tested by Miller-Rabin to the base 2 and
//! then to as many random bases as FIPS 186-5 (appendix B.3 and C) asks for an error below 2^-128. A prime that
//! somebody else made gets 64 random bases, which bounds the error by 2^-128 whatever its maker
//! intended.
//!
//! **Time.** Residues modulo small primes are followed without a branch or an address that depends on
//! them, powers are constant time and all buffers are wiped. How many candidates were rejected, and at
//! which test, is visible. It tells about the numbers just below the prime that is kept, and by the sieve
//! a little about that one: that `p - k * 60060` has a small factor, for the few `k` of one search. Of a
//! prime from elsewhere it is visible how often 2 divides `p - 1` (in a search: once).

use std::sync::OnceLock;

use crypto_bigint::{Limb, NonZero, Reciprocal};
use crypto_primes::hazmat::minimum_mr_iterations;
use privml_kernels::{Backend, Batch, Modulus};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::number::{self, Words};

/// Candidates of one random start.
const STEPS: usize = 1 << 13;

/// Rounds that hold for any composite, chosen by an adversary or not: an error below 4^-64.
pub(super) const WORST_CASE_ROUNDS: usize = 64;

/// Trial division goes to here.
const SIEVE_LIMIT: u32 = 1 << 16;

/// The odd primes whose classes are fixed before the search.
const WHEEL: [u64; 5] = [3, 5, 7, 11, 13];

/// Distance between candidates.
const STEP: u64 = 4 * 3 * 5 * 7 * 11 * 13;

/// The number modulo [`STEP`] that is 1 modulo `r` and 0 modulo its other factors.
const fn idempotent(r: u64) -> u64 {
    let others = STEP / r;
    let mut value = others;
    while value % r != 1 {
        value += others;
    }
    value % STEP
}

const IDEMPOTENTS: [u64; 5] = {
    let mut table = [0; 5];
    let mut i = 0;
    while i < 5 {
        table[i] = idempotent(WHEEL[i]);
        i += 1;
    }
    table
};

/// A pair of classes modulo [`STEP`] in which two primes of a key are sought.
pub(super) struct Classes(pub(super) u64, pub(super) u64);

impl Classes {
    /// Uniform over the pairs that are 3 modulo 4, units, and not both 1 modulo any prime of the wheel.
    /// (A factor up to 13 is drawn by multiplication: the bias is below 2^-60.)
    pub(super) fn draw(rng: &mut impl CryptoRng) -> Self {
        let mut classes = Classes(3 * idempotent(4), 3 * idempotent(4));
        for (&r, &e) in WHEEL.iter().zip(&IDEMPOTENTS) {
            let mut unit = || 1 + ((u128::from(rng.next_u64()) * u128::from(r - 1)) >> 64) as u64;
            let (mut a, mut b) = (unit(), unit());
            while (a ^ 1) | (b ^ 1) == 0 {
                (a, b) = (unit(), unit());
            }
            classes.0 += a * e;
            classes.1 += b * e;
        }
        Classes(classes.0 % STEP, classes.1 % STEP)
    }
}

struct SmallPrime {
    prime: u32,
    step: u32,
    reciprocal: Reciprocal,
}

/// The primes from 17 to [`SIEVE_LIMIT`].
fn small_primes() -> &'static [SmallPrime] {
    static PRIMES: OnceLock<Vec<SmallPrime>> = OnceLock::new();
    PRIMES.get_or_init(|| {
        let limit = SIEVE_LIMIT as usize;
        let mut composite = vec![false; limit];
        let mut primes = Vec::new();
        for i in 2..limit {
            if composite[i] {
                continue;
            }
            (i * i..limit).step_by(i).for_each(|j| composite[j] = true);
            let reciprocal = NonZero::new(Limb::from(i as u32)).into_option().map(Reciprocal::new);
            if let Some(reciprocal) = reciprocal
                && i > 13
            {
                primes.push(SmallPrime { prime: i as u32, step: (STEP % i as u64) as u32, reciprocal });
            }
        }
        primes
    })
}

/// Whether a public number has a factor below [`SIEVE_LIMIT`] (other than itself).
pub(super) fn has_small_factor_vartime(n: &[u64]) -> bool {
    let value = number::boxed(n);
    let divides =
        |r: u64| NonZero::new(Limb::from(r)).into_option().is_some_and(|r| value.rem_limb(r).0 == 0);
    let is = |r: u64| number::trimmed(n) == [r];
    [2].iter().chain(&WHEEL).any(|&r| divides(r) && !is(r))
        || small_primes().iter().any(|small| {
            value.rem_limb_with_reciprocal(&small.reciprocal).0 == 0 && !is(u64::from(small.prime))
        })
}

/// A random prime of exactly `bits` bits with its two top bits set, in `class` modulo [`STEP`].
///
/// `proceed` is asked before each test; the search ends with `None` once it says no.
pub(super) fn find(
    bits: usize,
    class: u64,
    backend: Backend,
    rng: &mut impl CryptoRng,
    proceed: &dyn Fn() -> bool,
) -> Option<Words> {
    let rounds = minimum_mr_iterations(bits as u32, 128).unwrap_or(WORST_CASE_ROUNDS);
    loop {
        let mut candidate = random_start(bits, class, rng);
        let small = small_primes();
        let mut residues = residues_of(&candidate, small);
        for _ in 0..STEPS {
            let divisible = advance(&mut residues, small);
            if divisible == 0
                && number::bit_length(&candidate) == bits
                && is_probable_prime(&candidate, rounds, backend, rng, proceed)?
            {
                return Some(candidate);
            }
            number::add_word(&mut candidate, STEP);
        }
    }
}

/// A number of `bits` bits in `class`, the two top bits set.
fn random_start(bits: usize, class: u64, rng: &mut impl CryptoRng) -> Words {
    let mut words = Zeroizing::new(vec![0u64; bits.div_ceil(64)]);
    words.iter_mut().for_each(|word| *word = rng.next_u64());
    let top = words.len() - 1;
    words[top] &= u64::MAX >> (64 * words.len() - bits);
    for bit in [bits - 1, bits - 2] {
        words[bit / 64] |= 1 << (bit % 64);
    }
    let divisor = NonZero::new(Limb::from(STEP)).into_option();
    let residue = divisor.map_or(0, |divisor| number::boxed(&words).rem_limb(divisor).0);
    number::subtract_word(&mut words, residue);
    number::add_word(&mut words, class);
    words
}

fn residues_of(candidate: &[u64], small: &[SmallPrime]) -> Zeroizing<Vec<u32>> {
    let value = number::boxed(candidate);
    let mut residues = Vec::with_capacity(small.len());
    residues.extend(small.iter().map(|small| value.rem_limb_with_reciprocal(&small.reciprocal).0 as u32));
    Zeroizing::new(residues)
}

/// 1 if a small prime divides the candidate, else 0; the residues become those of the next one.
fn advance(residues: &mut [u32], small: &[SmallPrime]) -> u32 {
    let mut any = 0;
    for (residue, small) in residues.iter_mut().zip(small) {
        // Everything is below 2^17, so a difference below zero shows in the top bit.
        any |= residue.wrapping_sub(1) >> 31;
        let next = *residue + small.step;
        let wrapped = next.wrapping_sub(small.prime);
        *residue = wrapped.wrapping_add(small.prime & (wrapped >> 31).wrapping_neg());
    }
    any
}

/// Whether a number is prime, by trial division and Miller-Rabin to the base 2 and `rounds` random ones:
/// with [`WORST_CASE_ROUNDS`] wrong with a probability below 2^-128, whoever chose the number. Trial
/// division ends at the first factor, which a prime has not. `None` once `proceed` says no.
pub(super) fn is_prime(
    candidate: &[u64],
    rounds: usize,
    backend: Backend,
    rng: &mut impl CryptoRng,
    proceed: &dyn Fn() -> bool,
) -> Option<bool> {
    let candidate = number::trimmed(candidate);
    match candidate {
        [0 | 1] => return Some(false),
        [2 | 3] => return Some(true),
        _ => {}
    }
    if candidate[0] & 1 == 0 || has_small_factor_vartime(candidate) {
        return Some(false);
    }
    is_probable_prime(candidate, rounds, backend, rng, proceed)
}

/// Miller-Rabin to the base 2 and to `rounds` random bases (FIPS 186-5, B.3.1), for an odd number above 3.
fn is_probable_prime(
    candidate: &[u64],
    rounds: usize,
    backend: Backend,
    rng: &mut impl CryptoRng,
    proceed: &dyn Fn() -> bool,
) -> Option<bool> {
    let Ok(modulus) = Modulus::new(candidate, backend) else { return Some(false) };
    if !proceed() {
        return None;
    }
    if !passes(&modulus, &modulus.enter(&[2], 1)) {
        return Some(false);
    }
    let width = modulus.word_count();
    let mut left = rounds;
    while left > 0 {
        if !proceed() {
            return None;
        }
        let count = left.min(backend.lanes());
        let mut bases = Zeroizing::new(vec![0u64; count * width]);
        bases.chunks_exact_mut(width).for_each(|base| draw_base(base, modulus.words(), rng));
        if !passes(&modulus, &modulus.enter(&bases, width)) {
            return Some(false);
        }
        left -= count;
    }
    Some(true)
}

/// Uniform in 2..=m-2, by rejection.
fn draw_base(base: &mut [u64], m: &[u64], rng: &mut impl CryptoRng) {
    let mask = u64::MAX >> (m[m.len() - 1].leading_zeros());
    let mut above = Zeroizing::new(vec![0u64; base.len()]);
    loop {
        base.iter_mut().for_each(|word| *word = rng.next_u64());
        base[m.len() - 1] &= mask;
        above.copy_from_slice(base);
        number::add_word(&mut above, 1);
        if number::is_below(&above, m) & (number::is_zero(base) ^ 1) & (number::is_one(base) ^ 1) == 1 {
            return;
        }
    }
}

/// Whether the modulus is a strong probable prime to every base.
fn passes(modulus: &Modulus, bases: &Batch) -> bool {
    let width = modulus.word_count();
    let mut minus_one = number::padded(modulus.words(), width);
    number::subtract_word(&mut minus_one, 1);
    let twos = 64 * minus_one.iter().take_while(|&&word| word == 0).count();
    let twos = twos + minus_one[twos / 64].trailing_zeros() as usize;
    let mut odd = number::padded(&minus_one, width);
    (0..twos).for_each(|_| number::halve(&mut odd));
    let mut power = modulus.pow(bases, &odd);
    let mut passed = Vec::new();
    for square in 0..twos {
        if square > 0 {
            power = modulus.square(&power);
        }
        let rows = modulus.leave(&power);
        passed.resize(bases.len(), false);
        for (passed, row) in passed.iter_mut().zip(rows.chunks_exact(width)) {
            let hit = number::is_equal(row, &minus_one) | (number::is_one(row) & u64::from(square == 0));
            *passed |= hit == 1;
        }
    }
    passed.iter().all(|&passed| passed)
}

#[cfg(test)]
mod tests {
    use crypto_bigint::BoxedUint;
    use crypto_primes::Flavor;

    use super::*;
    use crate::random::Stream;

    fn rng() -> Stream {
        Stream::seeded([7; 32])
    }

    #[test]
    fn classes_are_units_that_share_no_small_factor() {
        let mut rng = rng();
        for _ in 0..200 {
            let Classes(a, b) = Classes::draw(&mut rng);
            assert_eq!((a % 4, b % 4), (3, 3));
            for r in WHEEL {
                assert!(a % r != 0 && b % r != 0);
                assert!(a % r != 1 || b % r != 1);
            }
        }
    }

    #[test]
    fn found_primes_have_their_size_class_and_primality() {
        let mut rng = rng();
        for bits in [64, 128, 250, 512] {
            let Classes(class, _) = Classes::draw(&mut rng);
            let prime = find(bits, class, Backend::Portable, &mut rng, &|| true).expect("not cancelled");
            let value = BoxedUint::from_words(prime.iter().copied());
            assert!(crypto_primes::is_prime(Flavor::Any, &value));
            assert_eq!(number::bit_length(&prime), bits);
            assert!(value.bit_vartime(bits as u32 - 2));
            let divisor = NonZero::new(Limb::from(STEP)).expect("not zero");
            assert_eq!(value.rem_limb(divisor).0, class);
        }
    }

    #[test]
    fn a_cancelled_search_ends() {
        assert!(find(512, 59, Backend::Portable, &mut rng(), &|| false).is_none());
    }

    #[test]
    fn the_test_agrees_with_another_implementation() {
        let mut rng = rng();
        for candidate in (1u64..2000).chain((1 << 40)..(1 << 40) + 300) {
            let expected = crypto_primes::is_prime(Flavor::Any, &BoxedUint::from(candidate));
            let found = is_prime(&[candidate], 20, Backend::Portable, &mut rng, &|| true);
            assert_eq!(found, Some(expected), "{candidate}");
        }
    }

    #[test]
    fn pseudoprimes_to_the_base_2_are_composite() {
        let mut rng = rng();
        // Strong pseudoprimes to the base 2 (OEIS A001262) and a Carmichael number without small factors.
        for composite in [3_215_031_751u64, 4_759_123_141, 1_122_004_669_633, 3_057_601 * 2_293_201] {
            let found = is_prime(&[composite], 5, Backend::Portable, &mut rng, &|| true);
            assert_eq!(found, Some(false), "{composite}");
        }
    }
}
