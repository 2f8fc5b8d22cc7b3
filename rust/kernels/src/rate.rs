//! How fast a backend can multiply on this CPU, and how much multiplying a kernel does: the share of the
//! peak that a schedule reaches is the measure that carries over from one CPU to another.
//!
//! A multiply-add is one vector multiply instruction, with the addition to a column: `vpmadd52luq` or
//! `vpmadd52huq`, `vpmuludq` with `vpaddq`, or a 64-bit `mul` with its two additions. CPUs with AVX-512 IFMA
//! issue one or two a cycle. Counts are those of the school method; copies, carries and table reads are what
//! keeps a schedule from its peak.

use std::time::Instant;

use crate::backend::{Backend, dispatch};
use crate::buffer::Buffer;
use crate::lanes::Lanes;
use crate::modulus::Modulus;
use crate::pair::PairModulus;

/// Limbs of a sample's second operand: some microseconds' work, from the first-level cache.
const LIMBS: usize = 64;
/// Runs over it in a sample.
const RUNS: usize = 64;
/// Samples; the fastest counts, since others were interrupted.
const SAMPLES: usize = 200;

/// What one core does in a second.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Multiply-adds of whole vectors in a second.
    pub multiply_adds: f64,
    /// Cycles in a second, by additions that wait for one another; where it is known how to do them.
    pub cycles: Option<f64>,
}

impl Rate {
    /// Multiply-adds in a cycle.
    pub fn per_cycle(&self) -> Option<f64> {
        self.cycles.map(|cycles| self.multiply_adds / cycles)
    }
}

impl Backend {
    /// Measures the backend's multiplier on this core, in some milliseconds. The clock is measured in
    /// between, so that both see the same frequency.
    ///
    /// # Panics
    /// If this CPU cannot run the backend.
    pub fn rate(self) -> Rate {
        assert!(self.is_supported(), "{} does not run on this CPU", self.name());
        dispatch!(self, L => {
            let operand = |limbs: usize| {
                let mut words = Buffer::zeros(limbs * L::LANES);
                words.iter_mut().zip(1u64..).for_each(|(word, i)| *word = i.wrapping_mul(0x9e37_79b9) >> 5);
                words
            };
            let (mut out, a, b) = (operand(L::TILE), operand(L::TILE), operand(LIMBS));
            let mut best = Rate { multiply_adds: 0.0, cycles: None };
            for _ in 0..SAMPLES {
                let seconds = seconds(|| {
                    for _ in 0..RUNS {
                        L::multiply_adds(&mut out, &a, std::hint::black_box(&b));
                    }
                });
                best.multiply_adds = best.multiply_adds.max((L::TILE * LIMBS * RUNS) as f64 / seconds);
                best.cycles = fastest(best.cycles, cycles());
            }
            std::hint::black_box(&out);
            best
        })
    }
}

/// The larger, if there are any.
fn fastest(best: Option<f64>, sample: Option<f64>) -> Option<f64> {
    best.into_iter().chain(sample).reduce(f64::max)
}

/// The seconds that a call takes.
fn seconds(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64()
}

/// Cycles a second, if additions that wait for one another can be written.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
fn cycles() -> Option<f64> {
    use std::arch::asm;

    const ADDITIONS: usize = 8;
    const ROUNDS: usize = 2000;
    let mut sum = 1u64;
    let seconds = seconds(|| {
        for _ in 0..ROUNDS {
            // SAFETY: the instructions read and write the register they name, and the flags.
            unsafe {
                asm!(
                    "add {x}, {x}", "add {x}, {x}", "add {x}, {x}", "add {x}, {x}",
                    "add {x}, {x}", "add {x}, {x}", "add {x}, {x}", "add {x}, {x}",
                    x = inout(reg) sum,
                    options(pure, nomem, nostack)
                );
            }
        }
    });
    std::hint::black_box(sum);
    Some((ADDITIONS * ROUNDS) as f64 / seconds)
}

/// Cycles a second, if additions that wait for one another can be written.
#[cfg(not(target_arch = "x86_64"))]
fn cycles() -> Option<f64> {
    None
}

/// Multiply-adds of the products of one group: as many residues as the backend has lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Of a product.
    pub mul: usize,
    /// Of a square.
    pub square: usize,
    /// Of a product with an entry of a fixed base's table.
    pub by_entry: usize,
}

/// The multiply-adds of a Montgomery reduction of `h` limbs: `h` quotient digits, each times the modulus.
fn reduction<L: Lanes>(h: usize) -> usize {
    h + L::PRODUCT * h * h
}

impl Modulus {
    /// The work of this ring's products.
    pub fn work(&self) -> Work {
        let h = self.constants().limbs();
        dispatch!(self.backend(), L => {
            let mul = L::PRODUCT * h * h + reduction::<L>(h);
            Work { mul, square: L::PRODUCT * h * (h + 1) / 2 + reduction::<L>(h), by_entry: mul }
        })
    }
}

impl PairModulus {
    /// The work of this ring's products: see [`crate::pair`].
    pub fn work(&self) -> Work {
        let h = self.base().constants().limbs();
        dispatch!(self.base().backend(), L => {
            let reductions = 2 * reduction::<L>(h);
            Work {
                mul: 3 * L::PRODUCT * h * h + reductions,
                square: L::PRODUCT * (h * (h + 1) / 2 + h * h) + reductions,
                by_entry: 2 * L::PRODUCT * h * h + reductions,
            }
        })
    }
}
