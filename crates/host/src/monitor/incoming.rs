//! What QEMU says unasked, in a queue of bounded size.
//!
//! A QEMU that floods its monitor cannot make the daemon's memory grow: above a number of entries, or of bytes, what
//! comes is dropped and counted, and the reader is told how many it lost, at the place where they are missing. It then
//! knows that what it believes of the machine must be asked for again.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use stead_qmp::{Event, Garbage};
use tokio::sync::Notify;

use super::Shared;

/// Entries that wait at most.
const ENTRIES_MAX: usize = 1024;
/// Bytes that wait at most.
const BYTES_MAX: usize = 1 << 20;

/// One thing QEMU said, or that ended.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// An event.
    Event(Event),
    /// A line that is no QMP.
    Garbage(Garbage),
    /// Here so many were dropped, because the reader was too slow: ask for the state again.
    Lost(u64),
    /// The connection ended; nothing comes after. Why, where the system said.
    Closed(Option<String>),
}

impl Incoming {
    fn size(&self) -> usize {
        match self {
            Self::Event(event) => event.size(),
            Self::Garbage(_) => 512,
            Self::Lost(_) | Self::Closed(_) => 0,
        }
    }
}

/// The reader's end of a monitor's events.
#[derive(Debug)]
pub struct IncomingQueue {
    shared: Arc<Shared>,
}

impl IncomingQueue {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The next thing; none for ever after [`Incoming::Closed`]. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Incoming> {
        loop {
            let come = self.shared.queue.come.notified();
            match self.shared.queue.take() {
                Ok(entry) => return Some(entry),
                Err(Empty::Over) => return None,
                Err(Empty::Yet) => come.await,
            }
        }
    }

    /// The next thing, if it is there already.
    pub fn try_next(&mut self) -> Option<Incoming> {
        self.shared.queue.take().ok()
    }
}

/// Why there is nothing to take.
#[derive(Debug)]
enum Empty {
    /// Something may come.
    Yet,
    /// Nothing ever will.
    Over,
}

/// The queue itself.
#[derive(Debug, Default)]
pub(super) struct Queue {
    entries: Mutex<Entries>,
    come: Notify,
}

#[derive(Debug, Default)]
struct Entries {
    queue: VecDeque<Incoming>,
    bytes: usize,
    closed: bool,
}

impl Queue {
    pub(super) fn push(&self, entry: Incoming) {
        let mut entries = self.lock();
        if entries.closed {
            return;
        }
        if let Some(Incoming::Lost(count)) = entries.queue.back_mut() {
            // Once full it stays so until half of it is read: else every second event would be a loss.
            *count = count.saturating_add(1);
            if entries.queue.len() > ENTRIES_MAX / 2 || entries.bytes > BYTES_MAX / 2 {
                return;
            }
            if let Some(Incoming::Lost(count)) = entries.queue.back_mut() {
                *count -= 1;
            }
        }
        let size = entry.size();
        let full = entries.queue.len() >= ENTRIES_MAX || entries.bytes + size > BYTES_MAX;
        let entry = if full { Incoming::Lost(1) } else { entry };
        entries.bytes += entry.size();
        entries.queue.push_back(entry);
        drop(entries);
        self.come.notify_one();
    }

    pub(super) fn close(&self, reason: Option<String>) {
        let mut entries = self.lock();
        entries.closed = true;
        entries.queue.push_back(Incoming::Closed(reason));
        drop(entries);
        self.come.notify_one();
    }

    fn take(&self) -> Result<Incoming, Empty> {
        let mut entries = self.lock();
        match entries.queue.pop_front() {
            Some(entry) => {
                entries.bytes -= entry.size();
                if entries.queue.is_empty() {
                    entries.queue = VecDeque::new();
                }
                Ok(entry)
            }
            None if entries.closed => Err(Empty::Over),
            None => Err(Empty::Yet),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod test {
    use super::*;

    fn event(name: &str, bytes: usize) -> Incoming {
        let data = serde_json::value::RawValue::from_string(format!("\"{}\"", "x".repeat(bytes)));
        Incoming::Event(Event::new(name.into(), Default::default(), Some(data.unwrap())))
    }

    fn drain(queue: &Queue) -> (usize, u64) {
        let (mut events, mut lost) = (0, 0);
        while let Ok(entry) = queue.take() {
            match entry {
                Incoming::Lost(count) => lost += count,
                _ => events += 1,
            }
        }
        (events, lost)
    }

    #[test]
    fn a_flood_is_counted_and_not_kept() {
        let queue = Queue::default();
        for _ in 0..1_000_000 {
            queue.push(event("RTC_CHANGE", 1));
        }
        let (events, lost) = drain(&queue);
        assert_eq!(events as u64 + lost, 1_000_000);
        assert_eq!(events, ENTRIES_MAX);
        queue.push(event("STOP", 1));
        assert_eq!(drain(&queue), (1, 0));
    }

    #[test]
    fn long_events_are_bounded_by_their_bytes() {
        let queue = Queue::default();
        for _ in 0..100 {
            queue.push(event("X", 100_000));
        }
        let (events, lost) = drain(&queue);
        assert!(events <= 10, "{events}");
        assert_eq!(events as u64 + lost, 100);
        assert_eq!(queue.lock().bytes, 0);
    }

    #[test]
    fn the_end_comes_last_even_when_full() {
        let queue = Queue::default();
        for _ in 0..5000 {
            queue.push(event("X", 1));
        }
        queue.close(Some("gone".into()));
        queue.push(event("X", 1));
        let mut last = None;
        while let Ok(entry) = queue.take() {
            last = Some(entry);
        }
        assert!(matches!(last, Some(Incoming::Closed(Some(_)))));
        assert!(matches!(queue.take(), Err(Empty::Over)));
    }
}
