//! A holder for secret values: wiped on drop, without `Debug`, `Clone`, serialisation or ordinary equality.

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A secret. It is read through [`Secret::expose`], which is easy to search for.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes a value into keeping.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Secret<T>
where
    T: AsRef<[u64]>,
{
    /// Whether two secrets of words are equal; the time depends on their lengths only.
    pub fn ct_eq(&self, other: &Self) -> bool {
        let (a, b) = (self.0.as_ref(), other.0.as_ref());
        a.len() == b.len() && bool::from(a.ct_eq(b))
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    static WIPED: AtomicBool = AtomicBool::new(false);

    struct Witness;

    impl Zeroize for Witness {
        fn zeroize(&mut self) {
            WIPED.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn dropping_wipes() {
        drop(Secret::new(Witness));
        assert!(WIPED.load(Ordering::SeqCst));
    }

    #[test]
    fn equality_is_by_value() {
        let secret = |words: &[u64]| Secret::new(words.to_vec());
        assert!(secret(&[1, 2]).ct_eq(&secret(&[1, 2])));
        assert!(!secret(&[1, 2]).ct_eq(&secret(&[1, 3])));
        assert!(!secret(&[1, 2]).ct_eq(&secret(&[1, 2, 0])));
    }
}
