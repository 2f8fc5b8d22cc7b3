//! Requests to valgrind's memcheck, by which constant time is checked: a secret's memory is declared
//! undefined, and memcheck then reports each branch and each address that depends on it (Langley's ctgrind,
//! 2010). What may rightly be known is declared defined again, where it becomes public.
//!
//! Without the feature `memcheck`, and outside valgrind, everything here does nothing.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};

/// A mark on memory, as `memcheck.h` numbers it.
#[derive(Clone, Copy)]
#[repr(u64)]
enum Mark {
    Undefined = 0x4d43_0001,
    Defined = 0x4d43_0002,
}

static WATCHING: AtomicBool = AtomicBool::new(false);

/// From here on secrets are concealed, or no longer. Making a key, for one, is not constant time.
pub fn watch(on: bool) {
    WATCHING.store(on, Ordering::SeqCst);
}

/// Declares values secret, while [`watch`] is on: neither time nor addresses may depend on them.
#[inline]
pub fn conceal<T: Copy>(values: &[T]) {
    if cfg!(feature = "memcheck") && WATCHING.load(Ordering::SeqCst) {
        mark(values, Mark::Undefined);
    }
}

/// Declares values public. Each use says beside it why they are.
#[inline]
pub fn reveal<T: Copy>(values: &[T]) {
    mark(values, Mark::Defined);
}

/// The value, declared public. Each use says beside it why it is.
#[inline]
pub fn revealed(value: u64) -> u64 {
    if !cfg!(feature = "memcheck") {
        return value;
    }
    let mut words = [value];
    // Through memory, which the compiler must believe changed.
    let words = black_box(&mut words);
    reveal(words);
    words[0]
}

/// Whether the program runs under valgrind, and was built to speak to it.
pub fn is_running() -> bool {
    request([0x1001, 0, 0]) != 0
}

/// Errors that valgrind has found so far, in all threads.
pub fn errors() -> u64 {
    request([0x1201, 0, 0])
}

#[inline]
fn mark<T: Copy>(values: &[T], mark: Mark) {
    request([mark as u64, values.as_ptr() as u64, size_of_val(values) as u64]);
}

/// The client request of `valgrind.h` for x86-64. Its result is 0 outside valgrind.
#[cfg(all(feature = "memcheck", target_arch = "x86_64"))]
fn request(arguments: [u64; 3]) -> u64 {
    let [code, first, second] = arguments;
    let arguments = [code, first, second, 0, 0, 0];
    let mut result = 0u64;
    // SAFETY: the rotations of rdi add up to 128 bits and rbx is exchanged with itself, so the processor
    // changes nothing but flags. Valgrind reads the six words at rax, changes its own notes and rdx only.
    #[allow(unsafe_code)]
    unsafe {
        std::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") arguments.as_ptr(),
            inout("rdx") result,
            options(nostack),
        );
    }
    result
}

#[cfg(not(all(feature = "memcheck", target_arch = "x86_64")))]
#[inline]
fn request(_: [u64; 3]) -> u64 {
    0
}
