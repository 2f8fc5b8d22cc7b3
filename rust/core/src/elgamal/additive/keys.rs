//! Keys: a scalar, and the point that is its multiple of the generator.

use std::sync::{Arc, OnceLock};

use privml_kernels::memcheck;
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use crate::codec::{self, Reader, Tag, Writer};
use crate::error::{Error, Result};
use crate::group::ristretto::{self, FixedBase, Point, Scalar};
use crate::keyfile;
use crate::parallel::Call;
use crate::random::Stream;
use crate::secret::Secret;

const FINGERPRINT_DOMAIN: &[u8] = b"privml additive ElGamal ristretto255 key v1";

const PUBLIC: &str = "an additive ElGamal public key";
const PRIVATE: &str = "an additive ElGamal private key";

/// The point `H = x G`. Cheap to clone; compares and hashes by the point.
#[derive(Clone)]
pub struct PublicKey(Arc<Inner>);

struct Inner {
    point: Point,
    encoding: [u8; ristretto::ENCODED],
    fingerprint: [u8; 16],
    table: OnceLock<Box<FixedBase>>,
}

impl PublicKey {
    /// The key of a point.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] for the neutral element, under which nothing would be hidden.
    pub fn new(point: Point) -> Result<Self> {
        let encoding = ristretto::encode(&point);
        if encoding == [0; ristretto::ENCODED] {
            return Err(Error::InvalidKey("the public point is the neutral element"));
        }
        let digest = Sha256::new().chain_update(FINGERPRINT_DOMAIN).chain_update(encoding).finalize();
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&digest[..16]);
        Ok(Self(Arc::new(Inner { point, encoding, fingerprint, table: OnceLock::new() })))
    }

    /// The key of a point's encoding.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] for anything but the canonical encoding of a point other than the neutral element.
    pub fn from_encoding(encoding: &[u8]) -> Result<Self> {
        let none = Error::InvalidKey("the public point is no encoding of an element of ristretto255");
        let encoding = encoding.try_into().map_err(|_| none.clone())?;
        Self::new(ristretto::decode(encoding).ok_or(none)?)
    }

    /// The point.
    pub fn point(&self) -> &Point {
        &self.0.point
    }

    /// The point's encoding.
    pub fn encoding(&self) -> &[u8; ristretto::ENCODED] {
        &self.0.encoding
    }

    /// The first 16 bytes of SHA-256 over a domain prefix and the point's encoding.
    pub fn fingerprint(&self) -> &[u8; 16] {
        &self.0.fingerprint
    }

    /// The fingerprint in hexadecimal digits.
    pub fn fingerprint_hex(&self) -> String {
        codec::hexadecimal(self.fingerprint())
    }

    /// Refuses another key.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`].
    pub fn check_same(&self, other: &Self) -> Result<()> {
        if self == other {
            return Ok(());
        }
        Err(Error::KeyMismatch { expected: self.fingerprint_hex(), found: other.fingerprint_hex() })
    }

    /// Multiples of the point by secret scalars. The table (30 KB) is made at the first call, outside the
    /// lock, which a fork could leave taken.
    pub(super) fn table(&self) -> &FixedBase {
        self.0.table.get().unwrap_or_else(|| {
            let made = Box::new(FixedBase::create(&self.0.point));
            self.0.table.get_or_init(|| made)
        })
    }

    /// The key as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(Tag::AdditivePublicKey);
        writer.raw(&self.0.encoding);
        writer.finish()
    }

    /// The key of these bytes.
    ///
    /// # Errors
    /// [`Error::Decode`], also for a point that is not canonically encoded, or [`Error::InvalidKey`].
    pub fn from_bytes(data: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(data, Tag::AdditivePublicKey, PUBLIC)?;
        let mut encoding = [0; ristretto::ENCODED];
        encoding.copy_from_slice(reader.raw(ristretto::ENCODED)?);
        let point = ristretto::decode(&encoding).ok_or_else(|| reader.error("no encoding of a point"))?;
        reader.finish()?;
        Self::new(point)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.encoding == other.0.encoding
    }
}

impl Eq for PublicKey {}

impl std::hash::Hash for PublicKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.encoding.hash(state);
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({}, {})", ristretto::NAME, self.fingerprint_hex())
    }
}

/// The scalar `x`, with its public key.
pub struct PrivateKey {
    scalar: Secret<Scalar>,
    public: PublicKey,
}

impl PrivateKey {
    /// A fresh key.
    ///
    /// # Errors
    /// [`Error::Randomness`].
    pub fn generate() -> Result<Self> {
        // Zero has probability 2^-252, and would be refused.
        Self::from_scalar(ristretto::random_scalar(&mut Stream::from_os()?))
    }

    fn from_scalar(scalar: Secret<Scalar>) -> Result<Self> {
        let point = ristretto::generator_table() * scalar.expose();
        memcheck::reveal(std::slice::from_ref(&point)); // the public key
        Ok(Self { public: PublicKey::new(point)?, scalar })
    }

    /// Its public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    pub(super) fn scalar(&self) -> &Scalar {
        self.scalar.expose()
    }

    /// Declares the scalar secret, for the check of constant time.
    pub fn conceal(&self) {
        memcheck::conceal(std::slice::from_ref(self.scalar()));
    }

    /// The key as the bytes of a file, encrypted with a password.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for an empty password, [`Error::Randomness`], or what ends the call.
    pub fn to_encrypted_bytes(&self, password: &[u8], call: &mut Call<'_>) -> Result<Vec<u8>> {
        keyfile::seal(Tag::AdditivePrivateKey, self.scalar().as_bytes(), password, call)
    }

    /// The key from what [`Self::to_encrypted_bytes`] made.
    ///
    /// # Errors
    /// [`Error::Decode`], [`Error::WrongPassword`], [`Error::InvalidKey`], or what ends the call.
    pub fn from_encrypted_bytes(data: &[u8], password: &[u8], call: &mut Call<'_>) -> Result<Self> {
        let payload = keyfile::open(Tag::AdditivePrivateKey, PRIVATE, data, password, call)?;
        let malformed = || Error::Decode { what: PRIVATE, reason: "no scalar below the group's order" };
        let mut bytes = <[u8; 32]>::try_from(payload.as_slice()).map_err(|_| malformed())?;
        let scalar = Option::<Scalar>::from(Scalar::from_canonical_bytes(bytes)).ok_or_else(malformed);
        bytes.zeroize();
        Self::from_scalar(Secret::new(scalar?))
    }
}
