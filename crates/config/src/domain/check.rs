//! What libvirt's parser checks of a whole domain, and elements that have defaults.

use stead_values::{BadName, Uuid, domain_name};
use stead_xml::{Class, FromElement, Node, Reader, ToElement, Writer};

use super::seclabel::SeclabelKind;
use super::{Cpu, Domain, LifecycleAction, LockFailureAction, Os, VirtKind};

mod devices;

/// Checks a whole document.
pub(super) fn domain(domain: &Domain, node: Node<'_>, reader: &mut Reader) {
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
    memory(domain, node, reader);
    lifecycle(domain, node, reader);
    seclabels(domain, node, reader);
    topology(domain, node, reader);
    boot_orders(domain, node, reader);
    twice(node, reader);
    if let Some(at) = node.child("devices") {
        devices::check(&domain.devices, at, reader);
    }
}

/// A definition says how much memory there is, in one place or by cells.
fn memory(domain: &Domain, node: Node<'_>, reader: &mut Reader) {
    let has_cells = node.descendant(&["cpu", "numa"]).is_some();
    if domain.memory.size.0 == 0 && !has_cells {
        let message = "Memory size must be specified via <memory> or in the <numa> configuration";
        let at = node.child("memory").unwrap_or(node);
        reader.error_with_fix(at, Class::Xml, message, "add <memory unit='MiB'>1024</memory>");
    }
}

/// A core is dumped of a crash only.
fn lifecycle(domain: &Domain, node: Node<'_>, reader: &mut Reader) {
    for (event, name, action) in
        [("poweroff", "on_poweroff", domain.on_poweroff), ("reboot", "on_reboot", domain.on_reboot)]
    {
        if matches!(action, LifecycleAction::CoredumpDestroy | LifecycleAction::CoredumpRestart) {
            let message = format!("Lifecycle event '{event}' doesn't support '{action}' action");
            reader.error(node.child(name).unwrap_or(node), Class::Unsupported, message);
        }
    }
}

fn seclabels(domain: &Domain, node: Node<'_>, reader: &mut Reader) {
    let nodes = node.children().filter(|child| child.name() == "seclabel");
    for (index, (label, at)) in domain.seclabels.iter().zip(nodes).enumerate() {
        if label.kind == Some(SeclabelKind::Static) && label.label.is_none() {
            reader.error(at, Class::Xml, "security label is missing");
        }
        if let Some(model) = &label.model
            && domain.seclabels[..index].iter().any(|other| other.model.as_ref() == Some(model))
        {
            let message = format!("seclabel for model {model} is already provided");
            reader.error(at, Class::Detail, message);
        }
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
}

pub(super) mod name {
    use super::{BadName, Class, Node, Reader, Writer, domain_name};

    pub(crate) fn read(domain: Node<'_>, reader: &mut Reader) -> String {
        let at = domain.child("name").unwrap_or(domain);
        let name = domain.child("name").map(|node| node.text().into_owned()).unwrap_or_default();
        match domain_name(&name) {
            Ok(()) => {}
            Err(BadName::Empty) => {
                reader.error_with_fix(at, Class::NoName, "", "add a <name>");
            }
            Err(error) => reader.error(at, Class::Xml, error.to_string()),
        }
        name
    }

    pub(crate) fn write(name: &str, out: &mut Writer) {
        out.text("name", name);
    }
}

pub(super) mod kind {
    use super::{Class, Node, Reader, VirtKind, Writer};

    pub(crate) fn read(node: Node<'_>, reader: &mut Reader) -> VirtKind {
        let Some(text) = node.attribute("type") else {
            let fix = "write type='kvm' or type='qemu'";
            reader.error_with_fix(node, Class::Internal, "missing domain type attribute", fix);
            return VirtKind::Qemu;
        };
        reader.judge_value(node, "type");
        match text.parse() {
            Ok(kind) => kind,
            Err(_) => {
                let message = format!("invalid domain type {text}");
                reader.attribute_error(node, "type", Class::Internal, message);
                VirtKind::Qemu
            }
        }
    }

    pub(crate) fn write(kind: &VirtKind, out: &mut Writer) {
        out.attribute("type", kind);
    }
}

pub(super) mod os {
    use super::{Class, FromElement, Node, Os, Reader, ToElement, Writer};

    pub(crate) fn read(domain: Node<'_>, reader: &mut Reader) -> Os {
        let node = domain.child("os").filter(|os| os.child("type").is_some());
        let Some(node) = node else {
            let at = domain.child("os").unwrap_or(domain);
            let message = "an os <type> must be specified";
            reader.error_with_fix(at, Class::Xml, message, "add <os><type>hvm</type></os>");
            return Os::hvm();
        };
        Os::read(node, reader).unwrap_or_else(Os::hvm)
    }

    pub(crate) fn write(os: &Os, out: &mut Writer) {
        os.write("os", out);
    }
}

pub(super) mod on_lockfailure {
    use super::{Class, LockFailureAction, Node, Reader, Writer};

    pub(crate) fn read(domain: Node<'_>, reader: &mut Reader) -> Option<LockFailureAction> {
        let node = domain.child("on_lockfailure")?;
        let text = node.text();
        match text.parse() {
            Ok(action) => Some(action),
            Err(_) if text.is_empty() => None,
            Err(error) => {
                let message = format!("unknown on_lockfailure action: {text}");
                let fix = stead_values::NotOneOf::to_string(&error);
                reader.error_with_fix(node, Class::Unsupported, message, fix);
                None
            }
        }
    }

    pub(crate) fn write(action: &Option<LockFailureAction>, out: &mut Writer) {
        if let Some(action) = action {
            out.text("on_lockfailure", action);
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
