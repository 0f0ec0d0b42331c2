//! Network cards and what is behind them.

use stead_config::domain::interface::{Interface, InterfaceDriver, InterfaceSource, TxMode};
use stead_config::domain::parts::Rom;
use stead_values::{OnOff, YesNo};

use super::words::{Object, Words};
use super::{address, virtio};
use crate::needs::Role;
use crate::plan::Plan;

/// All network cards.
pub(super) fn interfaces(plan: &Plan, words: &mut Words) {
    for (index, interface) in plan.domain.devices.interfaces.iter().enumerate() {
        words.json("-netdev", backend(plan, interface));
        words.json("-device", card(plan, interface, index));
    }
}

fn alias(interface: &Interface) -> &str {
    interface.alias.as_deref().unwrap_or_default()
}

fn descriptors(plan: &Plan, make: impl Fn(u32) -> Role) -> Vec<String> {
    (0..)
        .map_while(|queue| plan.grants.descriptor(&make(queue)))
        .map(|number| number.to_string())
        .collect()
}

fn backend(plan: &Plan, interface: &Interface) -> Object {
    let id = format!("host{}", alias(interface));
    let name = alias(interface);
    match &interface.source {
        InterfaceSource::User => Object::new("type", "user").with("id", id),
        InterfaceSource::Null => Object::new("type", "hubport").with("hubid", 0).with("id", id),
        InterfaceSource::Bridge { .. }
        | InterfaceSource::Network { .. }
        | InterfaceSource::Ethernet => {
            let taps = descriptors(plan, |queue| Role::Tap { alias: name.to_owned(), queue });
            let vhosts =
                descriptors(plan, |queue| Role::VhostNet { alias: name.to_owned(), queue });
            let many = taps.len() > 1;
            let mut object = Object::new("type", "tap");
            object.set(if many { "fds" } else { "fd" }, taps.join(":"));
            if !vhosts.is_empty() {
                object.set("vhost", true);
                object.set(if many { "vhostfds" } else { "vhostfd" }, vhosts.join(":"));
            }
            object.with("id", id)
        }
    }
}

fn card(plan: &Plan, interface: &Interface, index: usize) -> Object {
    let name = match interface.model.as_deref() {
        Some("virtio") | None => "virtio-net-pci",
        Some("virtio-transitional") => "virtio-net-pci-transitional",
        Some("virtio-non-transitional") => "virtio-net-pci-non-transitional",
        Some(other) => other,
    };
    let mut device = Object::new("driver", name);
    if interface.is_virtio() {
        let driver = interface.driver.clone().unwrap_or_default();
        device = virtio_card(device, interface, &driver);
    }
    let mac = interface.mac.as_ref().map(|mac| mac.address.to_string());
    device = device
        .with("netdev", format!("host{}", alias(interface)))
        .with("id", alias(interface))
        .maybe("mac", mac)
        .maybe("bootindex", plan.interface_boot_index(index))
        .maybe("acpi-index", interface.acpi.as_ref().map(|acpi| acpi.index));
    device = address::place(plan, device, &interface.address);
    rom(device, interface.rom.as_ref())
}

fn virtio_card(device: Object, interface: &Interface, driver: &InterfaceDriver) -> Object {
    let on = |switch: Option<OnOff>| switch.map(OnOff::is_on);
    let queues = driver.queues.filter(|queues| *queues > 1);
    let tx = driver.tx_mode.map(|mode| match mode {
        TxMode::Iothread => "bh",
        TxMode::Timer => "timer",
    });
    let mut device = virtio(device, driver.iommu, driver.ats, driver.packed, driver.page_per_vq)
        .maybe("tx", tx)
        .maybe("ioeventfd", on(driver.ioeventfd))
        .maybe("event_idx", on(driver.event_idx));
    if let Some(host) = &driver.host {
        device = device
            .maybe("csum", on(host.csum))
            .maybe("gso", on(host.gso))
            .maybe("host_tso4", on(host.tso4))
            .maybe("host_tso6", on(host.tso6))
            .maybe("host_ecn", on(host.ecn))
            .maybe("host_ufo", on(host.ufo))
            .maybe("mrg_rxbuf", on(host.mrg_rxbuf));
    }
    if let Some(guest) = &driver.guest {
        device = device
            .maybe("guest_csum", on(guest.csum))
            .maybe("guest_tso4", on(guest.tso4))
            .maybe("guest_tso6", on(guest.tso6))
            .maybe("guest_ecn", on(guest.ecn))
            .maybe("guest_ufo", on(guest.ufo));
    }
    if let Some(queues) = queues {
        // One vector each for receiving and sending, and two for configuration and control.
        device =
            device.with("mq", true).with("vectors", queues.saturating_mul(2).saturating_add(2));
    }
    device
        .maybe("rss", on(driver.rss))
        .maybe("hash", on(driver.rss_hash_report))
        .maybe("rx_queue_size", driver.rx_queue_size)
        .maybe("tx_queue_size", driver.tx_queue_size)
        .maybe("host_mtu", interface.mtu)
}

fn rom(device: Object, rom: Option<&Rom>) -> Object {
    let Some(rom) = rom else { return device };
    if rom.enabled == Some(YesNo::No) {
        return device.with("romfile", "");
    }
    device
        .maybe("rombar", rom.bar.map(|bar| u8::from(bar.is_on())))
        .maybe("romfile", rom.file.as_deref())
}
