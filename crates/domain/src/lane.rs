//! Where blocking calls run: each on a thread of its own, which is kept for the next one for a while.
//!
//! The runtime's own threads never wait for a disk, and a disk that hangs holds up only those who asked for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// How long a thread waits for the next call.
const IDLE: Duration = Duration::from_secs(5);
/// Threads that are kept.
const IDLE_THREADS_MAX: usize = 8;

type Call = Box<dyn FnOnce() + Send>;

static IDLERS: Mutex<Vec<(u64, Sender<Call>)>> = Mutex::new(Vec::new());
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// Runs a blocking call off the runtime. `None` when the call panicked or no thread could be had.
pub(crate) async fn run<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, result) = oneshot::channel();
    submit(Box::new(move || {
        let _left = sender.send(call());
    }));
    result.await.ok()
}

fn submit(mut call: Call) {
    loop {
        let idler = idlers().pop();
        let Some((_, idler)) = idler else { break };
        match idler.send(call) {
            Ok(()) => return,
            Err(back) => call = back.0,
        }
    }
    let spawned = std::thread::Builder::new().name("lane".into()).spawn(move || work(call));
    if let Err(error) = spawned {
        tracing::error!(%error, "no thread for a blocking call");
    }
}

fn work(call: Call) {
    call();
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    loop {
        let (sender, calls) = channel();
        {
            let mut idlers = idlers();
            if idlers.len() >= IDLE_THREADS_MAX {
                return;
            }
            idlers.push((number, sender));
        }
        let next = calls.recv_timeout(IDLE).ok().or_else(|| {
            let mut idlers = idlers();
            match idlers.iter().position(|(idler, _)| *idler == number) {
                Some(place) => {
                    idlers.remove(place);
                    None
                }
                // Somebody holds the other end already: a call is coming.
                None => {
                    drop(idlers);
                    calls.recv().ok()
                }
            }
        });
        match next {
            Some(call) => call(),
            None => return,
        }
    }
}

fn idlers() -> MutexGuard<'static, Vec<(u64, Sender<Call>)>> {
    IDLERS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod test {
    #[tokio::test]
    async fn calls_run_and_a_panic_is_no_answer() {
        for number in 0..20 {
            assert_eq!(super::run(move || number * 2).await, Some(number * 2));
        }
        assert_eq!(super::run(|| -> u32 { panic!("as planned") }).await, None);
        assert_eq!(super::run(|| 1).await, Some(1));
    }
}
