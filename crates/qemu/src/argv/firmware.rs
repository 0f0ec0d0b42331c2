//! Firmware: flash chips as block nodes, or a BIOS image.

use stead_config::Domain;
use stead_config::domain::os::{FirmwareFormat, Loader, LoaderKind};
use stead_values::YesNo;

use super::words::{Object, Words};
use crate::plan::Plan;

fn flash_loader(domain: &Domain) -> Option<&Loader> {
    domain.os.loader.as_ref().filter(|loader| loader.kind == Some(LoaderKind::Pflash))
}

/// The nodes of code and variables.
pub(super) fn flash(plan: &Plan, words: &mut Words) {
    let Some(loader) = flash_loader(&plan.domain) else { return };
    let Some(path) = &loader.path else { return };
    words.json("-blockdev", storage(path, "libvirt-pflash0-storage", None));
    let read_only = loader.readonly == Some(YesNo::Yes);
    let format = loader.format.unwrap_or(FirmwareFormat::Raw);
    words.json("-blockdev", image(0, read_only, format));
    let Some(nvram) = plan.domain.os.nvram.as_ref() else { return };
    let Some(path) = &nvram.path else { return };
    match nvram.format.unwrap_or(FirmwareFormat::Raw) {
        FirmwareFormat::Raw if !plan.dialect.raw_nodes => {
            words.json("-blockdev", storage(path, "libvirt-pflash1-storage", Some(false)));
        }
        format => {
            words.json("-blockdev", storage(path, "libvirt-pflash1-storage", None));
            words.json("-blockdev", image(1, false, format));
        }
    }
}

fn storage(path: &str, node: &str, read_only: Option<bool>) -> Object {
    let object = Object::new("driver", "file").with("filename", path).with("node-name", node);
    match read_only {
        Some(read_only) => object.with("read-only", read_only),
        None => object.with("auto-read-only", true).with("discard", "unmap"),
    }
}

fn image(chip: u8, read_only: bool, format: FirmwareFormat) -> Object {
    let node = Object::new("node-name", format!("libvirt-pflash{chip}-format"))
        .with("read-only", read_only)
        .with("driver", format.as_str())
        .with("file", format!("libvirt-pflash{chip}-storage"));
    match format {
        FirmwareFormat::Qcow2 => node.with("backing", serde_json::Value::Null),
        FirmwareFormat::Raw => node,
    }
}

/// Node of the code, for `-machine pflash0=`.
pub(super) fn code_node(domain: &Domain) -> Option<&'static str> {
    flash_loader(domain)?.path.as_ref().map(|_| "libvirt-pflash0-format")
}

/// Node of the variables, for `-machine pflash1=`.
pub(super) fn variables_node(plan: &Plan) -> Option<&'static str> {
    flash_loader(&plan.domain)?;
    let nvram = plan.domain.os.nvram.as_ref()?;
    nvram.path.as_ref()?;
    Some(match nvram.format.unwrap_or(FirmwareFormat::Raw) {
        FirmwareFormat::Raw if !plan.dialect.raw_nodes => "libvirt-pflash1-storage",
        _ => "libvirt-pflash1-format",
    })
}

/// `-bios`, and the guard of secure flash.
pub(super) fn rom(plan: &Plan, words: &mut Words) {
    let Some(loader) = &plan.domain.os.loader else { return };
    match (loader.kind, &loader.path) {
        (Some(LoaderKind::Rom) | None, Some(path)) => words.option("-bios", path.as_str()),
        (Some(LoaderKind::Pflash), _) if loader.secure == Some(YesNo::Yes) => {
            words.option("-global", "driver=cfi.pflash01,property=secure,value=on");
        }
        _ => {}
    }
}
