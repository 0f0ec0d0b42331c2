//! The attributes of a start tag.

use std::borrow::Cow;

use super::{Builder, is_name, limits};
use crate::tree::AttributeItem;

impl<'t> Builder<'t> {
    /// Reads what follows the name in a start tag, and goes on after faults.
    pub(super) fn attributes(&mut self, mut rest: &'t str, mut at: u32) {
        let first = self.document.attributes.len();
        let mut separated = false;
        loop {
            let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
            let spaces = rest.len() - trimmed.len();
            at += spaces as u32;
            rest = trimmed;
            if rest.is_empty() || self.faults.len() >= limits::FAULTS {
                return;
            }
            if spaces == 0 && !std::mem::take(&mut separated) {
                self.fault(at, "attributes construct error").fix =
                    Some("put a space between attributes".to_owned());
            }
            let end = rest.find(['=', ' ', '\t', '\r', '\n', '\'', '"']).unwrap_or(rest.len());
            let name = &rest[..end];
            let after = rest[end..].trim_start_matches([' ', '\t', '\r', '\n']);
            if !is_name(name) {
                self.fault(at, "error parsing attribute name");
                return;
            }
            let Some(value) = after.strip_prefix('=') else {
                let message = format!("Specification mandates value for attribute {name}");
                self.fault(at + end as u32, &message);
                if after.starts_with(['\'', '"']) {
                    return;
                }
                at += (rest.len() - after.len()) as u32;
                rest = after;
                separated = true;
                continue;
            };
            let value = value.trim_start_matches([' ', '\t', '\r', '\n']);
            let value_at = at + (rest.len() - value.len()) as u32;
            let Some(quote) = value.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
                self.fault(value_at, "AttValue: \" or ' expected").fix =
                    Some(format!("write {name}='…' in quotes"));
                // Go on behind the bare word.
                let end = value.find([' ', '\t', '\r', '\n']).unwrap_or(value.len());
                at = value_at + end as u32;
                rest = &value[end..];
                continue;
            };
            let inside = &value[1..];
            let Some(length) = inside.find(quote) else {
                self.fault(value_at, "AttValue: ' expected");
                return;
            };
            let raw = &inside[..length];
            if self.document.attributes.len() - first >= limits::ATTRIBUTES {
                self.fault(at, "too many attributes");
                return;
            }
            self.attribute(name, raw, at, value_at + 1, first);
            at = value_at + 2 + length as u32;
            rest = &inside[length + 1..];
        }
    }

    fn attribute(&mut self, name: &'t str, raw: &'t str, at: u32, value_at: u32, first: usize) {
        if let Some(index) = raw.find('<') {
            self.fault(value_at + index as u32, "Unescaped '<' not allowed in attributes values")
                .fix = Some("write &lt;".to_owned());
        }
        let attributes = &self.document.attributes;
        if attributes[first..].iter().any(|attribute| attribute.name == name) {
            self.fault(at, &format!("Attribute {name} redefined"));
            return;
        }
        let value = self.decode(raw, value_at);
        self.document.attributes.push(AttributeItem { name, value, offset: at });
    }

    /// The value of an attribute: references resolved, white space normalised.
    fn decode(&mut self, raw: &'t str, at: u32) -> Cow<'t, str> {
        if !raw.contains(['&', '\t', '\n', '\r']) {
            return Cow::Borrowed(raw);
        }
        let mut out = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(index) = rest.find(['&', '\t', '\n', '\r']) {
            out.push_str(&rest[..index]);
            let here = at + (raw.len() - rest.len() + index) as u32;
            if rest[index..].starts_with("\r\n") {
                out.push(' ');
                rest = &rest[index + 2..];
            } else if !rest[index..].starts_with('&') {
                out.push(' ');
                rest = &rest[index + 1..];
            } else {
                let name = rest[index + 1..].split(';').next().unwrap_or("");
                let has_end = rest[index + 1 + name.len()..].starts_with(';');
                if !has_end || !(is_name(name) || name.starts_with('#')) {
                    self.bare_ampersand(here);
                    rest = &rest[index + 1..];
                    continue;
                }
                if let Some(character) = self.entity(name, here) {
                    out.push(character);
                }
                rest = &rest[index + name.len() + 2..];
            }
        }
        out.push_str(rest);
        Cow::Owned(out)
    }
}
