//! Which devices of a document sit on PCI, what kind of slot each wants, and in which order libvirt
//! gives them addresses.

use stead_config::Position;
use stead_config::domain::chardev::{SerialModel, SerialTarget};
use stead_config::domain::controller::{Controller, ControllerKind, ControllerModel};
use stead_config::domain::disk::{DiskBus, VirtioModel};
use stead_config::domain::display::VideoModel;
use stead_config::domain::small::{BalloonModel, InputBus, PanicModel, WatchdogModel};
use stead_config::domain::sound::SoundModel;
use stead_config::domain::{Address, Domain};

use super::buses::{BusModel, Connect};
use crate::chipset::Chipset;

/// A device that may sit on PCI, by its list and index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Device {
    Controller(usize),
    Disk(usize),
    Interface(usize),
    Sound(usize),
    Balloon,
    Rng(usize),
    Watchdog(usize),
    Video(usize),
    Input(usize),
    Serial(usize),
    Panic(usize),
    Vsock,
}

impl Device {
    /// Its address.
    pub(super) fn address(self, domain: &Domain) -> Option<&Address> {
        let devices = &domain.devices;
        match self {
            Self::Controller(index) => devices.controllers.get(index)?.address.as_ref(),
            Self::Disk(index) => devices.disks.get(index)?.address.as_ref(),
            Self::Interface(index) => devices.interfaces.get(index)?.address.as_ref(),
            Self::Sound(index) => devices.sounds.get(index)?.address.as_ref(),
            Self::Balloon => devices.memballoon.as_ref()?.address.as_ref(),
            Self::Rng(index) => devices.rngs.get(index)?.address.as_ref(),
            Self::Watchdog(index) => devices.watchdogs.get(index)?.address.as_ref(),
            Self::Video(index) => devices.videos.get(index)?.address.as_ref(),
            Self::Input(index) => devices.inputs.get(index)?.address.as_ref(),
            Self::Serial(index) => devices.serials.get(index)?.address.as_ref(),
            Self::Panic(index) => devices.panics.get(index)?.address.as_ref(),
            Self::Vsock => devices.vsock.as_ref()?.address.as_ref(),
        }
    }

    /// Where it stands in the document.
    pub(super) fn position(self, domain: &Domain) -> Option<(Position, &'static str)> {
        let devices = &domain.devices;
        Some(match self {
            Self::Controller(index) => (devices.controllers.get(index)?.position, "controller"),
            Self::Disk(index) => (devices.disks.get(index)?.position, "disk"),
            Self::Interface(index) => (devices.interfaces.get(index)?.position, "interface"),
            Self::Sound(index) => (devices.sounds.get(index)?.position, "sound"),
            Self::Balloon => (devices.memballoon.as_ref()?.position, "memballoon"),
            Self::Rng(index) => (devices.rngs.get(index)?.position, "rng"),
            Self::Watchdog(index) => (devices.watchdogs.get(index)?.position, "watchdog"),
            Self::Video(index) => (devices.videos.get(index)?.position, "video"),
            Self::Input(index) => (devices.inputs.get(index)?.position, "input"),
            Self::Serial(index) => (devices.serials.get(index)?.position, "serial"),
            Self::Panic(index) => (devices.panics.get(index)?.position, "panic"),
            Self::Vsock => (devices.vsock.as_ref()?.position, "vsock"),
        })
    }

    /// The field that holds its address.
    pub(super) fn address_mut(self, domain: &mut Domain) -> Option<&mut Option<Address>> {
        let devices = &mut domain.devices;
        Some(match self {
            Self::Controller(index) => &mut devices.controllers.get_mut(index)?.address,
            Self::Disk(index) => &mut devices.disks.get_mut(index)?.address,
            Self::Interface(index) => &mut devices.interfaces.get_mut(index)?.address,
            Self::Sound(index) => &mut devices.sounds.get_mut(index)?.address,
            Self::Balloon => &mut devices.memballoon.as_mut()?.address,
            Self::Rng(index) => &mut devices.rngs.get_mut(index)?.address,
            Self::Watchdog(index) => &mut devices.watchdogs.get_mut(index)?.address,
            Self::Video(index) => &mut devices.videos.get_mut(index)?.address,
            Self::Input(index) => &mut devices.inputs.get_mut(index)?.address,
            Self::Serial(index) => &mut devices.serials.get_mut(index)?.address,
            Self::Panic(index) => &mut devices.panics.get_mut(index)?.address,
            Self::Vsock => &mut devices.vsock.as_mut()?.address,
        })
    }
}

/// How devices of each generation plug into a chipset.
#[derive(Clone, Copy)]
struct Slots {
    pci: Connect,
    express: Connect,
}

impl Slots {
    fn new(chipset: Chipset) -> Self {
        let pci = Connect::PCI | Connect::HOTPLUG;
        let express = Connect::PCIE | Connect::HOTPLUG;
        Self { pci, express: if chipset == Chipset::Q35 { express } else { pci } }
    }

    fn virtio(self, model: Option<VirtioModel>) -> Connect {
        match model {
            Some(VirtioModel::Transitional) => self.pci,
            _ => self.express,
        }
    }
}

/// All devices that may sit on PCI with what they want, in the order of assignment.
pub(super) fn devices(domain: &Domain, chipset: Chipset) -> Vec<(Device, Connect)> {
    let slots = Slots::new(chipset);
    let devices = &domain.devices;
    let mut all = Vec::new();
    let is_pci = |controller: &Controller| controller.kind == ControllerKind::Pci;
    for (index, each) in devices.controllers.iter().enumerate().filter(|(_, it)| is_pci(it)) {
        let model = each.model.and_then(|model| BusModel::named(model.as_str()));
        all.push((Device::Controller(index), model.map_or(Connect::NONE, BusModel::connects)));
    }
    for (index, each) in devices.interfaces.iter().enumerate() {
        all.push((Device::Interface(index), interface(slots, each.model.as_deref())));
    }
    for (index, each) in devices.sounds.iter().enumerate() {
        all.push((Device::Sound(index), sound(slots, each.model)));
    }
    for (index, each) in devices.controllers.iter().enumerate().filter(|(_, it)| !is_pci(it)) {
        all.push((Device::Controller(index), controller(slots, each)));
    }
    for (index, each) in devices.disks.iter().enumerate() {
        if each.target.bus == Some(DiskBus::Virtio) {
            all.push((Device::Disk(index), slots.virtio(each.model)));
        }
    }
    if let Some(balloon) = &devices.memballoon {
        let wants = match balloon.model {
            BalloonModel::Virtio | BalloonModel::VirtioNonTransitional => slots.express,
            BalloonModel::VirtioTransitional => slots.pci,
            BalloonModel::Xen | BalloonModel::None => Connect::NONE,
        };
        all.push((Device::Balloon, wants));
    }
    for (index, each) in devices.rngs.iter().enumerate() {
        all.push((Device::Rng(index), slots.virtio(Some(each.model))));
    }
    for (index, each) in devices.watchdogs.iter().enumerate() {
        let pci = each.model == WatchdogModel::I6300esb;
        all.push((Device::Watchdog(index), if pci { slots.pci } else { Connect::NONE }));
    }
    for (index, each) in devices.videos.iter().enumerate() {
        let kind = each.model.as_ref().map(|card| card.kind);
        all.push((Device::Video(index), video(slots, kind)));
    }
    for (index, each) in devices.inputs.iter().enumerate() {
        let virtio = each.bus == Some(InputBus::Virtio);
        all.push((
            Device::Input(index),
            if virtio { slots.virtio(each.model) } else { Connect::NONE },
        ));
    }
    for (index, each) in devices.serials.iter().enumerate() {
        let pci = each.target.kind == Some(SerialTarget::PciSerial)
            || each.target.model.as_ref().map(|it| it.name) == Some(SerialModel::PciSerial);
        all.push((Device::Serial(index), if pci { slots.pci } else { Connect::NONE }));
    }
    for (index, each) in devices.panics.iter().enumerate() {
        let pci = each.model == Some(PanicModel::Pvpanic);
        all.push((Device::Panic(index), if pci { slots.pci } else { Connect::NONE }));
    }
    if let Some(vsock) = &devices.vsock {
        all.push((Device::Vsock, slots.virtio(vsock.model)));
    }
    all
}

fn controller(slots: Slots, controller: &Controller) -> Connect {
    use ControllerModel as Model;
    match (controller.kind, controller.model) {
        (ControllerKind::Usb, Some(Model::QemuXhci | Model::NecXhci)) => slots.express,
        (ControllerKind::Usb, Some(Model::None)) => Connect::NONE,
        (
            ControllerKind::Usb,
            Some(Model::Ich9Ehci1 | Model::Ich9Uhci1 | Model::Ich9Uhci2 | Model::Ich9Uhci3),
        ) => slots.pci | Connect::AGGREGATE,
        (ControllerKind::Usb | ControllerKind::Sata, _) => slots.pci,
        (ControllerKind::Scsi, Some(Model::VirtioScsi | Model::VirtioNonTransitional)) => {
            slots.express
        }
        (ControllerKind::Scsi, _) => slots.pci,
        (ControllerKind::VirtioSerial, Some(Model::VirtioTransitional)) => slots.pci,
        (ControllerKind::VirtioSerial, _) => slots.express,
        _ => Connect::NONE,
    }
}

fn interface(slots: Slots, model: Option<&str>) -> Connect {
    match model {
        Some("usb-net") => Connect::NONE,
        Some("virtio" | "virtio-non-transitional" | "e1000e" | "igb") => slots.express,
        _ => slots.pci,
    }
}

fn sound(slots: Slots, model: SoundModel) -> Connect {
    match model {
        SoundModel::Sb16 | SoundModel::Pcspk | SoundModel::Usb => Connect::NONE,
        SoundModel::Virtio => slots.express,
        _ => slots.pci,
    }
}

fn video(slots: Slots, model: Option<VideoModel>) -> Connect {
    match model {
        Some(VideoModel::Virtio | VideoModel::Bochs) => slots.express,
        Some(VideoModel::None | VideoModel::Ramfb | VideoModel::Gop) => Connect::NONE,
        _ => slots.pci,
    }
}

/// The first ICH9 sound card that passes a test.
pub(super) fn first_ich9_sound(domain: &Domain, test: impl Fn(Device) -> bool) -> Option<Device> {
    domain
        .devices
        .sounds
        .iter()
        .enumerate()
        .filter(|(_, sound)| sound.model == SoundModel::Ich9)
        .map(|(index, _)| Device::Sound(index))
        .find(|device| test(*device))
}
