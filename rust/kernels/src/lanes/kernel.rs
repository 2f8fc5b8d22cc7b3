//! The kernels, written once over the [`vector::Vector`] of an instruction set, which holds a limb of a
//! residue in each lane, and over its [`vector::Column`].
//!
//! Montgomery products by product scanning, in [`tile`]s of columns that stay in registers; carries are
//! resolved once, as columns leave. See `reduce` for the bounds, `vector` for what a backend supplies.
//!
//! Everything here is `#[inline(always)]` without a `target_feature`, so that it compiles into the entry
//! functions that [`lanes!`] makes, which have the feature; only slices cross those.

pub(crate) mod columns;
pub(crate) mod linear;
pub(crate) mod rate;
pub(crate) mod reduce;
pub(crate) mod table;
#[cfg(test)]
mod tests;
pub(crate) mod tile;
pub(crate) mod vector;

/// Implements [`crate::lanes::Lanes`] for `$name` by the kernels over `$vector`, with tiles of `$wide`
/// and `$narrow` columns, compiled for the features named.
macro_rules! lanes {
    ($name:ident, $vector:ty, tiles: ($wide:literal, $narrow:literal), features: $($features:literal)?) => {
        $crate::lanes::kernel::lanes! { @impl $name, $vector, ($wide, $narrow), ($($features)?),
            mul(m: &Constants, out: &mut [u64], a: &[u64], b: &[u64], scratch: &mut [u64]) = reduce::mul::<$vector, $wide, $narrow>;
            square(m: &Constants, out: &mut [u64], a: &[u64], scratch: &mut [u64]) = reduce::square::<$vector, $wide, $narrow>;
            pair_mul(n: &Constants, out: &mut [u64], a: &[u64], b: &[u64], scratch: &mut [u64]) = reduce::pair_mul::<$vector, $wide, $narrow>;
            pair_square(n: &Constants, out: &mut [u64], a: &[u64], scratch: &mut [u64]) = reduce::pair_square::<$vector, $wide, $narrow>;
            pair_mul_digit(n: &Constants, out: &mut [u64], a: &[u64], digit: &[u64], scratch: &mut [u64]) = reduce::pair_mul_digit::<$vector, $wide, $narrow>;
            add(m: &Constants, out: &mut [u64], a: &[u64], b: &[u64]) = linear::add::<$vector>;
            sub(m: &Constants, out: &mut [u64], a: &[u64], b: &[u64]) = linear::sub::<$vector>;
            normalise(m: &Constants, digit: &mut [u64]) = linear::normalise::<$vector>;
            pair_add(n: &Constants, out: &mut [u64], a: &[u64], b: &[u64]) = linear::pair_add::<$vector>;
            pair_normalise(n: &Constants, pair: &mut [u64]) = linear::pair_normalise::<$vector>;
            scan(out: &mut [u64], table: &[u64], indices: &[u64]) = table::scan::<$vector>;
            multiply_adds(out: &mut [u64], a: &[u64], b: &[u64]) = rate::multiply_adds::<$vector, $wide>;
            lookup(out: &mut [u64], window: &[u64], indices: &[u64]) = <$vector as table::Entries>::lookup;
        }
    };
    (@impl $name:ident, $vector:ty, ($wide:literal, $narrow:literal), $features:tt,
        $($kernel:ident($($argument:ident: $type:ty),+) = $generic:expr;)+) => {
        impl $crate::lanes::Lanes for $name {
            const LANES: usize = <$vector as Vector>::LANES;
            const RADIX_BITS: usize = <$vector as Vector>::RADIX_BITS;
            const PRODUCT: usize = <$vector as Vector>::PRODUCT;
            const TILE: usize = $wide;

            fn limbs_for(modulus_bits: usize) -> usize {
                reduce::limbs_for::<$vector>(modulus_bits, $wide)
            }

            fn scratch_words(limbs: usize) -> usize {
                limbs * Self::LANES
            }

            fn arrange(rows: Buffer, limbs: usize) -> Buffer {
                <$vector as table::Entries>::arrange(rows, limbs)
            }

            $($crate::lanes::kernel::lanes! { @kernel $features, $kernel($($argument: $type),+) = $generic })+
        }
    };
    (@kernel (), $kernel:ident($($argument:ident: $type:ty),+) = $generic:expr) => {
        fn $kernel($($argument: $type),+) {
            $generic($($argument),+)
        }
    };
    (@kernel ($features:literal), $kernel:ident($($argument:ident: $type:ty),+) = $generic:expr) => {
        #[allow(unsafe_code)]
        fn $kernel($($argument: $type),+) {
            #[target_feature(enable = $features)]
            fn kernel($($argument: $type),+) {
                $generic($($argument),+)
            }
            // SAFETY: a modulus of a backend, and so a batch, exists only where `Backend::is_supported`
            // has found the features.
            unsafe { kernel($($argument),+) }
        }
    };
}
pub(crate) use lanes;
