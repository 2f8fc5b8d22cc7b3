//! The share of the multiplier's peak that products and powers reach, for each backend that runs here.
//!
//! `cargo run --release -p privml-kernels --example peak`. One core; peak and schedules are measured in turns,
//! and the fastest of each count.

use std::time::Instant;

use privml_kernels::{Backend, Batch, PairModulus, Words};

/// Turns.
const TURNS: usize = 15;
/// Elements of a batch: more than a fixed base's tile of groups has, on every backend.
const ELEMENTS: usize = 256;
/// Bits of a window of a fixed base.
const WINDOW: usize = 6;

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

fn batch(ring: &PairModulus, len: usize) -> Batch {
    let words = 2 * ring.word_count();
    ring.enter(&elements(len * words, 0x1656_67b1_9e37_79f9), words)
}

fn inverse(words: &[u64], n: &[u64]) -> Option<Words> {
    let uint = |words: &[u64]| crypto_bigint::BoxedUint::from_words(words.iter().copied());
    let n = crypto_bigint::Odd::new(uint(n)).into_option()?;
    uint(words).invert_odd_mod(&n).into_option().map(|inverse| Words::new(inverse.as_words().to_vec()))
}

/// Prints a line: the share of the peak of `work` multiply-adds for each group of `len` elements.
fn line(backend: Backend, what: &str, bits: usize, len: usize, work: usize, run: impl Fn() -> Batch) {
    let (mut peak, mut fastest) = (0.0f64, f64::INFINITY);
    for _ in 0..TURNS {
        peak = peak.max(backend.rate().multiply_adds);
        let begun = Instant::now();
        std::hint::black_box(run());
        fastest = fastest.min(begun.elapsed().as_secs_f64());
    }
    let groups = len.div_ceil(backend.lanes());
    println!(
        "  {what:<34} {bits:>5} {:>10.2} us {:>6.0} %",
        1e6 * fastest / len as f64,
        100.0 * (groups * work) as f64 / fastest / peak
    );
}

fn main() {
    for backend in Backend::available().into_iter().filter(|backend| backend.name() != "model") {
        let rate = backend.rate();
        let cycle = rate.per_cycle().map_or("an unknown number".into(), |rate| format!("{rate:.2}"));
        println!("{}: {cycle} multiply-adds a cycle", backend.name());
        println!("  {:<34} {:>5} {:>13} {:>8}", "modulo n^2", "bits", "an element", "of peak");
        for bits in [1024, 1536, 2048, 3072] {
            let ring = PairModulus::new(&modulus(bits), backend).expect("odd");
            let (work, x) = (ring.work(), batch(&ring, ELEMENTS));
            line(backend, "product", bits, ELEMENTS, work.mul, || ring.mul(&x, &x));
            line(backend, "square", bits, ELEMENTS, work.square, || ring.square(&x));
            let few = batch(&ring, 2 * backend.lanes());
            let exponent = elements(bits / 64, 0xc2b2_ae3d_27d4_eb4f);
            // What the schedules do: a table of 30 products and a product for each five bits; for the odd
            // powers of a window of six a square and 31 products, and a product for each seven bits.
            let secret = bits * work.square + (30 + bits.div_ceil(5)) * work.mul;
            line(backend, "power, secret exponent", bits, few.len(), secret, || ring.pow(&few, &exponent));
            let public = (bits + 1) * work.square + (31 + bits / 7) * work.mul;
            line(backend, "power, public exponent", bits, few.len(), public, || {
                ring.pow_vartime(&few, &exponent)
            });
        }
        for bits in [2048, 3072] {
            let ring = PairModulus::new(&modulus(bits), backend).expect("odd");
            let base = elements(bits / 32, 0x1656_67b1_9e37_79f9);
            let invert = |words: &[u64]| inverse(words, ring.base().words());
            let table = ring.fixed_base(&base, bits / 2, WINDOW, &invert).expect("a unit");
            let exponents = elements(ELEMENTS * bits / 128, 0xc2b2_ae3d_27d4_eb4f);
            let work = (bits / 2).div_ceil(WINDOW) * ring.work().by_entry;
            line(backend, "power, fixed base", bits, ELEMENTS, work, || {
                table.pow(&ring, &exponents, bits / 128)
            });
        }
    }
}
