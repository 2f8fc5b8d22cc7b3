//! Runs every operation with its secrets declared undefined, and counts what valgrind's memcheck finds:
//! branches and addresses that depend on them. Exits with 1 if there is any, or if a leak is not found.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use privml_core::backend;
use privml_ct::{Fixture, LEAKS, OPERATIONS, Operation, random_words};
use privml_kernels::memcheck;

/// Long enough for every window, row and carry to occur; valgrind is 30 times slower than the machine.
const BITS: usize = 512;

fn main() -> ExitCode {
    if !memcheck::is_running() {
        eprintln!("memcheck: not under valgrind (see `make ct-memcheck`)");
        return ExitCode::FAILURE;
    }
    let backend = backend().expect("a backend");
    let fixture = Fixture::new(BITS, backend);
    let before = memcheck::errors();
    memcheck::watch(true);
    fixture.conceal();
    println!("memcheck: backend {}, {BITS} bits, {before} errors before", backend.name());
    let found = |operation: &Operation| {
        memcheck::watch(false);
        let secret = random_words(fixture.secret_words());
        memcheck::watch(true);
        let work = (operation.prepare)(&fixture, &secret);
        let before = memcheck::errors();
        work();
        memcheck::errors() - before
    };
    let mut good = before == 0;
    for operation in OPERATIONS {
        let errors = found(operation);
        println!("{:40} {:30} {errors}", operation.name, operation.secret);
        good &= errors == 0;
    }
    for leak in LEAKS {
        let errors = found(leak);
        println!("{:40} {:30} {errors} (there must be some)", leak.name, leak.secret);
        good &= errors > 0;
    }
    println!("memcheck: {}", if good { "no finding" } else { "FAILED" });
    // Leaves at once: tearing down is not watched.
    memcheck::watch(false);
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
