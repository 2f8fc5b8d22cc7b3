//! Any bytes at any decoder: none may panic, and what one accepts must encode to the same bytes again.
//!
//! The first byte of an input chooses from [`DECODERS`]; its top bit says that the rest is a value's body,
//! which gets the right header here, so that the search need not find the header first. A new scheme adds
//! its decoders to that list.
//!
//! From the folder above: `cargo fuzz run -s none decode -- -max_total_time=60`.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use privml_core::codec::{MAX_AXES, Reader, Tag, VERSION, Writer};
use privml_core::elgamal::additive;
use privml_core::elgamal::ballots::Election;
use privml_core::elgamal::key_generation::{Identity, Party};
use privml_core::elgamal::multiplicative;
use privml_core::elgamal::threshold;
use privml_core::group::finite_field::{FiniteField, Name};
use privml_core::group::{PrimeOrder, Ristretto255};
use privml_core::keyfile;
use privml_core::paillier::{Ciphertexts, PrivateKey, PublicKey};
use privml_core::parallel::Call;

/// One decoder: what it is called with, and what its values start with after magic, version and tag.
struct Decoder {
    tag: Tag,
    prefix: fn() -> Vec<u8>,
    check: fn(&[u8]),
}

const DECODERS: &[Decoder] = &[
    Decoder { tag: Tag::PaillierArray, prefix: Vec::new, check: fields },
    Decoder { tag: Tag::PaillierPrivateKey, prefix: Vec::new, check: key_file },
    // Paillier
    Decoder { tag: Tag::PaillierPublicKey, prefix: Vec::new, check: paillier_public_key },
    Decoder { tag: Tag::PaillierPrivateKey, prefix: Vec::new, check: paillier_private_key },
    Decoder { tag: Tag::PaillierArray, prefix: fingerprint, check: paillier_array },
    Decoder { tag: Tag::PaillierPackedArray, prefix: fingerprint, check: paillier_packed_array },
    // Multiplicative ElGamal
    Decoder { tag: Tag::MultiplicativePublicKey, prefix: Vec::new, check: multiplicative_public_key },
    Decoder { tag: Tag::MultiplicativePrivateKey, prefix: Vec::new, check: multiplicative_private_key },
    Decoder {
        tag: Tag::MultiplicativeArray,
        prefix: multiplicative_fingerprint,
        check: multiplicative_array,
    },
    // Additive ElGamal
    Decoder { tag: Tag::AdditivePublicKey, prefix: Vec::new, check: additive_public_key },
    Decoder { tag: Tag::AdditivePrivateKey, prefix: Vec::new, check: additive_private_key },
    Decoder { tag: Tag::AdditiveArray, prefix: additive_fingerprint, check: additive_array },
    // Keys that several parties hold, and ballots
    Decoder { tag: Tag::ThresholdKeyShare, prefix: Vec::new, check: key_share },
    Decoder { tag: Tag::ThresholdPublic, prefix: Vec::new, check: shared_public_key },
    Decoder { tag: Tag::PartialDecryption, prefix: shared_fingerprint, check: partial_decryption },
    Decoder { tag: Tag::KeyGenerationMessage, prefix: Vec::new, check: key_generation_message },
    Decoder { tag: Tag::Proofs, prefix: Vec::new, check: ballot },
    Decoder { tag: Tag::PartyIdentity, prefix: Vec::new, check: party_identity },
];

fuzz_target!(|data: &[u8]| {
    let Some((&choice, body)) = data.split_first() else { return };
    let decoder = &DECODERS[usize::from(choice & 0x7f) % DECODERS.len()];
    if choice & 0x80 == 0 {
        return (decoder.check)(body);
    }
    let mut writer = Writer::new(decoder.tag);
    writer.raw(&(decoder.prefix)()).raw(body);
    (decoder.check)(&writer.finish());
});

/// The codec's own fields, chosen by the input byte by byte.
fn fields(data: &[u8]) {
    let Some((&count, data)) = data.split_first() else { return };
    let Some((kinds, data)) = data.split_at_checked(usize::from(count)) else { return };
    let Ok(mut reader) = Reader::new(data, Tag::PaillierArray, "fields") else { return };
    let mut writer = Writer::new(Tag::PaillierArray);
    for kind in kinds {
        let read = match kind % 8 {
            0 => reader.flag().map(|value| writer.flag(value)),
            1 => reader.u8().map(|value| writer.u8(value)),
            2 => reader.u32().map(|value| writer.u32(value)),
            3 => reader.u64().map(|value| writer.u64(value)),
            4 => reader.bytes().map(|value| writer.bytes(value)),
            5 => reader.number(usize::from(*kind)).map(|value| writer.number(&value)),
            6 => reader.words(usize::from(*kind)).map(|value| writer.words(&value)),
            _ => reader.shape().map(|(shape, elements)| {
                assert!(shape.len() <= MAX_AXES && shape.iter().product::<usize>() == elements);
                writer.shape(&shape)
            }),
        };
        if read.is_err() {
            return;
        }
    }
    if reader.finish().is_ok() {
        assert_eq!(writer.finish(), data);
    }
}

/// Whether a key file asks for next to nothing: what it asks for up to the cap would be waited for.
fn is_cheap(data: &[u8], tag: Tag) -> bool {
    let Ok(mut reader) = Reader::new(data, tag, "a key file") else { return true };
    match (reader.u32(), reader.u32(), reader.u32()) {
        (Ok(memory), Ok(passes), Ok(lanes)) => {
            let beyond = memory > keyfile::Cost::CAP.memory
                || passes > keyfile::Cost::CAP.passes
                || lanes > keyfile::Cost::CAP.lanes;
            beyond || (memory <= 64 && passes <= 2)
        }
        _ => true,
    }
}

fn key_file(data: &[u8]) {
    if is_cheap(data, Tag::PaillierPrivateKey) {
        // Nothing can be accepted: that would be a forgery.
        assert!(
            keyfile::open(Tag::PaillierPrivateKey, "a key file", data, b"password", &mut Call::silent())
                .is_err()
        );
    }
}

/// A small key, for arrays to belong to.
static KEY: LazyLock<PublicKey> = LazyLock::new(|| {
    let n = [0x82d7_3050_ce1e_040d, 0x91ba_8f99_6f26_b284, 0xc49c_81ba_762e_6d28];
    PublicKey::from_modulus(&n, true, &mut Call::silent()).expect("a modulus")
});

fn fingerprint() -> Vec<u8> {
    KEY.fingerprint().to_vec()
}

fn paillier_public_key(data: &[u8]) {
    if let Ok(key) = PublicKey::from_bytes(data, true, &mut Call::silent()) {
        assert_eq!(key.to_bytes(), data);
    }
}

fn paillier_private_key(data: &[u8]) {
    if is_cheap(data, Tag::PaillierPrivateKey) {
        assert!(PrivateKey::from_encrypted_bytes(data, b"password", &mut Call::silent()).is_err());
    }
}

fn paillier_array(data: &[u8]) {
    let mut call = Call::silent();
    if let Ok((array, header)) = Ciphertexts::from_bytes(data, &KEY, &mut call) {
        assert_eq!(array.to_bytes(&header, &mut call).expect("what was read can be written"), data);
    }
}

fn paillier_packed_array(data: &[u8]) {
    let mut call = Call::silent();
    if let Ok((array, header)) = Ciphertexts::from_packed_bytes(data, &KEY, &mut call) {
        assert_eq!(array.to_packed_bytes(&header, &mut call).expect("what was read can be written"), data);
    }
}

/// The key with the private exponent 100, for arrays to belong to.
static MULTIPLICATIVE: LazyLock<multiplicative::PublicKey> = LazyLock::new(|| {
    let mut element = vec![0; 32];
    element[1] = 1 << 36;
    multiplicative::PublicKey::new(Name::Ffdhe2048, &element, false).expect("an element")
});

fn multiplicative_fingerprint() -> Vec<u8> {
    MULTIPLICATIVE.fingerprint().to_vec()
}

fn multiplicative_public_key(data: &[u8]) {
    if let Ok(key) = multiplicative::PublicKey::from_bytes(data) {
        assert_eq!(key.to_bytes(), data);
    }
}

/// A key of additive ElGamal, for arrays to belong to: the generator.
static ADDITIVE_KEY: LazyLock<additive::PublicKey> =
    LazyLock::new(|| additive::PublicKey::new(privml_core::group::ristretto::generator()).expect("a key"));

fn additive_fingerprint() -> Vec<u8> {
    ADDITIVE_KEY.fingerprint().to_vec()
}

fn additive_public_key(data: &[u8]) {
    if let Ok(key) = additive::PublicKey::from_bytes(data) {
        assert_eq!(key.to_bytes(), data);
    }
}

fn multiplicative_private_key(data: &[u8]) {
    if is_cheap(data, Tag::MultiplicativePrivateKey) {
        let found = multiplicative::PrivateKey::from_encrypted_bytes(data, b"password", &mut Call::silent());
        assert!(found.is_err());
    }
}

fn multiplicative_array(data: &[u8]) {
    let mut call = Call::silent();
    let found = multiplicative::Ciphertexts::from_bytes(data, &MULTIPLICATIVE, &mut call);
    if let Ok((array, header)) = found {
        assert_eq!(array.to_bytes(&header, &mut call).expect("what was read can be written"), data);
    }
}

fn additive_private_key(data: &[u8]) {
    if is_cheap(data, Tag::AdditivePrivateKey) {
        let opened = additive::PrivateKey::from_encrypted_bytes(data, b"password", &mut Call::silent());
        assert!(opened.is_err());
    }
}

fn additive_array(data: &[u8]) {
    let mut call = Call::silent();
    if let Ok((array, header)) = additive::Ciphertexts::from_bytes(data, &ADDITIVE_KEY, &mut call) {
        assert_eq!(array.to_bytes(&header, &mut call).expect("what was read can be written"), data);
    }
}

/// A key that two parties hold, for partial decryptions and ballots to belong to.
static SHARED: LazyLock<threshold::PublicKey<Ristretto255>> = LazyLock::new(|| {
    let generator = Ristretto255.generator();
    threshold::PublicKey::new(Ristretto255, 2, Ristretto255.concat(&[generator.clone(), generator]))
        .expect("a key")
});

static FIELD: LazyLock<Arc<FiniteField>> =
    LazyLock::new(|| Arc::new(FiniteField::new(Name::Ffdhe2048).expect("a backend")));

fn shared_fingerprint() -> Vec<u8> {
    SHARED.fingerprint().to_vec()
}

fn key_share(data: &[u8]) {
    if is_cheap(data, Tag::ThresholdKeyShare) {
        assert!(threshold::Payload::open(data, b"password", &mut Call::silent()).is_err());
    }
}

fn shared_public_key(data: &[u8]) {
    match threshold::group_name(data) {
        Ok("ristretto255") => {
            if let Ok(key) = threshold::PublicKey::from_bytes(Ristretto255, data) {
                assert_eq!(key.to_bytes(), data);
            }
        }
        Ok("ffdhe2048") => {
            if let Ok(key) = threshold::PublicKey::from_bytes(FIELD.clone(), data) {
                assert_eq!(key.to_bytes(), data);
            }
        }
        _ => (),
    }
}

fn partial_decryption(data: &[u8]) {
    if let Ok(partial) = threshold::PartialDecryption::from_bytes(&SHARED, data) {
        assert_eq!(partial.to_bytes(&Ristretto255), data);
    }
}

static IDENTITIES: LazyLock<[Identity; 2]> =
    LazyLock::new(|| [(); 2].map(|()| Identity::generate().expect("randomness")));

fn key_generation_message(data: &[u8]) {
    let public = [*IDENTITIES[0].public(), *IDENTITIES[1].public()];
    let (mut party, _) = Party::start(&IDENTITIES[0], &public, 2, b"fuzz").expect("a run");
    // Nothing can be accepted: that would be a forged signature.
    assert!(party.receive(&[data]).is_err());
}

static ELECTION: LazyLock<Election> =
    LazyLock::new(|| Election::new(SHARED.clone(), b"fuzz", 2, 0, 1).expect("an election"));

fn ballot(data: &[u8]) {
    let checked = ELECTION.check_all(&[data], &mut Call::silent()).expect("the call ends well");
    // Ballots of this election come from `cast` alone.
    assert!(checked.iter().all(Result::is_err));
}

fn party_identity(data: &[u8]) {
    if is_cheap(data, Tag::PartyIdentity) {
        assert!(Identity::open(data, b"password", &mut Call::silent()).is_err());
    }
}

/// The version this file was written for: a new one needs its own decoders here.
const _: () = assert!(VERSION == 1);
