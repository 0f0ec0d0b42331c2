//! `<os>`: what the guest is and how it boots.

use stead_values::{YesNo, names};
use stead_xml::{Class, Element, FromElement, Node, Reader, ToElement, Writer};

names! {
    /// What is booted first.
    pub enum BootDevice {
        Floppy = "fd",
        Cdrom = "cdrom",
        Disk = "hd",
        Network = "network",
    }

    /// Which sort of firmware is looked for.
    pub enum FirmwareKind {
        Bios = "bios",
        Efi = "efi",
    }

    /// What firmware can be asked to have or not to have.
    pub enum FirmwareFeatureName {
        EnrolledKeys = "enrolled-keys",
        SecureBoot = "secure-boot",
    }

    /// What a loader is.
    pub enum LoaderKind {
        Rom = "rom",
        Pflash = "pflash",
    }

    /// The format of a firmware image.
    pub enum FirmwareFormat {
        Raw = "raw",
        Qcow2 = "qcow2",
    }

    /// Where the SMBIOS tables of a guest come from.
    pub enum SmbiosMode {
        None = "none",
        Emulate = "emulate",
        Host = "host",
        Sysinfo = "sysinfo",
    }
}

/// `<os>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
#[xml(check = check)]
pub struct Os {
    /// Which sort of firmware is looked for.
    #[xml(attributes_with = firmware, knows("@firmware"))]
    pub firmware: Option<FirmwareKind>,
    /// What kind of guest and machine.
    #[xml(child = "type")]
    pub kind: OsType,
    /// What the firmware that is looked for must have.
    #[xml(child = "firmware")]
    pub firmware_features: Option<FirmwareFeatures>,
    /// The firmware.
    #[xml(child)]
    pub loader: Option<Loader>,
    /// Where the firmware keeps its variables.
    #[xml(child)]
    pub nvram: Option<Nvram>,
    /// A kernel that is booted directly.
    #[xml(text)]
    pub kernel: Option<String>,
    /// Its initial RAM disk.
    #[xml(text)]
    pub initrd: Option<String>,
    /// Its command line.
    #[xml(text)]
    pub cmdline: Option<String>,
    /// Its device tree.
    #[xml(text)]
    pub dtb: Option<String>,
    /// What is booted, in order: the disk where nothing is said, nothing where devices have orders.
    #[xml(with = boots, knows("boot"))]
    pub boot: Vec<BootDevice>,
    /// Whether a menu is offered.
    #[xml(child)]
    pub bootmenu: Option<BootMenu>,
    /// Where SMBIOS tables come from.
    #[xml(child, needs = "mode")]
    pub smbios: Option<Smbios>,
    /// Settings of SeaBIOS.
    #[xml(child)]
    pub bios: Option<Bios>,
}

/// `<type arch='…' machine='…'>hvm</type>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct OsType {
    /// The guest's architecture, in libvirt's names.
    #[xml(attribute)]
    pub arch: Option<String>,
    /// The machine type.
    #[xml(attribute)]
    pub machine: Option<String>,
    /// `hvm`; everything else is refused.
    #[xml(content, default)]
    pub name: String,
}

/// `<firmware>`: what the firmware that is looked for must have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct FirmwareFeatures {
    /// By name.
    #[xml(children = "feature")]
    pub features: Vec<FirmwareFeature>,
}

impl FirmwareFeatures {
    /// Whether a feature must be there or not; none: it does not matter.
    pub fn wish(&self, name: FirmwareFeatureName) -> Option<bool> {
        let feature = self.features.iter().find(|feature| feature.name == name)?;
        Some(feature.enabled.is_yes())
    }
}

/// `<feature>` of firmware.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct FirmwareFeature {
    /// Whether it must be there or must not.
    #[xml(attribute)]
    pub enabled: YesNo,
    /// Which.
    #[xml(attribute)]
    pub name: FirmwareFeatureName,
}

/// `<loader>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct Loader {
    /// Whether the guest may not write it.
    #[xml(attribute)]
    pub readonly: Option<YesNo>,
    /// Whether it keeps itself safe by SMM.
    #[xml(attribute)]
    pub secure: Option<YesNo>,
    /// What it is.
    #[xml(attribute = "type")]
    pub kind: Option<LoaderKind>,
    /// Whether it keeps no variables.
    #[xml(attribute)]
    pub stateless: Option<YesNo>,
    /// The format of the image.
    #[xml(attribute)]
    pub format: Option<FirmwareFormat>,
    /// Where it is.
    #[xml(content)]
    pub path: Option<String>,
}

/// `<nvram>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct Nvram {
    /// What it is copied from when it is not there.
    #[xml(attribute)]
    pub template: Option<String>,
    /// The format of that.
    #[xml(attribute = "templateFormat")]
    pub template_format: Option<FirmwareFormat>,
    /// The format of the file.
    #[xml(attribute)]
    pub format: Option<FirmwareFormat>,
    /// Where it is.
    #[xml(content)]
    pub path: Option<String>,
}

/// `<bootmenu>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootMenu {
    /// Whether it is offered.
    pub enable: YesNo,
    /// For how long, in milliseconds, up to 65535.
    pub timeout: Option<u16>,
}

/// `<smbios>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Smbios {
    /// Where the tables come from.
    #[xml(attribute, judged, unknown = "unknown smbios mode")]
    pub mode: SmbiosMode,
}

/// `<bios>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
#[xml(check = check_bios)]
pub struct Bios {
    /// Whether it speaks on the serial port.
    #[xml(attribute = "useserial", tolerant)]
    pub use_serial: Option<YesNo>,
    /// After how many milliseconds it tries again, up to 65535; -1: never.
    #[xml(attribute = "rebootTimeout")]
    pub reboot_timeout: Option<i32>,
}

/// The architectures that libvirt 11.3 knows by name (virArch).
pub const ARCHITECTURES: &[&str] = &[
    "alpha",
    "armv6l",
    "armv7l",
    "armv7b",
    "aarch64",
    "cris",
    "i686",
    "ia64",
    "lm32",
    "loongarch64",
    "m68k",
    "microblaze",
    "microblazeel",
    "mips",
    "mipsel",
    "mips64",
    "mips64el",
    "openrisc",
    "parisc",
    "parisc64",
    "ppc",
    "ppc64",
    "ppc64le",
    "ppcemb",
    "riscv32",
    "riscv64",
    "s390",
    "s390x",
    "sh4",
    "sh4eb",
    "sparc",
    "sparc64",
    "unicore32",
    "x86_64",
    "xtensa",
    "xtensaeb",
];

/// Kinds of guests that libvirt knows; all but the first are of other hypervisors.
const KINDS: &[&str] = &["hvm", "xen", "linux", "exe", "uml", "xenpvh"];

impl Os {
    /// A machine with nothing said of it.
    pub fn hvm() -> Self {
        Self {
            firmware: None,
            kind: OsType { arch: None, machine: None, name: "hvm".to_owned() },
            firmware_features: None,
            loader: None,
            nvram: None,
            kernel: None,
            initrd: None,
            cmdline: None,
            dtb: None,
            boot: Vec::new(),
            bootmenu: None,
            smbios: None,
            bios: None,
        }
    }
}

impl FromElement for BootMenu {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.leftovers(node, &["enable", "timeout"], &[]);
        let enable = reader.attribute(node, "enable")?;
        let timeout = match node.attribute("timeout") {
            Some(_) if enable == YesNo::Yes => {
                match reader.attribute::<u32>(node, "timeout").map(u16::try_from) {
                    None => None,
                    Some(Ok(timeout)) => Some(timeout),
                    Some(Err(_)) => {
                        let message =
                            "invalid value for boot menu timeout, must be in range [0,65535]";
                        reader.attribute_error(node, "timeout", Class::Unsupported, message);
                        None
                    }
                }
            }
            _ => None,
        };
        Some(Self { enable, timeout })
    }
}

impl ToElement for BootMenu {
    fn write_attributes(&self, out: &mut Writer) {
        out.attribute("enable", self.enable);
        out.optional("timeout", self.timeout);
    }

    fn write_content(&self, _: &mut Writer) {}
}

/// `firmware` of `<os>`, in the words that libvirt refuses it with.
mod firmware {
    use super::{Class, FirmwareKind, Node, Reader, Writer};

    pub(super) fn read(os: Node<'_>, reader: &mut Reader) -> Option<FirmwareKind> {
        let text = os.attribute("firmware")?;
        let Ok(kind) = text.parse() else {
            let message = format!("unknown firmware value {text}");
            reader.attribute_error(os, "firmware", Class::Xml, message);
            return None;
        };
        Some(kind)
    }

    pub(super) fn write(kind: &Option<FirmwareKind>, out: &mut Writer) {
        out.optional("firmware", *kind);
    }
}

mod boots {
    use super::{BootDevice, Node, Reader, Writer};

    pub(super) fn read(os: Node<'_>, reader: &mut Reader) -> Vec<BootDevice> {
        let mut boots = Vec::new();
        for node in os.children().filter(|node| node.name() == "boot") {
            // libvirt keeps at most four.
            if let Some(device) = reader.required(node, "dev")
                && boots.len() < 4
            {
                boots.push(device);
            }
        }
        let devices = os.parent().and_then(|domain| domain.child("devices"));
        let ordered = devices
            .is_some_and(|devices| devices.children().any(|device| device.child("boot").is_some()));
        let runs_hardware = os.child("type").is_some_and(|kind| kind.text() == "hvm");
        if boots.is_empty() && !ordered && runs_hardware {
            boots.push(BootDevice::Disk);
        }
        boots
    }

    pub(super) fn write(boots: &[BootDevice], out: &mut Writer) {
        for boot in boots {
            out.element("boot", |out| out.attribute("dev", boot));
        }
    }
}

fn check(os: &Os, node: Node<'_>, reader: &mut Reader) {
    let at = node.child("type").unwrap_or(node);
    let OsType { arch, name, .. } = &os.kind;
    if name.is_empty() {
        reader.error_with_fix(at, Class::Xml, "an os <type> must be specified", "write hvm");
    } else if !KINDS.contains(&name.as_str()) {
        let message = format!("unknown OS type '{name}'");
        reader.error_with_fix(at, Class::Unsupported, message, "write hvm");
    }
    if let Some(arch) = arch
        && !ARCHITECTURES.contains(&arch.as_str())
    {
        let message = format!("Unknown architecture {arch}");
        reader.attribute_error(at, "arch", Class::Unsupported, message);
    }
    if let Some(loader) = node.child("loader")
        && os.firmware.is_none()
        && os.loader.as_ref().is_none_or(|loader| loader.path.is_none())
    {
        let message = "no loader path specified and firmware auto selection disabled";
        reader.error(loader, Class::Detail, message);
    }
}

fn check_bios(bios: &Bios, node: Node<'_>, reader: &mut Reader) {
    let Some(timeout) = bios.reboot_timeout else { return };
    if !(-1..=65535).contains(&timeout) {
        let message = "invalid value for rebootTimeout, must be in range [-1,65535]";
        reader.attribute_error(node, "rebootTimeout", Class::Unsupported, message);
    }
}
