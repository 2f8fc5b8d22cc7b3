//! Reading tables at secret places: every row is read, and masks or permutations, never addresses,
//! choose.

use super::vector::Vector;
use crate::buffer::Buffer;
use crate::words::mask_if_equal;

/// See [`crate::lanes::Lanes::scan`].
#[inline(always)]
pub(crate) fn scan<V: Vector>(out: &mut [u64], table: &[u64], index: u64) {
    // So many limbs of every row at a time that what is gathered stays in registers.
    const BLOCK: usize = 8;
    let out = V::limbs_mut(out);
    let table = V::limbs(table);
    let width = out.len();
    let (blocks, rest) = out.as_chunks_mut::<BLOCK>();
    for (b, block) in blocks.iter_mut().enumerate() {
        gather::<V, BLOCK>(block, table, width, b * BLOCK, index);
    }
    for (i, limb) in rest.iter_mut().enumerate() {
        gather::<V, 1>(std::array::from_mut(limb), table, width, width / BLOCK * BLOCK + i, index);
    }
}

/// Limbs `from..from + B` of the chosen row.
#[inline(always)]
fn gather<V: Vector, const B: usize>(
    out: &mut [V::Limb; B],
    table: &[V::Limb],
    width: usize,
    from: usize,
    index: u64,
) {
    let mut gathered = [V::splat(0); B];
    for (row, i) in table.chunks_exact(width).zip(0u64..) {
        let mask = V::splat(mask_if_equal(i, index));
        for (sum, limb) in gathered.iter_mut().zip(&row[from..from + B]) {
            *sum = sum.or(V::load(limb).and(mask));
        }
    }
    for (limb, sum) in out.iter_mut().zip(gathered) {
        sum.store(limb);
    }
}

/// Words that [`Vector::ENTRIES`] entries of one limb take.
const fn block_words<V: Vector>() -> usize {
    V::ENTRIES * V::ENTRY_BITS / 64
}

/// See [`crate::lanes::Lanes::arrange`]: for each limb, that limb of every entry, so that a permutation
/// can pick from many entries at once.
pub(crate) fn arrange<V: Vector>(rows: &[u64], limbs: usize) -> Buffer {
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

/// See [`crate::lanes::Lanes::lookup`].
#[inline(always)]
pub(crate) fn lookup<V: Vector, const ENTRY_LOG: u32>(out: &mut [u64], window: &[u64], indices: &[u64]) {
    const { assert!(1 << ENTRY_LOG == V::ENTRIES) };
    // So many blocks of entries at a time that their masks stay in registers.
    const BLOCKS: usize = 8;
    let words = block_words::<V>();
    let out = V::limbs_mut(out);
    let index = V::load(&V::limbs(indices)[0]);
    let block_of = index.shift_right::<ENTRY_LOG>();
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
