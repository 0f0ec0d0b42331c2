//! What a machine's task lets others know: the snapshot, events, and the record for the next daemon.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::Task;
use crate::run::Run;
use crate::{Control, Event, EventKind, Identity, Message as Note, Snapshot, Summary, Uuid};

impl Task {
    pub(crate) fn announce(&self, kind: EventKind) {
        self.context.hub.announce(Event { machine: self.identity(), kind });
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity { name: Arc::clone(&self.name), uuid: self.shared.uuid, id: self.id }
    }

    /// Makes what is so known to all who read.
    pub(crate) fn publish(&mut self) {
        self.shared.snapshot.store(Arc::new(self.snapshot()));
        let there = self.state.persistent || self.state.is_active();
        if there && !std::mem::replace(&mut self.listed, true) {
            self.context.add(Arc::clone(&self.name), &crate::Machine(Arc::clone(&self.shared)));
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let run = self.run.as_deref().filter(|_| self.state.is_active());
        let live = run.map(|run| Arc::clone(&run.live));
        // Until QEMU is known, what it was made from is what there is.
        let starting = self.state.is_active().then(|| self.start_document()).flatten();
        let live = live.or_else(|| self.recorded.clone()).or(starting);
        let shown = live.as_ref().or(self.inactive.as_ref());
        let mut summary = shown.map_or(Summary::default(), |document| document.summary());
        if let Some(balloon_kib) = run.and_then(Run::balloon_kib) {
            summary.memory_kib = balloon_kib;
        }
        let persistent = self.state.persistent;
        Snapshot {
            identity: self.identity(),
            status: self.state.status(),
            persistent,
            autostart: self.autostart,
            updated: self.updated,
            inactive: self.inactive.clone().filter(|_| persistent),
            live,
            summary,
            messages: run
                .map_or_else(|| Arc::from(Vec::<Note>::new()), |run| Arc::clone(&run.messages)),
            broken: self.broken.clone(),
            control: self.control(),
            degraded: run.map_or(self.degraded, |run| run.degraded),
            pid: run.map(|run| run.connection.process.pid()).or(self.found),
        }
    }

    pub(super) fn control(&self) -> Control {
        match &self.job {
            Some(job) => Control::Job { since: job.since },
            None => Control::Idle,
        }
    }

    /// Has the run record written again, so that a successor knows what is so.
    pub(crate) fn save(&mut self) -> Option<oneshot::Receiver<()>> {
        let record = self.record()?;
        let run = self.run.as_ref()?;
        Some(run.saver.save(&self.context, self.shared.uuid, record, Arc::clone(&run.live)))
    }

    pub(super) fn record(&self) -> Option<crate::record::Record> {
        let run = self.run.as_ref()?;
        Some(run.record(self.state, &self.identity(), self.owner.is_some()))
    }
}

/// What is known of a machine before its task has said anything.
pub(crate) fn nothing(uuid: Uuid, name: &Arc<str>) -> Snapshot {
    Snapshot {
        identity: Identity { name: Arc::clone(name), uuid, id: -1 },
        status: crate::Status::Shutoff(crate::Shutoff::Unknown),
        persistent: false,
        autostart: false,
        updated: false,
        inactive: None,
        live: None,
        summary: Summary::default(),
        messages: Arc::from(Vec::new()),
        broken: None,
        control: Control::Idle,
        degraded: false,
        pid: None,
    }
}
