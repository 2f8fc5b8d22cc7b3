//! Messages of key generation: the signed envelope, and the bodies.

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use curve25519_dalek::{RistrettoPoint, Scalar};
use zeroize::Zeroizing;

use super::identity::{Identity, point};
use crate::codec::{Reader, Tag, Writer};
use crate::elgamal::proofs::Possession;
use crate::error::{Error, Result};
use crate::group::{PrimeOrder, Ristretto255};
use crate::transcript::Transcript;

const WHAT: &str = "a message of key generation";

/// Bytes of an encrypted share.
pub(super) const SEALED_SHARE: usize = 48;

/// What a party says in a round, with its signature checked.
#[derive(Clone)]
pub(super) struct Message {
    pub(super) sender: u8,
    pub(super) body: Vec<u8>,
    /// The message as it was sent, for evidence.
    pub(super) bytes: Vec<u8>,
}

fn transcript(context: &[u8; 32], round: u8, sender: u8, body: &[u8]) -> Transcript {
    let mut transcript = Transcript::new("key generation message");
    transcript
        .append("context", context)
        .append("round", &[round])
        .append("sender", &[sender])
        .append("body", body);
    transcript
}

impl Message {
    pub(super) fn sign(
        identity: &Identity,
        context: &[u8; 32],
        round: u8,
        sender: u8,
        body: Vec<u8>,
    ) -> Result<Self> {
        let signature = identity.sign(transcript(context, round, sender, &body))?;
        let mut writer = Writer::new(Tag::KeyGenerationMessage);
        writer.raw(context).u8(round).u8(sender).bytes(&body).raw(&signature);
        Ok(Self { sender, body, bytes: writer.finish() })
    }

    /// A message of this run and round, signed by who it says it is by.
    ///
    /// # Errors
    /// [`Error::Decode`] for what is none; [`Error::InvalidParameter`] for another run's, another round's, or
    /// one that its sender has not signed. None of these is anybody's fault: anyone can have sent it.
    pub(super) fn open(
        bytes: &[u8],
        context: &[u8; 32],
        round: u8,
        identities: &[RistrettoPoint],
    ) -> Result<Self> {
        let refuse = |found: String, allowed: &str| {
            Err(Error::InvalidParameter { name: "messages", found, allowed: allowed.into() })
        };
        let mut reader = Reader::new(bytes, Tag::KeyGenerationMessage, WHAT)?;
        let (found, of, sender) = (reader.raw(32)?, reader.u8()?, reader.u8()?);
        let body = reader.bytes()?;
        let signature = reader.raw(64)?.first_chunk().copied();
        let signature = Possession(signature.ok_or_else(|| reader.error("no signature"))?);
        reader.finish()?;
        if found != context {
            return refuse("one of another session, of other parties or sizes".into(), "this session's");
        }
        if of != round {
            return refuse(format!("one of round {of}"), &format!("those of round {round}"));
        }
        let Some(public) = usize::from(sender).checked_sub(1).and_then(|at| identities.get(at)) else {
            return Err(Error::Decode { what: WHAT, reason: "a party that there is not" });
        };
        if !signature.holds_vartime(public, transcript(context, round, sender, body)) {
            return refuse(format!("one that party {sender} has not signed"), "signed ones");
        }
        Ok(Self { sender, body: body.to_vec(), bytes: bytes.to_vec() })
    }

    /// The hash that stands for the body.
    pub(super) fn digest(&self) -> [u8; 32] {
        digest(&self.body)
    }
}

pub(super) fn digest(body: &[u8]) -> [u8; 32] {
    let mut transcript = Transcript::new("key generation body");
    transcript.append("body", body);
    transcript.digest()
}

/// The body of round 2: what a party contributes to the key.
#[derive(Clone)]
pub(super) struct Contribution {
    pub(super) commitments: Vec<RistrettoPoint>,
    pub(super) one_time: RistrettoPoint,
}

pub(super) fn possession_transcript(context: &[u8; 32], sender: u8) -> Transcript {
    let mut transcript = Transcript::new("key generation possession");
    transcript.append("context", context).append("sender", &[sender]);
    transcript
}

impl Contribution {
    /// The body, with the proof that the sender knows the constant term `secret`.
    pub(super) fn to_body(&self, secret: &Scalar, context: &[u8; 32], sender: u8) -> Result<Vec<u8>> {
        let proof = Possession::prove(secret, &self.commitments[0], possession_transcript(context, sender))?;
        let mut body = Ristretto255.encode(&self.commitments);
        body.extend_from_slice(self.one_time.compress().as_bytes());
        body.extend_from_slice(&proof.0);
        Ok(body)
    }

    /// The contribution of a body; otherwise what is wrong with it.
    pub(super) fn from_body(
        body: &[u8],
        context: &[u8; 32],
        sender: u8,
        threshold: u8,
    ) -> std::result::Result<Self, &'static str> {
        let (elements, proof) = body.split_last_chunk::<64>().ok_or("its contribution has another length")?;
        if elements.len() != 32 * (usize::from(threshold) + 1) {
            return Err("its contribution has another length");
        }
        let mut points = Ristretto255.decode(elements).map_err(|_| "it committed to what is no element")?;
        let one_time = points.pop().ok_or("its contribution has another length")?;
        if point(&points[0].compress().to_bytes()).is_none()
            || point(&one_time.compress().to_bytes()).is_none()
        {
            return Err("it contributed the neutral element");
        }
        if !Possession(*proof).holds_vartime(&points[0], possession_transcript(context, sender)) {
            return Err("its proof of possession does not hold");
        }
        Ok(Self { commitments: points, one_time })
    }
}

/// Encrypts a share. The key serves once, so the nonce may be constant.
pub(super) fn seal_share(key: &[u8; 32], share: &Scalar) -> Result<Vec<u8>> {
    let plain = Zeroizing::new(share.to_bytes());
    XChaCha20Poly1305::new(&(*key).into())
        .encrypt(&XNonce::from([0; 24]), plain.as_slice())
        .map_err(|_| Error::Internal("a share cannot be encrypted".into()))
}

/// Decrypts a share; `None` if it is none.
pub(super) fn open_share(key: &[u8; 32], sealed: &[u8]) -> Option<Scalar> {
    let plain = XChaCha20Poly1305::new(&(*key).into()).decrypt(&XNonce::from([0; 24]), sealed).ok()?;
    Ristretto255.decode_scalar(&Zeroizing::new(plain))
}
