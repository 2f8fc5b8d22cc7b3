//! The curve `v² = u³ + 486662 u² + u` of RFC 7748 in affine coordinates, for many points at once: one
//! inversion serves a whole run (Montgomery's trick), and a point's sum and difference with another share
//! theirs (Bernstein and Lange, *Computing small discrete logarithms faster*, INDOCRYPT 2012).

use super::field::Element;

const A: Element = Element::small(486_662);

/// A point but the neutral one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Affine {
    u: Element,
    v: Element,
}

/// An element's abscissa as a fraction: of four times a point that its encoding belongs to, whichever of
/// the four points of that encoding it is, so that it depends on the element alone, and is that of its
/// opposite. The denominator is zero for the neutral element alone.
///
/// The encoding `s` belongs to the point with `y = (1 - s²) / (1 + s²)` on the Edwards curve (RFC 9496,
/// 4.3.1), which on this one has `u = (1 + y) / (1 - y) = 1 / s²` (RFC 7748, 4.1).
pub(super) fn abscissa(encoding: &[u8; 32]) -> (Element, Element) {
    let s = Element::from_bytes(encoding);
    let (mut x, mut z) = (Element::ONE, s.square());
    for _ in 0..2 {
        let (xx, zz, xz) = (x.square(), z.square(), x * z);
        let around = (xx + A * xz) + zz;
        let quadruple = (xz + xz) + (xz + xz);
        (x, z) = ((xx - zz).square(), quadruple * around);
    }
    (x, z)
}

impl Affine {
    /// One of the two points of an abscissa; `None` if there is none.
    pub fn with_abscissa(u: Element) -> Option<Self> {
        let square = u.square();
        let v = (square * u + (A * square + u)).square_root()?;
        Some(Self { u, v })
    }

    pub fn u(&self) -> Element {
        self.u
    }
}

/// Replaces numbers by their inverses, and returns their product. If that is zero, all become zero.
pub(super) fn invert_all(values: &mut [Element], products: &mut Vec<Element>) -> Element {
    products.clear();
    let mut product = Element::ONE;
    for &value in values.iter() {
        products.push(product);
        product = product * value;
    }
    let mut inverse = product.inverse();
    for (value, &before) in values.iter_mut().zip(products.iter()).rev() {
        let next = inverse * *value;
        *value = inverse * before;
        inverse = next;
    }
    product
}

/// Extends a list of a point's multiples by 1, 2 and so on to `count` of them. The point is of larger order.
pub(super) fn extend_multiples(points: &mut Vec<Affine>, base: Affine, count: usize) {
    if points.is_empty() {
        points.push(base);
    }
    let (mut slopes, mut scratch) = (Vec::new(), Vec::new());
    while points.len() < count {
        // All of the list but shifted by its last point, which is thereby doubled.
        let known = points.len();
        let last = points[known - 1];
        let added = known.min(count - known);
        slopes.clear();
        slopes.extend(points[..added].iter().map(|point| point.u - last.u));
        if added == known {
            slopes[known - 1] = last.v + last.v;
        }
        invert_all(&mut slopes, &mut scratch);
        for i in 0..added {
            let point = points[i];
            let rise = if i + 1 == known {
                // 3 u² + 2 A u + 1
                let square = last.u.square();
                let linear = A * (last.u + last.u) + Element::ONE;
                (square + square) + (square + linear)
            } else {
                point.v - last.v
            };
            let slope = rise * slopes[i];
            let u = (slope.square() - ((last.u + point.u) + A)).tight();
            let v = (slope * (last.u - u) - last.v).tight();
            points.push(Affine { u, v });
        }
    }
}

/// Memory for [`differences_and_sums`].
#[derive(Default)]
pub(super) struct Scratch {
    inverses: Vec<Element>,
    products: Vec<Element>,
}

/// Calls `visit` with the abscissas of the point minus and plus each step, in order.
///
/// # Errors
/// The index of a step that the point, or its opposite, is; then nothing was visited.
pub(super) fn differences_and_sums(
    point: Affine,
    steps: &[Affine],
    scratch: &mut Scratch,
    mut visit: impl FnMut(Element, Element),
) -> std::result::Result<(), usize> {
    let Scratch { inverses, products } = scratch;
    inverses.clear();
    inverses.extend(steps.iter().map(|step| point.u - step.u));
    if invert_all(inverses, products).is_zero() {
        let meets = steps.iter().position(|step| (point.u - step.u).is_zero());
        return Err(meets.unwrap_or(0));
    }
    let shifted = (point.u + A).tight();
    for (step, &inverse) in steps.iter().zip(inverses.iter()) {
        let both = shifted + step.u;
        let difference = ((point.v + step.v) * inverse).square() - both;
        let sum = ((point.v - step.v) * inverse).square() - both;
        visit(difference, sum);
    }
    Ok(())
}
