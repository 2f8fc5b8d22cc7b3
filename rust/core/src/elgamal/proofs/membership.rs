//! That an additive ciphertext `(A, B) = (r G, v G + r H)` holds one of the values `low..=high`.
//!
//! Cramer, Damgård, Schoenmakers, *Proofs of partial knowledge* (CRYPTO '94): one Chaum-Pedersen branch for
//! each value `s`, that `(A, B - s G)` is an encryption of zero, with challenges that add up to the hash of
//! the statement and all commitments. The prover knows `r` and can answer the branch of `v` only; the other
//! branches' challenges are drawn at random.
//!
//! With `r` known, a branch's commitments are `u G` and `u H + (s - v) e G` for random `u` and challenge `e`, and
//! its response is `u + e r`, whichever branch it is: for the true one the second term vanishes, so its
//! challenge may be chosen last. Proving takes the same steps for every `v`.

use curve25519_dalek::ristretto::RistrettoBasepointTable;
use curve25519_dalek::traits::{Identity, VartimeMultiscalarMul};
use curve25519_dalek::{RistrettoPoint, Scalar};
use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroize;

use crate::error::Result;
use crate::group::{PrimeOrder, Ristretto255};
use crate::random::Stream;
use crate::transcript::Transcript;

/// Values that a ciphertext may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub(crate) low: u64,
    pub(crate) high: u64,
}

impl Allowed {
    pub(crate) fn branches(self) -> usize {
        (self.high - self.low + 1) as usize
    }
}

/// For each value a challenge and a response.
#[derive(Clone)]
pub(crate) struct Membership(Vec<(Scalar, Scalar)>);

/// Bytes of a branch.
pub(crate) const BRANCH_BYTES: usize = 64;

fn append(
    transcript: &mut Transcript,
    allowed: Allowed,
    key: &RistrettoPoint,
    ciphertext: &[RistrettoPoint; 2],
) {
    transcript
        .append("low", &allowed.low.to_le_bytes())
        .append("high", &allowed.high.to_le_bytes())
        .append("key", key.compress().as_bytes())
        .append("nonce", ciphertext[0].compress().as_bytes())
        .append("masked", ciphertext[1].compress().as_bytes());
}

fn challenge(transcript: &mut Transcript, commitments: &[[RistrettoPoint; 2]]) -> Scalar {
    for [first, second] in commitments {
        transcript
            .append("commitment", first.compress().as_bytes())
            .append("commitment", second.compress().as_bytes());
    }
    let mut hash = [0; 64];
    transcript.challenge("challenge", &mut hash);
    Scalar::from_bytes_mod_order_wide(&hash)
}

impl Membership {
    /// A proof, given the value and the nonce `r`. What is false gets a proof that does not hold.
    ///
    /// # Errors
    /// [`Error::Randomness`](crate::error::Error::Randomness).
    pub(crate) fn prove(
        allowed: Allowed,
        key: &RistrettoBasepointTable,
        ciphertext: &[RistrettoPoint; 2],
        value: u64,
        nonce: &Scalar,
        mut transcript: Transcript,
    ) -> Result<Self> {
        append(&mut transcript, allowed, &key.basepoint(), ciphertext);
        let stream = &mut Stream::from_os()?;
        let mut blinds = Vec::with_capacity(allowed.branches());
        let mut challenges = Vec::with_capacity(allowed.branches());
        let mut commitments = Vec::with_capacity(allowed.branches());
        for branch in allowed.low..=allowed.high {
            let (blind, challenge) = (Ristretto255.random_scalar(stream), Ristretto255.random_scalar(stream));
            let shift = (Scalar::from(branch) - Scalar::from(value)) * challenge;
            let second = &blind * key + RistrettoPoint::mul_base(&shift);
            commitments.push([RistrettoPoint::mul_base(&blind), second]);
            blinds.push(blind);
            challenges.push(challenge);
        }
        let total = challenge(&mut transcript, &commitments);
        let sum: Scalar = challenges.iter().sum();
        let mut branches = Vec::with_capacity(allowed.branches());
        for (branch, (blind, challenge)) in (allowed.low..=allowed.high).zip(blinds.iter().zip(&challenges)) {
            let last = total - (sum - challenge);
            let challenge = Scalar::conditional_select(challenge, &last, branch.ct_eq(&value));
            branches.push((challenge, blind + challenge * nonce));
        }
        blinds.zeroize();
        challenges.zeroize();
        Ok(Self(branches))
    }

    /// Whether the proof holds.
    pub(crate) fn holds_vartime(
        &self,
        allowed: Allowed,
        key: &RistrettoPoint,
        ciphertext: &[RistrettoPoint; 2],
        mut transcript: Transcript,
    ) -> bool {
        if self.0.len() != allowed.branches() {
            return false;
        }
        append(&mut transcript, allowed, key, ciphertext);
        let commitments: Vec<_> = (allowed.low..=allowed.high)
            .zip(&self.0)
            .map(|(branch, (challenge, response))| {
                let minus = -challenge;
                let first =
                    RistrettoPoint::vartime_double_scalar_mul_basepoint(&minus, &ciphertext[0], response);
                let shifted = challenge * Scalar::from(branch);
                let second = RistrettoPoint::vartime_multiscalar_mul(
                    [response, &minus, &shifted],
                    [key, &ciphertext[1], &curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT],
                );
                [first, second]
            })
            .collect();
        challenge(&mut transcript, &commitments)
            == self.0.iter().map(|(challenge, _)| challenge).sum::<Scalar>()
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.0
            .iter()
            .flat_map(|(challenge, response)| [challenge.to_bytes(), response.to_bytes()].concat())
            .collect()
    }

    /// A proof of so many branches; `None` unless every scalar is canonical.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (halves, []) = bytes.as_chunks::<32>() else { return None };
        let scalars: Vec<_> =
            halves.iter().map(|half| Ristretto255.decode_scalar(half)).collect::<Option<_>>()?;
        let (pairs, []) = scalars.as_chunks::<2>() else { return None };
        Some(Self(pairs.iter().map(|&[challenge, response]| (challenge, response)).collect()))
    }
}

/// The neutral element, which hides nothing as a nonce.
pub(crate) fn is_identity(point: &RistrettoPoint) -> bool {
    *point == RistrettoPoint::identity()
}
