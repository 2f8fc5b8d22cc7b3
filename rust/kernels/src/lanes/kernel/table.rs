//! Reading tables at secret places: every row is read, and masks or permutations, never addresses,
//! choose.

use super::vector::{Picking, Vector};
use crate::buffer::Buffer;

/// See [`crate::lanes::Lanes::scan`].
#[inline(always)]
pub(crate) fn scan<V: Vector>(out: &mut [u64], table: &[u64], indices: &[u64]) {
    // So many limbs of every row at a time that what is gathered stays in registers.
    const BLOCK: usize = 12;
    let out = V::limbs_mut(out);
    let table = V::limbs(table);
    let index = V::load(&V::limbs(indices)[0]);
    let width = out.len();
    if width < BLOCK {
        for from in 0..width {
            gather::<V, 1>(out, table, from, index);
        }
        return;
    }
    for from in (0..width).step_by(BLOCK) {
        // The last block goes over some limbs again rather than over few.
        gather::<V, BLOCK>(out, table, from.min(width - BLOCK), index);
    }
}

/// Limbs `from..from + B` of the chosen rows.
#[inline(always)]
fn gather<V: Vector, const B: usize>(out: &mut [V::Limb], table: &[V::Limb], from: usize, index: V) {
    let mut gathered = [V::splat(0); B];
    for (row, i) in table.chunks_exact(out.len()).zip(0u64..) {
        let mask = index.equal(V::splat(i));
        for (sum, limb) in gathered.iter_mut().zip(&row[from..from + B]) {
            *sum = sum.or(V::load(limb).and(mask));
        }
    }
    for (limb, sum) in out[from..].iter_mut().zip(gathered) {
        sum.store(limb);
    }
}

/// How the entries of a fixed-base window are laid out, and one chosen for each lane.
pub(crate) trait Entries: Vector {
    /// See [`crate::lanes::Lanes::arrange`].
    fn arrange(rows: Buffer, limbs: usize) -> Buffer;

    /// See [`crate::lanes::Lanes::lookup`].
    fn lookup(out: &mut [u64], window: &[u64], indices: &[u64]);
}

/// Words that a block of entries of one limb takes.
const fn block_words<V: Picking>() -> usize {
    V::ENTRIES * V::ENTRY_BITS / 64
}

impl<V: Picking> Entries for V {
    /// For each limb, that limb of every entry, so that a permutation can pick from many entries at once.
    fn arrange(rows: Buffer, limbs: usize) -> Buffer {
        let words = block_words::<V>();
        let blocks = (rows.len() / limbs).div_ceil(V::ENTRIES);
        let mut window = Buffer::zeros(limbs * blocks * words);
        for (entry, row) in rows.chunks_exact(limbs).enumerate() {
            let (block, bit) = (entry / V::ENTRIES, entry % V::ENTRIES * V::ENTRY_BITS);
            for (limb, &value) in row.iter().enumerate() {
                window[(limb * blocks + block) * words + bit / 64] |= value << (bit % 64);
            }
        }
        window
    }

    #[inline(always)]
    fn lookup(out: &mut [u64], window: &[u64], indices: &[u64]) {
        // So many blocks of entries at a time that their masks stay in registers.
        const BLOCKS: usize = 8;
        let words = block_words::<V>();
        let out = V::limbs_mut(out);
        let index = V::load(&V::limbs(indices)[0]);
        let block_of = V::block(index);
        let blocks = window.len() / (out.len() * words);
        for first in (0..blocks).step_by(BLOCKS) {
            let mut masks = [V::splat(0); BLOCKS];
            for (block, mask) in masks.iter_mut().enumerate() {
                *mask = block_of.equal(V::splat((first + block) as u64)).and(V::splat(V::MASK));
            }
            let count = BLOCKS.min(blocks - first);
            for (limb, row) in out.iter_mut().zip(window.chunks_exact(blocks * words)) {
                let mut sum = if first == 0 { V::splat(0) } else { V::load(limb) };
                let entries = row[first * words..].chunks_exact(words);
                for (entries, &mask) in entries.zip(&masks[..count]) {
                    sum = sum.or(V::pick(entries, index).and(mask));
                }
                sum.store(limb);
            }
        }
    }
}
