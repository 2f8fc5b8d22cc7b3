//! Memory for groups: aligned for whole vectors, and wiped on drop.

use std::ops::{Deref, DerefMut};

use zeroize::Zeroize;

/// Words in a cache line, and in the widest vector: one that does not start on a boundary is read in two.
const LINE: usize = 8;

/// What a batch for which there is no memory unwinds with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory {
    /// How much was asked for.
    pub bytes: u128,
}

/// Words that start on the boundary of a cache line. Wiped on drop: they may hold secrets.
pub(crate) struct Buffer {
    // Never grows, so what it points to does not move.
    words: Vec<u64>,
    start: usize,
    len: usize,
}

impl Buffer {
    /// So many zeros. Unwinds with [`OutOfMemory`] if there is no memory for them: a batch may be as long as a
    /// caller asks, and ending the process over it would be worse.
    pub(crate) fn zeros(len: usize) -> Self {
        let mut words = Vec::new();
        if words.try_reserve_exact(len + LINE - 1).is_err() {
            std::panic::resume_unwind(Box::new(OutOfMemory { bytes: 8 * len as u128 }));
        }
        words.resize(len + LINE - 1, 0);
        // Alignment is for speed only; the first word does where it cannot be had.
        let start = match words.as_ptr().align_offset(8 * LINE) {
            start if start < LINE => start,
            _ => 0,
        };
        Self { words, start, len }
    }
}

impl From<&[u64]> for Buffer {
    fn from(words: &[u64]) -> Self {
        let mut buffer = Self::zeros(words.len());
        buffer.copy_from_slice(words);
        buffer
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        Self::from(&**self)
    }
}

impl Deref for Buffer {
    type Target = [u64];

    fn deref(&self) -> &[u64] {
        &self.words[self.start..][..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u64] {
        &mut self.words[self.start..][..self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.words.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_aligned_too() {
        for len in [0, 1, 7, 8, 100] {
            let words: Vec<u64> = (0..len).collect();
            let buffer = Buffer::from(&*words);
            let copy = buffer.clone();
            assert_eq!((&*buffer, &*copy), (&*words, &*words));
            assert_eq!((buffer.as_ptr() as usize % 64, copy.as_ptr() as usize % 64), (0, 0));
        }
    }
}
