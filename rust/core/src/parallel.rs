//! Work on many cores: one pool for each process, chunks in order, and a caller that keeps listening.
//!
//! * **One pool a process.** A pool built before `fork` has no threads in the child, and work handed to it
//!   would wait for ever. The pool is held together with its [`Owner`]: the id of the process that built
//!   it, and how many forks lie behind that process. A child finds its parent's pool under another owner,
//!   leaks it (dropping it would wait for threads that are not there) and builds its own. Nothing starts
//!   before the first call that needs it.
//! * **The calling thread polls.** It does no work while the pool does, but runs the [`Call`]'s hook at
//!   least every [`POLL`]: there Python looks for Ctrl-C and shows progress. An error from the hook stops
//!   the chunks not yet begun, and is what the call returns.
//! * **Results do not depend on the number of threads.** Chunks are cut by length alone and put together
//!   in order, and of several that fail the first in order counts; randomness is keyed by element, not by
//!   thread.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use rayon::{ThreadPool, ThreadPoolBuilder};

use privml_kernels::OutOfMemory;

use crate::environment;
use crate::error::{Error, Result};

/// The environment variable that sets the number of threads.
pub const THREADS_VARIABLE: &str = "PRIVML_NUM_THREADS";

/// How long the calling thread waits between two runs of the hook.
const POLL: Duration = Duration::from_millis(40);

/// Work below this runs on the calling thread, where a pool would cost more than it saves.
const INLINE: Duration = Duration::from_millis(20);

/// How long one chunk should take: the delay before a cancelled call returns.
const CHUNK: Duration = Duration::from_millis(40);

/// How far a call has come, in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Elements finished.
    pub done: usize,
    /// Elements in all.
    pub total: usize,
}

/// The hook of one long call. It is only ever run on the thread that made the call.
pub struct Call<'a> {
    hook: Option<&'a mut dyn FnMut(Progress) -> Result<()>>,
    done: usize,
    total: usize,
}

impl<'a> Call<'a> {
    /// A call that runs `hook` while it works.
    pub fn new(hook: &'a mut dyn FnMut(Progress) -> Result<()>) -> Self {
        Self { hook: Some(hook), done: 0, total: 0 }
    }

    /// A call that nobody watches.
    pub fn silent() -> Self {
        Self { hook: None, done: 0, total: 0 }
    }

    /// Does a part of the work that counts towards nothing: the hook still runs, and may still cancel, but
    /// sees no progress.
    pub fn quietly<T>(&mut self, work: impl FnOnce(&mut Call<'_>) -> Result<T>) -> Result<T> {
        let progress = Progress { done: self.done, total: self.total };
        match &mut self.hook {
            None => work(&mut Call::silent()),
            Some(hook) => work(&mut Call::new(&mut |_| hook(progress))),
        }
    }

    fn poll(&mut self, done: usize) -> Result<()> {
        let progress = Progress { done: self.done + done, total: self.total };
        self.hook.as_mut().map_or(Ok(()), |hook| hook(progress))
    }
}

/// Tells running work that its result is no longer wanted.
#[derive(Default)]
pub struct Cancel(AtomicBool);

impl Cancel {
    /// Whether to stop.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A process, told apart from its parent even where their ids are the same: in PID namespaces, or once
/// an id is used again.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Owner {
    process: u32,
    forks: usize,
}

impl Owner {
    /// This process.
    fn current() -> Self {
        Self { process: std::process::id(), forks: FORKS.load(Ordering::Relaxed) }
    }
}

/// The pool of one process.
struct Pool {
    owner: Owner,
    threads: ThreadPool,
}

static POOL: ArcSwapOption<Pool> = ArcSwapOption::const_empty();

/// Forks that [`forked`] was told of, in this process and those before it.
static FORKS: AtomicUsize = AtomicUsize::new(0);

/// Tells that this process is a child just made by `fork`, in which no thread of its parent runs. A fork
/// that nobody tells of is noticed by the process id alone.
pub fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// The number of threads that work is split over: `PRIVML_NUM_THREADS`, or one for each CPU.
///
/// # Errors
/// [`Error::InvalidParameter`] if the variable holds anything but a number from 1 to 1024.
pub fn num_threads() -> Result<usize> {
    let chosen = environment::number(THREADS_VARIABLE, 1..=1024)?;
    Ok(chosen.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)))
}

/// This process' pool, built on first use.
fn pool() -> Result<Arc<Pool>> {
    let owner = Owner::current();
    let current = POOL.load_full();
    if let Some(pool) = &current
        && pool.owner == owner
    {
        return Ok(Arc::clone(pool));
    }
    let threads = ThreadPoolBuilder::new()
        .num_threads(num_threads()?)
        .thread_name(|i| format!("privml-{i}"))
        .build()
        .map_err(|error| Error::Internal(format!("cannot start threads: {error}")))?;
    let fresh = Arc::new(Pool { owner, threads });
    // Of two threads that get here at once, one keeps its pool and the other takes that one.
    let previous = POOL.compare_and_swap(&current, Some(Arc::clone(&fresh)));
    match previous.as_ref() {
        Some(pool) if pool.owner == owner => Ok(Arc::clone(pool)),
        _ => {
            if let Some(parent) = current {
                std::mem::forget(parent);
            }
            Ok(fresh)
        }
    }
}

/// Elements for one chunk of about 40 ms at this many nanoseconds each, in a multiple of
/// `multiple_of`, and at least that.
pub fn chunk_for(ns_per_item: u64, multiple_of: usize) -> usize {
    let fits = CHUNK.as_nanos() as u64 / ns_per_item.max(1);
    (usize::try_from(fits).unwrap_or(usize::MAX) / multiple_of * multiple_of).max(multiple_of)
}

/// What the workers of one call and its caller share.
#[derive(Default)]
struct Shared {
    cancel: Cancel,
    done: AtomicUsize,
    finished: Mutex<bool>,
    wake: Condvar,
}

impl Shared {
    /// Ends the caller's wait even if the work panics.
    fn finish(&self) {
        *self.finished.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.wake.notify_all();
    }

    /// Runs the hook until the workers have finished. An error from it cancels them.
    fn watch(&self, call: &mut Call<'_>) -> Result<()> {
        let mut outcome = Ok(());
        let mut finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        while !*finished {
            let (guard, _) = self.wake.wait_timeout(finished, POLL).unwrap_or_else(PoisonError::into_inner);
            if *guard {
                break;
            }
            drop(guard);
            if outcome.is_ok() {
                outcome = call.poll(self.done.load(Ordering::Relaxed));
                if outcome.is_err() {
                    self.cancel.set();
                }
            }
            finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        }
        outcome
    }
}

/// Runs `work` in the pool while the calling thread polls.
fn on_pool<T: Send>(call: &mut Call<'_>, work: impl FnOnce(&Shared) -> Result<T> + Send) -> Result<T> {
    let pool = pool()?;
    let shared = Shared::default();
    let mut result = None;
    let watched = pool.threads.in_place_scope(|scope| {
        let (shared, result) = (&shared, &mut result);
        scope.spawn(move |_| {
            *result = Some(guarded(|| work(shared)));
            shared.finish();
        });
        shared.watch(call)
    });
    watched?;
    result.unwrap_or_else(|| Err(Error::Internal("a worker ended without a result".into())))
}

/// Turns a batch that found no memory, or a panic, which would be a bug, into an error.
///
/// # Errors
/// Those of `work`, [`Error::OutOfMemory`], or [`Error::Internal`] for a panic.
pub fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        if let Some(OutOfMemory { bytes }) = panic.downcast_ref() {
            return Err(Error::OutOfMemory(*bytes));
        }
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(Error::Internal(format!("a worker panicked: {text}")))
    })
}

/// Cuts `0..len` into chunks and returns what `work` makes of each, in order. `ns_per_item` is what one
/// element costs: little work is done on the calling thread.
///
/// # Errors
/// What `work` returns for the first chunk (in order) that fails, or what the hook returns;
/// [`Error::Internal`] if a worker panics.
pub fn map_chunks<T: Send>(
    call: &mut Call<'_>,
    len: usize,
    chunk: usize,
    ns_per_item: u64,
    work: impl Fn(Range<usize>) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    map_parts(call, len, chunk, ns_per_item, std::iter::repeat(()), |range, ()| work(range))
}

/// As [`map_chunks`], each chunk with one of `parts` of its own: where its results go, for instance.
///
/// # Errors
/// As [`map_chunks`].
pub fn map_parts<P: Send, T: Send>(
    call: &mut Call<'_>,
    len: usize,
    chunk: usize,
    ns_per_item: u64,
    parts: impl Iterator<Item = P>,
    work: impl Fn(Range<usize>, P) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let chunk = chunk.max(1);
    let ranges = (0..len).step_by(chunk).map(|at| at..(at + chunk).min(len));
    let chunks: Vec<(Range<usize>, P)> = ranges.zip(parts).collect();
    call.total += len;
    let cost = Duration::from_nanos(ns_per_item.saturating_mul(len as u64));
    let results = if cost <= INLINE {
        chunks.into_iter().map(|(range, part)| guarded(|| work(range, part))).collect::<Result<Vec<T>>>()?
    } else {
        on_pool(call, |shared| {
            use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
            // Where a chunk has failed. Those after it are not begun; those before it may fail yet, and
            // then theirs is the error that counts.
            let failed = AtomicUsize::new(usize::MAX);
            let results: Vec<Result<T>> = chunks
                .into_par_iter()
                .with_max_len(1)
                .map(|(range, part)| {
                    if shared.cancel.is_set() || range.start > failed.load(Ordering::Relaxed) {
                        return Err(Error::Cancelled);
                    }
                    let (start, items) = (range.start, range.len());
                    let result = guarded(|| work(range, part));
                    if result.is_err() {
                        failed.fetch_min(start, Ordering::Relaxed);
                    }
                    shared.done.fetch_add(items, Ordering::Relaxed);
                    result
                })
                .collect();
            results.into_iter().collect()
        })?
    };
    call.done += len;
    call.poll(0)?;
    Ok(results)
}

/// Runs work that can be neither divided nor stopped while the calling thread polls. It counts towards no
/// progress. An error from the hook is returned once the work has ended.
///
/// # Errors
/// As [`map_chunks`].
pub fn run_one<T: Send>(call: &mut Call<'_>, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    on_pool(call, |_| work())
}

/// Runs two searches at once, each told by [`Cancel`] when to give up, and returns both results.
///
/// # Errors
/// As [`map_chunks`]. When one fails the other is told to stop.
pub fn join2<A: Send, B: Send>(
    call: &mut Call<'_>,
    a: impl FnOnce(&Cancel) -> Result<A> + Send,
    b: impl FnOnce(&Cancel) -> Result<B> + Send,
) -> Result<(A, B)> {
    on_pool(call, |shared| {
        let stop_on_error = |failed: bool| {
            if failed {
                shared.cancel.set();
            }
        };
        let (a, b) = rayon::join(
            || {
                let result = guarded(|| a(&shared.cancel));
                stop_on_error(result.is_err());
                result
            },
            || {
                let result = guarded(|| b(&shared.cancel));
                stop_on_error(result.is_err());
                result
            },
        );
        match (a, b) {
            (Ok(a), Ok(b)) => Ok((a, b)),
            // The one that was merely told to stop is not the cause.
            (Err(Error::Cancelled), Err(error)) | (Err(error), _) | (_, Err(error)) => Err(error),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::time::Instant;

    const SLOW: u64 = 1_000_000_000;

    #[test]
    fn chunks_come_back_in_order() {
        let sums =
            map_chunks(&mut Call::silent(), 1000, 7, SLOW, |range| Ok(range.sum::<usize>())).expect("sums");
        assert_eq!(sums.len(), 143);
        assert_eq!(sums.iter().sum::<usize>(), 499_500);
        assert_eq!(sums[..2], [21, 70]);
    }

    #[test]
    fn an_error_from_the_hook_stops_the_work_and_is_returned() {
        let begun = Instant::now();
        let mut hook = |_: Progress| Err(Error::Cancelled);
        let result = map_chunks(&mut Call::new(&mut hook), 10_000, 1, SLOW, |_| {
            std::thread::sleep(Duration::from_millis(5));
            Ok(())
        });
        assert_eq!(result, Err(Error::Cancelled));
        assert!(begun.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn progress_grows_and_ends_at_the_total() {
        let mut seen = vec![];
        let mut hook = |progress: Progress| {
            seen.push(progress);
            Ok(())
        };
        map_chunks(&mut Call::new(&mut hook), 40, 1, SLOW, |_| {
            std::thread::sleep(Duration::from_millis(10));
            Ok(())
        })
        .expect("no error");
        assert!(seen.windows(2).all(|pair| pair[0].done <= pair[1].done));
        assert_eq!(seen.last(), Some(&Progress { done: 40, total: 40 }));
        assert!(seen.len() > 2, "polled while it worked: {seen:?}");
    }

    #[test]
    fn of_several_errors_the_first_in_order_is_returned() {
        for _ in 0..20 {
            let result: Result<Vec<()>> = map_chunks(&mut Call::silent(), 64, 1, SLOW, |range| {
                // The first to fail is the last to end.
                std::thread::sleep(Duration::from_millis(if range.start == 3 { 20 } else { 0 }));
                match range.start {
                    0..3 => Ok(()),
                    at => Err(Error::Internal(at.to_string())),
                }
            });
            assert_eq!(result, Err(Error::Internal("3".into())));
        }
    }

    #[test]
    fn indivisible_work_is_watched_and_its_cancellation_returned() {
        let mut polls = 0;
        let mut hook = |_: Progress| {
            polls += 1;
            Err(Error::Cancelled)
        };
        let result = run_one(&mut Call::new(&mut hook), || {
            std::thread::sleep(Duration::from_millis(200));
            Ok(())
        });
        assert_eq!((result, polls), (Err(Error::Cancelled), 1));
        assert_eq!(run_one(&mut Call::silent(), || Ok(5)), Ok(5));
    }

    #[test]
    fn a_forked_child_builds_a_pool_of_its_own() {
        let parent = pool().expect("a pool");
        assert!(Arc::ptr_eq(&parent, &pool().expect("a pool")));
        forked();
        let child = pool().expect("a pool");
        assert!(!Arc::ptr_eq(&parent, &child) && child.owner == Owner::current());
        map_chunks(&mut Call::silent(), 4, 1, SLOW, |_| Ok(())).expect("no error");
    }

    #[test]
    fn the_hook_runs_on_the_calling_thread_only() {
        let caller = std::thread::current().id();
        let mut elsewhere = false;
        let mut hook = |_: Progress| {
            elsewhere |= std::thread::current().id() != caller;
            Ok(())
        };
        map_chunks(&mut Call::new(&mut hook), 20, 1, SLOW, |_| {
            assert_ne!(std::thread::current().id(), caller);
            std::thread::sleep(Duration::from_millis(10));
            Ok(())
        })
        .expect("no error");
        assert!(!elsewhere);
    }

    #[test]
    fn a_panic_in_a_worker_is_an_internal_error() {
        let result: Result<Vec<()>> =
            map_chunks(&mut Call::silent(), 4, 1, SLOW, |range| panic!("chunk {}", range.start));
        assert!(matches!(result, Err(Error::Internal(text)) if text.contains("chunk")));
    }

    #[test]
    fn little_work_stays_on_the_calling_thread() {
        let caller = std::thread::current().id();
        map_chunks(&mut Call::silent(), 10, 1, 10, |_| {
            assert_eq!(std::thread::current().id(), caller);
            Ok(())
        })
        .expect("no error");
    }

    #[test]
    fn a_failing_search_stops_the_other() {
        let result: Result<((), ())> = join2(
            &mut Call::silent(),
            |_| Err(Error::Randomness),
            |cancel| {
                while !cancel.is_set() {
                    std::thread::yield_now();
                }
                Err(Error::Cancelled)
            },
        );
        assert_eq!(result, Err(Error::Randomness));
    }

    #[test]
    fn chunk_sizes_are_multiples() {
        assert_eq!(chunk_for(1_000_000_000, 64), 64);
        assert_eq!(chunk_for(1000, 64), 40_000);
        assert_eq!(chunk_for(0, 1), 40_000_000);
    }
}
