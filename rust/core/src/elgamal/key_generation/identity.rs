//! What a party is known by to the others: a key pair that signs its messages.

use curve25519_dalek::{RistrettoPoint, Scalar, ristretto::CompressedRistretto};
use zeroize::{Zeroize, Zeroizing};

use crate::codec::Tag;
use crate::elgamal::proofs::{Possession, is_identity};
use crate::error::{Error, Result};
use crate::group::{PrimeOrder, Ristretto255};
use crate::keyfile;
use crate::parallel::Call;
use crate::random::Stream;
use crate::transcript::Transcript;

/// A signing key. Wiped on drop.
#[derive(Clone)]
pub struct Identity {
    secret: Scalar,
    public: [u8; 32],
}

impl Drop for Identity {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl Identity {
    /// A fresh one.
    ///
    /// # Errors
    /// [`Error::Randomness`].
    pub fn generate() -> Result<Self> {
        let secret = Ristretto255.random_scalar(&mut Stream::from_os()?);
        Ok(Self { secret, public: RistrettoPoint::mul_base(&secret).compress().to_bytes() })
    }

    /// What others know it by.
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// The key sealed under a password.
    ///
    /// # Errors
    /// Those of [`keyfile::seal`].
    pub fn seal(&self, password: &[u8], call: &mut Call<'_>) -> Result<Vec<u8>> {
        keyfile::seal(Tag::PartyIdentity, Zeroizing::new(self.secret.to_bytes()).as_slice(), password, call)
    }

    /// The key of a sealed file.
    ///
    /// # Errors
    /// Those of [`keyfile::open`]; [`Error::Decode`] if it holds none.
    pub fn open(file: &[u8], password: &[u8], call: &mut Call<'_>) -> Result<Self> {
        const WHAT: &str = "an identity";
        let payload = keyfile::open(Tag::PartyIdentity, WHAT, file, password, call)?;
        let secret = Ristretto255
            .decode_scalar(&payload)
            .filter(|secret| *secret != Scalar::ZERO)
            .ok_or(Error::Decode { what: WHAT, reason: "a scalar out of range" })?;
        Ok(Self { secret, public: RistrettoPoint::mul_base(&secret).compress().to_bytes() })
    }

    pub(super) fn sign(&self, transcript: Transcript) -> Result<[u8; 64]> {
        let public = RistrettoPoint::mul_base(&self.secret);
        Possession::prove(&self.secret, &public, transcript).map(|proof| proof.0)
    }
}

/// The point of a public identity or a one-time key: canonical, and not neutral.
pub(super) fn point(bytes: &[u8; 32]) -> Option<RistrettoPoint> {
    CompressedRistretto(*bytes).decompress().filter(|point| !is_identity(point))
}

pub(super) fn check_public(bytes: &[u8; 32]) -> Result<RistrettoPoint> {
    point(bytes).ok_or(Error::InvalidKey("an identity that is no element, or the neutral one"))
}

/// A share on its way from `sender` to `receiver`: XChaCha20-Poly1305 under a hash of the Diffie-Hellman value of
/// their one-time keys, which serves this one message.
pub(super) fn channel_key(
    secret: &Scalar,
    other: &RistrettoPoint,
    context: &[u8; 32],
    sender: u8,
    receiver: u8,
) -> Zeroizing<[u8; 32]> {
    let shared = Zeroizing::new((other * secret).compress().to_bytes());
    let mut transcript = Transcript::new("key generation share");
    transcript
        .append("context", context)
        .append("sender", &[sender])
        .append("receiver", &[receiver])
        .append("shared", shared.as_slice());
    let mut key = Zeroizing::new([0; 32]);
    transcript.challenge("key", key.as_mut_slice());
    key
}
