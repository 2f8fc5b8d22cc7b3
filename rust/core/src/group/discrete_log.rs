//! Discrete logarithms of small integers in ristretto255, by baby steps and giant steps (Shanks 1971).
//!
//! For an element `m G` with `|m|` up to a limit of at most 2^40, `m` is sought outward from 0: first in a
//! table of the multiples of `G` up to `reach`, then from the element minus and plus 1, 2, ... times
//! `2 reach + 1`. Opposite elements have one abscissa, so each look-up answers for two integers, and a
//! giant step in both directions costs eight multiplications of the field, as one inversion serves all.
//! Nothing found is believed before the group itself has confirmed it ([`Multiples`]): a mistake in the
//! arithmetic of this room, or a chance collision in its table, cannot make a wrong logarithm.
//!
//! The table belongs to the group, not to a key. It is made when it is first needed, as large as limit and
//! batch make worthwhile and at most 90 MB, and kept for the process; it grows when a later call wants more.
//!
//! **Time and memory accesses depend on the integers found**: everything here is `_vartime` in them.

mod curve;
mod field;
mod table;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};

use curve::{Affine, Scratch, abscissa, differences_and_sums, extend_multiples, invert_all};
use field::Element;
use table::{Key, Table};

use crate::error::{Error, Result};
use crate::group::ristretto::{self, Point, ShortMultiples as Multiples};
use crate::parallel::{self, Call};

/// The largest magnitude that can be sought.
pub const LARGEST_LIMIT: u64 = 1 << 40;

/// Baby steps on either side of a centre, whose sums and differences fill the table.
const SIDE: usize = 512;
/// How far centres lie apart.
const BLOCK: usize = 2 * SIDE + 1;
/// Centres with which the table is as large as it may be.
const MOST_CENTRES: usize = (table::LARGEST - SIDE) / BLOCK;

/// Nanoseconds of a table entry made, of a giant step in both directions, and of the first look-up.
const ENTRY_NS: u64 = 100;
const GIANT_NS: u64 = 150;
const FIRST_NS: u64 = 1_500;

/// Giant steps that share the first inversion of a search, which may end soon, and the most.
const FEWEST_GIANTS: usize = 32;
const MOST_GIANTS: usize = 512;

/// The table, and the steps that go with it.
struct Steps {
    table: Table,
    /// The multiples in the table are 1 to this.
    reach: u64,
    /// Multiples of the point of `2 reach + 1`, as many as a call has needed.
    giants: ArcSwap<Vec<Affine>>,
}

static STEPS: ArcSwapOption<Steps> = ArcSwapOption::const_empty();

/// Memory that the table and its steps take at present, in bytes.
pub fn table_bytes() -> usize {
    let of = |steps: &Arc<Steps>| steps.table.bytes() + steps.giants.load().len() * size_of::<Affine>();
    STEPS.load().as_ref().map_or(0, of)
}

/// Centres of the table for `count` integers up to a limit: about the square root of their product, where
/// the table costs as much as the search at its worst; for few of them enough to keep one below a millisecond
/// up to 2^32.
fn centres_for(count: usize, limit: u64) -> usize {
    let balanced = ((count as f64) * (limit as f64)).sqrt() as u64;
    let reach = balanced.max((limit >> 14).min(1 << 18)).max(1 << 16).min(limit);
    usize::try_from(reach).map_or(MOST_CENTRES, |reach| reach.div_ceil(BLOCK).clamp(1, MOST_CENTRES))
}

impl Steps {
    /// Steps for so many integers up to a limit: those there are, if they do, or new ones.
    fn get(count: usize, limit: u64, call: &mut Call<'_>) -> Result<Arc<Self>> {
        let centres = centres_for(count, limit);
        let wanted = (centres * BLOCK) as u64;
        if let Some(steps) = STEPS.load_full()
            && steps.reach >= wanted.min(limit) / 2
        {
            return Ok(steps);
        }
        // What there is goes first, so that both never lie in memory.
        STEPS.store(None);
        let steps = Arc::new(call.quietly(|call| Self::new(centres, call))?);
        STEPS.store(Some(Arc::clone(&steps)));
        Ok(steps)
    }

    fn new(centres: usize, call: &mut Call<'_>) -> Result<Self> {
        let encoding = ristretto::encode_doubles(&[ristretto::generator()]);
        let (x, z) = abscissa(&encoding[0]);
        let base = Affine::with_abscissa(x * z.inverse())
            .ok_or_else(|| Error::Internal("the generator is not on the curve".into()))?;
        let mut near = Vec::new();
        extend_multiples(&mut near, base, BLOCK);
        let block = near[BLOCK - 1];
        near.truncate(SIDE);
        let mut far = Vec::new();
        extend_multiples(&mut far, block, 2 * centres + 1);
        let giant = far[2 * centres];
        far.truncate(centres);

        let mut table = Table::with_room_for(centres * BLOCK + SIDE)?;
        for (i, point) in near.iter().enumerate() {
            table.insert(point.u().into(), i as u32 + 1);
        }
        const CHUNK: usize = 32;
        for (part, centres) in far.chunks(8 * CHUNK).enumerate() {
            let first = part * 8 * CHUNK;
            let ns = ENTRY_NS * BLOCK as u64;
            let entries = parallel::map_chunks(call, centres.len(), CHUNK, ns, |range| {
                around(&centres[range.clone()], first + range.start, &near)
            })?;
            entries.into_iter().flatten().for_each(|(key, multiple)| table.insert(key, multiple));
        }
        let reach = (centres * BLOCK + SIDE) as u64;
        Ok(Self { table, reach, giants: ArcSwap::from_pointee(vec![giant]) })
    }

    fn stride(&self) -> u64 {
        2 * self.reach + 1
    }

    /// The giant steps up to a limit.
    fn giants(&self, limit: u64) -> Arc<Vec<Affine>> {
        let count = limit.saturating_sub(self.reach).div_ceil(self.stride()) as usize;
        let known = self.giants.load_full();
        if known.len() >= count {
            return known;
        }
        let mut longer = Vec::with_capacity(count);
        longer.extend_from_slice(&known);
        extend_multiples(&mut longer, known[0], count);
        let longer = Arc::new(longer);
        self.giants.store(Arc::clone(&longer));
        longer
    }
}

/// Entries for all multiples around some centres, the first of which is number `first`.
fn around(centres: &[Affine], first: usize, near: &[Affine]) -> Result<Vec<(Key, u32)>> {
    let mut scratch = Scratch::default();
    let mut entries = Vec::with_capacity(centres.len() * BLOCK);
    for (i, centre) in centres.iter().enumerate() {
        let middle = ((first + i + 1) * BLOCK) as u32;
        let mut side = 0;
        entries.push((centre.u().into(), middle));
        let visited = differences_and_sums(*centre, near, &mut scratch, |below, above| {
            side += 1;
            entries.push((below.into(), middle - side));
            entries.push((above.into(), middle + side));
        });
        visited.map_err(|_| Error::Internal("multiples of the generator meet".into()))?;
    }
    Ok(entries)
}

/// An element that is not in the table.
struct Pending {
    index: usize,
    element: Point,
    abscissa: Element,
}

/// The integers `m` up to a limit in magnitude of `len` elements `m G`, which `elements` makes by ranges at
/// a cost of `ns` each.
///
/// # Errors
/// [`Error::Overflow`] names (as one of `name`) the first element that is no such multiple;
/// [`Error::InvalidParameter`] for a limit beyond [`LARGEST_LIMIT`]; [`Error::OutOfMemory`]; those of
/// `elements`; or what ends the call.
pub fn find_vartime(
    len: usize,
    limit: u64,
    ns: u64,
    elements: impl Fn(Range<usize>) -> Result<Vec<Point>> + Sync,
    name: &str,
    call: &mut Call<'_>,
) -> Result<Vec<i64>> {
    if limit > LARGEST_LIMIT {
        return Err(Error::InvalidParameter {
            name: "limit",
            found: limit.to_string(),
            allowed: format!("0 to {LARGEST_LIMIT}"),
        });
    }
    if len == 0 {
        return Ok(Vec::new());
    }
    let steps = Steps::get(len, limit, call)?;
    let ns = ns + FIRST_NS;
    let parts = parallel::map_chunks(call, len, parallel::chunk_for(ns, 1).min(4096), ns, |range| {
        Ok(look_up(&steps, range.start, elements(range)?))
    })?;
    let mut found = Vec::with_capacity(len);
    let mut pending = Vec::new();
    for (values, rest) in parts {
        found.extend(values);
        pending.extend(rest);
    }
    if !pending.is_empty() {
        let giants = steps.giants(limit);
        let ns = GIANT_NS * giants.len() as u64;
        let parts = parallel::map_chunks(call, pending.len(), parallel::chunk_for(ns, 1), ns, |range| {
            let mut scratch = Scratch::default();
            pending[range].iter().map(|one| search(&steps, &giants, one, &mut scratch)).collect()
        })?;
        let values: Vec<Option<i64>> = parts.into_iter().flat_map(|part: Vec<_>| part).collect();
        for (one, value) in pending.iter().zip(values) {
            found[one.index] = value;
        }
    }
    let within = |value: &Option<i64>| value.filter(|value| value.unsigned_abs() <= limit);
    found
        .iter()
        .map(within)
        .enumerate()
        .map(|(index, value)| {
            value.ok_or_else(|| Error::Overflow { name: name.to_owned(), index, allowed: limit.to_string() })
        })
        .collect()
}

/// The integer of this magnitude that an element is the multiple of, if it is.
fn confirmed(element: &Point, magnitude: u64) -> Option<i64> {
    if magnitude >> Multiples::BITS != 0 {
        return None;
    }
    let multiple = Multiples::get().multiply_vartime(magnitude);
    if multiple == *element {
        Some(magnitude as i64)
    } else if -multiple == *element {
        Some(-(magnitude as i64))
    } else {
        None
    }
}

/// Those of a run of elements that are in the table, and the others.
fn look_up(steps: &Steps, first: usize, elements: Vec<Point>) -> (Vec<Option<i64>>, Vec<Pending>) {
    let encodings = ristretto::encode_doubles(&elements);
    let (numerators, denominators): (Vec<_>, Vec<_>) = encodings.iter().map(abscissa).unzip();
    // The neutral element has none: it is known by its encoding, zero.
    let is_neutral = |i: usize| encodings[i] == [0; ristretto::ENCODED];
    let mut inverses = denominators;
    for (i, inverse) in inverses.iter_mut().enumerate() {
        if is_neutral(i) {
            *inverse = Element::ONE;
        }
    }
    invert_all(&mut inverses, &mut Vec::new());
    let abscissas: Vec<Element> = numerators.iter().zip(&inverses).map(|(&x, &z)| x * z).collect();
    let mut pending = Vec::new();
    let values = elements.into_iter().enumerate().map(|(i, element)| {
        if is_neutral(i) {
            return Some(0);
        }
        let mut candidates = steps.table.candidates(abscissas[i].into());
        let value = candidates.find_map(|magnitude| confirmed(&element, magnitude.into()));
        if value.is_none() {
            pending.push(Pending { index: first + i, element, abscissa: abscissas[i] });
        }
        value
    });
    (values.collect(), pending)
}

/// The integer of one element beyond the table, if it is within the giant steps' reach.
fn search(steps: &Steps, giants: &[Affine], one: &Pending, scratch: &mut Scratch) -> Result<Option<i64>> {
    let point = Affine::with_abscissa(one.abscissa)
        .ok_or_else(|| Error::Internal("an element is not on the curve".into()))?;
    let mut keys: Vec<Key> = Vec::with_capacity(2 * MOST_GIANTS);
    let (mut at, mut count) = (0, FEWEST_GIANTS);
    while at < giants.len() {
        let run = &giants[at..(at + count).min(giants.len())];
        keys.clear();
        // Sign and direction are left to the check, as the ordinate is either's.
        let visited = differences_and_sums(point, run, scratch, |difference, sum| {
            keys.extend([Key::from(difference), Key::from(sum)]);
        });
        let multiple = |i: usize| (at + i + 1) as u64 * steps.stride();
        if let Err(meets) = visited {
            return Ok(confirmed(&one.element, multiple(meets)));
        }
        // In a loop of their own, so that the memory serves many look-ups at once.
        for (i, &key) in keys.iter().enumerate() {
            for baby in steps.table.candidates(key) {
                let (giant, baby) = (multiple(i / 2), u64::from(baby));
                let value = confirmed(&one.element, giant - baby);
                if let Some(value) = value.or_else(|| confirmed(&one.element, giant + baby)) {
                    return Ok(Some(value));
                }
            }
        }
        at += run.len();
        count = (2 * count).min(MOST_GIANTS);
    }
    Ok(None)
}
