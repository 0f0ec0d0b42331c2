//! Character devices (`qapi/char.json`).

use serde_json::Value;

use super::{Nothing, answers, commands};

commands! {
    /// All backends, with where they lead.
    "query-chardev" QueryChardev {} -> Vec<Chardev>;
    /// Makes a backend.
    "chardev-add" ChardevAdd { id: String, backend: Value } -> ChardevMade;
    /// Gives a frontend another backend.
    "chardev-change" ChardevChange { id: String, backend: Value } -> ChardevMade;
    /// Ends a backend.
    "chardev-remove" ChardevRemove { id: String } -> Nothing;
    /// Sends a break.
    "chardev-send-break" ChardevSendBreak { id: String } -> Nothing;
}

answers! {
    /// A backend: `filename` is `pty:/dev/pts/3` for a pty.
    Chardev { label: String, filename: String, #[serde(default)] frontend_open: bool }
    /// A new backend; `pty` is the path of its pty.
    ChardevMade { pty: Option<String> }
}
