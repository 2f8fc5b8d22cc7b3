//! Secrets at rest: a payload under a password.
//!
//! Argon2id (RFC 9106) stretches the password, XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) encrypts and
//! authenticates the payload, with everything before it as associated data: costs, salt and nonce cannot be
//! altered unnoticed. The default cost is RFC 9106's second recommended choice (64 MiB, 3 passes) with one
//! lane. Costs are read from the file and capped before they are used, so that a crafted file cannot take
//! the machine's memory. A wrong password and an altered file give the same error.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::codec::{Reader, Tag, Writer};
use crate::error::{Error, Result};
use crate::random::Stream;

/// What a password guess costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// 64 MiB, 3 passes, 1 lane.
    pub const DEFAULT: Cost = Cost { memory: 64 << 10, passes: 3, lanes: 1 };
    /// The most that a file may ask for: 1 GiB, 16 passes, 4 lanes.
    pub const CAP: Cost = Cost { memory: 1 << 20, passes: 16, lanes: 4 };
}

/// Seals a payload under a password at [`Cost::DEFAULT`].
///
/// # Errors
/// [`Error::InvalidParameter`] for an empty password, [`Error::Randomness`].
pub fn seal(tag: Tag, payload: &[u8], password: &[u8]) -> Result<Vec<u8>> {
    seal_at(Cost::DEFAULT, tag, payload, password)
}

fn seal_at(cost: Cost, tag: Tag, payload: &[u8], password: &[u8]) -> Result<Vec<u8>> {
    if password.is_empty() {
        return Err(Error::InvalidParameter {
            name: "password",
            found: "an empty one".into(),
            allowed: "at least one byte".into(),
        });
    }
    let (mut salt, mut nonce) = ([0; 16], [0; 24]);
    let mut stream = Stream::from_os()?;
    stream.fill(&mut salt);
    stream.fill(&mut nonce);
    let mut writer = Writer::new(tag);
    writer.u32(cost.memory).u32(cost.passes).u32(cost.lanes).raw(&salt).raw(&nonce);
    let header = writer.finish();
    let sealed = cipher(cost, password, &salt)?
        .encrypt(&XNonce::from(nonce), Payload { msg: payload, aad: &header })
        .map_err(|_| Error::Internal("the payload is too long to encrypt".into()))?;
    let mut file = header;
    file.extend((sealed.len() as u64).to_le_bytes());
    file.extend(sealed);
    Ok(file)
}

/// Opens a sealed payload.
///
/// # Errors
/// [`Error::Decode`] if the bytes are no such file or ask for more than [`Cost::CAP`];
/// [`Error::WrongPassword`] if the password is wrong or the file was altered.
pub fn open(tag: Tag, what: &'static str, file: &[u8], password: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let mut reader = Reader::new(file, tag, what)?;
    let cost = Cost { memory: reader.u32()?, passes: reader.u32()?, lanes: reader.u32()? };
    let salt: [u8; 16] = reader.raw(16)?.try_into().map_err(|_| reader.error("no salt"))?;
    let nonce: [u8; 24] = reader.raw(24)?.try_into().map_err(|_| reader.error("no nonce"))?;
    let header = &file[..file.len() - reader.remaining()];
    let sealed = reader.bytes()?;
    let allowed = |value: u32, least: u32, most: u32| (least..=most).contains(&value);
    if !allowed(cost.lanes, 1, Cost::CAP.lanes)
        || !allowed(cost.passes, 1, Cost::CAP.passes)
        || !allowed(cost.memory, 8 * cost.lanes, Cost::CAP.memory)
    {
        return Err(reader.error("password costs outside the allowed range"));
    }
    reader.finish()?;
    let payload = cipher(cost, password, &salt)?
        .decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: header })
        .map_err(|_| Error::WrongPassword)?;
    Ok(Zeroizing::new(payload))
}

fn cipher(cost: Cost, password: &[u8], salt: &[u8]) -> Result<XChaCha20Poly1305> {
    let failed = |error: argon2::Error| Error::Internal(format!("Argon2id: {error}"));
    let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(32)).map_err(failed)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password, salt, key.as_mut_slice())
        .map_err(failed)?;
    Ok(XChaCha20Poly1305::new(&(*key).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost { memory: 64, passes: 1, lanes: 1 };
    const TAG: Tag = Tag::PaillierPrivateKey;

    #[test]
    fn a_sealed_payload_opens_with_its_password_only() {
        let file = seal_at(CHEAP, TAG, b"payload", b"secret").expect("sealed");
        assert_eq!(*open(TAG, "key", &file, b"secret").expect("opens"), b"payload");
        assert_eq!(open(TAG, "key", &file, b"Secret"), Err(Error::WrongPassword));
        assert_ne!(file, seal_at(CHEAP, TAG, b"payload", b"secret").expect("sealed"), "salted");
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let file = seal_at(CHEAP, TAG, b"payload", b"secret").expect("sealed");
        for at in 0..file.len() {
            // The bytes of the costs could ask for much, but no more than the cap.
            let mut altered = file.clone();
            altered[at] ^= if (6..18).contains(&at) { 2 } else { 0x80 };
            assert!(open(TAG, "key", &altered, b"secret").is_err(), "byte {at}");
            assert!(open(TAG, "key", &file[..at], b"secret").is_err(), "cut at {at}");
        }
    }

    #[test]
    fn excessive_costs_are_refused_before_they_are_paid() {
        let mut writer = Writer::new(TAG);
        writer.u32(u32::MAX).u32(u32::MAX).u32(1).raw(&[0; 40]).bytes(&[0; 32]);
        assert!(matches!(open(TAG, "key", &writer.finish(), b"x"), Err(Error::Decode { .. })));
    }

    #[test]
    fn an_empty_password_is_refused() {
        assert!(matches!(seal(TAG, b"payload", b""), Err(Error::InvalidParameter { .. })));
    }
}
