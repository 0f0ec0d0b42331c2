//! Graphics cards, displays and sound.

use stead_config::domain::Domain;
use stead_config::domain::display::{Video, VideoCard, VideoModel};
use stead_config::domain::sound::{Audio, AudioKind};
use stead_values::YesNo;

use crate::abilities::Abilities;
use crate::chipset::Chipset;

/// Video memory of a plain card, KiB.
const VRAM: u32 = 16 * 1024;
/// Memory of a QXL, KiB.
const QXL: u32 = 64 * 1024;

/// Fills in what graphics cards are; a display without a card gets one.
pub(super) fn defaults(domain: &mut Domain, chipset: Chipset, abilities: &Abilities) {
    let devices = &mut domain.devices;
    let _ = chipset;
    if !devices.graphics.is_empty() && devices.videos.is_empty() {
        devices.videos.push(Video {
            driver: None,
            model: None,
            alias: None,
            address: None,
            position: stead_config::Position::default(),
        });
    }
    for video in &mut devices.videos {
        let card = video.model.get_or_insert_with(|| card(default_model(abilities)));
        complete(card);
    }
    let is_primary =
        |video: &Video| video.model.as_ref().and_then(|card| card.primary) == Some(YesNo::Yes);
    match devices.videos.iter().position(is_primary) {
        Some(index) => {
            let primary = devices.videos.remove(index);
            devices.videos.insert(0, primary);
        }
        None => {
            if let Some(card) = devices.videos.first_mut().and_then(|video| video.model.as_mut())
                && card.kind != VideoModel::None
            {
                card.primary = Some(YesNo::Yes);
            }
        }
    }
    for video in devices.videos.iter_mut().skip(1) {
        if let Some(card) = &mut video.model
            && card.primary == Some(YesNo::No)
        {
            card.primary = None;
        }
    }
}

fn default_model(abilities: &Abilities) -> VideoModel {
    let known = [
        ("cirrus-vga", VideoModel::Cirrus),
        ("VGA", VideoModel::Vga),
        ("virtio-gpu-pci", VideoModel::Virtio),
    ];
    let found = known.into_iter().find(|(device, _)| abilities.has_type(device));
    found.map_or(VideoModel::Vga, |(_, model)| model)
}

fn card(kind: VideoModel) -> VideoCard {
    VideoCard {
        kind,
        ram: None,
        vram: None,
        vram64: None,
        vgamem: None,
        heads: None,
        primary: None,
        blob: None,
        edid: None,
        acceleration: None,
        resolution: None,
    }
}

fn complete(card: &mut VideoCard) {
    if card.kind == VideoModel::None {
        return;
    }
    card.heads.get_or_insert(1);
    match card.kind {
        VideoModel::Qxl => {
            let round = |size: &mut u32| {
                *size = size.checked_next_power_of_two().unwrap_or(*size);
            };
            round(card.ram.get_or_insert(QXL));
            round(card.vram.get_or_insert(QXL));
            if let Some(size) = &mut card.vram64 {
                round(size);
            }
            round(card.vgamem.get_or_insert(VRAM));
        }
        VideoModel::Vga | VideoModel::Cirrus | VideoModel::Vmvga | VideoModel::Bochs => {
            card.vram.get_or_insert(VRAM);
        }
        _ => {}
    }
}

/// Sound always leads somewhere, if only nowhere.
pub(super) fn audio(domain: &mut Domain) {
    let devices = &mut domain.devices;
    if devices.audios.is_empty() {
        devices.audios.push(Audio::new(1, AudioKind::None));
    }
}
