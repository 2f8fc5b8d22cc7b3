//! A holder for secret values: wiped on drop, without `Debug`, `Clone`, serialisation or ordinary equality.

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

/// A secret. It is read through [`Secret::expose`], which is easy to search for.
///
/// ```compile_fail
/// println!("{:?}", privml_core::secret::Secret::new(vec![1u64]));
/// ```
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

/// Equality in time that depends on lengths only.
impl<T: Zeroize + AsRef<[u64]>> ConstantTimeEq for Secret<T> {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.as_ref().ct_eq(other.0.as_ref())
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
    fn equality_is_of_the_words() {
        let of = |words: &[u64]| Secret::new(words.to_vec());
        assert!(bool::from(of(&[1, 2]).ct_eq(&of(&[1, 2]))));
        assert!(!bool::from(of(&[1, 2]).ct_eq(&of(&[1, 3]))));
        assert!(!bool::from(of(&[1, 2]).ct_eq(&of(&[1, 2, 0]))));
    }

    #[test]
    fn dropping_wipes() {
        drop(Secret::new(Witness));
        assert!(WIPED.load(Ordering::SeqCst));
    }
}
