//! Many elements into few: products of runs, products of powers, and inversion of a whole batch.
//!
//! Products of powers follow Straus, *Addition chains of vectors*, Amer. Math. Monthly 71 (1964): one
//! table of small powers for each base, shared by all outputs, and one chain of squarings an output. Few
//! outputs of many public terms follow Pippenger, *On the evaluation of powers and monomials*, SIAM J. Comput. 9
//! (1980): in each window the bases with one digit are multiplied into one bucket, and there are no tables.
//! Inversion follows Montgomery, *Speeding the Pollard and elliptic curve methods*, Math. Comp. 48
//! (1987), section 10.3.1: three products an element and one inversion in all.

use crate::batch::Batch;
use crate::buffer::Buffer;
use crate::lanes::Lanes;
use crate::modulus::Modulus;
use crate::pair::Invert;
use crate::pow::digits_of_lanes;
use crate::ring::{Ring, Scratch, mul_assign, square_assign};
use crate::words::{Words, bit_length, bits_at};

/// Memory that the tables of one block of bases may take, in words.
const TABLE_WORDS: usize = 1 << 20;

/// The same where every entry of every table is read for each row: what stays near the core.
const SCANNED_WORDS: usize = 1 << 16;

/// Products of consecutive runs of `segment` elements.
pub(crate) fn product<R: Ring>(ring: &R, one: &Batch, x: &Batch, segment: usize) -> Batch {
    let lanes = R::L::LANES;
    let outputs = x.len() / segment;
    // Few long runs leave lanes idle: each is first cut in as many strands as fill them.
    let fill = lanes / outputs.max(1);
    let strands = if fill > 1 && segment >= 2 * fill { fill } else { 1 };
    let mut result = one.repeat(outputs * strands);
    let mut scratch = Scratch::new(ring);
    let width = ring.width();
    let mut buffer = Buffer::zeros(width);
    let one_group = one.broadcast::<R::L>();
    for (g, out) in result.data_mut().chunks_exact_mut(width).enumerate() {
        for step in 0..segment.div_ceil(strands) {
            let factor = gather::<R::L>(&one_group, &mut buffer, |lane| {
                let strand = g * lanes + lane;
                let at = strand % strands + step * strands;
                (strand < outputs * strands && at < segment).then(|| (x, strand / strands * segment + at))
            });
            match factor {
                Some(factor) if step == 0 => out.copy_from_slice(factor),
                Some(factor) => mul_assign(ring, out, factor, &mut scratch),
                None => {}
            }
        }
    }
    if strands == 1 { result } else { product(ring, one, &result, strands) }
}

/// A group with the chosen element of the chosen batch in each lane, and one where there is none;
/// `None` if no lane has any.
fn gather<'a, L: Lanes>(
    one: &[u64],
    buffer: &'a mut [u64],
    choose: impl Fn(usize) -> Option<(&'a Batch, usize)>,
) -> Option<&'a [u64]> {
    if L::LANES == 1 {
        return choose(0).map(|(batch, index)| batch.group(index));
    }
    let mut any = false;
    buffer.copy_from_slice(one);
    for lane in 0..L::LANES {
        if let Some((batch, index)) = choose(lane) {
            any = true;
            for (slot, &word) in buffer.iter_mut().skip(lane).step_by(L::LANES).zip(batch.element(index)) {
                *slot = word;
            }
        }
    }
    any.then_some(buffer)
}

/// A public matrix of signed exponents, row by row.
pub(crate) struct Weights<'a> {
    pub(crate) magnitudes: &'a [u64],
    pub(crate) words: usize,
    pub(crate) negative: &'a [bool],
    pub(crate) rows: usize,
}

impl Weights<'_> {
    fn digit(&self, index: usize, window: usize, bits: usize) -> usize {
        bits_at(&self.magnitudes[index * self.words..][..self.words], window * bits, bits) as usize
    }
}

/// The products over the positive and over the negative exponents of each row.
///
/// The outputs, first the positive ones of all rows, then the negative ones, fill the lanes; where they are
/// too few, an output is cut into strands, each of which takes some of its terms. In each window a lane
/// has its own list of terms, those of its sign whose digit is not zero, so that hardly a lane waits.
pub(crate) fn multi_pow_vartime<R: Ring>(
    ring: &R,
    one: &Batch,
    x: &Batch,
    weights: &Weights<'_>,
) -> (Batch, Batch) {
    let rows = weights.rows;
    let bits = weights.magnitudes.chunks_exact(weights.words).map(bit_length).max().unwrap_or(0);
    if bits == 0 || rows == 0 {
        return (one.repeat(rows), one.repeat(rows));
    }
    let strands = (R::L::LANES / (2 * rows)).max(1);
    let mut total = one.repeat(2 * rows * strands);
    let outputs = total.len().div_ceil(R::L::LANES);
    let terms_each = x.len().div_ceil(2 * strands);
    let (window, straus) = cheapest(bits, |window, windows| {
        x.len().div_ceil(R::L::LANES) * (1 << window) + outputs * windows * terms_each
    });
    let (bucket_window, buckets) =
        cheapest(bits, |window, windows| outputs * windows * (terms_each + (2 << window)));
    if buckets < straus {
        let (powers, terms, windows) = (vec![x.clone()], 0..x.len(), bits.div_ceil(bucket_window));
        Block { powers, terms, window: bucket_window, windows, columns: x.len(), strands }
            .accumulate_buckets(ring, one, weights, &mut total);
        return per_sign(ring, one, total, rows, strands);
    }
    let block = (TABLE_WORDS / ((ring.width() / R::L::LANES) << window)).max(1);
    for start in (0..x.len()).step_by(block) {
        let terms = start..(start + block).min(x.len());
        // powers[d - 1] holds x_i^d for the bases of this block
        let base = x.slice(terms.clone());
        let mut powers = vec![base];
        for _ in 2..1 << window {
            powers.push(multiply_batches(ring, &powers[powers.len() - 1], &powers[0]));
        }
        let windows = bits.div_ceil(window);
        Block { powers, terms, window, windows, columns: x.len(), strands }
            .accumulate(ring, one, weights, &mut total);
    }
    per_sign(ring, one, total, rows, strands)
}

/// The products over the positive and over the negative exponents, from those of their strands.
fn per_sign<R: Ring>(ring: &R, one: &Batch, total: Batch, rows: usize, strands: usize) -> (Batch, Batch) {
    let total = if strands == 1 { total } else { product(ring, one, &total, strands) };
    (total.slice(0..rows), total.slice(rows..2 * rows))
}

/// The window, of so many bits in so many windows, with the fewest products, and how many they are.
fn cheapest(bits: usize, products: impl Fn(usize, usize) -> usize) -> (usize, usize) {
    let costs = (1..=8).map(|window| (window, products(window, bits.div_ceil(window))));
    costs.min_by_key(|&(_, cost)| cost).unwrap_or((1, usize::MAX))
}

/// The product of `x_i^e_ri` over all `i`, for each row `r` of secret exponents of `words` words each, below
/// `2^bits`: constant time in their values. Every lane holds a row, and all read the tables that they share.
pub(crate) fn multi_pow<R: Ring>(
    ring: &R,
    one: &Batch,
    x: &Batch,
    exponents: &[u64],
    words: usize,
    bits: usize,
    rows: usize,
) -> Batch {
    let lanes = R::L::LANES;
    let groups = rows.div_ceil(lanes);
    let window = cheapest(bits, |window, windows| (1 << window) + groups * windows).0.min(5);
    let entry_words = ring.width() / lanes;
    let block = (SCANNED_WORDS / (entry_words << window)).max(1);
    let mut result = one.repeat(rows);
    let one_group = one.broadcast::<R::L>();
    let mut scratch = Scratch::new(ring);
    let mut entry = Buffer::zeros(ring.width());
    let mut product = Buffer::zeros(ring.width());
    let mut digits = Buffer::zeros(lanes);
    for start in (0..x.len()).step_by(block) {
        let base = x.slice(start..(start + block).min(x.len()));
        let mut powers = vec![one.repeat(base.len()), base];
        for _ in 2..1 << window {
            powers.push(multiply_batches(ring, &powers[powers.len() - 1], &powers[1]));
        }
        let tables: Vec<Buffer> = (0..powers[1].len())
            .map(|i| {
                let mut entries = Buffer::zeros(entry_words << window);
                for (entry, power) in entries.chunks_exact_mut(entry_words).zip(&powers) {
                    entry.iter_mut().zip(power.element(i)).for_each(|(slot, &word)| *slot = word);
                }
                R::L::arrange(entries, entry_words)
            })
            .collect();
        for (g, out) in result.data_mut().chunks_exact_mut(one_group.len()).enumerate() {
            product.copy_from_slice(&one_group);
            let windows = bits.div_ceil(window);
            for w in (0..windows).rev() {
                if w + 1 < windows {
                    square_assign(ring, &mut product, window, &mut scratch);
                }
                for (i, table) in tables.iter().enumerate() {
                    let first = g * lanes * x.len() + start + i;
                    digits_of_lanes(&mut digits, exponents, words, first, x.len(), w * window, window);
                    R::L::lookup(&mut entry, table, &digits);
                    mul_assign(ring, &mut product, &entry, &mut scratch);
                }
            }
            mul_assign(ring, out, &product, &mut scratch);
        }
    }
    result
}

fn multiply_batches<R: Ring>(ring: &R, a: &Batch, b: &Batch) -> Batch {
    let mut scratch = Scratch::new(ring);
    crate::ring::map_two::<R::L>(a, b, |out, a, b| ring.mul(out, a, b, scratch.kernel()))
}

/// Some of the bases, with their small powers.
struct Block {
    powers: Vec<Batch>,
    terms: std::ops::Range<usize>,
    window: usize,
    windows: usize,
    columns: usize,
    strands: usize,
}

impl Block {
    /// The terms of one strand whose digit in this window is not zero, each with that digit.
    fn digits<'a>(
        &'a self,
        weights: &'a Weights<'_>,
        strand: usize,
        window: usize,
    ) -> impl Iterator<Item = (usize, usize)> + 'a {
        let output = strand / self.strands;
        let (row, sign) = (output % weights.rows, output / weights.rows == 1);
        let exists = output < 2 * weights.rows;
        let terms = if exists { self.terms.clone() } else { 0..0 };
        let of_sign = terms.filter(move |&term| weights.negative[row * self.columns + term] == sign);
        of_sign.skip(strand % self.strands).step_by(self.strands).filter_map(move |term| {
            let digit = weights.digit(row * self.columns + term, window, self.window);
            (digit != 0).then_some((term, digit))
        })
    }

    /// Multiplies every output of `total` by this block's powers.
    fn accumulate<R: Ring>(&self, ring: &R, one: &Batch, weights: &Weights<'_>, total: &mut Batch) {
        let (lanes, width) = (R::L::LANES, ring.width());
        let one = one.broadcast::<R::L>();
        let mut scratch = Scratch::new(ring);
        let mut chain = Buffer::zeros(width);
        let mut buffer = Buffer::zeros(width);
        let mut digits = vec![Vec::new(); lanes];
        for (g, out) in total.data_mut().chunks_exact_mut(width).enumerate() {
            let mut started = false;
            for w in (0..self.windows).rev() {
                if started {
                    square_assign(ring, &mut chain, self.window, &mut scratch);
                }
                for (lane, digits) in digits.iter_mut().enumerate() {
                    digits.clear();
                    digits.extend(self.digits(weights, g * lanes + lane, w));
                }
                for step in 0..digits.iter().map(Vec::len).max().unwrap_or(0) {
                    let factor = gather::<R::L>(&one, &mut buffer, |lane| {
                        let &(term, digit) = digits[lane].get(step)?;
                        Some((&self.powers[digit - 1], term - self.terms.start))
                    });
                    let Some(factor) = factor else { continue };
                    if started {
                        mul_assign(ring, &mut chain, factor, &mut scratch);
                    } else {
                        chain.copy_from_slice(factor);
                        started = true;
                    }
                }
            }
            if started {
                mul_assign(ring, out, &chain, &mut scratch);
            }
        }
    }

    /// The same without tables: `powers` are the bases alone.
    fn accumulate_buckets<R: Ring>(&self, ring: &R, one: &Batch, weights: &Weights<'_>, total: &mut Batch) {
        let (lanes, width) = (R::L::LANES, ring.width());
        let one = one.broadcast::<R::L>();
        let mut scratch = Scratch::new(ring);
        let mut buckets = Buffer::zeros(width << self.window);
        let [mut buffer, mut bucket, mut product] = std::array::from_fn(|_| Buffer::zeros(width));
        let [mut chain, mut running, mut sum] = std::array::from_fn(|_| Buffer::zeros(width));
        let mut digits = vec![Vec::new(); lanes];
        // The words of one lane, within a group.
        let lane_words = |lane: usize| (lane..width).step_by(lanes);
        for (g, out) in total.data_mut().chunks_exact_mut(width).enumerate() {
            chain.copy_from_slice(&one);
            for w in (0..self.windows).rev() {
                square_assign(ring, &mut chain, self.window, &mut scratch);
                for (lane, digits) in digits.iter_mut().enumerate() {
                    digits.clear();
                    digits.extend(self.digits(weights, g * lanes + lane, w));
                }
                buckets.chunks_exact_mut(width).for_each(|bucket| bucket.copy_from_slice(&one));
                for step in 0..digits.iter().map(Vec::len).max().unwrap_or(0) {
                    let here = |lane: usize| digits[lane].get(step).copied();
                    let choose = |lane| here(lane).map(|(term, _)| (&self.powers[0], term));
                    let Some(factor) = gather::<R::L>(&one, &mut buffer, choose) else { continue };
                    for (lane, (_, digit)) in (0..lanes).filter_map(|lane| Some((lane, here(lane)?))) {
                        lane_words(lane).for_each(|i| bucket[i] = buckets[digit * width + i]);
                    }
                    ring.mul(&mut product, &bucket, factor, scratch.kernel());
                    for (lane, (_, digit)) in (0..lanes).filter_map(|lane| Some((lane, here(lane)?))) {
                        lane_words(lane).for_each(|i| buckets[digit * width + i] = product[i]);
                    }
                }
                // The product of bucket d to the power d: of all products of the buckets from d up.
                running.copy_from_slice(&one);
                sum.copy_from_slice(&one);
                for bucket in buckets.chunks_exact(width).skip(1).rev() {
                    mul_assign(ring, &mut running, bucket, &mut scratch);
                    mul_assign(ring, &mut sum, &running, &mut scratch);
                }
                mul_assign(ring, &mut chain, &sum, &mut scratch);
            }
            mul_assign(ring, out, &chain, &mut scratch);
        }
    }
}

/// Inverts a batch of residues modulo `m`: each lane is one chain of prefix products, and the ends of the
/// chains are one more.
pub(crate) fn invert(modulus: &Modulus, x: &Batch, invert: Invert<'_>) -> Option<Batch> {
    let lanes = x.lanes();
    if x.len() <= lanes {
        let elements: Vec<Batch> = (0..x.len()).map(|i| x.slice(i..i + 1)).collect();
        let inverses = invert_chain(modulus, &elements, |last| {
            let inverse = invert(&modulus.leave(last))?;
            let mut row = Words::new(vec![0; modulus.word_count()]);
            row[..inverse.len()].copy_from_slice(&inverse);
            Some(modulus.enter(&row, row.len()))
        })?;
        return Some(if inverses.is_empty() { x.clone() } else { Batch::concat(&inverses) });
    }
    // Elements past the last whole group would multiply by padding: give each lane a full chain.
    let groups = x.len().div_ceil(lanes);
    let padded = Batch::concat(&[x, &modulus.ones(groups * lanes - x.len())]);
    let steps: Vec<Batch> = (0..groups).map(|g| padded.slice(g * lanes..(g + 1) * lanes)).collect();
    let inverses = invert_chain(modulus, &steps, |last| self::invert(modulus, last, invert))?;
    Some(Batch::concat(&inverses).slice(0..x.len()))
}

/// The inverses of these, by products of the first ones, the inverse of the product of all, and products back.
fn invert_chain(
    modulus: &Modulus,
    steps: &[Batch],
    invert: impl FnOnce(&Batch) -> Option<Batch>,
) -> Option<Vec<Batch>> {
    let mut prefixes: Vec<Batch> = Vec::with_capacity(steps.len());
    for step in steps {
        let prefix = prefixes.last().map_or_else(|| step.clone(), |last| modulus.mul(last, step));
        prefixes.push(prefix);
    }
    let Some(last) = prefixes.pop() else {
        return Some(Vec::new());
    };
    let mut running = invert(&last)?;
    let mut inverses = Vec::with_capacity(steps.len());
    while let Some(prefix) = prefixes.pop() {
        inverses.push(modulus.mul(&running, &prefix));
        running = modulus.mul(&running, &steps[prefixes.len() + 1]);
    }
    inverses.push(running);
    inverses.reverse();
    Some(inverses)
}
