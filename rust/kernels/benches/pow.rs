//! Time of products and powers, one group of figures for each backend that runs here.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use privml_kernels::{Backend, Batch, PairModulus, Words};

/// Odd, with its top bit set: timing does not depend on more.
fn modulus(bits: usize) -> Vec<u64> {
    let mut words = elements(bits / 64, 0x9e37_79b9_7f4a_7c15);
    words[0] |= 1;
    words[bits / 64 - 1] |= 1 << 63;
    words
}

/// A fixed sequence (Weyl's), so that every run times the same numbers.
fn elements(count: usize, step: u64) -> Vec<u64> {
    (1..=count as u64).map(|i| i.wrapping_mul(step)).collect()
}

fn products(c: &mut Criterion) {
    for backend in Backend::available() {
        let mut group = c.benchmark_group(format!("{}/pair", backend.name()));
        for bits in [1024, 1536, 2048, 3072] {
            let ring = PairModulus::new(&modulus(bits), backend).expect("odd");
            let x = batch(&ring, 64);
            group.throughput(Throughput::Elements(64));
            group.bench_function(BenchmarkId::new("mul", bits), |b| b.iter(|| ring.mul(&x, &x)));
            group.bench_function(BenchmarkId::new("square", bits), |b| b.iter(|| ring.square(&x)));
        }
    }
}

fn powers(c: &mut Criterion) {
    for backend in Backend::available() {
        let mut group = c.benchmark_group(format!("{}/pow", backend.name()));
        group.sample_size(10);
        for bits in [1024, 1536] {
            let ring = PairModulus::new(&modulus(bits), backend).expect("odd");
            let x = batch(&ring, 8);
            let exponent = elements(bits / 64, 0xc2b2_ae3d_27d4_eb4f);
            group.throughput(Throughput::Elements(8));
            group.bench_function(BenchmarkId::new("secret exponent", bits), |b| {
                b.iter(|| ring.pow(&x, &exponent))
            });
        }
        for bits in [2048, 3072] {
            let ring = PairModulus::new(&modulus(bits), backend).expect("odd");
            let invert = |words: &[u64]| inverse(words, ring.base().words());
            let base = elements(bits / 32, 0x1656_67b1_9e37_79f9);
            let table = ring.fixed_base(&base, bits / 2, 6, &invert).expect("a unit");
            let exponents = elements(32 * bits / 128, 0xc2b2_ae3d_27d4_eb4f);
            group.throughput(Throughput::Elements(32));
            group.bench_function(BenchmarkId::new("fixed base", bits), |b| {
                b.iter(|| table.pow(&ring, &exponents, bits / 128));
            });
        }
    }
}

fn batch(ring: &PairModulus, len: usize) -> Batch {
    let words = 2 * ring.word_count();
    ring.enter(&elements(len * words, 0x1656_67b1_9e37_79f9), words)
}

fn inverse(words: &[u64], n: &[u64]) -> Option<Words> {
    let uint = |words: &[u64]| crypto_bigint::BoxedUint::from_words(words.iter().copied());
    let n = crypto_bigint::Odd::new(uint(n)).into_option()?;
    uint(words).invert_odd_mod(&n).into_option().map(|inverse| Words::new(inverse.as_words().to_vec()))
}

criterion_group!(benches, products, powers);
criterion_main!(benches);
