//! Decrypted group elements as fractions of bounded integers.
//!
//! Wang, *A p-adic algorithm for univariate partial fractions*, SYMSAC 1981; Modern Computer Algebra,
//! section 5.10: for `2 N D < p` at most one reduced fraction `n / d` with `n <= N` and `d <= D` is congruent
//! to an element or its negative modulo `p`, and it stands in the first row of the extended Euclidean
//! algorithm, on `p` and the element, whose remainder is at most `N`.

use crypto_bigint::{BoxedUint, NonZero};
use zeroize::Zeroizing;

use super::arithmetic::map;
use super::keys::PublicKey;
use crate::error::{Error, Result};
use crate::integers::Integers;
use crate::parallel::Call;

/// Group products that one reconstruction takes as long as, for each bit of the modulus.
const PRODUCTS_PER_BIT: f64 = 0.2;

type Number = Zeroizing<BoxedUint>;

/// Numerators and denominators of decrypted values that are fractions within these bounds. The time depends
/// on the values, as that of everything does that comes after decryption.
///
/// # Errors
/// [`Error::Overflow`] names the first value that is no such fraction; or what ends the call.
pub fn fractions_vartime(
    key: &PublicKey,
    values: &Integers,
    numerator: &[u64],
    denominator: &[u64],
    call: &mut Call<'_>,
) -> Result<(Integers, Integers)> {
    let n = key.group().words();
    let number = |words: &[u64]| {
        let mut row = words.to_vec();
        row.resize(n, 0);
        Zeroizing::new(BoxedUint::from_words(row))
    };
    let (p, bounds) = (number(key.group().modulus().words()), [number(numerator), number(denominator)]);
    let products = PRODUCTS_PER_BIT * 64.0 * n as f64;
    let parts = map(key.group(), call, values.len(), products, |range| {
        let mut rows = [Vec::new(), Vec::new()];
        for index in range {
            let fraction = euclid(&p, number(values.magnitude(index)), &bounds[0]);
            if *fraction[1] > *bounds[1] {
                return Err(Error::Overflow {
                    name: "the decrypted array".into(),
                    index,
                    allowed: "fractions within the array's bounds".into(),
                });
            }
            rows.iter_mut().zip(&fraction).for_each(|(row, part)| row.extend_from_slice(part.as_words()));
        }
        Ok(rows)
    })?;
    let collected = |which: usize| {
        let rows = parts.iter().flat_map(|part| part[which].iter().copied()).collect();
        Integers::from_parts(n, rows, vec![false; values.len()])
    };
    Ok((collected(0), collected(1)))
}

/// The first row `r = ± t v` modulo `p` of Euclid's algorithm with `r` at most `bound`: `[r, t]`.
fn euclid(p: &Number, v: Number, bound: &Number) -> [Number; 2] {
    let (mut r0, mut r1) = (p.clone(), v);
    let mut t0 = Zeroizing::new(BoxedUint::zero_with_precision(p.bits_precision()));
    let mut t1 = Zeroizing::new(BoxedUint::one_with_precision(p.bits_precision()));
    while *r1 > **bound {
        let Some(divisor) = NonZero::new((*r1).clone()).into_option() else {
            break;
        };
        let (quotient, rest) = r0.div_rem_vartime(&divisor);
        let product = Zeroizing::new(Zeroizing::new(quotient).wrapping_mul(&*t1));
        let next = Zeroizing::new(t0.wrapping_add(&*product));
        (r0, r1) = (r1, Zeroizing::new(rest));
        (t0, t1) = (t1, next);
    }
    [r1, t1]
}
