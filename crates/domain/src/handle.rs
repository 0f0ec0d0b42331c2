//! A machine, seen from outside: reads that look at its snapshot, and operations that its own task carries out.
//!
//! Every `flags` is libvirt's, as it came over the wire ([`crate::flags`]); what an operation does not know it refuses.

use std::sync::{Arc, Weak};

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::{mpsc, oneshot};

use crate::arguments::{
    BlockCounters, BlockSizes, ControlState, InterfaceCounters, MemoryFigure, Owner, Screenshot,
    Summarised, Vcpu,
};
use crate::change::{Change, Metadata};
use crate::command::{Command, Message, Reply};
use crate::console::Consoles;
use crate::context::Context;
use crate::run::Connection;
use crate::{Error, Result, Snapshot, Uuid, Value};

/// A machine: cheap to clone, valid for ever (a machine that is gone answers so).
#[derive(Clone)]
pub struct Machine(pub(crate) Arc<Shared>);

/// What the handles and the task of one machine share.
pub(crate) struct Shared {
    pub(crate) uuid: Uuid,
    pub(crate) snapshot: ArcSwap<Snapshot>,
    pub(crate) mailbox: mpsc::Sender<Box<Message>>,
    /// The way to its QEMU, while there is one.
    pub(crate) connection: ArcSwapOption<Connection>,
    /// Who has which console, of all machines.
    pub(crate) consoles: Consoles,
    /// What it shares with all others.
    pub(crate) context: Weak<Context>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("uuid", &self.uuid).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Machine").field(&self.0.uuid).finish()
    }
}

/// Reads: they wait for nobody.
impl Machine {
    /// Its UUID, which never changes.
    pub fn uuid(&self) -> Uuid {
        self.0.uuid
    }

    /// What is known of it now.
    pub fn snapshot(&self) -> arc_swap::Guard<Arc<Snapshot>> {
        self.0.snapshot.load()
    }

    /// The document as XML (virDomainGetXMLDesc). Only the first time that a CPU is to be brought up to the host
    /// ([`crate::flags::XML_UPDATE_CPU`]) does it wait, for what QEMU can do.
    ///
    /// # Errors
    /// `InvalidArgument` for unknown flags.
    pub fn xml(&self, flags: u32) -> Result<Arc<str>> {
        crate::read::xml(self, flags)
    }

    /// virDomainGetInfo.
    pub fn summarised(&self) -> Summarised {
        crate::read::summarised(self)
    }

    /// The vCPUs by flags (virDomainGetVcpusFlags).
    ///
    /// # Errors
    /// `OperationInvalid` when the live count of a machine that is off is asked, and the like.
    pub fn vcpu_count(&self, flags: u32) -> Result<u32> {
        crate::read::vcpu_count(self, flags)
    }

    /// The most vCPUs (virDomainGetMaxVcpus).
    ///
    /// # Errors
    /// As [`Machine::vcpu_count`].
    pub fn vcpus_max(&self) -> Result<u32> {
        crate::read::vcpus_max(self)
    }

    /// Its vCPUs (virDomainGetVcpus): at most `most` of them, affinities of `map_bytes` bytes each.
    ///
    /// # Errors
    /// `OperationInvalid` when the machine does not run.
    pub fn vcpus(&self, most: usize, map_bytes: usize) -> Result<Vec<Vcpu>> {
        crate::read::vcpus(self, most, map_bytes)
    }

    /// The affinity of each vCPU, `map_bytes` bytes each (virDomainGetVcpuPinInfo).
    ///
    /// # Errors
    /// As [`Machine::vcpu_count`].
    pub fn vcpu_pins(&self, most: usize, map_bytes: usize, flags: u32) -> Result<Vec<Vec<u8>>> {
        crate::read::vcpu_pins(self, most, map_bytes, flags)
    }

    /// The affinity of the emulator, `map_bytes` bytes (virDomainGetEmulatorPinInfo).
    ///
    /// # Errors
    /// As [`Machine::vcpu_count`].
    pub fn emulator_pin(&self, map_bytes: usize, flags: u32) -> Result<Vec<u8>> {
        crate::read::emulator_pin(self, map_bytes, flags)
    }

    /// A title (1), description (0) or metadata (2) of a namespace (virDomainGetMetadata).
    ///
    /// # Errors
    /// `NoDomainMetadata` when there is none.
    pub fn metadata(&self, kind: i32, uri: Option<&str>, flags: u32) -> Result<String> {
        crate::read::metadata(self, kind, uri, flags)
    }

    /// virDomainGetControlInfo.
    ///
    /// # Errors
    /// `OperationInvalid` when the machine does not run.
    pub fn control(&self, flags: u32) -> Result<ControlState> {
        crate::read::control(self, flags)
    }

    /// What a person should know, as libvirt prints it (virDomainGetMessages); `kinds` is a mask of
    /// virDomainMessageType, 0 for all.
    ///
    /// # Errors
    /// `InvalidArgument` for unknown bits.
    pub fn messages(&self, kinds: u32) -> Result<Vec<String>> {
        crate::read::messages(self, kinds)
    }

    /// The operating system type (virDomainGetOSType).
    ///
    /// # Errors
    /// None now: every machine says "hvm".
    pub fn operating_system(&self) -> Result<String> {
        crate::read::operating_system(self)
    }

    /// The counters of a network interface, by its target name or MAC address (virDomainInterfaceStats).
    ///
    /// # Errors
    /// `OperationInvalid` when the machine does not run, `InvalidArgument` for an unknown interface.
    pub fn interface_counters(&self, device: &str) -> Result<InterfaceCounters> {
        crate::read::interface_counters(self, device)
    }
}

/// Operations: the machine's own task carries them out, one after the other, `destroy` at any time.
impl Machine {
    /// virDomainCreateWithFlags.
    ///
    /// # Errors
    /// `OperationInvalid` when it runs; whatever makes a start fail, with QEMU's own words.
    pub async fn start(&self, flags: u32, owner: Owner) -> Result<()> {
        self.ask(|reply| Command::Start { document: None, flags, owner, reply }).await
    }

    /// virDomainSuspend.
    ///
    /// # Errors
    /// `OperationInvalid` when it does not run.
    pub async fn suspend(&self) -> Result<()> {
        self.ask(|reply| Command::Suspend { reply }).await
    }

    /// virDomainResume.
    ///
    /// # Errors
    /// `OperationInvalid` when it is not paused.
    pub async fn resume(&self) -> Result<()> {
        self.ask(|reply| Command::Resume { reply }).await
    }

    /// virDomainShutdownFlags.
    ///
    /// # Errors
    /// `OperationInvalid` when it does not run, `ArgumentUnsupported` for the agent.
    pub async fn shutdown(&self, flags: u32) -> Result<()> {
        self.ask(|reply| Command::Shutdown { flags, reply }).await
    }

    /// virDomainReboot.
    ///
    /// # Errors
    /// As [`Machine::shutdown`].
    pub async fn reboot(&self, flags: u32) -> Result<()> {
        self.ask(|reply| Command::Reboot { flags, reply }).await
    }

    /// virDomainReset.
    ///
    /// # Errors
    /// `OperationInvalid` when it does not run.
    pub async fn reset(&self, flags: u32) -> Result<()> {
        self.ask(|reply| Command::Reset { flags, reply }).await
    }

    /// virDomainDestroyFlags.
    ///
    /// # Errors
    /// `OperationInvalid` when it does not run; with the graceful flag, when QEMU does not end.
    pub async fn destroy(&self, flags: u32) -> Result<()> {
        self.ask(|reply| Command::Destroy { flags, reply }).await
    }

    /// virDomainUndefineFlags.
    ///
    /// # Errors
    /// `OperationInvalid` for a transient machine, or when something is in the way that a flag would remove.
    pub async fn undefine(&self, flags: u32) -> Result<()> {
        self.change(Change::Undefine { flags }).await
    }

    /// virDomainRename.
    ///
    /// # Errors
    /// `OperationInvalid` when it runs or the name is taken.
    pub async fn rename(&self, name: &str, flags: u32) -> Result<()> {
        let name = name.to_owned();
        self.change(Change::Rename { name, flags }).await
    }

    /// virDomainSetAutostart.
    ///
    /// # Errors
    /// `OperationInvalid` for a transient machine.
    pub async fn set_autostart(&self, autostart: bool) -> Result<()> {
        self.change(Change::Autostart { autostart }).await
    }

    /// virDomainSetMetadata; no `text` removes it.
    ///
    /// # Errors
    /// `InvalidArgument` for what is not one element, or a title with a line break.
    pub async fn set_metadata(
        &self,
        kind: i32,
        text: Option<&str>,
        key: Option<&str>,
        uri: Option<&str>,
        flags: u32,
    ) -> Result<()> {
        let metadata = Metadata {
            kind,
            text: text.map(str::to_owned),
            key: key.map(str::to_owned),
            uri: uri.map(str::to_owned),
        };
        self.change(Change::Metadata { metadata, flags }).await
    }

    /// virDomainSetMemoryFlags, and virDomainSetMaxMemory with [`crate::flags::MAXIMUM`].
    ///
    /// # Errors
    /// `InvalidArgument` above the maximum, `OperationInvalid` without a balloon.
    pub async fn set_memory(&self, kib: u64, flags: u32) -> Result<()> {
        self.change(Change::Memory { kib, flags }).await
    }

    /// virDomainSetVcpusFlags.
    ///
    /// # Errors
    /// `InvalidArgument` above the maximum, `OperationUnsupported` for the running machine.
    pub async fn set_vcpus(&self, count: u32, flags: u32) -> Result<()> {
        self.change(Change::Vcpus { count, flags }).await
    }

    /// virDomainSetMemoryStatsPeriod.
    ///
    /// # Errors
    /// `OperationInvalid` without a virtio balloon.
    pub async fn set_memory_period(&self, seconds: i32, flags: u32) -> Result<()> {
        self.change(Change::MemoryPeriod { seconds, flags }).await
    }

    /// virDomainSendKey: key codes of a code set, held for `hold_ms`.
    ///
    /// # Errors
    /// `OperationInvalid` when it does not run, `InvalidArgument` for an unknown code.
    pub async fn send_key(&self, set: u32, hold_ms: u32, codes: &[u32], flags: u32) -> Result<()> {
        crate::tell::send_key(self, set, hold_ms, codes, flags).await
    }

    /// virDomainInjectNMI.
    ///
    /// # Errors
    /// `OperationInvalid` when it does not run.
    pub async fn inject_nmi(&self, flags: u32) -> Result<()> {
        crate::tell::inject_nmi(self, flags).await
    }

    /// virDomainScreenshot: what the screen shows.
    ///
    /// # Errors
    /// `OperationInvalid` when it does not run or has no video device.
    pub async fn screenshot(&self, screen: u32, flags: u32) -> Result<Screenshot> {
        crate::tell::screenshot(self, screen, flags).await
    }

    /// virDomainQemuMonitorCommand: QEMU's answer as it came.
    ///
    /// # Errors
    /// `OperationInvalid` when it does not run.
    pub async fn monitor(&self, command: &str, flags: u32) -> Result<String> {
        crate::tell::monitor(self, command, flags).await
    }

    /// virDomainBlockInfo.
    ///
    /// # Errors
    /// `InvalidArgument` for a disk that the machine does not have.
    pub async fn block_sizes(&self, disk: &str, flags: u32) -> Result<BlockSizes> {
        crate::measure::block_sizes(self, disk, flags).await
    }

    /// virDomainBlockStats; an empty `disk` adds up all of them.
    ///
    /// # Errors
    /// `OperationInvalid` when it does not run, `InvalidArgument` for an unknown disk.
    pub async fn block_counters(&self, disk: &str) -> Result<BlockCounters> {
        crate::measure::block_counters(self, disk).await
    }

    /// virDomainBlockStatsFlags.
    ///
    /// # Errors
    /// As [`Machine::block_counters`].
    pub async fn block_statistics(&self, disk: &str, flags: u32) -> Result<Vec<(String, Value)>> {
        crate::measure::block_statistics(self, disk, flags).await
    }

    /// virDomainGetDiskErrors: the disks that failed, and virDomainDiskErrorCode.
    ///
    /// # Errors
    /// `OperationInvalid` when it does not run.
    pub async fn disk_errors(&self, flags: u32) -> Result<Vec<(String, i32)>> {
        crate::measure::disk_errors(self, flags).await
    }

    /// virDomainMemoryStats.
    ///
    /// # Errors
    /// `OperationInvalid` when it does not run.
    pub async fn memory_figures(&self, flags: u32) -> Result<Vec<MemoryFigure>> {
        crate::measure::memory_figures(self, flags).await
    }

    /// virDomainGetCPUStats: the total (`start` -1), or a list per host CPU.
    ///
    /// # Errors
    /// `OperationInvalid` when it does not run, `OperationUnsupported` without CPU accounting.
    pub async fn cpu_statistics(
        &self,
        start: i32,
        count: u32,
        flags: u32,
    ) -> Result<Vec<Vec<(String, Value)>>> {
        crate::measure::cpu_statistics(self, start, count, flags)
    }

    pub(crate) async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.tell(command(Reply(reply)), answer).await
    }

    /// Hands a command to the machine's task, and waits for its answer.
    pub(crate) async fn tell<T>(
        &self,
        command: Command,
        answer: oneshot::Receiver<Result<T>>,
    ) -> Result<T> {
        let message = Box::new(Message::Ask(command));
        self.0.mailbox.send(message).await.map_err(|_| self.gone())?;
        answer.await.map_err(|_| self.gone())?
    }

    async fn change(&self, change: Change) -> Result<()> {
        self.ask(|reply| Command::Change(change, reply)).await
    }

    /// The way to its QEMU.
    pub(crate) fn connection(&self) -> Result<Arc<Connection>> {
        self.0.connection.load_full().ok_or_else(Error::not_running)
    }

    /// The error of a machine that is not there any more.
    pub(crate) fn gone(&self) -> Error {
        let snapshot = self.snapshot();
        crate::domains::no_domain_with_uuid(self.0.uuid, Some(&snapshot.identity.name))
    }
}
