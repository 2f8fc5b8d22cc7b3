//! Known answers and what needs a look inside. The laws of the scheme are in `tests/paillier_laws.rs`.

use serde_json::Value;

use super::encrypt::residues;
use super::number::{self, padded};
use super::*;
use crate::error::Error;
use crate::integers::Integers;
use crate::parallel::Call;
use crate::random::Stream;

/// Little-endian words of a hexadecimal integer.
fn words(text: &str) -> Vec<u64> {
    let digits = text.trim_start_matches('-').trim_start_matches("0x").as_bytes();
    let word = |chunk: &[u8]| {
        let text = std::str::from_utf8(chunk).expect("ASCII");
        u64::from_str_radix(text, 16).expect("hexadecimal")
    };
    digits.rchunks(16).map(word).collect()
}

fn keys() -> Vec<Value> {
    let text = include_str!("../../../../vectors/paillier/keys.json");
    serde_json::from_str::<Vec<Value>>(text).expect("valid JSON")
}

fn field<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().expect("a string")
}

fn private(key: &Value) -> PrivateKey {
    PrivateKey::from_primes(&words(field(key, "p")), &words(field(key, "q")), true, &mut Call::silent())
        .expect("a key")
}

fn small_key() -> PrivateKey {
    private(&keys()[1])
}

#[test]
fn derived_values_are_the_known_ones() {
    for key in keys() {
        let private = private(&key);
        let public = private.public_key();
        assert_eq!(public.modulus(), words(field(&key, "n")));
        assert_eq!(public.bits() as u64, key["bits"].as_u64().expect("a number"));
        assert_eq!(public.fingerprint_hex(), field(&key, "fingerprint"));
        let h = words(field(&key, "h"));
        assert_eq!(number::trimmed(public.noise_base()), h);
        let h_s = number::padded(&words(field(&key, "h_s")), 2 * public.words());
        public.noise().prepare(1, &mut Call::silent()).expect("prepared");
        let mut one = vec![0; public.noise().exponent_words()];
        one[0] = 1;
        assert_eq!(*public.ring().leave(&public.noise().pow(&one)), *h_s);
    }
}

#[test]
fn noise_and_ciphertexts_are_the_known_ones() {
    for key in keys() {
        let private = private(&key);
        let public = private.public_key();
        let cases = key["ciphertexts"].as_array().expect("a list");
        let (mut plain, mut negative, mut exponents, mut expected) = (vec![], vec![], vec![], vec![]);
        for case in cases {
            plain.extend_from_slice(&padded(&words(field(case, "m")), public.words()));
            negative.push(field(case, "m").starts_with('-'));
            exponents.extend_from_slice(&padded(&words(field(case, "a")), public.noise().exponent_words()));
            expected.extend_from_slice(&padded(&words(field(case, "c")), 2 * public.words()));
        }
        let plain = Integers::from_parts(public.words(), plain, negative);
        let mut call = Call::silent();
        // Without tables, then with them.
        for asked in [1, 1000] {
            public.noise().prepare(asked, &mut call).expect("prepared");
            assert_eq!(public.table_bytes() > 0, asked > 1);
            let noise = public.noise().pow(&exponents);
            let made = public.ring().mul_one_plus(&noise, &residues(public, &plain, 0..plain.len()));
            assert_eq!(*public.ring().leave(&made), expected);
        }
        let imported = Ciphertexts::from_rows(public, &expected, &mut call).expect("units");
        let decrypted = private.decrypt(&imported, &mut call).expect("decrypted");
        for i in 0..plain.len() {
            assert_eq!(decrypted.magnitude(i), plain.magnitude(i));
            assert_eq!(decrypted.is_negative(i), plain.is_negative(i));
        }
    }
}

#[test]
fn the_owner_makes_the_same_short_noise() {
    let private = small_key();
    let public = private.public_key();
    let mut call = Call::silent();
    for asked in [1, 1000] {
        public.noise().prepare(asked, &mut call).expect("prepared");
        let (p, q) = private.halves();
        p.noise.prepare(asked, &mut call).expect("prepared");
        q.noise.prepare(asked, &mut call).expect("prepared");
        let stream = Stream::seeded([3; 32]);
        let draw = |noise: &noise::NoiseBase| noise.draw_exponents(&stream, 5..17);
        assert_eq!(draw(public.noise()), draw(&p.noise));
        let expected = public.ring().leave(&public.noise().pow(&draw(public.noise())));
        let half = |half: &private::Half| half.ring().leave(&half.noise.pow(&draw(&half.noise)));
        assert_eq!(*private.combine_squares(&half(p), &half(q)), *expected);
    }
}

#[test]
fn uniform_noise_is_an_nth_residue() {
    let private = small_key();
    let key = private.public_key();
    let mut call = Call::silent();
    let zeros = Integers::from_parts(1, vec![0; 20], vec![false; 20]);
    for made in [
        private.encrypt(&zeros, Noise::Uniform, &mut call).expect("encrypted"),
        key.encrypt(&zeros, Noise::Uniform, &mut call).expect("encrypted"),
    ] {
        // The n-th residues are the units whose order divides (p-1)(q-1).
        let (p, q) = private.halves();
        let order = number::product(p.minus_one.expose(), q.minus_one.expose());
        let ones = key.ring().leave(&key.ring().pow(made.batch(), &order));
        assert!(ones.chunks_exact(2 * key.words()).all(|row| number::is_one(row) == 1));
        let rows = key.ring().leave(made.batch());
        let mut distinct: Vec<_> = rows.chunks_exact(2 * key.words()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 20);
    }
}

#[test]
fn uniform_noise_of_the_owner_is_independent_modulo_p_and_q() {
    let private = small_key();
    let (p, q) = private.halves();
    let stream = Stream::seeded([9; 32]);
    let rows =
        private.public_key().ring().leave(&encrypt::owner_noise(&private, Noise::Uniform, &stream, 0..50));
    // The noise is s^p mod p^2, and s^p = s mod p: so s can be read off and compared with what was drawn.
    let residues =
        |half: &private::Half| half.ring().base().leave(&half.ring().base().enter(&rows, rows.len() / 50));
    let drawn = |half: &private::Half, which: u64| {
        noise::draw_nonzero(half.prime(), &stream, (0..50).map(|i: u32| 2 * u64::from(i) + which)).to_vec()
    };
    assert_eq!(*residues(p), drawn(p, 0));
    assert_eq!(*residues(q), drawn(q, 1));
    let shared = residues(p).iter().filter(|word| residues(q).contains(word)).count();
    assert_eq!(shared, 0, "words drawn for both primes");
}

#[test]
fn generated_keys_meet_their_conditions() {
    for bits in [128, 256, 320, 512] {
        let private = PrivateKey::generate(bits, true, &mut Call::silent()).expect("a key");
        let (p, q) = private.primes();
        assert_eq!(private.public_key().bits(), bits);
        assert_eq!((p[0] & 3, q[0] & 3), (3, 3));
        assert!(number::is_below(q, p) == 1);
        let half = |prime: &[u64]| {
            let mut words = padded(prime, prime.len());
            number::halve(&mut words);
            words
        };
        assert!(number::coprime(&half(p), &half(q)));
    }
}

#[test]
fn short_and_odd_sizes_are_refused() {
    let mut call = Call::silent();
    assert!(matches!(PrivateKey::generate(1024, false, &mut call), Err(Error::KeySize { .. })));
    assert!(matches!(PrivateKey::generate(64, true, &mut call), Err(Error::KeySize { .. })));
    assert!(matches!(PrivateKey::generate(8256, true, &mut call), Err(Error::KeySize { .. })));
    assert!(matches!(PrivateKey::generate(2050, false, &mut call), Err(Error::InvalidParameter { .. })));
}

#[test]
fn bad_primes_are_refused() {
    let invalid = |p: &[u64], q: &[u64]| {
        matches!(PrivateKey::from_primes(p, q, true, &mut Call::silent()), Err(Error::InvalidKey(_)))
    };
    let key = small_key();
    let (p, q) = key.primes();
    assert!(invalid(p, p), "equal");
    let mut even = q.to_vec();
    even[0] ^= 1;
    assert!(invalid(p, &even), "even");
    let mut composite = q.to_vec();
    composite[0] ^= 6;
    assert!(invalid(p, &composite), "composite");
    assert!(invalid(p, &number::product(p, q)), "a product");
    assert!(matches!(PrivateKey::from_primes(p, q, false, &mut Call::silent()), Err(Error::KeySize { .. })));
    // q = 2kp + 1 shares the factor p with n = pq in q - 1: gcd(n, phi(n)) = p.
    assert!(invalid(p, &prime_above_multiple(p)), "gcd(n, phi)");
    // q = 2k(p-1) + 1: then x^(n-1) = 1 modulo p for every x, and p divides gcd(2^n - 2, n).
    let q = prime_above_multiple(key.halves().0.minus_one.expose());
    assert!(invalid(p, &q), "p - 1 divides q - 1");
    let modulus = PublicKey::from_modulus(&number::product(p, &q), true, &mut Call::silent());
    assert!(matches!(modulus, Err(Error::InvalidKey(_))));
}

/// The smallest prime `2 k m + 1`.
fn prime_above_multiple(m: &[u64]) -> Vec<u64> {
    let is_prime = |candidate: &[u64]| {
        let mut stream = Stream::seeded([1; 32]);
        prime::is_prime(candidate, 20, privml_kernels::Backend::Portable, &mut stream, &|| true) == Some(true)
    };
    (1u64..)
        .map(|k| {
            let mut candidate = number::product(m, &[2 * k]);
            number::add_word(&mut candidate, 1);
            number::trimmed(&candidate).to_vec()
        })
        .find(|candidate| is_prime(candidate))
        .expect("there are infinitely many")
}

#[test]
fn bad_moduli_are_refused() {
    let invalid = |n: &[u64]| {
        matches!(PublicKey::from_modulus(n, true, &mut Call::silent()), Err(Error::InvalidKey(_)))
    };
    let key = small_key();
    let n = key.public_key().modulus();
    assert!(PublicKey::from_modulus(n, true, &mut Call::silent()).is_ok());
    assert!(matches!(PublicKey::from_modulus(n, false, &mut Call::silent()), Err(Error::KeySize { .. })));
    let mut even = n.to_vec();
    even[0] ^= 1;
    assert!(invalid(&even));
    assert!(invalid(&number::product(n, &[17])));
    assert!(invalid(&number::product(n, n)), "a square of no prime");
    // Primes and their powers: 2^521 - 1, and of a prime of the key.
    let mersenne = [vec![u64::MAX; 8], vec![0x1ff]].concat();
    assert!(invalid(&mersenne), "a prime");
    let p = key.primes().0;
    let mut power = p.to_vec();
    for exponent in 2..6 {
        power = number::trimmed(&number::product(&power, p)).to_vec();
        assert!(invalid(&power), "a prime to the power {exponent}");
    }
    assert!(matches!(PublicKey::from_modulus(&[15], true, &mut Call::silent()), Err(Error::KeySize { .. })));
}

#[test]
fn imports_refuse_what_is_no_unit_and_name_it() {
    let private = small_key();
    let key = private.public_key();
    let mut call = Call::silent();
    let zeros = Integers::from_parts(1, vec![0; 9], vec![false; 9]);
    let good =
        key.encrypt(&zeros, Noise::Short, &mut call).expect("encrypted").to_rows(&mut call).expect("rows");
    let width = 2 * key.words();
    let n = padded(key.modulus(), width);
    let p = padded(private.primes().0, width);
    for (bad, name) in
        [(&padded(&[0], width), "zero"), (&n, "n"), (&p, "p"), (&padded(key.square(), width), "n²")]
    {
        for index in [0, 4, 8] {
            let mut rows = good.clone();
            rows[index * width..(index + 1) * width].copy_from_slice(bad);
            match Ciphertexts::from_rows(key, &rows, &mut call) {
                Err(Error::InvalidCiphertext { index: found, .. }) => assert_eq!(found, index, "{name}"),
                _ => panic!("{name} was accepted"),
            }
        }
    }
}

#[test]
fn decryption_refuses_what_is_no_unit() {
    let private = small_key();
    let key = private.public_key();
    let (p, q) = private.primes();
    for factor in [p, q, key.modulus()] {
        let mut rows = vec![0; 3 * 2 * key.words()];
        for (row, value) in rows.chunks_exact_mut(2 * key.words()).zip([&[1][..], factor, &[7]]) {
            row[..value.len()].copy_from_slice(value);
        }
        let forged = Ciphertexts::new(key.clone(), key.ring().enter(&rows, 2 * key.words()));
        let refused = private.decrypt(&forged, &mut Call::silent());
        assert!(matches!(refused, Err(Error::InvalidCiphertext { index: 1, .. })));
    }
}
