//! Choosing firmware: descriptors as QEMU's `docs/interop/firmware.json` (10.0) has them, and which
//! of them suits a machine.

use serde::{Deserialize, Serialize};
use stead_config::domain::os::{
    FirmwareFeature, FirmwareFeatureName, FirmwareFeatures, FirmwareFormat, FirmwareKind, Loader,
    LoaderKind, Nvram,
};
use stead_config::{Class, Domain, Fault, Faults, Place};
use stead_values::YesNo;

use super::{Age, Settings};

/// A firmware build that is installed on the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firmware {
    /// `uefi`, `bios` and others.
    #[serde(rename = "interface-types")]
    pub interfaces: Vec<String>,
    /// Where its files are.
    pub mapping: Mapping,
    /// Machines it works on.
    pub targets: Vec<Target>,
    /// `secure-boot`, `enrolled-keys`, `requires-smm`, `acpi-s3` and others.
    #[serde(default)]
    pub features: Vec<String>,
}

/// Where a build's files are and how QEMU maps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "device", rename_all = "lowercase")]
pub enum Mapping {
    /// Flash chips.
    Flash {
        /// Whether code and variables are apart.
        #[serde(default)]
        mode: Mode,
        /// The code.
        executable: File,
        /// The variables that a new machine starts with.
        #[serde(rename = "nvram-template")]
        template: Option<File>,
    },
    /// `-kernel`.
    Kernel {
        /// Path.
        filename: String,
    },
    /// `-bios`.
    Memory {
        /// Path.
        filename: String,
    },
}

/// How a flash build keeps its variables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Code and variables in one file.
    Combined,
    /// In a file of their own.
    #[default]
    Split,
    /// Not at all.
    Stateless,
}

/// A file and its format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Path.
    pub filename: String,
    /// `raw` or `qcow2`.
    pub format: String,
}

/// Machines of one architecture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Architecture of the guest.
    pub architecture: String,
    /// Patterns of machine types, with `*`.
    pub machines: Vec<String>,
}

impl Firmware {
    /// Reads the descriptors of several folders, later folders going before earlier ones: a file
    /// hides that of the same name, an empty one hides it without taking its place. Descriptors that
    /// make no sense are left out, as libvirt leaves them out.
    ///
    /// Each item is a folder's files, by name.
    pub fn list<'a, Files>(folders: impl IntoIterator<Item = Files>) -> Vec<Self>
    where
        Files: IntoIterator<Item = (&'a str, &'a str)>,
    {
        let mut found = std::collections::BTreeMap::new();
        for folder in folders {
            found.extend(folder);
        }
        found.values().filter_map(|text| serde_json::from_str(text).ok()).collect()
    }

    fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|known| known == feature)
    }
}

/// Whether a loader is flash or read-only memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Flash,
    Rom,
}

/// What a document says about its firmware.
#[derive(Clone, Debug, Default)]
pub(super) struct Request<'a> {
    pub(super) architecture: &'a str,
    pub(super) machine: &'a str,
    /// `efi` or `bios`.
    pub(super) selection: Option<&'a str>,
    pub(super) kind: Option<Kind>,
    pub(super) path: Option<&'a str>,
    pub(super) readonly: Option<bool>,
    pub(super) secure: Option<bool>,
    pub(super) stateless: Option<bool>,
    pub(super) format: Option<&'a str>,
    pub(super) template: Option<&'a str>,
    pub(super) secure_boot: Option<bool>,
    pub(super) enrolled_keys: Option<bool>,
    pub(super) smm: Option<bool>,
    pub(super) s3: Option<bool>,
    pub(super) s4: Option<bool>,
}

/// What a chosen build means for the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) selection: &'static str,
    pub(super) kind: Kind,
    pub(super) path: String,
    pub(super) format: Option<String>,
    pub(super) template: Option<File>,
    pub(super) mode: Mode,
    pub(super) smm: bool,
    pub(super) secure_boot: bool,
    pub(super) enrolled_keys: bool,
}

/// The first build that suits.
pub(super) fn choose(firmware: &[Firmware], request: &Request<'_>) -> Option<Choice> {
    let interface = match (request.selection, request.kind) {
        (Some("efi"), _) => "uefi",
        (Some(other), _) => other,
        (None, Some(Kind::Flash)) => "uefi",
        (None, _) => "bios",
    };
    let build = firmware.iter().find(|build| suits(build, interface, request))?;
    let (kind, path, format, template, mode) = match &build.mapping {
        Mapping::Flash { mode, executable, template } => (
            Kind::Flash,
            executable.filename.clone(),
            Some(executable.format.clone()),
            template.clone(),
            *mode,
        ),
        Mapping::Memory { filename } | Mapping::Kernel { filename } => {
            (Kind::Rom, filename.clone(), None, None, Mode::Stateless)
        }
    };
    Some(Choice {
        selection: if interface == "uefi" { "efi" } else { "bios" },
        kind,
        path,
        format,
        template,
        mode,
        smm: build.has("requires-smm"),
        secure_boot: build.has("secure-boot"),
        enrolled_keys: build.has("enrolled-keys"),
    })
}

fn suits(build: &Firmware, interface: &str, request: &Request<'_>) -> bool {
    // A wish agrees with what is, or there is no wish.
    let agrees = |wish: Option<bool>, is: bool| wish.is_none_or(|wish| wish == is);
    let wants = |wish: Option<bool>, is: bool| wish != Some(true) || is;
    let smm = build.has("requires-smm");
    build.interfaces.iter().any(|known| known == interface)
        && build.targets.iter().any(|target| {
            target.architecture == request.architecture
                && target.machines.iter().any(|pattern| matches(pattern, request.machine))
        })
        && wants(request.s3, build.has("acpi-s3"))
        && wants(request.s4, build.has("acpi-s4"))
        && agrees(request.secure_boot, build.has("secure-boot"))
        && agrees(request.enrolled_keys, build.has("enrolled-keys"))
        && agrees(request.secure, smm)
        && (request.smm != Some(false) || !smm)
        && mapping_suits(&build.mapping, request)
}

fn mapping_suits(mapping: &Mapping, request: &Request<'_>) -> bool {
    let path = |filename: &str| request.path.is_none_or(|path| path == filename);
    match mapping {
        Mapping::Flash { mode, executable, template } => {
            let mode_suits = match mode {
                Mode::Stateless => request.stateless == Some(true),
                Mode::Combined => {
                    request.stateless != Some(true) && request.readonly == Some(false)
                }
                Mode::Split => request.stateless != Some(true) && request.readonly != Some(false),
            };
            // libvirt never chooses a combined build by itself.
            mode_suits
                && *mode != Mode::Combined
                && request.kind != Some(Kind::Rom)
                && path(&executable.filename)
                && request.format.is_none_or(|format| format == executable.format)
                && request.template.is_none_or(|wish| {
                    template.as_ref().is_some_and(|template| template.filename == wish)
                })
        }
        Mapping::Memory { filename } => {
            request.kind != Some(Kind::Flash)
                && request.stateless != Some(false)
                && request.readonly != Some(false)
                && request.format.is_none_or(|format| format == "raw")
                && request.template.is_none()
                && path(filename)
        }
        Mapping::Kernel { .. } => false,
    }
}

/// A shell pattern in which only `*` is special.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            rest.is_empty()
                || text.char_indices().any(|(at, _)| matches(rest, &text[at..]))
                || matches(rest, "")
        }),
    }
}

/// Completes loader and variables from the installed builds.
pub(super) fn fill(
    domain: &mut Domain,
    settings: &Settings,
    builds: &[Firmware],
) -> Result<(), Faults> {
    checked(domain, settings)?;
    let selects = domain.os.firmware.is_some();
    let pflash =
        domain.os.loader.as_ref().and_then(|loader| loader.kind) == Some(LoaderKind::Pflash);
    if !selects && !pflash {
        return Ok(());
    }
    let loader = domain.os.loader.get_or_insert_with(Loader::default);
    if selects && loader.format.is_none() {
        // Documents from before formats were told mean raw images.
        let of_variables = domain.os.nvram.as_ref().and_then(|nvram| nvram.format);
        loader.format = match settings.age {
            Age::Kept => Some(of_variables.unwrap_or(FirmwareFormat::Raw)),
            Age::New => of_variables,
        };
    }
    match choose(builds, &request(domain)) {
        Some(choice) => apply(domain, &choice),
        // A kept document is refused at its start, if no such firmware is installed by then.
        None if selects && settings.age == Age::Kept => return Ok(()),
        None if selects && domain.os.loader.as_ref().is_none_or(|it| it.path.is_none()) => {
            return found(domain);
        }
        None => {
            if let Some(loader) = &mut domain.os.loader {
                loader.format.get_or_insert(FirmwareFormat::Raw);
            }
        }
    }
    variables(domain, settings);
    Ok(())
}

/// What a machine whose firmware was not found gets to hear when it starts.
pub(crate) fn found(domain: &Domain) -> Result<(), Faults> {
    let Some(kind) = domain.os.firmware else { return Ok(()) };
    if domain.os.loader.as_ref().is_some_and(|loader| loader.path.is_some()) {
        return Ok(());
    }
    let message = format!(
        "Unable to find '{kind}' firmware that is compatible with the current configuration"
    );
    let place = Place::new(stead_config::Position::default(), "domain/os/@firmware");
    Err(Fault::new(Class::OperationFailed, place, message).into())
}

/// What no choice could make right.
fn checked(domain: &Domain, settings: &Settings) -> Result<(), Faults> {
    let os = &domain.os;
    let fail = |path: &str, message: &str| {
        let place = Place::new(stead_config::Position::default(), path);
        Err(Fault::new(Class::Syntax, place, message).into())
    };
    let stateless = os.loader.as_ref().and_then(|loader| loader.stateless) == Some(YesNo::Yes);
    if settings.age == Age::New && os.firmware.is_none() && os.firmware_features.is_some() {
        let message = "cannot use feature-based firmware autoselection when firmware autoselection is disabled";
        return fail("domain/os/firmware", message);
    }
    if let Some(nvram) = &os.nvram {
        if os.firmware == Some(FirmwareKind::Bios) {
            return fail("domain/os/nvram", "firmware type 'bios' does not support nvram");
        }
        if stateless && nvram.template.is_some() {
            let message = "NVRAM template is not permitted when loader is stateless";
            return fail("domain/os/nvram/@template", message);
        }
        if stateless {
            return fail("domain/os/nvram", "NVRAM is not permitted when loader is stateless");
        }
    }
    Ok(())
}

fn request(domain: &Domain) -> Request<'_> {
    let os = &domain.os;
    let loader = os.loader.as_ref();
    let yes = |answer: Option<YesNo>| answer.map(YesNo::is_yes);
    let wish = |name| os.firmware_features.as_ref().and_then(|features| features.wish(name));
    let features = domain.features.as_ref();
    let pm = domain.pm.as_ref();
    Request {
        architecture: os.kind.arch.as_deref().unwrap_or_default(),
        machine: os.kind.machine.as_deref().unwrap_or_default(),
        selection: os.firmware.map(FirmwareKind::as_str),
        kind: loader.and_then(|loader| loader.kind).map(|kind| match kind {
            LoaderKind::Pflash => Kind::Flash,
            LoaderKind::Rom => Kind::Rom,
        }),
        path: loader.and_then(|loader| loader.path.as_deref()),
        readonly: yes(loader.and_then(|loader| loader.readonly)),
        secure: yes(loader.and_then(|loader| loader.secure)),
        stateless: yes(loader.and_then(|loader| loader.stateless)),
        format: loader.and_then(|loader| loader.format).map(FirmwareFormat::as_str),
        template: os.nvram.as_ref().and_then(|nvram| nvram.template.as_deref()),
        secure_boot: wish(FirmwareFeatureName::SecureBoot),
        enrolled_keys: wish(FirmwareFeatureName::EnrolledKeys),
        smm: features.and_then(|it| it.smm.as_ref()).map(|smm| smm.is_on()),
        s3: pm.and_then(|pm| pm.suspend_to_mem.as_ref()).map(|it| it.enabled.is_yes()),
        s4: pm.and_then(|pm| pm.suspend_to_disk.as_ref()).map(|it| it.enabled.is_yes()),
    }
}

fn apply(domain: &mut Domain, choice: &Choice) {
    let os = &mut domain.os;
    os.firmware = Some(match choice.selection {
        "bios" => FirmwareKind::Bios,
        _ => FirmwareKind::Efi,
    });
    let loader = os.loader.get_or_insert_with(Loader::default);
    loader.path.get_or_insert_with(|| choice.path.clone());
    loader.kind = Some(match choice.kind {
        Kind::Flash => LoaderKind::Pflash,
        Kind::Rom => LoaderKind::Rom,
    });
    let format = |format: &str| format.parse::<FirmwareFormat>().ok();
    if choice.kind == Kind::Flash {
        loader.format = choice.format.as_deref().and_then(format);
        loader.readonly = Some(YesNo::Yes);
        if choice.mode == Mode::Stateless {
            loader.stateless = Some(YesNo::Yes);
        }
    }
    if choice.smm {
        loader.secure = Some(YesNo::Yes);
        let features = domain.features.get_or_insert_with(Default::default);
        features.smm.get_or_insert(stead_config::domain::features::Switch::ON);
    }
    if let (Mode::Split, Some(template)) = (choice.mode, &choice.template) {
        let nvram = os.nvram.get_or_insert_with(Nvram::default);
        nvram.template.get_or_insert_with(|| template.filename.clone());
        nvram.template_format = format(&template.format);
        nvram.format = nvram.template_format;
    }
    if choice.selection == "efi" {
        let feature = |name, enabled: bool| FirmwareFeature { enabled: enabled.into(), name };
        os.firmware_features = Some(FirmwareFeatures {
            features: vec![
                feature(FirmwareFeatureName::EnrolledKeys, choice.enrolled_keys),
                feature(FirmwareFeatureName::SecureBoot, choice.secure_boot),
            ],
        });
    }
}

/// Gives the machine a file of its own for variables.
fn variables(domain: &mut Domain, settings: &Settings) {
    let os = &mut domain.os;
    let Some(loader) = &os.loader else { return };
    if loader.kind != Some(LoaderKind::Pflash)
        || loader.readonly != Some(YesNo::Yes)
        || loader.stateless == Some(YesNo::Yes)
    {
        return;
    }
    let code_format = loader.format;
    let nvram = os.nvram.get_or_insert_with(Nvram::default);
    let format = *nvram.format.get_or_insert(code_format.unwrap_or(FirmwareFormat::Raw));
    if nvram.path.is_none() {
        let ending = match format {
            FirmwareFormat::Raw => "fd",
            FirmwareFormat::Qcow2 => "qcow2",
        };
        nvram.path = Some(format!("{}/{}_VARS.{ending}", settings.variables, domain.name));
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn patterns_match_as_a_shell_has_it() {
        assert!(matches("pc-q35-*", "pc-q35-10.0"));
        assert!(matches("pc-*", "pc-i440fx-9.1"));
        assert!(!matches("pc-q35-*", "q35"));
        assert!(matches("*-10.0", "pc-q35-10.0"));
    }

    #[test]
    fn an_empty_file_hides_a_descriptor() {
        let text = r#"{"interface-types":["bios"],"mapping":{"device":"memory","filename":"/b"},
            "targets":[{"architecture":"x86_64","machines":["pc-*"]}]}"#;
        let shown = Firmware::list([vec![("10.json", text)], vec![]]);
        assert_eq!(shown.len(), 1);
        let hidden = Firmware::list([vec![("10.json", text)], vec![("10.json", "")]]);
        assert!(hidden.is_empty());
    }
}
