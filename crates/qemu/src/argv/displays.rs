//! Displays and graphics cards.

use stead_config::domain::display::{
    Graphics, Listen, SharePolicy, Video, VideoCard, VideoModel, Vnc,
};
use stead_values::{OnOff, YesNo};

use super::words::{List, Object, Words};
use super::{address, virtio};
use crate::plan::Plan;

/// All displays.
pub(super) fn graphics(plan: &Plan, words: &mut Words) {
    for display in &plan.domain.devices.graphics {
        let Graphics::Vnc(display) = display;
        vnc(plan, display, words);
    }
}

fn vnc(plan: &Plan, vnc: &Vnc, words: &mut Words) {
    let port = |address: &str| {
        let display = i32::from(vnc.port.unwrap_or(0)) - 5900;
        if address.contains(':') {
            format!("[{address}]:{display}")
        } else {
            format!("{address}:{display}")
        }
    };
    let mut list = List::default();
    match vnc.listens.first() {
        Some(Listen::Socket(path)) => {
            list.add("vnc", format!("unix:{}", path.as_deref().unwrap_or_default()));
        }
        Some(Listen::None) => list.word("none"),
        Some(Listen::Address(address) | Listen::Network { address, .. }) => {
            list.word(&port(address.as_deref().unwrap_or_default()));
        }
        None => list.word(&port("")),
    }
    if let Some(websocket) = vnc.websocket {
        list.add("websocket", websocket);
    }
    if let Some(policy) = vnc.share_policy {
        let policy: SharePolicy = policy;
        list.add("share", policy);
    }
    if vnc.password.is_some() {
        list.add("password", "on");
    }
    if let Some(control) = vnc.power_control {
        list.add("power-control", super::words::on_off(control.is_yes()));
    }
    let audio = vnc.audio.or_else(|| plan.domain.devices.audios.first().map(|audio| audio.id));
    if let Some(audio) = audio {
        list.add("audiodev", format!("audio{audio}"));
    }
    words.option("-vnc", list.text());
    if let Some(keymap) = &vnc.keymap {
        words.option("-k", keymap.as_str());
    }
}

/// All graphics cards; the first is the primary one.
pub(super) fn videos(plan: &Plan, words: &mut Words) {
    for (index, video) in plan.domain.devices.videos.iter().enumerate() {
        let Some(card) = &video.model else { continue };
        let place = if index == 0 { Place::Primary } else { Place::Secondary };
        if let Some(device) = device(plan, video, card, place) {
            words.json("-device", device);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Primary,
    Secondary,
}

fn device(plan: &Plan, video: &Video, card: &VideoCard, place: Place) -> Option<Object> {
    let primary = place == Place::Primary;
    let accelerated = card
        .acceleration
        .as_ref()
        .is_some_and(|acceleration| acceleration.accel3d == Some(YesNo::Yes));
    let name = match card.kind {
        VideoModel::Vga => "VGA",
        VideoModel::Cirrus => "cirrus-vga",
        VideoModel::Vmvga => "vmware-svga",
        VideoModel::Qxl if primary => "qxl-vga",
        VideoModel::Qxl => "qxl",
        VideoModel::Virtio if primary && accelerated => "virtio-vga-gl",
        VideoModel::Virtio if primary => "virtio-vga",
        VideoModel::Virtio if accelerated => "virtio-gpu-gl-pci",
        VideoModel::Virtio => "virtio-gpu-pci",
        VideoModel::Bochs => "bochs-display",
        VideoModel::Ramfb => "ramfb",
        _ => return None,
    };
    let mut device = Object::new("driver", name);
    if card.kind == VideoModel::Virtio
        && let Some(driver) = &video.driver
    {
        device = virtio(device, driver.iommu, driver.ats, driver.packed, driver.page_per_vq);
    }
    device = device.with("id", video.alias.as_deref().unwrap_or_default());
    device = memory(device, card);
    if let Some(resolution) = &card.resolution {
        device = device.with("xres", resolution.x).with("yres", resolution.y);
    }
    if card.kind == VideoModel::Virtio {
        device = device.maybe("blob", card.blob.map(OnOff::is_on));
    }
    device = device.maybe("edid", card.edid.map(OnOff::is_on));
    Some(address::place(plan, device, &video.address))
}

/// Memory in the unit of each property.
fn memory(device: Object, card: &VideoCard) -> Object {
    let bytes = |size: Option<u32>| u64::from(size.unwrap_or(0)).saturating_mul(1024);
    let mebibytes = |size: Option<u32>| size.unwrap_or(0) / 1024;
    match card.kind {
        VideoModel::Qxl => device
            .maybe("max_outputs", card.heads)
            .with("ram_size", bytes(card.ram))
            .with("vram_size", bytes(card.vram))
            .with("vram64_size_mb", mebibytes(card.vram64))
            .with("vgamem_mb", mebibytes(card.vgamem)),
        VideoModel::Vga | VideoModel::Vmvga => device.with("vgamem_mb", mebibytes(card.vram)),
        VideoModel::Bochs => device.with("vgamem", bytes(card.vram)),
        VideoModel::Virtio => device.maybe("max_outputs", card.heads),
        _ => device,
    }
}
