//! QEMUs that a former daemon left: they are taken over, also when no record tells of them.

use std::sync::Arc;

use stead_host::process::{Found, Process};

use super::{Job, JobKind, Task};
use crate::held::Held;
use crate::machine::{Phase, State};

impl Task {
    /// Marks the machine busy until its QEMU is known.
    pub(crate) fn adopting(&mut self) {
        self.job = Some(Job::now(JobKind::Adopt));
    }

    /// The end of [`Task::adopting`].
    pub(crate) fn adoption_over(&mut self) {
        if matches!(self.job, Some(Job { kind: JobKind::Adopt, .. })) {
            self.job = None;
        }
    }

    /// A QEMU of this machine was found by its mark.
    pub(super) fn orphan(&mut self, found: Found) {
        let known = self.run.as_ref().map(|run| run.connection.process.pid());
        let adopting = matches!(self.job, Some(Job { kind: JobKind::Adopt, .. }));
        if known == Some(found.identity.pid)
            || adopting
            || matches!(self.state.phase, Phase::Starting { .. })
        {
            return;
        }
        if known.is_some() || self.state.is_active() && !self.unfound {
            let pid = found.identity.pid;
            tracing::error!(name = %self.name, pid, "a second QEMU of this machine runs");
            return;
        }
        self.take_orphan(found);
    }

    /// Takes over a QEMU of which no record tells.
    pub(crate) fn take_orphan(&mut self, found: Found) {
        let process = match Process::adopt(&found.identity) {
            Ok(process) => process,
            Err(_) => return,
        };
        let name = &self.name;
        tracing::warn!(%name, pid = process.pid(), "a QEMU without a usable record is taken over");
        if !std::mem::take(&mut self.unfound) {
            self.state =
                State::adopting(self.state.persistent, self.state.actions, crate::domains::UNKNOWN);
            self.id = self.context.next_id();
            self.context.set_id(self.shared.uuid, self.id);
        }
        if let Some(credentials) = &self.context.credentials {
            let claims =
                self.context.owners().recover(self.shared.uuid, process.pid(), credentials);
            self.leftovers.extend(claims.into_iter().map(Held::Label));
        }
        let stored = self.inactive.as_ref().and_then(|document| document.domain().ok());
        let domain = match stored {
            Some(domain) => stead_config::Domain::clone(&domain),
            None => crate::orphan::domain(&found.arguments, self.shared.uuid),
        };
        let record =
            crate::orphan::record(&self.name, self.id, self.state, &found, &self.leftovers);
        let live = stead_qemu::refresh::Live { domain, record: record.live.clone() };
        self.found = Some(process.pid());
        self.degraded = true;
        self.adopting();
        self.publish();
        let (context, uuid) = (Arc::clone(&self.context), self.shared.uuid);
        crate::adopt::adopt(context, uuid, record, live, process, true, self.mailbox_sender());
    }
}
