//! The algebra that schedules are written over: residues modulo `m` ([`Flat`]) and modulo `n²`
//! ([`Pair`]), one group at a time, on any backend.

use std::marker::PhantomData;

use crate::batch::Batch;
use crate::buffer::Buffer;
use crate::lanes::Lanes;
use crate::modulus::Constants;

/// Multiplication of groups. `out` never overlaps an operand.
pub(crate) trait Ring {
    /// The backend's kernels.
    type L: Lanes;

    /// Digits of an element.
    const DIGITS: usize;

    /// The modulus' constants.
    fn constants(&self) -> &Constants;

    /// `out = a * b`. `scratch` is that of [`Scratch::kernel`].
    fn mul(&self, out: &mut [u64], a: &[u64], b: &[u64], scratch: &mut [u64]);

    /// `out = a * a`.
    fn square(&self, out: &mut [u64], a: &[u64], scratch: &mut [u64]);

    /// Words of a group.
    fn width(&self) -> usize {
        Self::DIGITS * self.constants().limbs() * Self::L::LANES
    }
}

/// Working memory of one batch call: the kernels' scratch and one spare group.
pub(crate) struct Scratch {
    kernel: Buffer,
    spare: Buffer,
}

impl Scratch {
    pub(crate) fn new<R: Ring>(ring: &R) -> Self {
        let kernel = Buffer::zeros(R::L::scratch_words(ring.constants().limbs()));
        Self { kernel, spare: Buffer::zeros(ring.width()) }
    }

    /// What a kernel is handed.
    pub(crate) fn kernel(&mut self) -> &mut [u64] {
        &mut self.kernel
    }
}

/// `accumulator *= factor`.
pub(crate) fn mul_assign<R: Ring>(ring: &R, accumulator: &mut [u64], factor: &[u64], scratch: &mut Scratch) {
    let Scratch { kernel, spare } = scratch;
    ring.mul(spare, accumulator, factor, kernel);
    accumulator.copy_from_slice(spare);
}

/// Squares in place, so many times.
pub(crate) fn square_assign<R: Ring>(ring: &R, accumulator: &mut [u64], times: usize, scratch: &mut Scratch) {
    let Scratch { kernel, spare } = scratch;
    for _ in 0..times / 2 {
        ring.square(spare, accumulator, kernel);
        ring.square(accumulator, spare, kernel);
    }
    if times % 2 == 1 {
        ring.square(spare, accumulator, kernel);
        accumulator.copy_from_slice(spare);
    }
}

/// Residues modulo `m`.
pub(crate) struct Flat<'a, L> {
    constants: &'a Constants,
    lanes: PhantomData<L>,
}

impl<'a, L: Lanes> Flat<'a, L> {
    pub(crate) fn new(constants: &'a Constants) -> Self {
        Self { constants, lanes: PhantomData }
    }
}

impl<L: Lanes> Ring for Flat<'_, L> {
    type L = L;
    const DIGITS: usize = 1;

    fn constants(&self) -> &Constants {
        self.constants
    }

    fn mul(&self, out: &mut [u64], a: &[u64], b: &[u64], scratch: &mut [u64]) {
        L::mul(self.constants, out, a, b, scratch);
    }

    fn square(&self, out: &mut [u64], a: &[u64], scratch: &mut [u64]) {
        L::square(self.constants, out, a, scratch);
    }
}

/// Residues modulo `n²` in pair form.
pub(crate) struct Pair<'a, L> {
    constants: &'a Constants,
    lanes: PhantomData<L>,
}

impl<'a, L: Lanes> Pair<'a, L> {
    pub(crate) fn new(constants: &'a Constants) -> Self {
        Self { constants, lanes: PhantomData }
    }
}

impl<L: Lanes> Ring for Pair<'_, L> {
    type L = L;
    const DIGITS: usize = 2;

    fn constants(&self) -> &Constants {
        self.constants
    }

    fn mul(&self, out: &mut [u64], a: &[u64], b: &[u64], scratch: &mut [u64]) {
        L::pair_mul(self.constants, out, a, b, scratch);
    }

    fn square(&self, out: &mut [u64], a: &[u64], scratch: &mut [u64]) {
        L::pair_square(self.constants, out, a, scratch);
    }
}

/// A batch of `digits`-digit residues made group by group from another.
pub(crate) fn map_groups<L: Lanes>(
    x: &Batch,
    digits: usize,
    mut kernel: impl FnMut(&mut [u64], &[u64]),
) -> Batch {
    let mut result = Batch::zeros(x.backend(), digits, x.limbs(), x.len());
    let width = result.width();
    for (out, group) in result.data_mut().chunks_exact_mut(width).zip(x.data().chunks_exact(x.width())) {
        kernel(out, group);
    }
    result
}

/// A batch made group by group from two of the same length; it takes its form from the first.
pub(crate) fn map_two<L: Lanes>(
    a: &Batch,
    b: &Batch,
    mut kernel: impl FnMut(&mut [u64], &[u64], &[u64]),
) -> Batch {
    let mut result = a.zeros_like(a.len());
    let width = a.width();
    let operands = a.data().chunks_exact(width).zip(b.data().chunks_exact(b.width()));
    for (out, (a, b)) in result.data_mut().chunks_exact_mut(width).zip(operands) {
        kernel(out, a, b);
    }
    result
}
