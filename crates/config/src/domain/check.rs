//! What libvirt's parser checks of a whole domain, and elements that have defaults.

use stead_values::{BadName, Uuid, domain_name};
use stead_xml::{Class, FromElement, Node, Reader, ToElement, Writer};

use super::{Cpu, Domain, LifecycleAction};

/// Checks a whole document.
pub(super) fn domain(domain: &Domain, node: Node<'_>, reader: &mut Reader) {
    name(&domain.name, node, reader);
    if let Some(title) = &domain.title
        && title.contains('\n')
        && let Some(at) = node.child("title")
    {
        reader.error_with_fix(
            at,
            Class::Xml,
            "Domain title can't contain newlines",
            "write one line",
        );
    }
    topology(domain, node, reader);
    boot_orders(domain, node, reader);
    twice(node, reader);
}

fn name(name: &str, node: Node<'_>, reader: &mut Reader) {
    let at = node.child("name").unwrap_or(node);
    match domain_name(name) {
        Ok(()) => {}
        Err(BadName::Empty) => {
            reader.error_with_fix(at, Class::NoName, "", "add a <name>");
        }
        Err(error) => reader.error(at, Class::Xml, error.to_string()),
    }
}

/// Sockets, cores and threads must make the number of CPUs.
fn topology(domain: &Domain, node: Node<'_>, reader: &mut Reader) {
    let Some(topology) = domain.cpu.as_ref().and_then(|cpu| cpu.topology) else { return };
    let Some(at) = node.descendant(&["cpu", "topology"]) else { return };
    let (product, count) = (topology.product(), u64::from(domain.vcpu.count));
    if product != count {
        let message = "CPU topology doesn't match maximum vcpu count";
        let fix = format!("the topology makes {product} CPUs, <vcpu> says {count}");
        reader.error_with_fix(at, Class::Unsupported, message, fix);
    }
}

/// Devices have orders of their own, or `<os>` has one: not both.
fn boot_orders(domain: &Domain, node: Node<'_>, reader: &mut Reader) {
    let Some(devices) = node.child("devices") else { return };
    let mut seen: Vec<u32> = Vec::new();
    for device in devices.children() {
        let Some(boot) = device.child("boot") else { continue };
        let Some(order) = boot.attribute("order").and_then(|order| order.parse::<u32>().ok())
        else {
            continue;
        };
        if order == 0 {
            reader.zero(boot, "order");
        } else if seen.contains(&order) {
            let message = format!("boot order '{order}' used for more than one device");
            reader.error(boot, Class::Unsupported, message);
        }
        seen.push(order);
        if !domain.os.boot.is_empty() {
            let message = "per-device boot elements cannot be used together with os/boot elements";
            reader.error_with_fix(boot, Class::Unsupported, message, "keep one of both");
            return;
        }
    }
}

/// Elements that libvirt reads once.
fn twice(node: Node<'_>, reader: &mut Reader) {
    const ONCE: &[&str] = &[
        "name",
        "uuid",
        "title",
        "description",
        "memory",
        "currentMemory",
        "vcpu",
        "os",
        "features",
        "cpu",
        "clock",
        "devices",
        "metadata",
        "pm",
    ];
    for name in ONCE {
        reader.only_first(node, name);
    }
    if let Some(devices) = node.child("devices") {
        for (name, message) in [
            ("memballoon", "only a single memory balloon device is supported"),
            ("vsock", "only a single vsock device is supported"),
        ] {
            if let Some(again) = devices.children().filter(|child| child.name() == name).nth(1) {
                reader.error(again, Class::Internal, message);
            }
        }
    }
}

pub(super) mod uuid {
    use super::{Class, Node, Reader, Uuid, Writer};

    pub(crate) fn read(domain: Node<'_>, reader: &mut Reader) -> Option<Uuid> {
        let node = domain.child("uuid")?;
        let text = node.text();
        if text.is_empty() {
            return None;
        }
        match text.parse() {
            Ok(uuid) => Some(uuid),
            Err(error) => {
                let fix = format!("'{text}': {error}");
                reader.error_with_fix(node, Class::Internal, "malformed uuid element", fix);
                None
            }
        }
    }

    pub(crate) fn write(uuid: &Option<Uuid>, out: &mut Writer) {
        if let Some(uuid) = uuid {
            out.text("uuid", uuid);
        }
    }
}

pub(super) mod cpu {
    use super::{Cpu, FromElement, Node, Reader, ToElement, Writer};

    pub(crate) fn read(domain: Node<'_>, reader: &mut Reader) -> Option<Cpu> {
        let node = domain.child("cpu")?;
        let cpu = Cpu::read(node, reader)?;
        (cpu != Cpu::default()).then_some(cpu)
    }

    pub(crate) fn write(cpu: &Option<Cpu>, out: &mut Writer) {
        if let Some(cpu) = cpu {
            cpu.write_filled("cpu", out);
        }
    }
}

fn read_action(
    domain: Node<'_>,
    reader: &mut Reader,
    name: &str,
    default: LifecycleAction,
) -> LifecycleAction {
    let Some(node) = domain.child(name) else { return default };
    let text = node.text();
    if text.is_empty() {
        return default;
    }
    match text.parse() {
        Ok(action) => action,
        Err(error) => {
            let message = format!("unknown {name} action: {text}");
            let fix = stead_values::NotOneOf::to_string(&error);
            reader.error_with_fix(node, Class::Unsupported, message, fix);
            default
        }
    }
}

/// An event whose action has a default.
macro_rules! action {
    ($name:ident = $default:ident) => {
        pub(super) mod $name {
            use super::{LifecycleAction, Node, Reader, Writer};

            pub(crate) fn read(domain: Node<'_>, reader: &mut Reader) -> LifecycleAction {
                let default = LifecycleAction::$default;
                super::read_action(domain, reader, stringify!($name), default)
            }

            pub(crate) fn write(action: &LifecycleAction, out: &mut Writer) {
                out.text(stringify!($name), action);
            }
        }
    };
}

action!(on_poweroff = Destroy);
action!(on_reboot = Restart);
action!(on_crash = Destroy);
