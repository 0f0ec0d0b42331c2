//! The monitor's own description of itself (`query-qmp-schema`; QEMU 10.0 `qapi/introspect.json`).
//!
//! It is large (240 KB) and is looked at once: what is kept are the names of commands and events
//! and whether the few paths in [`PATHS`] exist.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The paths that are kept: `command/arg-type|ret-type/member/...`, where a last part with `+` is a
/// variant or an enum's value and with `*` an optional member.
pub const PATHS: &[&str] = &[
    "blockdev-add/arg-type/options/+file/drop-cache",
    "blockdev-add/arg-type/+file/aio/^io_uring",
    "blockdev-add/arg-type/discard-no-unref",
    "chardev-add/arg-type/backend/+qemu-vdagent",
    "chardev-add/arg-type/backend/+spicevmc",
    "netdev_add/arg-type/+passt",
    "netdev_add/arg-type/+stream",
    "netdev_add/arg-type/+user",
    "object-add/arg-type/qom-type/^iommufd",
    "object-add/arg-type/qom-type/^sev-snp-guest",
    "object-add/arg-type/qom-type/^tdx-guest",
    "object-add/arg-type/qom-type/^cryptodev-backend-lkcf",
    "object-add/arg-type/qom-type/^cryptodev-backend-builtin",
    "query-display-options/ret-type/+dbus",
    "query-display-options/ret-type/+egl-headless",
    "query-display-options/ret-type/+sdl",
    "query-display-options/ret-type/+spice-app",
    "screendump/arg-type/device",
];

/// A schema, for questions.
#[derive(Debug)]
pub struct Schema<'a> {
    entries: BTreeMap<&'a str, &'a Value>,
}

impl<'a> Schema<'a> {
    /// Of the reply to `query-qmp-schema`; what is not an entry is passed over.
    pub fn new(reply: &'a Value) -> Self {
        let entries = reply
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|entry| Some((entry.get("name")?.as_str()?, entry)))
            .collect();
        Self { entries }
    }

    /// Names of commands and events, and the paths of [`PATHS`] that exist.
    pub fn facts(&self) -> BTreeSet<String> {
        let is_named = |entry: &Value| {
            let kind = entry.get("meta-type").and_then(Value::as_str);
            matches!(kind, Some("command" | "event"))
        };
        let named = self
            .entries
            .iter()
            .filter(|(_, entry)| is_named(entry))
            .map(|(name, _)| (*name).to_owned());
        let paths = PATHS.iter().filter(|path| self.has(path)).map(|path| (*path).to_owned());
        named.chain(paths).collect()
    }

    /// Whether a path exists.
    pub fn has(&self, path: &str) -> bool {
        let mut parts = path.split('/');
        let Some(mut entry) = parts.next().and_then(|name| self.entries.get(name)) else {
            return false;
        };
        for part in parts {
            let next = match part.split_at_checked(1) {
                _ if matches!(part, "arg-type" | "ret-type") => entry.get(part),
                Some(("+", variant)) => {
                    if entry.get("meta-type").and_then(Value::as_str) == Some("enum") {
                        return has_value(entry, variant);
                    }
                    found(entry, "variants", "case", variant)
                }
                Some(("^", value)) => return has_value(entry, value),
                _ => found(entry, "members", "name", part),
            };
            let mut next = next.and_then(Value::as_str).and_then(|name| self.entries.get(name));
            while let Some(element) =
                next.and_then(|entry| entry.get("element-type")).and_then(Value::as_str)
            {
                next = self.entries.get(element);
            }
            // An alternate stands for its first object.
            match next {
                Some(found) => entry = found,
                None => return false,
            }
        }
        true
    }
}

fn found<'a>(entry: &'a Value, list: &str, key: &str, name: &str) -> Option<&'a Value> {
    entry
        .get(list)?
        .as_array()?
        .iter()
        .find(|each| each.get(key).and_then(Value::as_str) == Some(name))?
        .get("type")
}

fn has_value(entry: &Value, value: &str) -> bool {
    let in_values = entry
        .get("values")
        .and_then(Value::as_array)
        .is_some_and(|values| values.iter().any(|each| each.as_str() == Some(value)));
    in_values
        || entry.get("members").and_then(Value::as_array).is_some_and(|members| {
            members.iter().any(|each| each.get("name").and_then(Value::as_str) == Some(value))
        })
}
