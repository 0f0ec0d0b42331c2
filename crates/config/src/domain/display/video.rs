//! `<video>`: graphics cards.

use stead_values::{OnOff, YesNo, names};
use stead_xml::{Class, Element, FromElement, Node, Position, Reader, ToElement, Writer};

use crate::domain::address::{Address, alias, place};

names! {
    /// Which graphics card.
    pub enum VideoModel {
        Vga = "vga",
        Cirrus = "cirrus",
        Vmvga = "vmvga",
        Xen = "xen",
        Vbox = "vbox",
        Qxl = "qxl",
        Parallels = "parallels",
        Virtio = "virtio",
        Gop = "gop",
        None = "none",
        Bochs = "bochs",
        Ramfb = "ramfb",
    }

    /// Where a graphics card is emulated.
    pub enum VideoBackend {
        Qemu = "qemu",
        VhostUser = "vhostuser",
    }

    /// How a VGA is configured (of Parallels).
    pub enum VgaConf {
        Io = "io",
        On = "on",
        Off = "off",
    }
}

/// A graphics card.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Video {
    /// How it is driven.
    #[xml(child)]
    pub driver: Option<VideoDriver>,
    /// Which card.
    #[xml(with = card, knows("model"))]
    pub model: Option<VideoCard>,
    /// What it is called.
    #[xml(with = alias, knows("alias"))]
    pub alias: Option<String>,
    /// Where it sits.
    #[xml(with = place, knows("address"))]
    pub address: Option<Address>,
    /// Where it stands in the document.
    #[xml(position)]
    pub position: Position,
}

/// `<video>` of `<devices>`: the first card is the primary one where none is said to be.
pub(in crate::domain) mod videos {
    use super::{Class, FromElement, Node, Reader, ToElement, Video, VideoModel, Writer, YesNo};

    pub(crate) fn read(devices: Node<'_>, reader: &mut Reader) -> Vec<Video> {
        let nodes = devices.children().filter(|node| node.name() == "video");
        let mut videos: Vec<Video> = nodes.filter_map(|node| Video::read(node, reader)).collect();
        if videos.len() > 1 {
            let none = |video: &Video| {
                video.model.as_ref().is_some_and(|model| model.kind == VideoModel::None)
            };
            if videos.iter().any(none) {
                let message =
                    "a 'none' video type must be the only video device defined for the domain";
                reader.error(devices, Class::Unsupported, message);
            }
        }
        let primary = |video: &Video| {
            video.model.as_ref().is_some_and(|model| model.primary == Some(YesNo::Yes))
        };
        if videos.iter().filter(|video| primary(video)).count() > 1 {
            let message = "Only one primary video device is supported";
            reader.error(devices, Class::Unsupported, message);
        }
        match videos.iter().position(primary) {
            // The primary card comes first.
            Some(index) => videos[..=index].rotate_right(1),
            None => {
                let first = videos.first_mut().and_then(|video| video.model.as_mut());
                if let Some(model) = first.filter(|model| model.kind != VideoModel::None) {
                    model.primary = Some(YesNo::Yes);
                }
            }
        }
        videos
    }

    pub(crate) fn write(videos: &[Video], out: &mut Writer) {
        for video in videos {
            video.write("video", out);
        }
    }
}

/// `<driver>` of a graphics card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct VideoDriver {
    /// Where it is emulated.
    #[xml(attribute, judged)]
    pub name: Option<VideoBackend>,
    /// How a VGA is configured.
    #[xml(attribute)]
    pub vgaconf: Option<VgaConf>,
    /// Whether DMA goes through the IOMMU.
    #[xml(attribute)]
    pub iommu: Option<OnOff>,
    /// Address translation services.
    #[xml(attribute)]
    pub ats: Option<OnOff>,
    /// Packed rings.
    #[xml(attribute)]
    pub packed: Option<OnOff>,
    /// A doorbell page for each queue.
    #[xml(attribute)]
    pub page_per_vq: Option<OnOff>,
}

mod card {
    use super::{Class, FromElement, Node, Reader, ToElement, VideoCard, Writer};

    pub(super) fn read(video: Node<'_>, reader: &mut Reader) -> Option<VideoCard> {
        let node = video.child("model")?;
        // Without a type it is the default card.
        node.attribute("type")?;
        let card = VideoCard::read(node, reader)?;
        if let Some(resolution) = &card.resolution
            && (resolution.x == 0 || resolution.y == 0)
        {
            let message = "video resolution values must be greater than 0";
            reader.error(node, Class::Unsupported, message);
        }
        Some(card)
    }

    pub(super) fn write(card: &Option<VideoCard>, out: &mut Writer) {
        if let Some(card) = card {
            card.write("model", out);
        }
    }
}

/// `<model>` of a graphics card. Memory is in KiB.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct VideoCard {
    /// Which card.
    #[xml(attribute = "type")]
    pub kind: VideoModel,
    /// Primary memory of a QXL.
    #[xml(attribute)]
    pub ram: Option<u32>,
    /// Video memory.
    #[xml(attribute)]
    pub vram: Option<u32>,
    /// Video memory above 4 GiB of a QXL.
    #[xml(attribute)]
    pub vram64: Option<u32>,
    /// VGA memory of a QXL.
    #[xml(attribute)]
    pub vgamem: Option<u32>,
    /// How many screens there are.
    #[xml(attribute)]
    pub heads: Option<u32>,
    /// Whether it is the first card.
    #[xml(attribute, tolerant)]
    pub primary: Option<YesNo>,
    /// Whether pixels are shared with the host without copying.
    #[xml(attribute)]
    pub blob: Option<OnOff>,
    /// Whether a monitor's description is shown.
    #[xml(attribute)]
    pub edid: Option<OnOff>,
    /// Acceleration.
    #[xml(child)]
    pub acceleration: Option<Acceleration>,
    /// The resolution that it starts with.
    #[xml(child)]
    pub resolution: Option<Resolution>,
}

/// `<acceleration>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Acceleration {
    /// Of two dimensions.
    #[xml(attribute)]
    pub accel2d: Option<YesNo>,
    /// Of three dimensions.
    #[xml(attribute)]
    pub accel3d: Option<YesNo>,
    /// The host's device.
    #[xml(attribute)]
    pub rendernode: Option<String>,
}

/// `<resolution>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Resolution {
    /// Width in pixels.
    #[xml(attribute)]
    pub x: u32,
    /// Height in pixels.
    #[xml(attribute)]
    pub y: u32,
}
