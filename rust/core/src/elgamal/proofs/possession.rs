//! Knowledge of a discrete logarithm on ristretto255, which is also a signature.
//!
//! Schnorr, *Efficient signature generation by smart cards*, J. Cryptology 4 (1991). As a proof of possession
//! in key generation: Komlo and Goldberg, *FROST* (SAC 2020), figure 1. As a signature: over whatever has been
//! appended to the transcript. The nonce is hashed from the secret, fresh randomness and the transcript, so
//! that neither a repeated random value nor a fault of the generator alone gives the secret away.

use curve25519_dalek::{RistrettoPoint, Scalar};
use zeroize::{Zeroize, Zeroizing};

use crate::error::Result;
use crate::group::{PrimeOrder, Ristretto255};
use crate::random::Stream;
use crate::transcript::Transcript;

/// Commitment and response, encoded.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Possession(pub(crate) [u8; 64]);

fn challenge(transcript: &mut Transcript, public: &RistrettoPoint, commitment: &[u8]) -> Scalar {
    transcript.append("public", public.compress().as_bytes()).append("commitment", commitment);
    let mut hash = [0; 64];
    transcript.challenge("challenge", &mut hash);
    Scalar::from_bytes_mod_order_wide(&hash)
}

impl Possession {
    /// A proof that the prover knows `secret`, the logarithm of `public`.
    ///
    /// # Errors
    /// [`Error::Randomness`](crate::error::Error::Randomness).
    pub(crate) fn prove(
        secret: &Scalar,
        public: &RistrettoPoint,
        mut transcript: Transcript,
    ) -> Result<Self> {
        let mut fresh = Zeroizing::new([0; 64]);
        Stream::from_os()?.fill(fresh.as_mut_slice());
        let mut hedged = transcript.clone();
        hedged
            .append("secret", Zeroizing::new(secret.to_bytes()).as_slice())
            .append("fresh", fresh.as_slice());
        hedged.challenge("nonce", fresh.as_mut_slice());
        let mut nonce = Scalar::from_bytes_mod_order_wide(&fresh);
        let commitment = RistrettoPoint::mul_base(&nonce).compress();
        let challenge = challenge(&mut transcript, public, commitment.as_bytes());
        let response = nonce + challenge * secret;
        nonce.zeroize();
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(commitment.as_bytes());
        bytes[32..].copy_from_slice(response.as_bytes());
        Ok(Self(bytes))
    }

    /// Whether the proof holds.
    pub(crate) fn holds_vartime(&self, public: &RistrettoPoint, mut transcript: Transcript) -> bool {
        let (commitment, response) = self.0.split_at(32);
        let Some(response) = Ristretto255.decode_scalar(response) else { return false };
        let challenge = challenge(&mut transcript, public, commitment);
        // Encodings are unique: comparing bytes compares elements.
        let expected = RistrettoPoint::vartime_double_scalar_mul_basepoint(&-challenge, public, &response);
        expected.compress().as_bytes() == commitment
    }
}
