//! Keys, rings and tables to work with, made before anything is watched.

use std::sync::Arc;

use crypto_bigint::{BoxedUint, Odd};
use privml_core::elgamal::ballots::Election;
use privml_core::elgamal::threshold::{self, KeyShare};
use privml_core::elgamal::{additive, multiplicative};
use privml_core::group::finite_field::{FiniteField, Name};
use privml_core::group::{PrimeOrder, Ristretto255};
use privml_core::integers::Integers;
use privml_core::paillier::{Ciphertexts, Noise, PrivateKey};
use privml_core::parallel::Call;
use privml_core::random::Stream;
use privml_kernels::{Backend, Batch, FixedBase, PairModulus, Words};
use zeroize::Zeroizing;

use crate::ELEMENTS;

/// Choices of a ballot.
pub const CHOICES: usize = 4;

/// What all operations share.
pub struct Fixture {
    key: PrivateKey,
    additive: additive::PrivateKey,
    ring: PairModulus,
    table: FixedBase<PairModulus>,
    residues: Batch,
    ciphertexts: Ciphertexts,
    elgamal: multiplicative::PrivateKey,
    shared: Shared<Ristretto255>,
    shared_field: Shared<Arc<FiniteField>>,
    election: Election,
    words: usize,
}

/// A group, and ciphertexts that several parties decrypt.
pub struct Shared<G: PrimeOrder> {
    group: G,
    ciphertexts: threshold::Ciphertexts<G>,
}

impl<G: PrimeOrder> Shared<G> {
    fn new(group: G) -> Self {
        let stream = &mut Stream::from_os().expect("randomness");
        let exponents: Vec<_> = (0..4).map(|_| group.random_scalar(stream)).collect();
        let bytes = group.encode(&group.generator_powers(&exponents));
        let ciphertexts = threshold::Ciphertexts::from_bytes(&group, &bytes).expect("elements");
        Self { group, ciphertexts }
    }

    /// A share made of these 256 bits, of a key that two parties hold.
    pub fn share(&self, secret: &[u64]) -> KeyShare<G> {
        let group = &self.group;
        let mut bytes = [0; 32];
        bytes
            .iter_mut()
            .zip(secret.iter().flat_map(|word| word.to_le_bytes()))
            .for_each(|(to, from)| *to = from);
        bytes[1] |= 1; // not so small that the key would be neutral
        let share = group.challenge_scalar(&bytes);
        // The polynomial is share - 1 + z, whose value at the first party is the share.
        let one = group.small_scalar(1);
        let constant = group.add_scalars(&share, &group.negate_scalar(&one));
        let commitments = group.generator_powers(&[constant, one]);
        let public = threshold::PublicKey::new(group.clone(), 2, commitments).expect("a key");
        let share = KeyShare::new(public, 1, Zeroizing::new(share)).expect("it fits");
        share.conceal();
        share
    }

    /// Public ciphertexts.
    pub fn ciphertexts(&self) -> &threshold::Ciphertexts<G> {
        &self.ciphertexts
    }
}

impl Fixture {
    /// A fresh key of so many bits; the ring of its modulus, which stands for a secret one.
    pub fn new(bits: usize, backend: Backend) -> Self {
        let call = &mut Call::silent();
        let key = PrivateKey::generate(bits, true, call).expect("a key");
        // Often enough for both paths to build their tables.
        let zeros = Integers::from_i64(&[0; 4 * ELEMENTS]);
        key.encrypt(&zeros, Noise::Short, call).expect("noise");
        key.public_key().encrypt(&zeros, Noise::Short, call).expect("noise");
        let ones = Integers::from_i64(&[1; ELEMENTS]);
        let ciphertexts = key.encrypt(&ones, Noise::Uniform, call).expect("small plaintexts");
        let modulus = key.public_key().modulus().to_vec();
        let words = modulus.len();
        let ring = PairModulus::new(&modulus, backend).expect("an odd modulus");
        let rows = random_words(2 * words * ELEMENTS);
        let invert = |x: &[u64]| inverse(x, &modulus);
        let table = ring.fixed_base(&rows[..2 * words], 32 * words, 6, &invert).expect("a unit");
        let residues = ring.enter(&rows, 2 * words);
        let elgamal = multiplicative::PrivateKey::generate(Name::Ffdhe2048, false, call).expect("a key");
        let many = Integers::from_i64(&[1; 4 * ELEMENTS]);
        elgamal.public_key().encrypt(&many, call).expect("tables");
        let additive = additive::PrivateKey::generate().expect("a key");
        // The tables are made at the first use.
        additive.public_key().encrypt(&ones, call).expect("small plaintexts");
        let shared = Shared::new(Ristretto255);
        let shared_field = Shared::new(Arc::new(FiniteField::new(Name::Ffdhe2048).expect("a backend")));
        let public = shared.share(&random_words(4)).public_key().clone();
        let election = Election::new(public, b"election", CHOICES, 0, CHOICES).expect("limits");
        Self {
            key,
            additive,
            ring,
            table,
            residues,
            ciphertexts,
            elgamal,
            shared,
            shared_field,
            election,
            words,
        }
    }

    /// Declares all that an owner keeps secret so; the ring too, as if it were a prime's.
    pub fn conceal(&self) {
        self.key.conceal();
        self.additive.conceal();
        self.ring.conceal();
        self.table.conceal();
        self.elgamal.conceal();
    }

    /// A key of multiplicative ElGamal.
    pub fn elgamal(&self) -> &multiplicative::PrivateKey {
        &self.elgamal
    }

    /// What parties decrypt together on the curve.
    pub fn shared(&self) -> &Shared<Ristretto255> {
        &self.shared
    }

    /// What parties decrypt together in a finite field.
    pub fn shared_field(&self) -> &Shared<Arc<FiniteField>> {
        &self.shared_field
    }

    /// An election of [`CHOICES`] choices, any number of which a ballot marks.
    pub fn election(&self) -> &Election {
        &self.election
    }

    /// The key.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// A key of additive ElGamal.
    pub fn additive(&self) -> &additive::PrivateKey {
        &self.additive
    }

    /// The ring modulo a square.
    pub fn ring(&self) -> &PairModulus {
        &self.ring
    }

    /// Public ciphertexts.
    pub fn ciphertexts(&self) -> Ciphertexts {
        self.ciphertexts.clone()
    }

    /// Powers of one element of the ring.
    pub fn table(&self) -> &FixedBase<PairModulus> {
        &self.table
    }

    /// Elements of the ring.
    pub fn residues(&self) -> Batch {
        self.residues.clone()
    }

    /// Words of the modulus.
    pub fn words(&self) -> usize {
        self.words
    }

    /// Words of a secret, enough for every operation.
    pub fn secret_words(&self) -> usize {
        ELEMENTS * self.words
    }
}

/// Fresh random words.
pub fn random_words(count: usize) -> Vec<u64> {
    let mut words = vec![0; count];
    Stream::from_os().expect("randomness").fill_words(&mut words);
    words
}

fn inverse(x: &[u64], n: &[u64]) -> Option<Words> {
    let uint = |words: &[u64]| BoxedUint::from_words(words.iter().copied());
    let n = Odd::new(uint(n)).into_option()?;
    uint(x).invert_odd_mod(&n).into_option().map(|inverse| Words::new(inverse.as_words().to_vec()))
}
