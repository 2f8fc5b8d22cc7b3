//! A batch of residues in a backend's internal form, and its moves: crossing between rows of words and
//! limbs, picking, joining.
//!
//! Memory is `[group][digit][limb][lane]`. The last group of a batch that does not fill it is padded
//! with zeros, which every kernel accepts and nothing reads back.

use std::borrow::Borrow;
use std::ops::Range;

use crate::backend::{Backend, dispatch};
use crate::buffer::Buffer;
use crate::lanes::Lanes;
use crate::memcheck;
use crate::words::{Words, bits_at};

/// Residues in internal form. Which modulus they belong to is the caller's knowledge; size and backend
/// are checked at every use. Wiped on drop: a batch may hold secrets.
#[derive(Clone)]
pub struct Batch {
    backend: Backend,
    digits: usize,
    limbs: usize,
    len: usize,
    data: Buffer,
}

impl Batch {
    /// Residues in the batch.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Declares the residues secret, for the check of constant time.
    pub fn conceal(&self) {
        memcheck::conceal(&self.data);
    }

    /// The residues at these positions, in this order; positions may repeat.
    pub fn take(&self, indices: &[usize]) -> Batch {
        let mut result = self.zeros_like(indices.len());
        for (to, &from) in indices.iter().enumerate() {
            assert!(from < self.len, "position {from} in a batch of {}", self.len);
            result.copy_element(to, self, from);
        }
        result
    }

    /// The residues of a range.
    pub fn slice(&self, range: Range<usize>) -> Batch {
        assert!(range.start <= range.end && range.end <= self.len, "range outside the batch");
        let lanes = self.backend.lanes();
        if range.start.is_multiple_of(lanes) && (lanes == 1 || range.end.is_multiple_of(lanes)) {
            let width = self.width();
            let groups = range.start / lanes * width..range.end.div_ceil(lanes) * width;
            let Batch { backend, digits, limbs, .. } = *self;
            return Batch {
                backend,
                digits,
                limbs,
                len: range.len(),
                data: Buffer::from(&self.data[groups]),
            };
        }
        self.take(&range.collect::<Vec<_>>())
    }

    /// All residues of these batches, one after the other. `parts` is not empty.
    pub fn concat<B: Borrow<Batch>>(parts: &[B]) -> Batch {
        let parts = || parts.iter().map(Borrow::borrow);
        let len = parts().map(|part| part.len).sum();
        let mut result = parts().next().expect("at least one part").zeros_like(len);
        let mut at = 0;
        for part in parts() {
            part.check(result.backend, result.digits, result.limbs);
            if at % result.backend.lanes() == 0 {
                let start = at / result.backend.lanes() * result.width();
                result.data[start..start + part.data.len()].copy_from_slice(&part.data);
            } else {
                for i in 0..part.len {
                    result.copy_element(at + i, part, i);
                }
            }
            at += part.len;
        }
        result
    }

    /// Words of one group.
    pub(crate) fn width(&self) -> usize {
        self.digits * self.limbs * self.backend.lanes()
    }

    pub(crate) fn backend(&self) -> Backend {
        self.backend
    }

    pub(crate) fn limbs(&self) -> usize {
        self.limbs
    }

    /// The groups, one after the other.
    pub(crate) fn data(&self) -> &[u64] {
        &self.data
    }

    pub(crate) fn data_mut(&mut self) -> &mut [u64] {
        &mut self.data
    }

    /// One group.
    pub(crate) fn group(&self, index: usize) -> &[u64] {
        let width = self.width();
        &self.data[index * width..][..width]
    }

    /// The words of one residue.
    pub(crate) fn element(&self, index: usize) -> impl Iterator<Item = &u64> {
        let lanes = self.backend.lanes();
        self.group(index / lanes).iter().skip(index % lanes).step_by(lanes)
    }

    pub(crate) fn zeros(backend: Backend, digits: usize, limbs: usize, len: usize) -> Batch {
        let words = len.div_ceil(backend.lanes()) * digits * limbs * backend.lanes();
        Batch { backend, digits, limbs, len, data: Buffer::zeros(words) }
    }

    pub(crate) fn zeros_like(&self, len: usize) -> Batch {
        Batch::zeros(self.backend, self.digits, self.limbs, len)
    }

    /// The first residue, so many times.
    pub(crate) fn repeat(&self, len: usize) -> Batch {
        let mut result = self.zeros_like(len);
        for i in 0..len {
            result.copy_element(i, self, 0);
        }
        result
    }

    /// One group with the first residue in every lane.
    pub(crate) fn broadcast<L: Lanes>(&self) -> Buffer {
        let mut group = Buffer::zeros(self.width());
        for (limb, lanes) in group.chunks_exact_mut(L::LANES).enumerate() {
            lanes.fill(self.data[limb * L::LANES]);
        }
        group
    }

    /// One-digit residues: the bits of each row from `bit_offset` on, as limbs.
    pub(crate) fn from_rows<L: Lanes>(
        backend: Backend,
        rows: &[u64],
        words_per_row: usize,
        limbs: usize,
        bit_offset: usize,
    ) -> Batch {
        assert!(words_per_row > 0 && rows.len().is_multiple_of(words_per_row), "rows of uneven length");
        let len = rows.len() / words_per_row;
        let mut batch = Batch::zeros(backend, 1, limbs, len);
        let width = batch.width();
        for (i, row) in rows.chunks_exact(words_per_row).enumerate() {
            let group = &mut batch.data[i / L::LANES * width..][..width];
            for limb in 0..limbs {
                group[limb * L::LANES + i % L::LANES] =
                    bits_at(row, bit_offset + limb * L::RADIX_BITS, L::RADIX_BITS);
            }
        }
        batch
    }

    /// Two-digit residues from their digits.
    pub(crate) fn from_digits(low: &Batch, high: &Batch) -> Batch {
        let mut batch = Batch::zeros(low.backend, 2, low.limbs, low.len);
        let width = low.width();
        for (group, (low, high)) in batch
            .data
            .chunks_exact_mut(2 * width)
            .zip(low.data.chunks_exact(width).zip(high.data.chunks_exact(width)))
        {
            group[..width].copy_from_slice(low);
            group[width..].copy_from_slice(high);
        }
        batch
    }

    /// The words of one digit of every residue, row by row.
    pub(crate) fn digit_rows<L: Lanes>(&self, digit: usize, words_per_row: usize) -> Words {
        let width = self.width();
        let mut rows = Words::new(vec![0u64; self.len * words_per_row]);
        for (i, row) in rows.chunks_exact_mut(words_per_row).enumerate() {
            let group = &self.data[i / L::LANES * width..][..width];
            for limb in 0..self.limbs {
                let value = group[(digit * self.limbs + limb) * L::LANES + i % L::LANES];
                let (word, shift) = (limb * L::RADIX_BITS / 64, limb * L::RADIX_BITS % 64);
                if let Some(slot) = row.get_mut(word) {
                    *slot |= value << shift;
                }
                if shift + L::RADIX_BITS > 64
                    && let Some(slot) = row.get_mut(word + 1)
                {
                    *slot |= value >> (64 - shift);
                }
            }
        }
        rows
    }

    /// Copies one residue.
    pub(crate) fn copy_element(&mut self, to: usize, source: &Batch, from: usize) {
        let (lanes, width) = (self.backend.lanes(), self.width());
        let group = &mut self.data[to / lanes * width..][..width];
        if lanes == 1 {
            group.copy_from_slice(source.group(from));
        } else {
            for (slot, &word) in group.iter_mut().skip(to % lanes).step_by(lanes).zip(source.element(from)) {
                *slot = word;
            }
        }
    }

    /// Panics unless the batch has this form.
    pub(crate) fn check(&self, backend: Backend, digits: usize, limbs: usize) {
        assert!(
            self.backend == backend && self.digits == digits && self.limbs == limbs,
            "a batch of another modulus"
        );
    }

    /// The group kernel's view: the type of its lanes, chosen once.
    pub(crate) fn lanes(&self) -> usize {
        dispatch!(self.backend, L => L::LANES)
    }
}
