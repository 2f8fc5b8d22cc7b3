//! The private key: two primes and what follows from them.
//!
//! Everything here is wiped on drop. There is no `Debug`, `Clone` or `PartialEq`.

use privml_kernels::{Batch, Modulus, PairModulus, memcheck};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::noise::NoiseBase;
use super::number::{self, Inverter, Words};
use super::prime::{self, Classes, WORST_CASE_ROUNDS};
use super::public::{self, PublicKey};
use crate::error::{Error, Result};
use crate::parallel::{self, Call, Cancel};
use crate::random::Stream;
use crate::secret::Secret;

/// Generated keys have a multiple of this many bits.
pub const BITS_STEP: usize = 64;

/// Bits of the smaller prime below which a key counts as one of insecure size.
const MINIMUM_PRIME_BITS: usize = 960;

/// A Paillier private key.
pub struct PrivateKey {
    public: PublicKey,
    p: Half,
    q: Half,
    square: SquareCrt,
}

/// One prime `p` with what decryption and encryption modulo `p²` need.
pub(super) struct Half {
    pub(super) noise: NoiseBase,
    /// `p - 1`.
    pub(super) minus_one: Secret<Words>,
    /// The inverse of the other prime modulo this one.
    pub(super) other_inverse: Batch,
    /// The ring on the backend that raises a single residue fastest, if that is another.
    lone: Option<PairModulus>,
}

impl Half {
    fn new(prime: &[u64], other: &[u64], public: &PublicKey) -> Result<Self> {
        let invalid = || Error::InvalidKey("the primes are not distinct odd primes");
        let ring = PairModulus::new(prime, public::backend()?).map_err(|_| invalid())?;
        let inverter = Inverter::new(prime).ok_or_else(invalid)?;
        let inverse = inverter.invert(&inverter.reduce(other)).ok_or_else(invalid)?;
        let other_inverse = ring.base().enter(&inverse, inverse.len());
        let mut minus_one = number::padded(prime, prime.len());
        number::subtract_word(&mut minus_one, 1);
        let (backend, alone) = (ring.base().backend(), ring.base().backend().for_one());
        let lone = (alone != backend).then(|| PairModulus::new(prime, alone).map_err(|_| invalid()));
        let noise = NoiseBase::new(ring, inverter, public.noise_base(), public.modulus(), 4);
        Ok(Self { noise, minus_one: Secret::new(minus_one), other_inverse, lone: lone.transpose()? })
    }

    pub(super) fn ring(&self) -> &PairModulus {
        self.noise.ring()
    }

    /// The ring to raise so many residues in.
    pub(super) fn ring_for(&self, len: usize) -> &PairModulus {
        self.lone.as_ref().filter(|_| len == 1).unwrap_or(self.ring())
    }

    pub(super) fn prime(&self) -> &[u64] {
        self.ring().base().words()
    }

    fn conceal(&self) {
        self.noise.conceal();
        self.other_inverse.conceal();
        self.lone.iter().for_each(PairModulus::conceal);
        memcheck::conceal(self.minus_one.expose());
    }
}

/// From residues modulo `p²` and `q²` to one modulo `n²`.
struct SquareCrt {
    p_square: Secret<Words>,
    q_square: Modulus,
    p_square_inverse: Batch,
}

impl SquareCrt {
    fn new(p: &[u64], q: &[u64]) -> Result<Self> {
        let invalid = || Error::InvalidKey("the primes are not distinct odd primes");
        let p_square = number::product(p, p);
        let p_square = number::padded(number::trimmed(&p_square), 1);
        let q_square = number::product(q, q);
        let q_square = number::trimmed(&q_square);
        let inverter = Inverter::new(q_square).ok_or_else(invalid)?;
        let inverse = inverter.invert(&inverter.reduce(&p_square)).ok_or_else(invalid)?;
        let q_square = Modulus::new(q_square, public::backend()?).map_err(|_| invalid())?;
        let p_square_inverse = q_square.enter(&inverse, inverse.len());
        Ok(Self { p_square: Secret::new(p_square), q_square, p_square_inverse })
    }

    /// `x = x_p + p² ((x_q - x_p) / p² mod q²)`, in constant time: rows of `out_words` words.
    fn combine(&self, x_p: &[u64], p_words: usize, x_q: &[u64], q_words: usize, out_words: usize) -> Words {
        let (ring, p_square) = (&self.q_square, self.p_square.expose());
        let difference = ring.sub(&ring.enter(x_q, q_words), &ring.enter(x_p, p_words));
        let inverses = self.p_square_inverse.take(&vec![0; difference.len()]);
        let quotient = ring.leave(&ring.mul(&difference, &inverses));
        let mut rows = Zeroizing::new(vec![0; difference.len() * out_words]);
        let mut wide = Zeroizing::new(vec![0; p_square.len() + ring.word_count()]);
        let parts = quotient.chunks_exact(ring.word_count()).zip(x_p.chunks_exact(p_words));
        for (row, (quotient, x_p)) in rows.chunks_exact_mut(out_words).zip(parts) {
            number::multiply_add(&mut wide, p_square, quotient, &x_p[..p_square.len()]);
            let len = out_words.min(wide.len());
            row[..len].copy_from_slice(&wide[..len]);
        }
        rows
    }
}

impl PrivateKey {
    /// Memory that the owner's and the public key's noise tables take at present, in bytes.
    pub fn table_bytes(&self) -> usize {
        self.p.noise.table_bytes() + self.q.noise.table_bytes() + self.public.table_bytes()
    }

    /// A new key whose modulus has exactly `bits` bits: `p ≡ q ≡ 3 (mod 4)`, `gcd(p-1, q-1) = 2`,
    /// `gcd(n, φ(n)) = 1`, and the primes differ within their 100 top bits (FIPS 186-5, A.1.3). Both are
    /// sought at once.
    ///
    /// # Errors
    /// [`Error::KeySize`], [`Error::Randomness`], or what ends the call.
    pub fn generate(bits: usize, insecure_key_size: bool, call: &mut Call<'_>) -> Result<Self> {
        public::check_size(bits, insecure_key_size)?;
        if !bits.is_multiple_of(BITS_STEP) {
            return Err(Error::InvalidParameter {
                name: "bits",
                found: bits.to_string(),
                allowed: format!("a multiple of {BITS_STEP}"),
            });
        }
        let backend = public::backend()?;
        let mut stream = Stream::from_os()?;
        for attempt in 0u64.. {
            let classes = Classes::draw(&mut stream);
            let search = |class: u64, index: u64, cancel: &Cancel| {
                let mut stream = stream.substream(2 * attempt + index);
                prime::find(bits / 2, class, backend, &mut stream, &|| !cancel.is_set())
                    .ok_or(Error::Cancelled)
            };
            let (p, q) = parallel::join2(
                call,
                |cancel| search(classes.0, 0, cancel),
                |cancel| search(classes.1, 1, cancel),
            )?;
            if suits(&p, &q, bits) {
                return Self::new(&p, &q);
            }
        }
        Err(Error::Internal("no suitable primes".into()))
    }

    /// The key of two primes.
    ///
    /// # Errors
    /// [`Error::KeySize`] if the modulus, or a prime for it, is too short or long; [`Error::InvalidKey`]
    /// if the numbers are not two distinct odd primes with `gcd(n, φ(n)) = 1`, or their product is easily
    /// factored: they are close together, or it is one that [`PublicKey::from_modulus`] refuses; or what
    /// ends the call.
    pub fn from_primes(p: &[u64], q: &[u64], insecure_key_size: bool, call: &mut Call<'_>) -> Result<Self> {
        let key = Self::checked(p, q, insecure_key_size, WORST_CASE_ROUNDS, call)?;
        key.public.check_hides_factors(call)?;
        Ok(key)
    }

    /// The key of two primes that this library has stored.
    pub(super) fn from_stored_primes(p: &[u64], q: &[u64], call: &mut Call<'_>) -> Result<Self> {
        Self::checked(p, q, true, 0, call)
    }

    fn checked(
        p: &[u64],
        q: &[u64],
        insecure_key_size: bool,
        rounds: usize,
        call: &mut Call<'_>,
    ) -> Result<Self> {
        let (p, q) = (number::trimmed(p), number::trimmed(q));
        let (p_bits, q_bits) = (number::bit_length(p), number::bit_length(q));
        let too_long = public::MAXIMUM_BITS;
        if p_bits > too_long || q_bits > too_long {
            public::check_size(p_bits + q_bits, insecure_key_size)?;
        }
        let n = number::product(p, q);
        public::check_size(number::bit_length(&n), insecure_key_size)?;
        if !insecure_key_size && p_bits.min(q_bits) < MINIMUM_PRIME_BITS {
            return Err(Error::InvalidKey("a prime is much shorter than the other"));
        }
        let backend = public::backend()?;
        let stream = Stream::from_os()?;
        let test = |prime: &[u64], complaint: &'static str, mut stream: Stream, cancel: &Cancel| {
            match prime::is_prime(prime, rounds, backend, &mut stream, &|| !cancel.is_set()) {
                None => Err(Error::Cancelled),
                Some(true) if prime != [2] => Ok(()),
                Some(_) => Err(Error::InvalidKey(complaint)),
            }
        };
        parallel::join2(
            call,
            |cancel| test(p, "p is not an odd prime", stream.substream(0), cancel),
            |cancel| test(q, "q is not an odd prime", stream.substream(1), cancel),
        )?;
        if bool::from(p.ct_eq(q)) {
            return Err(Error::InvalidKey("p and q are equal"));
        }
        if !orders_suit(p, q) {
            return Err(Error::InvalidKey("gcd(n, (p-1)(q-1)) is not 1"));
        }
        // Of toy keys a factor is found anyway.
        let is_toy = insecure_key_size && number::bit_length(&n) < 1024;
        if !is_toy && too_close(p, q) {
            return Err(Error::InvalidKey("p and q are too close together"));
        }
        Self::new(p, q)
    }

    /// From primes that have been checked, in either order.
    fn new(p: &[u64], q: &[u64]) -> Result<Self> {
        let len = p.len().max(q.len());
        let p_is_smaller = number::is_below(&number::padded(p, len), &number::padded(q, len)) == 1;
        let (p, q) = if p_is_smaller { (q, p) } else { (p, q) };
        let n = number::product(p, q);
        let public = PublicKey::new(number::trimmed(&n))?;
        Ok(Self {
            p: Half::new(p, q, &public)?,
            q: Half::new(q, p, &public)?,
            square: SquareCrt::new(p, q)?,
            public,
        })
    }

    /// The public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The primes, the larger first, as little-endian words without leading zeros: handle with care.
    pub fn primes(&self) -> (&[u64], &[u64]) {
        (self.p.prime(), self.q.prime())
    }

    /// Declares the primes, and what has been made of them so far, secret for the check of constant time.
    pub fn conceal(&self) {
        self.p.conceal();
        self.q.conceal();
        self.square.q_square.conceal();
        self.square.p_square_inverse.conceal();
        memcheck::conceal(self.square.p_square.expose());
    }

    pub(super) fn halves(&self) -> (&Half, &Half) {
        (&self.p, &self.q)
    }

    /// Joins canonical rows modulo `p²` and `q²` (twice the primes' words each) to rows modulo `n²`.
    pub(super) fn combine_squares(&self, x_p: &[u64], x_q: &[u64]) -> Words {
        let (p_words, q_words) = (2 * self.p.prime().len(), 2 * self.q.prime().len());
        self.square.combine(x_p, p_words, x_q, q_words, 2 * self.public.words())
    }
}

/// Whether two primes of a generated key fit together.
fn suits(p: &[u64], q: &[u64], bits: usize) -> bool {
    let minus_one = |prime: &[u64]| {
        let mut words = number::padded(prime, prime.len());
        number::subtract_word(&mut words, 1);
        number::halve(&mut words);
        words
    };
    let n = number::product(p, q);
    p.len() == q.len()
        && number::bit_length(&n) == bits
        && [p, q].iter().all(|prime| prime[0] & 3 == 3)
        && !too_close(p, q)
        && number::coprime(&minus_one(p), &minus_one(q))
        && orders_suit(p, q)
}

/// Whether `|p - q|` is not above 2^(len - 100), or for tiny primes 2^(len/2).
fn too_close(p: &[u64], q: &[u64]) -> bool {
    let len = p.len().max(q.len());
    let distance = number::distance(&number::padded(p, len), &number::padded(q, len));
    let bits = number::bit_length(p).max(number::bit_length(q));
    number::bit_length(&distance) <= bits - 100.min(bits / 2)
}

/// Whether `gcd(pq, (p-1)(q-1)) = 1`: what makes decryption unique.
fn orders_suit(p: &[u64], q: &[u64]) -> bool {
    let (mut p_order, mut q_order) = (number::padded(p, p.len()), number::padded(q, q.len()));
    number::subtract_word(&mut p_order, 1);
    number::subtract_word(&mut q_order, 1);
    number::coprime(&number::product(p, q), &number::product(&p_order, &q_order))
}
