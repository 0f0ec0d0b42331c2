//! What to say to a QEMU that has just started, before its vCPUs run.
//!
//! Each command costs QEMU about 0.1 ms and 2.75 µs a byte, so only what is needed is said.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stead_config::domain::chardev::ChardevSource;
use stead_config::domain::display::{Connected, Graphics};
use stead_config::domain::interface::LinkState;
use stead_config::domain::small::BalloonModel;

use super::{Origin, Plan};

/// Why a QMP call is made, so that [`crate::refresh`](crate::refresh()) knows what the reply means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// Leaves negotiation mode.
    Negotiate,
    /// Sets something; the reply says nothing.
    Set,
    /// `query-cpus-fast`.
    Vcpus,
    /// `query-chardev`: paths of ptys.
    Chardevs,
    /// `query-balloon`.
    Balloon,
    /// `query-block`: trays.
    Block,
    /// `query-status`.
    Status,
    /// `query-vnc`: the port in use.
    Vnc,
    /// A question about the CPU, under the key that [`crate::cpu::verify`] knows it by.
    Cpu(String),
}

/// A QMP command to send.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Name of the command.
    pub execute: String,
    /// `arguments`, or null for none.
    pub arguments: Value,
    /// What the reply means.
    pub purpose: Purpose,
}

impl Call {
    /// A command without arguments.
    pub fn new(execute: &str, purpose: Purpose) -> Self {
        Self { execute: execute.to_owned(), arguments: Value::Null, purpose }
    }

    /// A command that sets something.
    pub fn set(execute: &str, arguments: Value) -> Self {
        Self { execute: execute.to_owned(), arguments, purpose: Purpose::Set }
    }
}

impl Plan {
    /// What to send before the vCPUs run, in order; all may be sent at once. Then `cont`.
    pub fn calls(&self) -> Vec<Call> {
        let mut calls = vec![Call::new("qmp_capabilities", Purpose::Negotiate)];
        let domain = &self.domain;
        let devices = &domain.devices;
        if domain.cpu.as_ref().is_some_and(|cpu| cpu.mode.is_some()) {
            calls.extend(crate::cpu::calls().into_iter().map(|inquiry| Call {
                execute: inquiry.question.execute.to_owned(),
                arguments: inquiry.question.arguments,
                purpose: Purpose::Cpu(inquiry.key),
            }));
        }
        calls.push(Call::new("query-cpus-fast", Purpose::Vcpus));
        let ptys = devices
            .serials
            .iter()
            .map(|each| &each.source)
            .chain(devices.parallels.iter().map(|each| &each.source))
            .chain(devices.consoles.iter().map(|each| &each.source))
            .chain(devices.channels.iter().map(|each| &each.source))
            .any(|source| matches!(source, ChardevSource::Pty(_)));
        if ptys || !devices.channels.is_empty() {
            calls.push(Call::new("query-chardev", Purpose::Chardevs));
        }
        for graphics in &devices.graphics {
            let Graphics::Vnc(vnc) = graphics;
            if let Some(password) = &vnc.password {
                let connected = vnc.connected.map_or("keep", Connected::as_str);
                calls.push(Call::set(
                    "set_password",
                    json!({ "protocol": "vnc", "password": password, "connected": connected }),
                ));
                let time = match vnc.password_valid_to.as_deref().and_then(seconds) {
                    Some(time) => time.to_string(),
                    None => "never".to_owned(),
                };
                calls
                    .push(Call::set("expire_password", json!({ "protocol": "vnc", "time": time })));
            }
        }
        for interface in &devices.interfaces {
            if interface.link == Some(LinkState::Down) {
                let name = interface.alias.as_deref().unwrap_or_default();
                calls.push(Call::set("set_link", json!({ "name": name, "up": false })));
            }
        }
        if let Some(balloon) =
            devices.memballoon.as_ref().filter(|each| each.model != BalloonModel::None)
        {
            if let Some(period) = balloon.stats_period_seconds {
                let alias = balloon.alias.as_deref().unwrap_or_default();
                calls.push(Call::set(
                    "qom-set",
                    json!({
                        "path": format!("/machine/peripheral/{alias}"),
                        "property": "guest-stats-polling-interval",
                        "value": period,
                    }),
                ));
            }
            if self.origin == Origin::Cold && domain.current_memory < domain.memory.size {
                let value = domain.current_memory.bytes();
                calls.push(Call::set("balloon", json!({ "value": value })));
                calls.push(Call::new("query-balloon", Purpose::Balloon));
            }
        }
        calls
    }
}

/// Seconds since 1970 of a time written as `2011-05-31T16:11:22`.
fn seconds(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T')?;
    let mut date = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let mut time = time.splitn(3, ':').map(str::parse::<i64>);
    let (hour, minute, second) = (time.next()?.ok()?, time.next()?.ok()?, time.next()?.ok()?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(1970..=9999).contains(&year) {
        return None;
    }
    // Day number of a civil date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let month = (month + 9) % 12;
    let of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod test {
    use super::seconds;

    #[test]
    fn times_are_seconds_since_1970() {
        assert_eq!(seconds("1970-01-01T00:00:00"), Some(0));
        assert_eq!(seconds("2011-05-31T16:11:22"), Some(1_306_858_282));
        assert_eq!(seconds("2011-13-31T16:11:22"), None);
        assert_eq!(seconds("yesterday"), None);
    }
}
