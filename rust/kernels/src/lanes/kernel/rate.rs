//! The multiplier at its best: what the kernels' speed is compared with.

use super::vector::{Column, Vector};

/// Adds the products of the first `W` limbs of `a` and every limb of `b` to `W` columns: independent
/// multiply-adds from registers and memory, as in a tile of a product, without what else a product needs.
/// There are `W` for each limb of `b`. What comes out means nothing.
#[inline(always)]
pub(crate) fn multiply_adds<V: Vector, const W: usize>(out: &mut [u64], a: &[u64], b: &[u64]) {
    let (out, a) = (V::limbs_mut(out), V::limbs(a));
    assert!(out.len() >= W && a.len() >= W, "a tile is wider than the operands");
    let factors: [V; W] = std::array::from_fn(|t| V::load(&a[t]));
    let mut columns = [V::Column::zero(); W];
    for limb in V::limbs(b) {
        let limb = V::load(limb);
        for (column, &factor) in columns.iter_mut().zip(&factors) {
            *column = column.low(factor, limb);
        }
    }
    for (column, limb) in columns.iter().zip(out) {
        column.limb().store(limb);
    }
}
