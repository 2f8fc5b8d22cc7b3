//! What is checked for constant time: [`OPERATIONS`]. A new operation is one entry there.
//!
//! `memcheck` runs each with its secrets declared undefined, `timing` measures each on secrets of two
//! classes. Both also run [`LEAKS`], which are not constant time and must be found out.

#![forbid(unsafe_code)]

mod fixture;

use std::hint::black_box;

use privml_core::elgamal::multiplicative;
use privml_core::elgamal::threshold::KeyShare;
use privml_core::group::PrimeOrder;
use privml_core::integers::Integers;
use privml_core::paillier::Noise;
use privml_core::parallel::Call;
use privml_kernels::memcheck::{conceal, reveal};

pub use fixture::{CHOICES, Fixture, Shared, random_words};

/// Something done with a secret.
pub type Work<'a> = Box<dyn FnOnce() + 'a>;

/// An operation under check.
pub struct Operation {
    /// Its name in the tables.
    pub name: &'static str,
    /// What is secret. In timing, the first of these is fixed or drawn at random.
    pub secret: &'static str,
    /// From words of the secret, the work to watch. What is done before is not watched.
    pub prepare: for<'a> fn(&'a Fixture, &[u64]) -> Work<'a>,
}

/// Elements in each batch: two whole groups of every backend, and a part of one.
pub const ELEMENTS: usize = 17;

/// What must be constant time.
pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "power, one exponent",
        secret: "exponent, base, modulus",
        prepare: |f, secret| {
            let (exponent, base) = (secret[..f.words()].to_vec(), f.residues());
            conceal(&exponent);
            base.conceal();
            Box::new(move || drop(black_box(f.ring().pow(&base, &exponent))))
        },
    },
    Operation {
        name: "power by tables",
        secret: "exponents, tables, modulus",
        prepare: |f, secret| {
            let exponents = secret[..ELEMENTS * f.words() / 2].to_vec();
            conceal(&exponents);
            Box::new(move || drop(black_box(f.table().pow(f.ring(), &exponents, f.words() / 2))))
        },
    },
    Operation {
        name: "into and out of internal form",
        secret: "residues, modulus",
        prepare: |f, secret| {
            let rows = secret[..ELEMENTS * f.words()].to_vec();
            conceal(&rows);
            Box::new(move || drop(black_box(f.ring().leave(&f.ring().enter(&rows, f.words())))))
        },
    },
    Operation { name: "encrypt", secret: "plaintexts, noise", prepare: |f, s| encrypt(f, s, Noise::Short) },
    Operation {
        name: "encrypt, uniform noise",
        secret: "plaintexts, noise",
        prepare: |f, s| encrypt(f, s, Noise::Uniform),
    },
    Operation {
        name: "encrypt, owner",
        secret: "plaintexts, noise, primes",
        prepare: |f, s| encrypt_as_owner(f, s, Noise::Short),
    },
    Operation {
        name: "encrypt, owner, uniform noise",
        secret: "plaintexts, noise, primes",
        prepare: |f, s| encrypt_as_owner(f, s, Noise::Uniform),
    },
    Operation {
        name: "decrypt",
        secret: "plaintexts, primes",
        prepare: |f, secret| {
            let values = integers(secret, f.words() / 2);
            let batch = f.key().public_key().encrypt(&values, Noise::Short, &mut Call::silent());
            let batch = batch.expect("values within bounds");
            Box::new(move || drop(black_box(f.key().decrypt(&batch, &mut Call::silent()).expect("units"))))
        },
    },
    Operation {
        name: "multiply by secret integers",
        secret: "integers, noise",
        prepare: |f, secret| {
            let (values, batch) = (integers(secret, 1), f.ciphertexts());
            Box::new(move || {
                drop(black_box(
                    batch.multiply_secret(&values, 64, &mut Call::silent()).expect("within bounds"),
                ));
            })
        },
    },
    Operation {
        name: "secret matrix times ciphertexts",
        secret: "integers, noise",
        prepare: |f, secret| {
            let (values, batch) = (integers(secret, 1), f.ciphertexts().take(&[0]).expect("there is one"));
            Box::new(move || {
                let product = batch.matmul_secret(&values, ELEMENTS, 64, &mut Call::silent());
                drop(black_box(product.expect("within bounds")));
            })
        },
    },
    Operation {
        name: "multiplicative ElGamal: make a key",
        secret: "exponent",
        prepare: |f, _| {
            let name = f.elgamal().public_key().group().name();
            Box::new(move || {
                let key = multiplicative::PrivateKey::generate(name, false, &mut Call::silent());
                drop(black_box(key.expect("a key")));
            })
        },
    },
    Operation {
        name: "multiplicative ElGamal: encrypt",
        secret: "plaintexts, exponents",
        prepare: |f, secret| {
            let values = positive(secret);
            Box::new(move || {
                let batch = f.elgamal().public_key().encrypt(&values, &mut Call::silent());
                drop(black_box(batch.expect("within bounds")));
            })
        },
    },
    Operation {
        name: "encrypt, additive ElGamal",
        secret: "plaintexts, scalars",
        prepare: |f, secret| {
            let (values, key) = (small_integers(secret), f.additive().public_key());
            Box::new(move || {
                drop(black_box(key.encrypt(&values, &mut Call::silent()).expect("values within bounds")));
            })
        },
    },
    Operation {
        name: "multiplicative ElGamal: decrypt",
        secret: "plaintexts, exponent",
        prepare: |f, secret| {
            let batch = f.elgamal().public_key().encrypt(&positive(secret), &mut Call::silent());
            let batch = batch.expect("within bounds");
            Box::new(move || {
                drop(black_box(f.elgamal().decrypt(&batch, &mut Call::silent()).expect("units")));
            })
        },
    },
    Operation {
        name: "decrypt to points, additive ElGamal",
        secret: "plaintexts, key",
        prepare: |f, secret| {
            let batch = f.additive().public_key().encrypt(&small_integers(secret), &mut Call::silent());
            let batch = batch.expect("values within bounds");
            Box::new(move || {
                let points = f.additive().decrypt_to_points(&batch, &mut Call::silent());
                drop(black_box(points.expect("of this key")));
            })
        },
    },
    Operation {
        name: "decrypt partially, curve",
        secret: "share",
        prepare: |f, secret| decrypt_partially(f.shared(), secret),
    },
    Operation {
        name: "decrypt partially, finite field",
        secret: "share",
        prepare: |f, secret| decrypt_partially(f.shared_field(), secret),
    },
    Operation {
        name: "cast a ballot",
        secret: "marks, scalars",
        prepare: |f, secret| {
            let marks: Vec<u8> = secret[..CHOICES].iter().map(|word| (word & 1) as u8).collect();
            conceal(&marks);
            Box::new(move || drop(black_box(f.election().cast(b"voter", &marks).expect("within limits"))))
        },
    },
    Operation {
        name: "pack",
        secret: "values",
        prepare: |_, secret| {
            let values = integers(secret, 1);
            Box::new(move || drop(black_box(values.pack(70, 7, &mut Call::silent()).expect("they fit"))))
        },
    },
    Operation {
        name: "unpack",
        secret: "values",
        prepare: |_, secret| {
            let rows = integers(secret, 1).pack(70, 7, &mut Call::silent()).expect("they fit");
            rows.conceal();
            Box::new(move || {
                drop(black_box(rows.unpack(70, 7, ELEMENTS, &mut Call::silent()).expect("as packed")));
            })
        },
    },
];

/// Positive controls: what a check that works must find.
pub const LEAKS: &[Operation] = &[Operation {
    name: "leak: power, public exponents only",
    secret: "exponent",
    prepare: |f, secret| {
        let (exponent, base) = (secret[..f.words()].to_vec(), f.residues());
        conceal(&exponent);
        Box::new(move || drop(black_box(f.ring().pow_vartime(&base, &exponent))))
    },
}];

fn decrypt_partially<'a, G: PrimeOrder>(shared: &'a Shared<G>, secret: &[u64]) -> Work<'a>
where
    KeyShare<G>: 'a,
{
    let share = shared.share(secret);
    // The proof's weights are public and take their own time: a new label makes them new for both classes.
    let session: Vec<u8> = random_words(4).iter().flat_map(|word| word.to_le_bytes()).collect();
    // It is a label, and public; only that it was drawn like a secret makes the checker take it for one.
    reveal(&session);
    Box::new(move || {
        let part = share.decrypt_partially(shared.ciphertexts(), &session, &mut Call::silent());
        drop(black_box(part.expect("randomness")));
    })
}

fn encrypt<'a>(f: &'a Fixture, secret: &[u64], noise: Noise) -> Work<'a> {
    let values = integers(secret, f.words() / 2);
    let key = f.key().public_key();
    Box::new(move || {
        drop(black_box(key.encrypt(&values, noise, &mut Call::silent()).expect("values within bounds")));
    })
}

fn encrypt_as_owner<'a>(f: &'a Fixture, secret: &[u64], noise: Noise) -> Work<'a> {
    let values = integers(secret, f.words() / 2);
    Box::new(move || {
        drop(black_box(f.key().encrypt(&values, noise, &mut Call::silent()).expect("values within bounds")));
    })
}

/// Positive integers of one word.
fn positive(secret: &[u64]) -> Integers {
    let values = Integers::from_u64(&secret[..ELEMENTS].iter().map(|word| word | 1).collect::<Vec<_>>());
    values.conceal();
    values
}

/// Integers of 40 bits, their signs from the lowest bits of the words they are made from.
fn small_integers(secret: &[u64]) -> Integers {
    let magnitudes = secret[..ELEMENTS].iter().map(|word| word >> 24).collect();
    let values = Integers::from_parts(1, magnitudes, secret[..ELEMENTS].iter().map(|w| w & 1 == 1).collect());
    values.conceal();
    values
}

/// Integers of so many words, their signs from the lowest bits of them.
fn integers(secret: &[u64], width: usize) -> Integers {
    let magnitudes = secret[..ELEMENTS * width].to_vec();
    let negative = magnitudes.chunks_exact(width).map(|row| row[0] & 1 == 1).collect();
    let values = Integers::from_parts(width, magnitudes, negative);
    values.conceal();
    values
}
