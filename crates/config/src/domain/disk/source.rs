//! `<source>` and `<backingStore>` of a disk: where its bytes are, layer by layer.

use stead_values::names;
use stead_xml::{Class, Node, Reader, Writer};

use super::{DiskKind, ImageFormat};

names! {
    /// What happens if the source is missing at start.
    pub enum StartupPolicy {
        Default = "default",
        Mandatory = "mandatory",
        Requisite = "requisite",
        Optional = "optional",
    }
}

/// Where a disk's bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskSource {
    /// The image.
    pub image: Image,
    /// What happens if it is missing at start.
    pub startup_policy: Option<StartupPolicy>,
    /// The number of the layer of a running machine; node names are made of it.
    pub index: Option<u32>,
}

/// An image; the `type` of what holds it steers how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// A file.
    File(String),
    /// A block device.
    Block(String),
}

impl Image {
    /// Its path.
    pub fn path(&self) -> &str {
        match self {
            Self::File(path) | Self::Block(path) => path,
        }
    }

    /// The `type` of what holds it.
    pub const fn kind(&self) -> DiskKind {
        match self {
            Self::File(_) => DiskKind::File,
            Self::Block(_) => DiskKind::Block,
        }
    }

    const fn attribute(kind: DiskKind) -> &'static str {
        match kind {
            DiskKind::Block => "dev",
            _ => "file",
        }
    }

    fn read(kind: DiskKind, source: Node<'_>) -> Option<Self> {
        let path = source.attribute(Self::attribute(kind)).filter(|path| !path.is_empty());
        let path = path?.to_owned();
        Some(match kind {
            DiskKind::Block => Self::Block(path),
            _ => Self::File(path),
        })
    }
}

/// What is below an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Backing {
    /// Whatever the image says.
    #[default]
    Unknown,
    /// Nothing: `<backingStore/>`.
    Nothing,
    /// This.
    Store(Box<BackingStore>),
}

/// `<backingStore>`: a layer below an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackingStore {
    /// The number of the layer of a running machine.
    pub index: Option<u32>,
    /// The format of the image.
    pub format: ImageFormat,
    /// The image.
    pub image: Image,
    /// What is below this one.
    pub backing: Backing,
}

pub(super) mod element {
    use super::{DiskKind, DiskSource, Image, Node, Reader, Writer};

    pub(in super::super) fn read(disk: Node<'_>, reader: &mut Reader) -> Option<DiskSource> {
        let node = disk.child("source")?;
        let kind = match disk.attribute("type") {
            None => DiskKind::File,
            // An unknown one was told already.
            Some(text) => text.parse().ok()?,
        };
        if !matches!(kind, DiskKind::File | DiskKind::Block) {
            return None;
        }
        let known = [Image::attribute(kind), "startupPolicy", "index"];
        reader.leftovers(node, &known, &[]);
        let image = Image::read(kind, node)?;
        let index = reader.attribute(node, "index").filter(|_| reader.form().is_live());
        Some(DiskSource { image, startup_policy: reader.attribute(node, "startupPolicy"), index })
    }

    pub(in super::super) fn write(source: &Option<DiskSource>, out: &mut Writer) {
        let Some(source) = source else { return };
        out.element_filled("source", |out| {
            out.attribute(Image::attribute(source.image.kind()), source.image.path());
            out.optional("startupPolicy", source.startup_policy);
            if out.form().is_live() {
                out.optional("index", source.index);
            }
        });
    }
}

pub(super) mod backing {
    use super::{Backing, BackingStore, Class, DiskKind, Image, ImageFormat, Node, Reader, Writer};

    pub(in super::super) fn read(disk: Node<'_>, reader: &mut Reader) -> Backing {
        let Some(node) = disk.child("backingStore") else { return Backing::Unknown };
        if node.attribute("type").is_none() {
            return Backing::Nothing;
        }
        reader.leftovers(node, &["type", "index"], &["format", "source", "backingStore"]);
        if reader.judge_value_as(node, "type", |element| element == "domain/devices/disk") {
            return Backing::Unknown;
        }
        let Some(kind) = reader.attribute::<DiskKind>(node, "type") else {
            return Backing::Unknown;
        };
        let Some(format) = node.child("format") else {
            reader.error(node, Class::Xml, "missing disk backing store format");
            return Backing::Unknown;
        };
        reader.leftovers(format, &["type"], &[]);
        let Some(text) = format.attribute("type") else {
            reader.error(format, Class::Xml, "missing disk backing store format");
            return Backing::Unknown;
        };
        let Ok(format) = text.parse::<ImageFormat>() else {
            let message = format!("unknown storage source format '{text}'");
            reader.attribute_error(format, "type", Class::Xml, message);
            return Backing::Unknown;
        };
        let source = node.child("source");
        if let Some(source) = source {
            reader.leftovers(source, &[Image::attribute(kind)], &[]);
        }
        let Some(image) = source.and_then(|source| Image::read(kind, source)) else {
            reader.error(node, Class::Xml, "missing disk backing store source");
            return Backing::Unknown;
        };
        let index = reader.attribute(node, "index").filter(|_| reader.form().is_live());
        let backing = read(node, reader);
        Backing::Store(Box::new(BackingStore { index, format, image, backing }))
    }

    pub(in super::super) fn write(backing: &Backing, out: &mut Writer) {
        match backing {
            Backing::Unknown => {}
            Backing::Nothing => out.empty("backingStore"),
            Backing::Store(store) => out.element("backingStore", |out| {
                out.attribute("type", store.image.kind());
                // libvirt shows it in the definition of a running machine too.
                out.optional("index", store.index);
                out.element("format", |out| out.attribute("type", store.format));
                out.element("source", |out| {
                    out.attribute(Image::attribute(store.image.kind()), store.image.path());
                });
                write(&store.backing, out);
            }),
        }
    }
}
