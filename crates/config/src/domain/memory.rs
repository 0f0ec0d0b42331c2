//! `<memory>`, `<currentMemory>`: how much memory a guest has.

use stead_values::{Kibibytes, OnOff, SizeError, Unit};
use stead_xml::{Class, Node, Reader, Writer};

/// Reads a size with a `unit`, KiB if there is none.
pub fn size(node: Node<'_>, reader: &mut Reader) -> Option<Kibibytes> {
    scaled(node, reader, Unit::KIB)
}

/// Reads a size with a `unit` and a default for it.
pub fn scaled(node: Node<'_>, reader: &mut Reader, default: Unit) -> Option<Kibibytes> {
    let text = node.text();
    if text.is_empty() {
        return None;
    }
    let Ok(value) = text.trim().parse::<u64>() else {
        let message =
            format!("Invalid value '{text}' for element or attribute './{}[1]'", node.name());
        reader.error_with_fix(node, Class::Xml, message, "write a whole number and its unit");
        return None;
    };
    let unit = match node.attribute("unit") {
        None => default,
        Some(text) => match text.parse() {
            Ok(unit) => unit,
            Err(error) => {
                let message = format!("unknown suffix '{text}'");
                let place = node.attribute_place("unit");
                let fault = stead_xml::Fault::new(Class::InvalidArgument, place, message);
                reader.note(fault.with_fix(stead_values::UnknownUnit::to_string(&error)));
                return None;
            }
        },
    };
    match Kibibytes::of(value, unit) {
        Ok(size) => Some(size),
        Err(error) => {
            let message = match error {
                SizeError::TooLarge(value) => {
                    format!("value too large: {value}{}", node.attribute("unit").unwrap_or(""))
                }
                SizeError::Unit(error) => error.to_string(),
            };
            reader.error(node, Class::Overflow, message);
            None
        }
    }
}

fn write_size(name: &str, size: Kibibytes, dump_core: Option<OnOff>, out: &mut Writer) {
    out.open(name);
    out.optional("dumpCore", dump_core);
    out.attribute("unit", "KiB");
    out.content(size);
    out.close(name);
}

/// `<memory>`: what the guest has at most without hot-plug.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// How much.
    pub size: Kibibytes,
    /// Whether it is part of a core dump of QEMU.
    pub dump_core: Option<OnOff>,
}

pub(super) mod total {
    use super::{Memory, Node, Reader, Writer, size, write_size};

    pub(crate) fn read(node: Node<'_>, reader: &mut Reader) -> Memory {
        let Some(element) = node.child("memory") else {
            // libvirt asks for memory only when a machine is defined or started.
            return Memory::default();
        };
        let size = size(element, reader).unwrap_or_default();
        Memory { size, dump_core: reader.attribute(element, "dumpCore") }
    }

    pub(crate) fn write(memory: &Memory, out: &mut Writer) {
        write_size("memory", memory.size, memory.dump_core, out);
    }
}

pub(super) mod current {
    use super::{Kibibytes, Node, Reader, Writer, size, write_size};

    pub(crate) fn read(node: Node<'_>, reader: &mut Reader) -> Kibibytes {
        let current = node.child("currentMemory").and_then(|node| size(node, reader));
        // What is not given, or more than there is, is all there is; faults in it are told once.
        let mut unheard = Reader::new(reader.form(), stead_xml::Judge::SILENT);
        let total = node.child("memory").and_then(|node| size(node, &mut unheard));
        let total = total.unwrap_or_default();
        match current {
            Some(current) if current.0 > 0 && current < total => current,
            _ => total,
        }
    }

    pub(crate) fn write(current: &Kibibytes, out: &mut Writer) {
        write_size("currentMemory", *current, None, out);
    }
}
