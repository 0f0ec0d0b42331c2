//! Commands that were sent and are not answered yet.

use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use serde::de::DeserializeOwned;
use stead_qmp::Reply;
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use super::{DEADLINE, MonitorError, Shared};

/// The answer to a command that was sent. Dropping it gives up the answer, not the command.
#[must_use = "the command is sent, but nobody looks at its answer"]
pub struct Pending<T> {
    sent: Sent,
    answer: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("command", &self.sent.command).finish_non_exhaustive()
    }
}

impl<T: DeserializeOwned> Pending<T> {
    pub(super) fn new(sent: Sent) -> Self {
        Self { sent, answer: PhantomData }
    }

    /// Waits for the answer, at most [`DEADLINE`].
    ///
    /// # Errors
    /// See [`MonitorError`].
    pub async fn answer(self) -> Result<T, MonitorError> {
        self.within(DEADLINE).await
    }

    /// Waits for the answer, at most so long from now.
    ///
    /// # Errors
    /// See [`MonitorError`].
    pub async fn within(self, within: Duration) -> Result<T, MonitorError> {
        let (command, reply) = self.sent.within(within).await?;
        match reply.read() {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(MonitorError::Refused { command, error }),
            Err(error) => Err(MonitorError::Unreadable { command, reason: error.to_string() }),
        }
    }
}

/// The same before the answer's type is looked at.
pub(super) struct Sent {
    command: String,
    shared: Arc<Shared>,
    outcome: Result<oneshot::Receiver<Reply>, MonitorError>,
}

impl Sent {
    pub(super) fn new(
        command: &str,
        shared: Arc<Shared>,
        outcome: Result<oneshot::Receiver<Reply>, MonitorError>,
    ) -> Self {
        Self { command: command.into(), shared, outcome }
    }

    /// The command's name and its reply, be it a result or a refusal. A reply that comes too late finds nobody;
    /// until then the command counts as unanswered.
    pub(super) async fn within(self, within: Duration) -> Result<(String, Reply), MonitorError> {
        let command = self.command;
        match timeout_at(Instant::now() + within, self.outcome?).await {
            Ok(Ok(reply)) => Ok((command, reply)),
            Ok(Err(_)) => {
                let reason = self.shared.lock().closed.clone().flatten();
                Err(MonitorError::Closed { reason })
            }
            Err(_) => Err(MonitorError::Late { command, within }),
        }
    }
}
