//! What the guest holds and does: its balloon, its keys, its dump (`qapi/{machine,ui,dump,misc-i386}.json`).

use serde::{Deserialize, Serialize};

use super::{Nothing, answers, commands};

commands! {
    /// Asks the balloon for another size, in bytes.
    "balloon" Balloon { value: u64 } -> Nothing;
    /// The balloon's size.
    "query-balloon" QueryBalloon {} -> BalloonSize;
    /// Presses and lets go of keys.
    "send-key" SendKey { keys: Vec<Key> } [
        /// Milliseconds between press and release.
        hold_time: u32,
    ] -> Nothing;
    /// Writes the guest's memory into a file or a descriptor.
    "dump-guest-memory" DumpGuestMemory { paging: bool, protocol: String } [
        detach: bool, begin: u64, length: u64, format: String,
    ] -> Nothing;
    /// How far the dump is.
    "query-dump" QueryDump {} -> DumpProgress;
    /// Sets the real-time clock again after time was injected.
    "rtc-reset-reinjection" RtcResetReinjection {} -> Nothing;
    /// The offset and state of confidential guests.
    "query-sev" QuerySev {} -> serde_json::Value;
}

answers! {
    /// A size in bytes.
    BalloonSize { actual: u64 }
    /// A dump's progress in bytes.
    DumpProgress { status: String, completed: u64, total: u64 }
}

/// A key by code or by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "lowercase")]
pub enum Key {
    /// A key code of the PC keyboard; 0x80 marks the grey ones.
    Number(u32),
    /// QEMU's name of it.
    Qcode(String),
}
