//! A tile: some neighbouring columns of a product, summed in registers.
//!
//! Column `k` of `x y` is the sum of `x[i] y[k - i]`. Taken a tile of `W` columns at a time, row `i` of
//! it multiplies `x[i]` by `W` neighbouring limbs of `y`. Of the tile's rows most are whole, and a loop
//! of a length known only at run time goes over them; at the ends of the numbers rows are cut off to
//! triangles, which are unrolled. No product is wasted and one compiled body serves every length.

use super::vector::{Column, Vector};

/// A loop over a constant range below 12, unrolled whatever the optimiser thinks of its size: columns are
/// registers only where their indices are constants, and it gives up on triangles. What lies outside the
/// range is never compiled.
macro_rules! unroll {
    ($i:ident in $from:literal..$to:expr, $body:block) => {
        unroll!(@ $i, $from, $to, $body, 0 1 2 3 4 5 6 7 8 9 10 11)
    };
    (@ $i:ident, $from:literal, $to:expr, $body:block, $($value:literal)+) => {
        $(if const { $from <= $value && $value < $to } {
            let $i: usize = $value;
            $body
        })+
    };
}
pub(super) use unroll;

/// The limbs of a number, as vectors.
pub(super) trait Limbs<V>: Copy {
    /// How many there are.
    fn count(self) -> usize;

    /// One of them.
    fn at(self, index: usize) -> V;

    /// One of them.
    ///
    /// # Safety
    /// `index` is below [`Limbs::count`].
    #[allow(unsafe_code)]
    unsafe fn at_unchecked(self, index: usize) -> V;
}

impl<V: Vector<Limb = T>, T> Limbs<V> for &[T] {
    #[inline(always)]
    fn count(self) -> usize {
        self.len()
    }

    #[inline(always)]
    fn at(self, index: usize) -> V {
        V::load(&self[index])
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    unsafe fn at_unchecked(self, index: usize) -> V {
        // SAFETY: the caller promises that there is such a limb.
        V::load(unsafe { self.get_unchecked(index) })
    }
}

/// A number that all lanes share, a word a limb.
#[derive(Clone, Copy)]
pub(super) struct Shared<'a>(pub(super) &'a [u64]);

impl<V: Vector> Limbs<V> for Shared<'_> {
    #[inline(always)]
    fn count(self) -> usize {
        self.0.len()
    }

    #[inline(always)]
    fn at(self, index: usize) -> V {
        V::splat(self.0[index])
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    unsafe fn at_unchecked(self, index: usize) -> V {
        // SAFETY: the caller promises that there is such a limb.
        V::splat(unsafe { *self.0.get_unchecked(index) })
    }
}

/// `W` columns and what they carry over into the column after them.
///
/// **No column overflows.** `room` is how many products each may still take. Where the limbs are so
/// short that few fit ([`Vector::TERMS`]), [`Tile::settle`] first moves what a column holds above its
/// limb to the next. Besides products a column takes a carry and a few single limbs, together below
/// `2^(C - 10)` where it has `C` bits: both bounds leave that free.
pub(super) struct Tile<V: Vector, const W: usize> {
    pub(super) columns: [V::Column; W],
    pub(super) over: V::Column,
    room: usize,
}

impl<V: Vector, const W: usize> Tile<V, W> {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Self { columns: [V::Column::zero(); W], over: V::Column::zero(), room: V::TERMS }
    }

    /// Adds the product `x * y` to column `t`. The caller has taken room for it.
    #[inline(always)]
    pub(super) fn add(&mut self, t: usize, x: V, y: V) {
        self.columns[t] = self.columns[t].low(x, y);
        if t + 1 < W {
            self.columns[t + 1] = self.columns[t + 1].high(x, y);
        } else {
            self.over = self.over.high(x, y);
        }
    }

    /// Makes room for `terms` more products in each column and takes it.
    #[inline(always)]
    pub(super) fn take_room(&mut self, terms: usize) {
        if V::TERMS != usize::MAX {
            if self.room < terms {
                self.settle();
            }
            self.room -= terms;
        }
    }

    /// Twice the sum.
    #[inline(always)]
    pub(super) fn double(&mut self) {
        if V::TERMS != usize::MAX {
            let taken = V::TERMS - self.room;
            self.take_room(taken.min(V::TERMS / 2 + 1));
        }
        for column in &mut self.columns {
            *column = column.with(*column);
        }
        self.over = self.over.with(self.over);
    }

    /// Moves what each column holds above its limb to the next. Columns of `C` bits are then below
    /// `2^RADIX_BITS + 2^(C - RADIX_BITS)`.
    #[inline(always)]
    fn settle(&mut self) {
        let mut carry = V::Column::zero();
        for column in &mut self.columns {
            let next = column.above();
            *column = carry.with_limb(column.limb());
            carry = next;
        }
        self.over = self.over.with(carry);
        self.room = V::TERMS;
    }

    /// Adds the whole rows `first..end` of the product `x y`, the tile's first column being column `k`.
    #[inline(always)]
    pub(super) fn add_rows(
        &mut self,
        x: impl Limbs<V>,
        y: impl Limbs<V>,
        k: usize,
        mut first: usize,
        end: usize,
    ) {
        if V::TERMS == usize::MAX {
            return self.add_rows_at_once(x, y, k, first, end);
        }
        while first < end {
            if self.room == 0 {
                self.settle();
            }
            let next = end.min(first + self.room);
            self.room -= next - first;
            self.add_rows_at_once(x, y, k, first, next);
            first = next;
        }
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    fn add_rows_at_once(&mut self, x: impl Limbs<V>, y: impl Limbs<V>, k: usize, first: usize, end: usize) {
        if first >= end {
            return;
        }
        assert!(end <= x.count() && end <= k + 1 && k - first + W <= y.count(), "rows outside a number");
        let mut i = first;
        // Two rows at a time share the loads of y.
        while i + 1 < end {
            // SAFETY: `first <= i` and `i + 1 < end`, so x's indices are below `end`, and y's go from
            // `k - (i + 1)`, which is not negative, to `k - i - 1 + W`, below `k - first + W`; both
            // bounds were asserted above.
            unsafe {
                let (upper, lower) = (x.at_unchecked(i), x.at_unchecked(i + 1));
                let from = k - i - 1;
                self.add(0, lower, y.at_unchecked(from));
                for t in 1..W {
                    let limb = y.at_unchecked(from + t);
                    self.add(t - 1, upper, limb);
                    self.add(t, lower, limb);
                }
                self.add(W - 1, upper, y.at_unchecked(from + W));
            }
            i += 2;
        }
        if i < end {
            let x = x.at(i);
            for t in 0..W {
                // SAFETY: as above, with y's indices from `k - i` to `k - i + W - 1`.
                self.add(t, x, unsafe { y.at_unchecked(k - i + t) });
            }
        }
    }

    /// Adds the rows below the whole ones, which begin at `y[0]`: rows `k + 1..k + W`.
    #[inline(always)]
    #[allow(unsafe_code)]
    pub(super) fn add_lower_triangle(&mut self, x: impl Limbs<V>, y: impl Limbs<V>, k: usize) {
        assert!(k + W <= x.count() && W - 1 <= y.count(), "a tile outside a number");
        self.take_room(W);
        unroll!(row in 1..W, {
            // SAFETY: `row` is below `W` and `t - row` below `W - 1`, which the assertion allows.
            unsafe {
                let limb = x.at_unchecked(k + row);
                for t in row..W {
                    self.add(t, limb, y.at_unchecked(t - row));
                }
            }
        });
    }

    /// Adds the rows above the whole ones, which end at `y`'s last limb: rows `from + 1..from + W`.
    #[inline(always)]
    #[allow(unsafe_code)]
    pub(super) fn add_upper_triangle(&mut self, x: impl Limbs<V>, y: impl Limbs<V>, from: usize) {
        let h = y.count();
        assert!(from + W <= x.count() && W - 1 <= h, "a tile outside a number");
        self.take_room(W);
        unroll!(row in 1..W, {
            // SAFETY: `row` is below `W`, and y's index from `h - (W - 1)` to `h - 1`, which the
            // assertion allows.
            unsafe {
                let limb = x.at_unchecked(from + row);
                for t in 0..row {
                    self.add(t, limb, y.at_unchecked(h - row + t));
                }
            }
        });
    }
}
