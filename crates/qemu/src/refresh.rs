//! What is: the truth about a running machine, from QEMU's replies and events.
//!
//! Shapes: QEMU 10.0 `qapi/*.json` (query-cpus-fast, query-chardev, query-balloon, query-block,
//! query-status, query-vnc, and the events named below). What is missing or of another shape
//! changes nothing: a guest or an odd QEMU cannot make it fail.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use stead_config::Domain;

use crate::plan::{Call, Plan, Purpose};

/// A running machine as QEMU reports it.
#[derive(Clone, Debug)]
pub struct Live {
    /// The document as planned, and as later hot-plug made it.
    pub domain: Domain,
    /// What QEMU said beyond the document; survives the daemon.
    pub record: Record,
}

/// The part of [`Live`] that is no document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Id of the running domain, at least 1.
    pub id: i32,
    /// QEMU's run state, such as `running` or `prelaunch`; empty until it is known.
    pub status: String,
    /// Path of the pty of each character device, by alias.
    pub ptys: BTreeMap<String, String>,
    /// The vCPUs, by index.
    pub vcpus: Vec<Vcpu>,
    /// Memory that the balloon leaves to the guest, bytes.
    pub balloon_bytes: Option<u64>,
    /// Disks with an open tray, by alias.
    pub open_trays: Vec<String>,
    /// Virtio ports that the guest has open, by alias.
    pub open_ports: Vec<String>,
    /// Difference of the guest's clock to what it was given at start, seconds.
    pub clock_shift_seconds: Option<i64>,
    /// The guest panicked, with what the event said.
    pub panicked: Option<String>,
    /// The guest sleeps (SUSPEND without WAKEUP).
    pub asleep: bool,
}

/// A vCPU of a running machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vcpu {
    /// From 0, as QEMU numbers them.
    pub index: u32,
    /// Host thread; 0 when QEMU does not say.
    pub thread: i32,
    /// Path in QEMU's object tree.
    pub qom_path: String,
}

/// Something QEMU said.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    /// The `return` value of a call.
    Reply(&'a Call, &'a Value),
    /// An event and its `data`.
    Event(&'a str, &'a Value),
}

impl Live {
    /// A machine that has just been started and said nothing yet.
    pub fn new(plan: &Plan, id: i32) -> Self {
        Self { domain: plan.domain.clone(), record: Record { id, ..Record::default() } }
    }
}

/// Takes in what QEMU said.
pub fn refresh(live: &Live, news: News<'_>) -> Live {
    let mut live = live.clone();
    live.take(news);
    live
}

impl Live {
    /// Takes in what QEMU said, in place.
    pub fn take(&mut self, news: News<'_>) {
        match news {
            News::Reply(call, value) => self.record.reply(&call.purpose, value),
            News::Event("DEVICE_DELETED", data) => {
                if let Some(alias) = text(data, "device") {
                    remove(&mut self.domain, alias);
                }
            }
            News::Event(name, data) => self.record.event(name, data),
        }
    }
}

impl Record {
    fn reply(&mut self, purpose: &Purpose, value: &Value) {
        match purpose {
            Purpose::Vcpus => self.vcpus = vcpus(value),
            Purpose::Chardevs => {
                self.ptys = ptys(value);
                self.open_ports = open_ports(value);
            }
            Purpose::Balloon => self.balloon_bytes = number(value, "actual"),
            Purpose::Block => self.open_trays = open_trays(value),
            Purpose::Status => {
                if let Some(status) = text(value, "status") {
                    self.status = status.to_owned();
                }
            }
            Purpose::Negotiate | Purpose::Set | Purpose::Vnc | Purpose::Cpu(_) => {}
        }
    }

    fn event(&mut self, name: &str, data: &Value) {
        match name {
            "STOP" => self.status = "paused".to_owned(),
            "RESUME" => {
                self.status = "running".to_owned();
                self.asleep = false;
            }
            "SHUTDOWN" => self.status = "shutdown".to_owned(),
            "RESET" => {
                self.panicked = None;
                self.asleep = false;
            }
            "SUSPEND" => self.asleep = true,
            "WAKEUP" => self.asleep = false,
            "BALLOON_CHANGE" => self.balloon_bytes = number(data, "actual"),
            "RTC_CHANGE" => self.clock_shift_seconds = data.get("offset").and_then(Value::as_i64),
            "GUEST_PANICKED" => {
                self.panicked = Some(data.get("info").map_or_else(String::new, Value::to_string));
            }
            "DEVICE_TRAY_MOVED" => {
                let open = data.get("tray-open").and_then(Value::as_bool).unwrap_or(false);
                if let Some(alias) = text(data, "id").and_then(alias_of) {
                    put(&mut self.open_trays, alias, open);
                }
            }
            "VSERPORT_CHANGE" => {
                let open = data.get("open").and_then(Value::as_bool).unwrap_or(false);
                if let Some(id) = text(data, "id") {
                    put(&mut self.open_ports, id, open);
                }
            }
            _ => {}
        }
    }
}

/// Takes a device that the guest has let go out of the document.
fn remove(domain: &mut Domain, alias: &str) {
    let devices = &mut domain.devices;
    let stays = |of: &Option<String>| of.as_deref() != Some(alias);
    devices.disks.retain(|each| stays(&each.alias));
    devices.controllers.retain(|each| stays(&each.alias));
    devices.interfaces.retain(|each| stays(&each.alias));
    devices.serials.retain(|each| stays(&each.alias));
    devices.parallels.retain(|each| stays(&each.alias));
    devices.consoles.retain(|each| stays(&each.alias));
    devices.channels.retain(|each| stays(&each.alias));
    devices.inputs.retain(|each| stays(&each.alias));
    devices.sounds.retain(|each| stays(&each.alias));
    devices.videos.retain(|each| stays(&each.alias));
    devices.watchdogs.retain(|each| stays(&each.alias));
    devices.rngs.retain(|each| stays(&each.alias));
    devices.panics.retain(|each| stays(&each.alias));
    if devices.memballoon.as_ref().is_some_and(|balloon| !stays(&balloon.alias)) {
        devices.memballoon = None;
    }
    if devices.vsock.as_ref().is_some_and(|vsock| !stays(&vsock.alias)) {
        devices.vsock = None;
    }
}

/// Puts a name into a list or takes it out. The list is bounded: a guest can raise events.
fn put(list: &mut Vec<String>, name: &str, present: bool) {
    const MAX: usize = 4096;
    list.retain(|known| known != name);
    if present && list.len() < MAX {
        list.push(name.to_owned());
    }
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

fn number(value: &Value, key: &str) -> Option<u64> {
    value.get(key)?.as_u64()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn vcpus(value: &Value) -> Vec<Vcpu> {
    let mut vcpus: Vec<_> = items(value)
        .filter_map(|vcpu| {
            Some(Vcpu {
                index: number(vcpu, "cpu-index")?.try_into().ok()?,
                thread: number(vcpu, "thread-id").and_then(|id| id.try_into().ok()).unwrap_or(0),
                qom_path: text(vcpu, "qom-path").unwrap_or_default().to_owned(),
            })
        })
        .collect();
    vcpus.sort_by_key(|vcpu| vcpu.index);
    vcpus
}

/// Ptys by alias; QEMU's label is the alias after `char`.
fn ptys(value: &Value) -> BTreeMap<String, String> {
    items(value)
        .filter_map(|chardev| {
            let alias = text(chardev, "label")?.strip_prefix("char")?;
            let path = text(chardev, "filename")?.strip_prefix("pty:")?;
            Some((alias.to_owned(), path.to_owned()))
        })
        .collect()
}

/// Character devices whose guest side is open, by alias.
fn open_ports(value: &Value) -> Vec<String> {
    items(value)
        .filter(|chardev| chardev.get("frontend-open").and_then(Value::as_bool) == Some(true))
        .filter_map(|chardev| text(chardev, "label")?.strip_prefix("char").map(str::to_owned))
        .collect()
}

fn open_trays(value: &Value) -> Vec<String> {
    items(value)
        .filter(|drive| drive.get("tray_open").and_then(Value::as_bool) == Some(true))
        .filter_map(|drive| alias_of(text(drive, "qdev")?).map(str::to_owned))
        .collect()
}

/// The alias in a device path: `/machine/peripheral/virtio-disk0/virtio-backend`, or the alias.
fn alias_of(path: &str) -> Option<&str> {
    match path.strip_prefix("/machine/peripheral/") {
        Some(rest) => rest.split('/').next(),
        None if path.starts_with('/') => None,
        None => Some(path),
    }
}

#[cfg(test)]
mod test {
    use serde_json::json;

    use super::*;

    #[test]
    fn replies_are_read() {
        let mut record = Record::default();
        record.reply(
            &Purpose::Vcpus,
            &json!([{"cpu-index": 1, "thread-id": 11, "qom-path": "/b"},
                {"cpu-index": 0, "thread-id": 10, "qom-path": "/a"}, {"odd": true}]),
        );
        assert_eq!(record.vcpus.iter().map(|vcpu| vcpu.thread).collect::<Vec<_>>(), [10, 11]);
        record.reply(
            &Purpose::Chardevs,
            &json!([{"label": "charserial0", "filename": "pty:/dev/pts/7"},
                {"label": "charmonitor", "filename": "unix:/x"}]),
        );
        assert_eq!(record.ptys.get("serial0").map(String::as_str), Some("/dev/pts/7"));
        record.reply(&Purpose::Balloon, &json!({"actual": 1024}));
        assert_eq!(record.balloon_bytes, Some(1024));
    }

    #[test]
    fn events_change_the_record() {
        let mut record = Record::default();
        let tray = |open: bool| json!({"device": "", "id": "/machine/peripheral/sata0-0-1", "tray-open": open});
        record.event("DEVICE_TRAY_MOVED", &tray(true));
        assert_eq!(record.open_trays, ["sata0-0-1"]);
        record.event("DEVICE_TRAY_MOVED", &tray(false));
        assert!(record.open_trays.is_empty());
        record.event("STOP", &Value::Null);
        assert_eq!(record.status, "paused");
        record.event("NO_SUCH_EVENT", &json!([1, 2]));
    }
}
