//! A backend's self-test: before one is offered it must agree with the portable one.
//!
//! What an instruction does is known from its manual; what this CPU, this emulator or this compiler does
//! is known from trying. A backend that fails is not listed among the available ones, so that the next
//! best is taken. It finds an instruction that does something else, not every fault that arithmetic can have:
//! that is for the law suite. Once a process and backend, a few milliseconds.

use std::sync::OnceLock;

use crate::backend::Backend;
use crate::modulus::Modulus;
use crate::pair::PairModulus;
use crate::words::Words;

/// Elements: two groups of the widest backend, the second one not full.
const ELEMENTS: usize = 11;

/// Exponents of the fixed base: four windows of the size that is used.
const EXPONENT_BITS: usize = 24;
const WINDOW: usize = 6;

/// Words of a long modulus: 8192 bits.
const LONG: usize = 128;

/// Whether the backend, which the CPU must support, computes what the portable one does.
pub(crate) fn passes(backend: Backend) -> bool {
    static OUTCOMES: [OnceLock<bool>; Backend::ALL.len()] = [const { OnceLock::new() }; Backend::ALL.len()];
    let place = Backend::ALL.iter().position(|&other| other == backend);
    place.is_some_and(|place| *OUTCOMES[place].get_or_init(|| compute(backend) == compute(Backend::Portable)))
}

/// Results of every kernel on fixed operands; `None` if the arithmetic contradicts itself.
fn compute(backend: Backend) -> Option<Vec<Words>> {
    let n = PRIME.to_vec();
    let width = n.len();
    let ring = PairModulus::new(&n, backend).ok()?;
    let base = ring.base();
    let x = ring.enter(&operands(2 * width, 0x9e37_79b9_7f4a_7c15), 2 * width);
    let y = ring.enter(&operands(2 * width, 0xc2b2_ae3d_27d4_eb4f), 2 * width);
    let a = base.enter(&operands(width, 0x1656_67b1_9e37_79f9), width);
    let b = base.enter(&operands(width, 0x27d4_eb2f_1656_67c5), width);
    let table = ring.fixed_base(&operands(2 * width, 1)[..2 * width], EXPONENT_BITS, WINDOW, &inverse)?;
    let exponents: Vec<u64> =
        operands(1, 0x9e37_79b9).iter().map(|word| word % (1 << EXPONENT_BITS)).collect();
    Some(vec![
        ring.leave(&ring.mul(&x, &y)),
        ring.leave(&ring.square(&x)),
        ring.leave(&ring.mul_one_plus(&x, &a)),
        ring.leave(&ring.pow(&x, &[0xdead_beef_0bad_cafe])),
        ring.leave(&table.pow(&ring, &exponents, 1)),
        ring.leave(&ring.product(&y.slice(2..ELEMENTS), ELEMENTS - 2)),
        base.leave(&base.mul(&a, &b)),
        base.leave(&base.square(&base.sub(&a, &b))),
        base.leave(&base.negate(&b)),
        long_products(backend)?,
    ])
}

/// Products of the longest moduli in use, whose columns are settled on the way.
fn long_products(backend: Backend) -> Option<Words> {
    let mut n = operands(LONG, 0x9e37_79b9_7f4a_7c15)[..LONG].to_vec();
    n[0] |= 1;
    n[LONG - 1] |= 1 << 63;
    let modulus = Modulus::new(&n, backend).ok()?;
    let x = modulus.enter(&operands(LONG, 0xc2b2_ae3d_27d4_eb4f), LONG);
    let y = modulus.enter(&operands(LONG, 0x1656_67b1_9e37_79f9), LONG);
    Some(modulus.leave(&modulus.mul(&modulus.square(&x), &y)))
}

/// The prime of brainpoolP512r1 (RFC 5639 section 3.7), so that inverses are powers. Its own inverse modulo
/// a power of two has all kinds of digits.
const PRIME: [u64; 8] = [
    0x28aa_6056_583a_48f3,
    0x2881_ff2f_2d82_c685,
    0xaecd_a12a_e6a3_80e6,
    0x7d4d_9b00_9bc6_6842,
    0xd663_9cca_7033_0871,
    0xcb30_8db3_b3c9_d20e,
    0x3fd4_e6ae_33c9_fc07,
    0xaadd_9db8_dbe9_c48b,
];

/// `x^(n - 2)`, by the portable backend.
fn inverse(x: &[u64]) -> Option<Words> {
    let modulus = Modulus::new(&PRIME, Backend::Portable).ok()?;
    let mut exponent = PRIME;
    exponent[0] -= 2;
    Some(modulus.leave(&modulus.pow_vartime(&modulus.enter(x, x.len()), &exponent)))
}

/// Fixed rows of words, with the extremes among them.
fn operands(width: usize, step: u64) -> Vec<u64> {
    let mut words: Vec<u64> =
        (1..=(ELEMENTS * width) as u64).map(|i| i.wrapping_mul(step).rotate_left((i % 64) as u32)).collect();
    words[width..2 * width].fill(0);
    words[2 * width..3 * width].fill(u64::MAX);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_supported_backend_passes() {
        for backend in Backend::supported() {
            assert!(passes(backend), "{}", backend.name());
        }
    }

    #[test]
    fn it_tries_something() {
        let results = compute(Backend::Portable).expect("results");
        assert!(results.iter().all(|rows| rows.iter().any(|&word| word != 0)));
    }
}
