//! Numbers given by their columns: what a reduction adds up, a tile at a time.

use super::tile::{Limbs, Tile, unroll};
use super::vector::Vector;

/// A sum of products. Tiles of the low half have `k + W <= h`, those of the high half
/// `h <= k` and `k + W <= 2 h`, where `h` is the length of the numbers.
pub(super) trait Columns<V: Vector>: Copy {
    /// Adds columns `k..k + W` of the low half.
    fn add_low<const W: usize>(self, tile: &mut Tile<V, W>, k: usize);

    /// Adds columns `k..k + W` of the high half.
    fn add_high<const W: usize>(self, tile: &mut Tile<V, W>, k: usize);
}

/// `x * y`.
#[derive(Clone, Copy)]
pub(super) struct Product<X, Y>(pub(super) X, pub(super) Y);

impl<V: Vector, X: Limbs<V>, Y: Limbs<V>> Columns<V> for Product<X, Y> {
    #[inline(always)]
    fn add_low<const W: usize>(self, tile: &mut Tile<V, W>, k: usize) {
        tile.add_rows(self.0, self.1, k, 0, k + 1);
        tile.add_lower_triangle(self.0, self.1, k);
    }

    #[inline(always)]
    fn add_high<const W: usize>(self, tile: &mut Tile<V, W>, k: usize) {
        let h = self.1.count();
        tile.add_upper_triangle(self.0, self.1, k - h);
        tile.add_rows(self.0, self.1, k, k + W - h, h);
    }
}

/// `x * x`: each mixed product once, doubled, and the squares. Comes first in a sum, since it doubles
/// what is in the tile.
#[derive(Clone, Copy)]
pub(super) struct Square<X>(pub(super) X);

impl<X: Copy> Square<X> {
    /// The rows that meet the diagonal, which starts at limb `ceil(k / 2)`. A `SKEW` of 1 says that `k`
    /// is odd. Room for them has been taken.
    #[inline(always)]
    #[allow(unsafe_code)]
    fn mixed<V: Vector, const W: usize, const SKEW: usize>(self, tile: &mut Tile<V, W>, k: usize)
    where
        X: Limbs<V>,
    {
        let middle = k / 2;
        assert!(middle + W <= self.0.count(), "a tile outside a number");
        unroll!(row in 0..W / 2, {
            // SAFETY: indices go from `middle` to `middle + W - 1`: where there is a `t`, `2 row + SKEW + 1`
            // is below `W`, and so is `SKEW + row`.
            unsafe {
                let limb = self.0.at_unchecked(middle + SKEW + row);
                for t in 2 * row + SKEW + 1..W {
                    tile.add(t, limb, self.0.at_unchecked(middle + t - row));
                }
            }
        });
    }

    /// The squares of the limbs on the diagonal.
    #[inline(always)]
    #[allow(unsafe_code)]
    fn squares<V: Vector, const W: usize, const SKEW: usize>(self, tile: &mut Tile<V, W>, k: usize)
    where
        X: Limbs<V>,
    {
        let middle = k / 2 + SKEW;
        assert!(k / 2 + W <= self.0.count(), "a tile outside a number");
        for row in 0..(W + 1 - SKEW) / 2 {
            // SAFETY: `2 row + SKEW` is below `W`, and so is `row + SKEW`.
            let limb = unsafe { self.0.at_unchecked(middle + row) };
            tile.add(2 * row + SKEW, limb, limb);
        }
    }

    /// All that is left once the whole rows are added: the rest of the mixed products, doubling, and
    /// the squares.
    #[inline(always)]
    fn finish<V: Vector, const W: usize>(self, tile: &mut Tile<V, W>, k: usize)
    where
        X: Limbs<V>,
    {
        tile.take_room(W.div_ceil(2));
        if k.is_multiple_of(2) {
            self.mixed::<V, W, 0>(tile, k);
            tile.double();
            tile.take_room(1);
            self.squares::<V, W, 0>(tile, k);
        } else {
            self.mixed::<V, W, 1>(tile, k);
            tile.double();
            tile.take_room(1);
            self.squares::<V, W, 1>(tile, k);
        }
    }
}

impl<V: Vector, X: Limbs<V>> Columns<V> for Square<X> {
    #[inline(always)]
    fn add_low<const W: usize>(self, tile: &mut Tile<V, W>, k: usize) {
        tile.add_rows(self.0, self.0, k, 0, k.div_ceil(2));
        self.finish(tile, k);
    }

    #[inline(always)]
    fn add_high<const W: usize>(self, tile: &mut Tile<V, W>, k: usize) {
        let h = self.0.count();
        if k + 2 * W <= 2 * h {
            tile.add_upper_triangle(self.0, self.0, k - h);
            tile.add_rows(self.0, self.0, k, k + W - h, k.div_ceil(2));
            self.finish(tile, k);
            return;
        }
        // In the last tiles the end of the number and the diagonal cut the same rows: few products.
        tile.take_room(W);
        unroll!(t in 0..W, {
            for i in k + t + 1 - h..(k + t).div_ceil(2) {
                tile.add(t, self.0.at(i), self.0.at(k + t - i));
            }
        });
        tile.double();
        tile.take_room(1);
        unroll!(t in 0..W, {
            if (k + t).is_multiple_of(2) && (k + t) / 2 < h {
                let limb = self.0.at((k + t) / 2);
                tile.add(t, limb, limb);
            }
        });
    }
}

/// Twice a number. Comes first in a sum, since it doubles what is in the tile.
#[derive(Clone, Copy)]
pub(super) struct Twice<C>(pub(super) C);

impl<V: Vector, C: Columns<V>> Columns<V> for Twice<C> {
    #[inline(always)]
    fn add_low<const W: usize>(self, tile: &mut Tile<V, W>, k: usize) {
        self.0.add_low(tile, k);
        tile.double();
    }

    #[inline(always)]
    fn add_high<const W: usize>(self, tile: &mut Tile<V, W>, k: usize) {
        self.0.add_high(tile, k);
        tile.double();
    }
}

/// The sum of two numbers.
#[derive(Clone, Copy)]
pub(super) struct Sum<A, B>(pub(super) A, pub(super) B);

impl<V: Vector, A: Columns<V>, B: Columns<V>> Columns<V> for Sum<A, B> {
    #[inline(always)]
    fn add_low<const W: usize>(self, tile: &mut Tile<V, W>, k: usize) {
        self.0.add_low(tile, k);
        self.1.add_low(tile, k);
    }

    #[inline(always)]
    fn add_high<const W: usize>(self, tile: &mut Tile<V, W>, k: usize) {
        self.0.add_high(tile, k);
        self.1.add_high(tile, k);
    }
}
