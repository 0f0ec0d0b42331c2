//! Screens and how to reach them (`qapi/ui.json`).

use serde_json::Value;

use super::{Nothing, answers, commands};

commands! {
    /// Where VNC listens, and who is there.
    "query-vnc" QueryVnc {} -> Vnc;
    /// The same for every VNC server.
    "query-vnc-servers" QueryVncServers {} -> Vec<Value>;
    /// Where SPICE listens, and who is there.
    "query-spice" QuerySpice {} -> Value;
    /// Sets the password of `vnc` or `spice`.
    "set_password" SetPassword { protocol: String, password: String } [connected: String, display: String] -> Nothing;
    /// When the password ends: `never`, `now`, `+SECONDS`, or seconds since 1970.
    "expire_password" ExpirePassword { protocol: String, time: String } [display: String] -> Nothing;
    /// Takes a connected socket (named by `getfd`) as a new client's.
    "add_client" AddClient { protocol: String, fdname: String } [skipauth: bool, tls: bool] -> Nothing;
    /// Writes a picture of a screen.
    "screendump" Screendump { filename: String } [device: String, head: u32, format: String] -> Nothing;
    /// Moves or reloads a display.
    "display-reload" DisplayReload { #[serde(rename = "type")] kind: String } [tls_certs: bool] -> Nothing;
}

answers! {
    /// VNC's state; addresses are absent while it is off.
    Vnc {
        enabled: bool,
        host: Option<String>,
        /// The port in decimal.
        service: Option<String>,
        family: Option<String>,
        auth: Option<String>,
        #[serde(default)] clients: Vec<Value>,
    }
}
