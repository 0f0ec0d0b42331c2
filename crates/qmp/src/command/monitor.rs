//! The monitor itself: abilities, descriptors, text commands (`qapi/{control,introspect,misc}.json`).

use serde_json::Value;

use super::{Nothing, answers, commands};

commands! {
    /// Leaves the greeting phase.
    "qmp_capabilities" QmpCapabilities {} [enable: Vec<String>] -> Nothing;
    /// The names of all commands.
    "query-commands" QueryCommands {} -> Vec<CommandName>;
    /// The whole language.
    "query-qmp-schema" QueryQmpSchema {} -> Vec<Value>;
    /// A command of the monitor for people; the answer is its text.
    "human-monitor-command" HumanMonitorCommand { command_line: String } [cpu_index: u32] -> String;
    /// Names a descriptor that came with this command.
    "getfd" Getfd { fdname: String } -> Nothing;
    /// Forgets a named descriptor.
    "closefd" Closefd { fdname: String } -> Nothing;
    /// Adds a descriptor that came with this command to a set.
    "add-fd" AddFd {} [fdset_id: i64, opaque: String] -> AddedFd;
    /// Takes a descriptor, or all, out of a set.
    "remove-fd" RemoveFd { fdset_id: i64 } [fd: i64] -> Nothing;
    /// All sets.
    "query-fdsets" QueryFdsets {} -> Vec<Fdset>;
    /// What the command line takes.
    "query-command-line-options" QueryCommandLineOptions {} [option: String] -> Vec<CommandLineOption>;
}

answers! {
    /// A command.
    CommandName { name: String }
    /// Where a descriptor went.
    AddedFd { fdset_id: i64, fd: i64 }
    /// A set of descriptors.
    Fdset { fdset_id: i64, fds: Vec<FdsetFd> }
    /// A descriptor of a set.
    FdsetFd { fd: i64, opaque: Option<String> }
    /// An option with its parameters.
    CommandLineOption { option: String, #[serde(default)] parameters: Vec<CommandLineParameter> }
    /// A parameter of an option.
    CommandLineParameter { name: String, #[serde(default, rename = "type")] kind: String }
}
