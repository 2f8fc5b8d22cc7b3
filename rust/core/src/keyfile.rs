//! Secrets at rest: a payload under a password.
//!
//! Argon2id (RFC 9106) stretches the password, XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) encrypts and
//! authenticates the payload, with everything before it as associated data: costs, salt and nonce cannot be
//! altered unnoticed. The default cost is RFC 9106's second recommended choice (64 MiB, 3 passes) with one
//! lane. Costs are read from the file and capped before they are used, so that a crafted file can take
//! neither the machine's memory nor more than some seconds. A wrong password and an altered file give the
//! same error.
//!
//! The hash can be neither divided nor stopped: it runs in the pool while the calling thread polls, and a
//! call that is cancelled returns when the hash is done.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::codec::{Reader, Tag, Writer};
use crate::error::{Error, Result};
use crate::parallel::{self, Call};
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
    /// The most that a file may ask for: 256 MiB, 16 passes, 4 lanes.
    pub const CAP: Cost = Cost { memory: 256 << 10, passes: 16, lanes: 4 };
    /// The most memory times passes, which is what a hash takes time for: 1 GiB once.
    pub const CAP_WORK: u32 = 1 << 20;

    /// Whether a file may ask for this.
    fn is_allowed(&self) -> bool {
        (1..=Self::CAP.lanes).contains(&self.lanes)
            && (1..=Self::CAP.passes).contains(&self.passes)
            && (8 * self.lanes..=Self::CAP.memory).contains(&self.memory)
            && self.memory * self.passes <= Self::CAP_WORK
    }
}

/// Seals a payload under a password at [`Cost::DEFAULT`].
///
/// # Errors
/// [`Error::InvalidParameter`] for an empty password, [`Error::Randomness`], or what ends the call.
pub fn seal(tag: Tag, payload: &[u8], password: &[u8], call: &mut Call<'_>) -> Result<Vec<u8>> {
    seal_at(Cost::DEFAULT, tag, payload, password, call)
}

fn seal_at(cost: Cost, tag: Tag, payload: &[u8], password: &[u8], call: &mut Call<'_>) -> Result<Vec<u8>> {
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
    let sealed = cipher(cost, password, &salt, call)?
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
/// [`Error::Decode`] if the bytes are no such file or ask for more than [`Cost::CAP`] or
/// [`Cost::CAP_WORK`]; [`Error::WrongPassword`] if the password is wrong or the file was altered; or what
/// ends the call.
pub fn open(
    tag: Tag,
    what: &'static str,
    file: &[u8],
    password: &[u8],
    call: &mut Call<'_>,
) -> Result<Zeroizing<Vec<u8>>> {
    let mut reader = Reader::new(file, tag, what)?;
    let cost = Cost { memory: reader.u32()?, passes: reader.u32()?, lanes: reader.u32()? };
    let salt: [u8; 16] = reader.raw(16)?.try_into().map_err(|_| reader.error("no salt"))?;
    let nonce: [u8; 24] = reader.raw(24)?.try_into().map_err(|_| reader.error("no nonce"))?;
    let header = &file[..file.len() - reader.remaining()];
    let sealed = reader.bytes()?;
    if !cost.is_allowed() {
        return Err(reader.error("password costs outside the allowed range"));
    }
    reader.finish()?;
    let payload = cipher(cost, password, &salt, call)?
        .decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: header })
        .map_err(|_| Error::WrongPassword)?;
    Ok(Zeroizing::new(payload))
}

fn cipher(cost: Cost, password: &[u8], salt: &[u8], call: &mut Call<'_>) -> Result<XChaCha20Poly1305> {
    let failed = |error: argon2::Error| Error::Internal(format!("Argon2id: {error}"));
    let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(32)).map_err(failed)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let key = parallel::run_one(call, || {
        let mut key = Zeroizing::new([0; 32]);
        argon2.hash_password_into(password, salt, key.as_mut_slice()).map_err(failed)?;
        Ok(key)
    })?;
    Ok(XChaCha20Poly1305::new(&(*key).into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parallel::Progress;

    const CHEAP: Cost = Cost { memory: 64, passes: 1, lanes: 1 };
    const TAG: Tag = Tag::PaillierPrivateKey;

    fn sealed(cost: Cost) -> Vec<u8> {
        seal_at(cost, TAG, b"payload", b"secret", &mut Call::silent()).expect("sealed")
    }

    fn opened(file: &[u8], password: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        open(TAG, "key", file, password, &mut Call::silent())
    }

    #[test]
    fn a_sealed_payload_opens_with_its_password_only() {
        let file = sealed(CHEAP);
        assert_eq!(*opened(&file, b"secret").expect("opens"), b"payload");
        assert_eq!(opened(&file, b"Secret"), Err(Error::WrongPassword));
        assert_ne!(file, sealed(CHEAP), "salted");
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let file = sealed(CHEAP);
        for at in 0..file.len() {
            // The bytes of the costs could ask for much, but no more than the cap.
            let mut altered = file.clone();
            altered[at] ^= if (6..18).contains(&at) { 2 } else { 0x80 };
            assert!(opened(&altered, b"secret").is_err(), "byte {at}");
            assert!(opened(&file[..at], b"secret").is_err(), "cut at {at}");
        }
    }

    #[test]
    fn excessive_costs_are_refused_before_they_are_paid() {
        let allowed = |memory, passes, lanes| Cost { memory, passes, lanes }.is_allowed();
        assert!(Cost::DEFAULT.is_allowed() && CHEAP.is_allowed());
        // The edges: 256 MiB four times over, 64 MiB sixteen times, and the least memory for four lanes.
        assert!(allowed(256 << 10, 4, 4) && allowed(64 << 10, 16, 1) && allowed(32, 1, 4));
        for (memory, passes, lanes) in [
            (u32::MAX, u32::MAX, 1),
            (256 << 10, 5, 1),
            ((256 << 10) + 1, 1, 1),
            ((64 << 10) + 1, 16, 1),
            (64, 17, 1),
            (64, 0, 1),
            (64, 1, 5),
            (64, 1, 0),
            (31, 1, 4),
            (64, 1, u32::MAX),
        ] {
            let mut writer = Writer::new(TAG);
            writer.u32(memory).u32(passes).u32(lanes).raw(&[0; 40]).bytes(&[0; 32]);
            let refused = opened(&writer.finish(), b"x");
            assert!(matches!(refused, Err(Error::Decode { .. })), "{memory} {passes} {lanes}");
        }
    }

    #[test]
    fn the_caller_polls_while_a_password_is_hashed() {
        let slow = Cost { memory: 128 << 10, passes: 4, lanes: 1 };
        let file = sealed(slow);
        for seals in [true, false] {
            let mut polls = 0;
            let mut hook = |_: Progress| {
                polls += 1;
                Err(Error::Cancelled)
            };
            let mut call = Call::new(&mut hook);
            let result = match seals {
                true => seal_at(slow, TAG, b"payload", b"secret", &mut call).map(drop),
                false => open(TAG, "key", &file, b"secret", &mut call).map(drop),
            };
            assert_eq!((result, polls), (Err(Error::Cancelled), 1));
        }
    }

    #[test]
    fn an_empty_password_is_refused() {
        let refused = seal(TAG, b"payload", b"", &mut Call::silent());
        assert!(matches!(refused, Err(Error::InvalidParameter { .. })));
    }
}
