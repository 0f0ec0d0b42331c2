//! The command line of a plan, in libvirt's order and spelling.

mod address;
mod characters;
mod controllers;
mod disks;
mod displays;
mod firmware;
mod machine;
mod networks;
mod small;
mod sound;
mod words;

use stead_config::domain::parts::VirtioDriver;
use stead_values::OnOff;

use crate::plan::{Origin, Plan};
pub use words::Argument;
use words::{Object, Words, quote};

/// The command line after the emulator's path.
pub fn argv(plan: &Plan) -> Vec<Argument> {
    let mut words = Words { plain_devices: !plan.dialect.device_json, ..Words::default() };
    machine::head(plan, &mut words);
    controllers::controllers(plan, &mut words);
    disks::disks(plan, &mut words);
    networks::interfaces(plan, &mut words);
    characters::characters(plan, &mut words);
    small::inputs(plan, &mut words);
    sound::backends(plan, &mut words);
    displays::graphics(plan, &mut words);
    displays::videos(plan, &mut words);
    sound::cards(plan, &mut words);
    small::watchdogs(plan, &mut words);
    match &plan.origin {
        Origin::Cold => {}
        Origin::Restore { descriptor } => words.option("-incoming", format!("fd:{descriptor}")),
        Origin::Incoming => words.option("-incoming", "defer"),
    }
    small::balloon(plan, &mut words);
    small::rngs(plan, &mut words);
    small::vmcoreinfo(plan, &mut words);
    words.option(
        "-sandbox",
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
    );
    small::panics(plan, &mut words);
    small::vsock(plan, &mut words);
    for argument in &plan.domain.qemu_commandline.arguments {
        words.flag(argument);
    }
    words.option("-msg", "timestamp=on");
    words.all
}

/// Environment, emulator and arguments as text that a shell can run, on one line.
pub fn native(plan: &Plan) -> String {
    command(plan, |_| " ")
}

/// The same, broken before each option, as libvirt's logs and goldens have it.
pub fn native_wrapped(plan: &Plan) -> String {
    command(plan, |word| if word.starts_with('-') { " \\\n" } else { " " })
}

fn command(plan: &Plan, separator: impl Fn(&str) -> &'static str) -> String {
    let mut text = String::new();
    let wrapped = separator("-");
    for (key, value) in &plan.environment {
        text.push_str(key);
        text.push('=');
        text.push_str(&quote(value));
        text.push_str(wrapped);
    }
    text.push_str(&quote(&plan.binary));
    for Argument(word) in argv(plan) {
        text.push_str(separator(&word));
        text.push_str(&quote(&word));
    }
    text.push('\n');
    text
}

/// What all virtio devices can be told.
fn virtio(
    device: Object,
    iommu: Option<OnOff>,
    ats: Option<OnOff>,
    packed: Option<OnOff>,
    page_per_vq: Option<OnOff>,
) -> Object {
    device
        .maybe("iommu_platform", iommu.map(OnOff::is_on))
        .maybe("ats", ats.map(OnOff::is_on))
        .maybe("packed", packed.map(OnOff::is_on))
        .maybe("page-per-vq", page_per_vq.map(OnOff::is_on))
}

/// The same from a `<driver>`.
fn driven(device: Object, driver: Option<&VirtioDriver>) -> Object {
    match driver {
        Some(driver) => virtio(device, driver.iommu, driver.ats, driver.packed, driver.page_per_vq),
        None => device,
    }
}
