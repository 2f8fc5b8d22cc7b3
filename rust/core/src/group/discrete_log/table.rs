//! The baby steps: which multiple of the base has an abscissa, for the first million or so.
//!
//! An entry is 8 bytes: the multiple in 24 bits and 40 bits of the abscissa. Entries lie in buckets of 8, a
//! cache line each, chosen by 64 other bits; what finds its bucket full goes to the next. Six of eight
//! places are taken, so a search reads little more than one line. An abscissa that is not there is taken for
//! one that is with probability below 2^-35: what is found is a candidate.

use super::field::Element;
use crate::error::{Error, Result};

const PER_BUCKET: usize = 8;
const FILLED: usize = 6;
const INDEX_BITS: u32 = 24;

/// The most entries.
pub(super) const LARGEST: usize = 1 << 23;

#[repr(align(64))]
#[derive(Clone, Copy)]
struct Bucket([u64; PER_BUCKET]);

/// A map from abscissas to the multiples that have them.
pub(super) struct Table {
    buckets: Vec<Bucket>,
}

/// What the table keeps of an abscissa.
#[derive(Clone, Copy)]
pub(super) struct Key {
    place: u64,
    print: u64,
}

impl From<Element> for Key {
    #[inline]
    fn from(abscissa: Element) -> Self {
        let words = abscissa.to_words();
        Self { place: words[0], print: words[1] << INDEX_BITS }
    }
}

impl Table {
    /// Room for so many entries, up to [`LARGEST`].
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn with_room_for(entries: usize) -> Result<Self> {
        let count = entries.div_ceil(FILLED).max(2);
        let mut buckets = Vec::new();
        let bytes = count as u128 * size_of::<Bucket>() as u128;
        buckets.try_reserve_exact(count).map_err(|_| Error::OutOfMemory(bytes))?;
        buckets.resize(count, Bucket([0; PER_BUCKET]));
        Ok(Self { buckets })
    }

    pub fn bytes(&self) -> usize {
        self.buckets.len() * size_of::<Bucket>()
    }

    #[inline]
    fn home(&self, key: Key) -> usize {
        ((u128::from(key.place) * self.buckets.len() as u128) >> 64) as usize
    }

    /// Adds the abscissa of a multiple from 1 to `2^24 - 1`. There must be room.
    pub fn insert(&mut self, key: Key, multiple: u32) {
        debug_assert!(multiple != 0 && multiple < 1 << INDEX_BITS, "no multiple");
        let mut at = self.home(key);
        loop {
            if let Some(place) = self.buckets[at].0.iter_mut().find(|entry| **entry == 0) {
                *place = key.print | u64::from(multiple);
                return;
            }
            at = if at + 1 == self.buckets.len() { 0 } else { at + 1 };
        }
    }

    /// The multiples that an abscissa may belong to.
    #[inline]
    pub fn candidates(&self, key: Key) -> impl Iterator<Item = u32> + '_ {
        let first = self.home(key);
        let mut position = (first, 0);
        std::iter::from_fn(move || {
            loop {
                let (at, slot) = position;
                if slot == PER_BUCKET {
                    position = if at + 1 == self.buckets.len() { (0, 0) } else { (at + 1, 0) };
                    if position.0 == first {
                        return None;
                    }
                    continue;
                }
                let entry = self.buckets[at].0[slot];
                if entry == 0 {
                    return None;
                }
                position = (at, slot + 1);
                if entry >> INDEX_BITS == key.print >> INDEX_BITS {
                    return Some((entry & ((1 << INDEX_BITS) - 1)) as u32);
                }
            }
        })
    }
}
