//! Powers of every element of a batch, over any ring and backend.
//!
//! Handbook of Applied Cryptography, chapter 14: fixed windows (algorithm 14.82) for secret exponents,
//! with every table row read at each step; sliding windows (14.85) for public ones.

use crate::batch::Batch;
use crate::buffer::Buffer;
use crate::lanes::Lanes;
use crate::ring::{Ring, Scratch, mul_assign, square_assign};
use crate::words::{bit_length, bits_at};

/// `x^exponent` for one secret exponent: constant time in its value, given the slice's length.
pub(crate) fn pow<R: Ring>(ring: &R, one: &Batch, x: &Batch, exponent: &[u64]) -> Batch {
    let bits = 64 * exponent.len();
    // A wider window saves products but lengthens the scan of the table.
    let window = if bits <= 512 { 4 } else { 5 };
    fixed_windows(ring, one, x, bits, window, |digits, _, offset| {
        digits.fill(bits_at(exponent, offset, window));
    })
}

/// `x_i^e_i` for secret exponents of `words` words each, below `2^bits`: constant time in their values.
pub(crate) fn pow_each<R: Ring>(
    ring: &R,
    one: &Batch,
    x: &Batch,
    exponents: &[u64],
    words: usize,
    bits: usize,
) -> Batch {
    let window = short_window(bits).min(5);
    fixed_windows(ring, one, x, bits, window, |digits, first, offset| {
        digits_of_lanes(digits, exponents, words, first, 1, offset, window);
    })
}

/// Powers with secret exponents below `2^bits`, of which `digits` writes a window for each lane, from the index
/// of the lanes' first element and the offset of the window.
fn fixed_windows<R: Ring>(
    ring: &R,
    one: &Batch,
    x: &Batch,
    bits: usize,
    window: usize,
    digits: impl Fn(&mut [u64], usize, usize),
) -> Batch {
    let width = ring.width();
    let one = one.broadcast::<R::L>();
    let mut result = x.zeros_like(x.len());
    let mut scratch = Scratch::new(ring);
    let mut table = Rows::new(1 << window, width);
    let mut factor = Buffer::zeros(width);
    let mut indices = Buffer::zeros(R::L::LANES);
    let groups = result.data_mut().chunks_exact_mut(width).zip(x.data().chunks_exact(width));
    for (g, (out, base)) in groups.enumerate() {
        table.fill_powers(ring, &one, base, &mut scratch);
        let windows = bits.div_ceil(window);
        out.copy_from_slice(&one);
        for i in (0..windows).rev() {
            if i + 1 < windows {
                square_assign(ring, out, window, &mut scratch);
            }
            digits(&mut indices, g * R::L::LANES, i * window);
            R::L::scan(&mut factor, &table.words, &indices);
            mul_assign(ring, out, &factor, &mut scratch);
        }
    }
    result
}

/// The digit of an exponent for each lane: of number `first` for the first and `stride` on for each next; 0
/// where there are no more.
pub(crate) fn digits_of_lanes(
    digits: &mut [u64],
    exponents: &[u64],
    words: usize,
    first: usize,
    stride: usize,
    offset: usize,
    count: usize,
) {
    for (lane, digit) in digits.iter_mut().enumerate() {
        let start = (first + lane * stride) * words;
        *digit = exponents.get(start..start + words).map_or(0, |row| bits_at(row, offset, count));
    }
}

/// `x^exponent` for one public exponent.
pub(crate) fn pow_vartime<R: Ring>(ring: &R, one: &Batch, x: &Batch, exponent: &[u64]) -> Batch {
    let bits = bit_length(exponent);
    if bits == 0 {
        return one.repeat(x.len());
    }
    let window = sliding_window(bits);
    let width = ring.width();
    let steps = sliding_steps(exponent, bits, window);
    let mut result = x.zeros_like(x.len());
    let mut scratch = Scratch::new(ring);
    let mut odd = Rows::new(1 << (window - 1), width);
    for (out, base) in result.data_mut().chunks_exact_mut(width).zip(x.data().chunks_exact(width)) {
        odd.fill_odd_powers(ring, base, &mut scratch);
        let mut started = false;
        for &(squarings, digit) in &steps {
            if started {
                square_assign(ring, out, squarings, &mut scratch);
            }
            match digit {
                Some(row) if started => mul_assign(ring, out, odd.row(row), &mut scratch),
                Some(row) => out.copy_from_slice(odd.row(row)),
                None => {}
            }
            started = true;
        }
    }
    result
}

/// `x_i^e_i` for public exponents, `words` words each.
pub(crate) fn pow_each_vartime<R: Ring>(
    ring: &R,
    one: &Batch,
    x: &Batch,
    exponents: &[u64],
    words: usize,
) -> Batch {
    let width = ring.width();
    let lanes = R::L::LANES;
    let one = one.broadcast::<R::L>();
    let bits_of: Vec<usize> = exponents.chunks_exact(words).map(bit_length).collect();
    let window = short_window(bits_of.iter().copied().max().unwrap_or(0));
    let mut result = x.zeros_like(x.len());
    let mut scratch = Scratch::new(ring);
    let mut table = Rows::new(1 << window, width);
    let mut factor = Buffer::zeros(width);
    let groups = result.data_mut().chunks_exact_mut(width).zip(x.data().chunks_exact(width));
    for (g, (out, base)) in groups.enumerate() {
        let elements = g * lanes..((g + 1) * lanes).min(x.len());
        let windows = bits_of[elements.clone()].iter().copied().max().unwrap_or(0).div_ceil(window);
        out.copy_from_slice(&one);
        if windows == 0 {
            continue;
        }
        table.fill_powers(ring, &one, base, &mut scratch);
        for i in (0..windows).rev() {
            if i + 1 < windows {
                square_assign(ring, out, window, &mut scratch);
            }
            let mut digits = elements
                .clone()
                .map(|e| bits_at(&exponents[e * words..][..words], i * window, window) as usize);
            if lanes == 1 {
                match digits.next() {
                    None | Some(0) => {}
                    Some(digit) => mul_assign(ring, out, table.row(digit), &mut scratch),
                }
            } else {
                factor.copy_from_slice(&one);
                for (lane, digit) in digits.enumerate() {
                    for limb in 0..width / lanes {
                        factor[limb * lanes + lane] = table.row(digit)[limb * lanes + lane];
                    }
                }
                mul_assign(ring, out, &factor, &mut scratch);
            }
        }
    }
    result
}

/// The window that costs the fewest products for a public exponent raised with odd powers.
fn sliding_window(bits: usize) -> usize {
    (1..=7).min_by_key(|w| (1 << (w - 1)) + bits / (w + 1)).unwrap_or(1)
}

/// The window that costs the fewest products when every power below `2^w` is made.
fn short_window(bits: usize) -> usize {
    (1..=6).min_by_key(|w| (1 << w) + bits.div_ceil(*w)).unwrap_or(1)
}

/// A public exponent as (squarings, then the odd power's row to multiply by), highest bits first.
fn sliding_steps(exponent: &[u64], bits: usize, window: usize) -> Vec<(usize, Option<usize>)> {
    let mut steps = Vec::new();
    let mut top = bits; // bits below `top` are still to be done
    let mut squarings = 0;
    while top > 0 {
        if bits_at(exponent, top - 1, 1) == 0 {
            squarings += 1;
            top -= 1;
            continue;
        }
        let mut bottom = top.saturating_sub(window);
        while bits_at(exponent, bottom, 1) == 0 {
            bottom += 1;
        }
        let digit = bits_at(exponent, bottom, top - bottom) as usize;
        steps.push((squarings + top - bottom, Some(digit / 2)));
        squarings = 0;
        top = bottom;
    }
    if squarings > 0 {
        steps.push((squarings, None));
    }
    steps
}

/// Table rows, each one group wide.
struct Rows {
    words: Buffer,
    width: usize,
}

impl Rows {
    fn new(rows: usize, width: usize) -> Self {
        Self { words: Buffer::zeros(rows * width), width }
    }

    fn row(&self, index: usize) -> &[u64] {
        &self.words[index * self.width..][..self.width]
    }

    /// Rows 0, 1, 2, ...: the powers of `base`.
    fn fill_powers<R: Ring>(&mut self, ring: &R, one: &[u64], base: &[u64], scratch: &mut Scratch) {
        let width = self.width;
        self.words[..width].copy_from_slice(one);
        self.words[width..2 * width].copy_from_slice(base);
        for i in 2..self.words.len() / width {
            let (done, next) = self.words.split_at_mut(i * width);
            if i % 2 == 0 {
                ring.square(&mut next[..width], &done[i / 2 * width..][..width], scratch.kernel());
            } else {
                ring.mul(&mut next[..width], &done[(i - 1) * width..][..width], base, scratch.kernel());
            }
        }
    }

    /// Rows 0, 1, 2, ...: the odd powers 1, 3, 5, ... of `base`.
    fn fill_odd_powers<R: Ring>(&mut self, ring: &R, base: &[u64], scratch: &mut Scratch) {
        let width = self.width;
        self.words[..width].copy_from_slice(base);
        if self.words.len() == width {
            return;
        }
        let mut square = Rows::new(1, width);
        ring.square(&mut square.words, base, scratch.kernel());
        for i in 1..self.words.len() / width {
            let (done, next) = self.words.split_at_mut(i * width);
            ring.mul(&mut next[..width], &done[(i - 1) * width..], &square.words, scratch.kernel());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_spell_the_exponent() {
        for exponent in [1u64, 2, 3, 0b1011_0000, 0xdead_beef_0000_0001, u64::MAX] {
            for window in 1..=7 {
                let steps = sliding_steps(&[exponent], bit_length(&[exponent]), window);
                let spelled = steps.iter().fold(0u128, |sum, &(squarings, row)| {
                    (sum << squarings) + row.map_or(0, |row| 2 * row as u128 + 1)
                });
                assert_eq!(spelled, u128::from(exponent), "window {window}");
            }
        }
    }
}
