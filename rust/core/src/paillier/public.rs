//! The public key: a modulus, checked, with everything that is derived from it.

use std::sync::Arc;

use privml_kernels::{Backend, PairModulus};
use sha2::{Digest, Sha256};

use super::cost;
use super::noise::{NoiseBase, derive_base};
use super::number::{self, Inverter};
use super::prime;
use crate::codec;
use crate::error::{Error, Result};
use crate::parallel::{self, Call};

/// Bits of the smallest modulus that is accepted without being asked for (112-bit security).
pub const MINIMUM_BITS: usize = 2048;

/// Bits of the largest modulus.
pub const MAXIMUM_BITS: usize = 8192;

/// Bits of the smallest modulus for tests and teaching.
pub const MINIMUM_INSECURE_BITS: usize = 128;

const FINGERPRINT_DOMAIN: &[u8] = b"privml paillier public key v1";

/// A Paillier public key. Cheap to clone; equal if the moduli are.
#[derive(Clone)]
pub struct PublicKey {
    inner: Arc<Inner>,
}

struct Inner {
    n: Vec<u64>,
    square: Vec<u64>,
    half: Vec<u64>,
    h: Vec<u64>,
    fingerprint: [u8; 16],
    noise: NoiseBase,
}

impl PublicKey {
    /// The key of modulus `n` (little-endian words).
    ///
    /// # Errors
    /// [`Error::KeySize`] if it is too short (see [`check_size`]) or too long, [`Error::InvalidKey`] if
    /// it is even, a square, a prime or a power of one, or shows a factor (below 2^16, or as in
    /// `check_hides_factors`); or what ends the call. Whether it is the product of two primes cannot be
    /// told.
    pub fn from_modulus(n: &[u64], insecure_key_size: bool, call: &mut Call<'_>) -> Result<Self> {
        let n = number::trimmed(n);
        check_size(number::bit_length(n), insecure_key_size)?;
        if n[0] & 1 == 0 {
            return Err(Error::InvalidKey("the modulus is even"));
        }
        if prime::has_small_factor_vartime(n) {
            return Err(Error::InvalidKey("the modulus has a small factor"));
        }
        if number::boxed(n).checked_sqrt_vartime().is_some() {
            return Err(Error::InvalidKey("the modulus is a square"));
        }
        let key = Self::new(n)?;
        key.check_hides_factors(call)?;
        Ok(key)
    }

    /// Refuses a modulus with `gcd(2^n - 2, n) ≠ 1`. Of a prime or a power of one the prime divides
    /// `2^n - 2`: by Fermat, since `n` is then 1 modulo `p - 1`. Of other moduli a prime `p` does if the
    /// order of 2 modulo `p` divides `n - 1`; then the gcd gives a factor to whoever computes it. Of
    /// generated keys, with `gcd(p-1, q-1) = 2`, no prime above 3 does.
    pub(super) fn check_hides_factors(&self, call: &mut Call<'_>) -> Result<()> {
        let ns = cost::whole(cost::power_of_small(self.ring(), self.bits()));
        let check = |_| {
            let base = self.ring().base();
            let two = base.enter(&[2], 1);
            let rest = base.leave(&base.sub(&base.pow_vartime(&two, self.modulus()), &two));
            match number::coprime(&rest, self.modulus()) {
                true => Ok(()),
                false => {
                    Err(Error::InvalidKey("the modulus is a prime or a power of one, or shows a factor"))
                }
            }
        };
        call.quietly(|call| parallel::map_chunks(call, 1, 1, ns, check).map(drop))
    }

    /// The key of an odd modulus of accepted size, without leading zero words.
    pub(super) fn new(n: &[u64]) -> Result<Self> {
        let even = || Error::InvalidKey("the modulus is even");
        let inverter = Inverter::new(n).ok_or_else(even)?;
        let ring = PairModulus::new(n, backend()?).map_err(|_| even())?;
        let h = derive_base(n, &inverter);
        let mut half = n.to_vec();
        number::halve(&mut half);
        let mut square = number::product(n, n).to_vec();
        square.resize(2 * n.len(), 0);
        let bytes = number::le_bytes(n);
        let digest = Sha256::new().chain_update(FINGERPRINT_DOMAIN).chain_update(&bytes).finalize();
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&digest[..16]);
        let noise = NoiseBase::new(ring, inverter, &h, n, 2);
        Ok(Self { inner: Arc::new(Inner { n: n.to_vec(), square, half, h, fingerprint, noise }) })
    }

    /// The modulus: little-endian words without leading zeros.
    pub fn modulus(&self) -> &[u64] {
        &self.inner.n
    }

    /// Bits of the modulus.
    pub fn bits(&self) -> usize {
        number::bit_length(&self.inner.n)
    }

    /// The first 16 bytes of SHA-256 over a domain prefix and the modulus' little-endian bytes.
    pub fn fingerprint(&self) -> &[u8; 16] {
        &self.inner.fingerprint
    }

    /// The fingerprint in hexadecimal digits.
    pub fn fingerprint_hex(&self) -> String {
        codec::hexadecimal(self.fingerprint())
    }

    /// The largest plaintext, `(n - 1) / 2`; the smallest is its negative.
    pub fn largest_plaintext(&self) -> &[u64] {
        &self.inner.half
    }

    /// Memory that noise tables take at present, in bytes: 0 before they are built.
    pub fn table_bytes(&self) -> usize {
        self.inner.noise.table_bytes()
    }

    /// `n²`, of twice the modulus' words.
    pub(super) fn square(&self) -> &[u64] {
        &self.inner.square
    }

    /// The public base of short noise, `h = -H(n)² mod n`.
    pub fn noise_base(&self) -> &[u64] {
        &self.inner.h
    }

    pub(super) fn noise(&self) -> &NoiseBase {
        &self.inner.noise
    }

    pub(super) fn ring(&self) -> &PairModulus {
        self.inner.noise.ring()
    }

    /// Words of a plaintext's row; ciphertexts have twice as many.
    pub(super) fn words(&self) -> usize {
        self.inner.n.len()
    }

    /// Refuses another key.
    pub(super) fn check_same(&self, other: &PublicKey) -> Result<()> {
        if self == other {
            return Ok(());
        }
        Err(Error::KeyMismatch { expected: self.fingerprint_hex(), found: other.fingerprint_hex() })
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner) || self.inner.n == other.inner.n
    }
}

impl Eq for PublicKey {}

impl std::hash::Hash for PublicKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.inner.fingerprint.hash(state);
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({} bits, {})", self.bits(), self.fingerprint_hex())
    }
}

/// Refuses a modulus of a size that is not allowed: [`MINIMUM_BITS`] to [`MAXIMUM_BITS`], or from
/// [`MINIMUM_INSECURE_BITS`] on if that is asked for.
pub fn check_size(bits: usize, insecure_key_size: bool) -> Result<()> {
    let minimum = if insecure_key_size { MINIMUM_INSECURE_BITS } else { MINIMUM_BITS };
    if (minimum..=MAXIMUM_BITS).contains(&bits) {
        return Ok(());
    }
    let hint = if bits < minimum && !insecure_key_size {
        "; insecure_key_size=True allows less, for tests"
    } else {
        ""
    };
    Err(Error::KeySize { found: bits, minimum, maximum: MAXIMUM_BITS, hint })
}

/// The kernels every key of this process uses.
pub(super) fn backend() -> Result<Backend> {
    Backend::active().map_err(|error| Error::InvalidParameter {
        name: "PRIVML_BACKEND",
        found: format!("{:?}", error.found),
        allowed: error.allowed.join(", "),
    })
}
