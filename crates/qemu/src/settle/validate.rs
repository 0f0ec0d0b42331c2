//! What no QEMU or no such machine can do, refused by element before anything else happens.

use std::collections::BTreeSet;

use stead_config::domain::chardev::{ChardevSource, Reconnect, SerialTarget, SocketMode};
use stead_config::domain::controller::{ControllerKind, ControllerModel};
use stead_config::domain::cpu::{AddressWidthMode, CacheMode, CpuMode};
use stead_config::domain::disk::{Disk, DiskBus, DiskDevice, ImageFormat};
use stead_config::domain::display::{Graphics, VideoModel};
use stead_config::domain::features::{Features, Switch};
use stead_config::domain::os::LoaderKind;
use stead_config::domain::small::{InputBus, RngBackend};
use stead_config::domain::vcpu::Placement;
use stead_config::domain::{Address, Domain};
use stead_config::{Class, Fault, Faults, Place, Position};
use stead_values::YesNo;

use super::drives;
use crate::abilities::Abilities;
use crate::chipset::Chipset;

/// Faults as they are found, in libvirt's order.
#[derive(Default)]
struct Findings(Vec<Fault>);

impl Findings {
    fn add(&mut self, class: Class, at: Position, path: &str, message: impl Into<String>) {
        self.0.push(Fault::new(class, Place::new(at, format!("domain/{path}")), message));
    }

    fn unsupported(&mut self, at: Position, path: &str, message: impl Into<String>) {
        self.add(Class::Unsupported, at, path, message);
    }

    fn verdict(self) -> Result<(), Faults> {
        if self.0.is_empty() { Ok(()) } else { Err(Faults(self.0)) }
    }
}

const NOWHERE: Position = Position { line: 0, column: 0 };

/// What must hold before defaults are filled in.
pub(super) fn early(
    domain: &Domain,
    chipset: Chipset,
    abilities: &Abilities,
) -> Result<(), Faults> {
    let mut findings = Findings::default();
    let _ = (chipset, abilities);
    let mut seen = BTreeSet::new();
    for controller in &domain.devices.controllers {
        let Some(index) = controller.index else { continue };
        // USB companions share a number.
        if controller.kind != ControllerKind::Usb && !seen.insert((controller.kind, index)) {
            let message =
                format!("Multiple '{}' controllers with index '{index}'", controller.kind);
            findings.add(Class::Xml, controller.position, "devices/controller/@index", message);
        }
    }
    usb_disabled(domain, &mut findings);
    for disk in &domain.devices.disks {
        if drives::names_partition(&disk.target.dev) {
            let message = format!(
                "invalid disk target '{}', partitions can't appear in disk targets",
                disk.target.dev
            );
            findings.unsupported(disk.position, "devices/disk/target/@dev", message);
        }
    }
    for rng in &domain.devices.rngs {
        if let RngBackend::Egd(source) = &rng.backend {
            path_missing(source, rng.position, "devices/rng/backend", &mut findings);
            chardev(source, rng.position, "devices/rng/backend", &mut findings);
        }
    }
    for channel in &domain.devices.channels {
        chardev(&channel.source, channel.position, "devices/channel", &mut findings);
    }
    for serial in &domain.devices.serials {
        path_missing(&serial.source, serial.position, "devices/serial", &mut findings);
        chardev(&serial.source, serial.position, "devices/serial", &mut findings);
    }
    for console in &domain.devices.consoles {
        chardev(&console.source, console.position, "devices/console", &mut findings);
    }
    findings.verdict()
}

fn usb_disabled(domain: &Domain, findings: &mut Findings) {
    let controllers = &domain.devices.controllers;
    let usb = |model: Option<ControllerModel>| model == Some(ControllerModel::None);
    let mut all = controllers.iter().filter(|each| each.kind == ControllerKind::Usb);
    if !all.clone().any(|each| usb(each.model)) {
        return;
    }
    if let Some(other) = all.find(|each| !usb(each.model)) {
        let message = "Can't add another USB controller: USB is disabled for this domain";
        findings.add(Class::Syntax, other.position, "devices/controller", message);
    }
    for input in &domain.devices.inputs {
        if input.bus == Some(InputBus::Usb) {
            let message = "Can't add USB input device. USB bus is disabled";
            findings.unsupported(input.position, "devices/input", message);
        }
    }
}

fn path_missing(source: &ChardevSource, at: Position, path: &str, findings: &mut Findings) {
    if matches!(source, ChardevSource::Unix { path: None, .. }) {
        let message = "Missing source path attribute for char device";
        findings.add(Class::Internal, at, &format!("{path}/source"), message);
    }
}

fn chardev(source: &ChardevSource, at: Position, path: &str, findings: &mut Findings) {
    let (mode, reconnect) = match source {
        // A socket whose path is made up is listened on.
        ChardevSource::Unix { path: None, reconnect, .. } => (SocketMode::Bind, reconnect),
        ChardevSource::Tcp { mode, reconnect, .. }
        | ChardevSource::Unix { mode, reconnect, .. } => (*mode, reconnect),
        _ => return,
    };
    let Some(Reconnect { enabled: YesNo::Yes, timeout }) = reconnect else { return };
    if mode == SocketMode::Bind {
        let message = "chardev reconnect is possible only for connect mode";
        findings.add(Class::Internal, at, &format!("{path}/source/reconnect"), message);
    }
    if *timeout == Some(0) {
        let message = "chardev reconnect source timeout cannot be '0'";
        findings.add(Class::InvalidArgument, at, &format!("{path}/source/reconnect"), message);
    }
}

/// What must hold once defaults are in and before addresses are given.
pub(super) fn complete(
    domain: &Domain,
    chipset: Chipset,
    abilities: &Abilities,
) -> Result<(), Faults> {
    let mut findings = Findings::default();
    machine(domain, chipset, abilities, &mut findings);
    cpu(domain, &mut findings);
    controllers(domain, chipset, &mut findings);
    let mut targets: Vec<&Disk> = Vec::new();
    for each in &domain.devices.disks {
        if let Some(other) = targets.iter().find(|other| other.target.dev == each.target.dev) {
            let path = |disk: &Disk| {
                disk.source.as_ref().map_or(String::new(), |it| it.image.path().to_owned())
            };
            let message = format!(
                "target '{}' duplicated for disk sources '{}' and '{}'",
                each.target.dev,
                path(other),
                path(each)
            );
            findings.add(Class::Xml, each.position, "devices/disk/target/@dev", message);
        }
        targets.push(each);
        disk(each, chipset, &mut findings);
    }
    for serial in &domain.devices.serials {
        if matches!(
            serial.target.kind,
            Some(
                SerialTarget::SpaprVioSerial
                    | SerialTarget::SystemSerial
                    | SerialTarget::SclpSerial
            )
        ) {
            let kind = serial.target.kind.map_or("", SerialTarget::as_str);
            let model = serial.target.model.as_ref().map_or("", |model| model.name.as_str());
            let message = format!(
                "Serial device with target type '{kind}' and target model '{model}' not compatible with guest architecture or machine type"
            );
            findings.unsupported(serial.position, "devices/serial/target", message);
        }
    }
    displays(domain, abilities, &mut findings);
    findings.verdict()
}

fn machine(domain: &Domain, chipset: Chipset, abilities: &Abilities, findings: &mut Findings) {
    if domain.vcpu.placement == Placement::Auto {
        let message = "attribute 'placement' of element 'vcpu' with value 'auto' is not supported by stead yet";
        findings.unsupported(NOWHERE, "vcpu/@placement", message);
    }
    let state = |switch: fn(&Features) -> Option<Switch>| {
        domain.features.as_ref().and_then(switch).map(Switch::is_on)
    };
    if state(|it| it.ps2) == Some(false) && state(|it| it.vmport) == Some(true) {
        let message = "vmport feature requires the ps2 feature not to be disabled";
        findings.unsupported(NOWHERE, "features/vmport", message);
    }
    let acpi = domain.features.as_ref().is_some_and(|features| features.acpi);
    let pflash = domain.os.loader.as_ref().is_some_and(|it| it.kind == Some(LoaderKind::Pflash));
    if pflash && !acpi && chipset == Chipset::Q35 {
        let message = "UEFI requires ACPI on this architecture";
        findings.unsupported(NOWHERE, "features/acpi", message);
    }
    if domain.memory.size.0 == 0 {
        findings.add(
            Class::Xml,
            NOWHERE,
            "memory",
            "Memory size must be specified via <memory> or in the <numa> configuration",
        );
    }
    if let Some(machine) = domain.os.kind.machine.as_deref()
        && let Some(known) = abilities.machine(super::accelerator(domain), machine)
        && known.max_cpus > 0
        && domain.vcpu.count > known.max_cpus
    {
        let message =
            format!("Maximum CPUs greater than specified machine type limit {}", known.max_cpus);
        findings.unsupported(NOWHERE, "vcpu", message);
    }
}

fn cpu(domain: &Domain, findings: &mut Findings) {
    let Some(cpu) = &domain.cpu else { return };
    if let Some(cache) = &cpu.cache {
        match (cache.mode, cache.level) {
            (CacheMode::Emulate, Some(level)) if level != 3 => {
                let message = "CPU cache mode 'emulate' can only be used with level='3'";
                findings.unsupported(NOWHERE, "cpu/cache", message);
            }
            (CacheMode::Passthrough, Some(_)) => {
                let message = "unsupported CPU cache level for mode 'passthrough'";
                findings.unsupported(NOWHERE, "cpu/cache", message);
            }
            (CacheMode::Passthrough, None)
                if !matches!(cpu.mode, Some(CpuMode::HostPassthrough | CpuMode::Maximum)) =>
            {
                let message = "CPU cache mode 'passthrough' can only be used with 'host-passthrough' / 'maximum' CPUs";
                findings.unsupported(NOWHERE, "cpu/cache", message);
            }
            _ => {}
        }
    }
    if let Some(width) = &cpu.max_phys_addr
        && width.mode == AddressWidthMode::Passthrough
        && width.bits.is_some()
    {
        let message = "CPU maximum physical address bits number specification cannot be used with mode='passthrough'";
        findings.unsupported(NOWHERE, "cpu/maxphysaddr", message);
    }
}

fn controllers(domain: &Domain, chipset: Chipset, findings: &mut Findings) {
    for controller in &domain.devices.controllers {
        let at = controller.position;
        if let (Some(node), Some(model)) =
            (controller.target.as_ref().and_then(|target| target.node), controller.model)
        {
            let index = controller.index.unwrap_or(0);
            let message = format!(
                "{model} with index {index} is configured for a NUMA node ({node}) not present in the domain's <cpu><numa> array (0)"
            );
            findings.add(Class::Xml, at, "devices/controller/target/node", message);
        }
        match (controller.kind, controller.model) {
            (
                ControllerKind::Usb,
                Some(model @ (ControllerModel::NecXhci | ControllerModel::QemuXhci)),
            ) if controller.ports.is_some_and(|ports| ports > 15) => {
                let message = format!("'{model}' controller only supports up to '15' ports");
                findings.unsupported(at, "devices/controller/@ports", message);
            }
            (ControllerKind::Ide, _) if chipset == Chipset::Q35 => {
                let message =
                    "IDE controllers are unsupported for this QEMU binary or machine type";
                findings.unsupported(at, "devices/controller", message);
            }
            (ControllerKind::Ide, _) if controller.index.is_some_and(|index| index > 0) => {
                let message = "Only a single IDE controller is supported for this machine type";
                findings.unsupported(at, "devices/controller/@index", message);
            }
            (ControllerKind::Fdc, _) if controller.index.is_some_and(|index| index > 0) => {
                let message = "Only a single fdc controller is supported";
                findings.unsupported(at, "devices/controller/@index", message);
            }
            (ControllerKind::Pci, Some(ControllerModel::PcieExpanderBus))
                if chipset != Chipset::Q35 =>
            {
                let message =
                    "pcie-expander-bus controllers are not supported with this machine type";
                findings.unsupported(at, "devices/controller/@model", message);
            }
            (ControllerKind::Pci, Some(ControllerModel::PciExpanderBus))
                if chipset != Chipset::I440fx =>
            {
                let message =
                    "pci-expander-bus controllers are not supported with this machine type";
                findings.unsupported(at, "devices/controller/@model", message);
            }
            _ => {}
        }
    }
}

fn disk(disk: &Disk, chipset: Chipset, findings: &mut Findings) {
    let _ = chipset;
    let at = disk.position;
    let bus = disk.target.bus.unwrap_or(DiskBus::Ide);
    let fits = match (&disk.address, bus) {
        (None, _) => true,
        (Some(address), DiskBus::Ide | DiskBus::Sata | DiskBus::Scsi | DiskBus::Fdc) => {
            matches!(address, Address::Drive(_))
        }
        (Some(address), DiskBus::Virtio) => !matches!(address, Address::Drive(_) | Address::Usb(_)),
        (Some(address), DiskBus::Usb) => matches!(address, Address::Usb(_)),
        _ => true,
    };
    if let (false, Some(address)) = (fits, &disk.address) {
        let message = format!(
            "Invalid address type '{}' for the disk '{}' with the bus type '{bus}'",
            address.kind(),
            disk.target.dev
        );
        findings.unsupported(at, "devices/disk/address", message);
    }
    match disk.driver.as_ref().and_then(|driver| driver.format) {
        Some(ImageFormat::Iso) => {
            let message =
                "storage format 'iso' is not directly supported by QEMU, use 'raw' instead";
            findings.unsupported(at, "devices/disk/driver/@type", message);
        }
        Some(format @ (ImageFormat::Cow | ImageFormat::Dir | ImageFormat::Fat)) => {
            let message = format!("unsupported storage format '{format}'");
            findings.unsupported(at, "devices/disk/driver/@type", message);
        }
        _ => {}
    }
    if let Some(driver) = &disk.driver
        && driver.discard_no_unref.is_some()
        && driver.format != Some(ImageFormat::Qcow2)
    {
        let message = "'discard_no_unref' only works with qcow2 disk format";
        findings.unsupported(at, "devices/disk/driver/@discard_no_unref", message);
    }
    if disk.source.is_none() {
        match (disk.device, bus) {
            (DiskDevice::Cdrom | DiskDevice::Floppy, DiskBus::Usb) => {
                findings.unsupported(at, "devices/disk", "'usb' disk must not be empty");
            }
            (DiskDevice::Cdrom | DiskDevice::Floppy, _) => {}
            _ => {
                let message = format!("disk '{}' must have a source", disk.target.dev);
                findings.unsupported(at, "devices/disk/source", message);
            }
        }
    }
    if matches!(bus, DiskBus::Xen | DiskBus::Uml | DiskBus::Sd | DiskBus::Nvme) {
        let message = format!("disk bus '{bus}' is not supported");
        findings.unsupported(at, "devices/disk/target/@bus", message);
    }
    if disk.device == DiskDevice::Cdrom && bus == DiskBus::Virtio {
        let message = "disk type 'virtio' of 'vda' does not support ejectable media";
        findings.unsupported(at, "devices/disk/@device", message.replace("vda", &disk.target.dev));
    }
    if disk.shareable
        && !matches!(disk.driver.as_ref().and_then(|it| it.format), Some(ImageFormat::Raw) | None)
        && disk.source.is_some()
    {
        let message = format!(
            "shared access for disk '{}' requires use of supported storage format",
            disk.target.dev
        );
        findings.unsupported(at, "devices/disk/shareable", message);
    }
    if bus != DiskBus::Scsi {
        let shows = matches!(bus, DiskBus::Ide | DiskBus::Sata);
        for (name, value) in [("vendor", &disk.vendor), ("product", &disk.product)] {
            if value.is_some() && !(name == "product" && shows) {
                let message = format!("Only scsi disk supports '{name}'");
                findings.unsupported(at, &format!("devices/disk/{name}"), message);
            }
        }
    }
}

/// The QEMU device of a graphics card.
fn video_device(model: VideoModel) -> Option<&'static str> {
    Some(match model {
        VideoModel::Vga => "VGA",
        VideoModel::Cirrus => "cirrus-vga",
        VideoModel::Vmvga => "vmware-svga",
        VideoModel::Qxl => "qxl",
        VideoModel::Virtio => "virtio-gpu-pci",
        VideoModel::Bochs => "bochs-display",
        VideoModel::Ramfb => "ramfb",
        VideoModel::None => return None,
        _ => "",
    })
}

fn displays(domain: &Domain, abilities: &Abilities, findings: &mut Findings) {
    let videos = &domain.devices.videos;
    for video in videos {
        let Some(card) = &video.model else { continue };
        if video_device(card.kind).is_some_and(|device| !abilities.has_type(device)) {
            let message =
                format!("domain configuration does not support video model '{}'", card.kind);
            findings.unsupported(video.position, "devices/video/model/@type", message);
        }
    }
    let kind = |model: VideoModel| {
        move |video: &&stead_config::domain::display::Video| {
            video.model.as_ref().is_some_and(|card| card.kind == model)
        }
    };
    if videos.len() > 1
        && let Some(none) = videos.iter().find(kind(VideoModel::None))
    {
        let message = "a 'none' video type must be the only video device defined for the domain";
        findings.unsupported(none.position, "devices/video", message);
    }
    for video in videos.iter().filter(kind(VideoModel::Ramfb)) {
        if video.address.is_some() {
            let message = "address not supported for video type ramfb";
            findings.unsupported(video.position, "devices/video/address", message);
        }
    }
    let primaries = videos
        .iter()
        .filter(|video| video.model.as_ref().is_some_and(|card| card.primary == Some(YesNo::Yes)));
    if primaries.clone().count() > 1
        && let Some(second) = primaries.clone().nth(1)
    {
        let message = "Only one primary video device is supported";
        findings.unsupported(second.position, "devices/video/model/@primary", message);
    }
    let mut vnc = 0;
    for graphics in &domain.devices.graphics {
        let Graphics::Vnc(display) = graphics;
        vnc += 1;
        if vnc > 1 {
            let message = "only 1 graphics device of each type (sdl, vnc, spice, headless, dbus) is supported";
            findings.unsupported(display.position, "devices/graphics", message);
        }
    }
}

/// What must hold once addresses are given.
pub(super) fn addressed(domain: &Domain) -> Result<(), Faults> {
    let mut findings = Findings::default();
    let disks = &domain.devices.disks;
    for (index, disk) in disks.iter().enumerate() {
        let Some(Address::Drive(drive)) = &disk.address else { continue };
        let same =
            |other: &Disk| other.target.bus == disk.target.bus && other.address == disk.address;
        if disks.iter().skip(index + 1).any(same) {
            let message = format!(
                "Found duplicate drive address for disk with target name '{}' controller='{}' bus='{}' target='{}' unit='{}'",
                disk.target.dev, drive.controller, drive.bus, drive.target, drive.unit
            );
            findings.unsupported(disk.position, "devices/disk/address", message);
        }
    }
    findings.verdict()
}
