//! Input, watchdogs, balloon, random numbers, panic, vsock.

use stead_config::domain::disk::VirtioModel;
use stead_config::domain::small::{
    BalloonModel, Input, InputBus, InputKind, PanicModel, RngBackend, WatchdogAction, WatchdogModel,
};
use stead_values::OnOff;

use super::characters::Backends;
use super::words::{Object, Words};
use super::{address, driven};
use crate::needs::Role;
use crate::plan::Plan;

/// All input devices but those that a PC has anyway.
pub(super) fn inputs(plan: &Plan, words: &mut Words) {
    for input in &plan.domain.devices.inputs {
        if let Some(device) = input_device(input) {
            words.json("-device", address::place(plan, device, &input.address));
        }
    }
}

fn input_device(input: &Input) -> Option<Object> {
    let suffix = virtio_suffix(input.model);
    let kind = input.kind;
    let name = match (input.bus, kind) {
        (Some(InputBus::Usb), InputKind::Keyboard) => "usb-kbd".to_owned(),
        (Some(InputBus::Usb), InputKind::Mouse | InputKind::Tablet) => format!("usb-{kind}"),
        (Some(InputBus::Virtio), InputKind::Keyboard | InputKind::Mouse | InputKind::Tablet) => {
            format!("virtio-{kind}-pci{suffix}")
        }
        _ => return None,
    };
    let device = driven(Object::new("driver", name), input.driver.as_ref());
    Some(device.with("id", input.alias.as_deref().unwrap_or_default()))
}

fn virtio_suffix(model: Option<VirtioModel>) -> &'static str {
    match model {
        Some(VirtioModel::Transitional) => "-transitional",
        Some(VirtioModel::NonTransitional) => "-non-transitional",
        Some(VirtioModel::Virtio) | None => "",
    }
}

/// All watchdogs and what follows when one is not fed.
pub(super) fn watchdogs(plan: &Plan, words: &mut Words) {
    let watchdogs = &plan.domain.devices.watchdogs;
    for watchdog in watchdogs {
        match watchdog.model {
            WatchdogModel::Itco => words.option("-global", "ICH9-LPC.noreboot=off"),
            model => {
                let id = watchdog.alias.as_deref().unwrap_or_default();
                let device = Object::new("driver", model.as_str()).with("id", id);
                words.json("-device", address::place(plan, device, &watchdog.address));
            }
        }
    }
    if let Some(watchdog) = watchdogs.first() {
        let action = match watchdog.action.unwrap_or(WatchdogAction::Reset) {
            // QEMU cannot dump; the daemon does so on the event.
            WatchdogAction::Dump => WatchdogAction::Pause,
            other => other,
        };
        words.option("-watchdog-action", action.as_str());
    }
}

/// The balloon.
pub(super) fn balloon(plan: &Plan, words: &mut Words) {
    let Some(balloon) = &plan.domain.devices.memballoon else { return };
    let name = match balloon.model {
        BalloonModel::Virtio => "virtio-balloon-pci",
        BalloonModel::VirtioTransitional => "virtio-balloon-pci-transitional",
        BalloonModel::VirtioNonTransitional => "virtio-balloon-pci-non-transitional",
        BalloonModel::Xen | BalloonModel::None => return,
    };
    let device = driven(Object::new("driver", name), balloon.driver.as_ref())
        .with("id", balloon.alias.as_deref().unwrap_or_default())
        .maybe("deflate-on-oom", balloon.autodeflate.map(OnOff::is_on))
        .maybe("free-page-reporting", balloon.free_page_reporting.map(OnOff::is_on));
    words.json("-device", address::place(plan, device, &balloon.address));
}

/// All sources of random numbers.
pub(super) fn rngs(plan: &Plan, words: &mut Words) {
    for rng in &plan.domain.devices.rngs {
        let id = rng.alias.as_deref().unwrap_or_default();
        let object = format!("obj{id}");
        match &rng.backend {
            RngBackend::Random(path) => {
                let backend = Object::new("qom-type", "rng-random").with("id", object.as_str());
                words.json("-object", backend.maybe("filename", path.as_deref()));
            }
            RngBackend::Builtin => {
                words.json(
                    "-object",
                    Object::new("qom-type", "rng-builtin").with("id", object.as_str()),
                );
            }
            RngBackend::Egd(source) => {
                Backends::new(plan).write(id, source, None, words);
                let backend = Object::new("qom-type", "rng-egd").with("id", object.as_str());
                words.json("-object", backend.with("chardev", format!("char{id}")));
            }
        }
        let name = format!("virtio-rng-pci{}", virtio_suffix(Some(rng.model)));
        let mut device =
            driven(Object::new("driver", name), rng.driver.as_ref()).with("rng", object);
        device = device.with("id", id);
        if let Some(rate) = &rng.rate {
            device =
                device.with("max-bytes", rate.bytes).with("period", rate.period.unwrap_or(1000));
        }
        words.json("-device", address::place(plan, device, &rng.address));
    }
}

/// What a guest's kernel dump tool looks for.
pub(super) fn vmcoreinfo(plan: &Plan, words: &mut Words) {
    let features = plan.domain.features.as_ref();
    if features.and_then(|it| it.vmcoreinfo.as_ref()).is_some_and(|switch| switch.is_on()) {
        words.json("-device", Object::new("driver", "vmcoreinfo"));
    }
}

/// How the guest tells that it panicked.
pub(super) fn panics(plan: &Plan, words: &mut Words) {
    for panic in &plan.domain.devices.panics {
        let device = match panic.model {
            Some(PanicModel::Isa) | None => {
                let device = Object::new("driver", "pvpanic");
                match &panic.address {
                    Some(stead_config::domain::Address::Isa { iobase, .. }) => {
                        device.maybe("ioport", iobase.map(u64::from))
                    }
                    _ => device,
                }
            }
            Some(PanicModel::Pvpanic) => {
                let device = Object::new("driver", "pvpanic-pci");
                address::place(plan, device, &panic.address)
            }
            // A feature of the CPU.
            Some(_) => continue,
        };
        words.json("-device", device);
    }
}

/// The socket between guest and host.
pub(super) fn vsock(plan: &Plan, words: &mut Words) {
    let Some(vsock) = &plan.domain.devices.vsock else { return };
    let name = format!("vhost-vsock-pci{}", virtio_suffix(vsock.model));
    let cid = vsock.cid.as_ref().and_then(|cid| cid.address).or(plan.grants.vsock_cid);
    let number = plan.descriptor(&Role::VhostVsock).to_string();
    let device = driven(Object::new("driver", name), vsock.driver.as_ref())
        .with("id", vsock.alias.as_deref().unwrap_or_default())
        .maybe("guest-cid", cid)
        .with("vhostfd", number);
    words.json("-device", address::place(plan, device, &vsock.address));
}
