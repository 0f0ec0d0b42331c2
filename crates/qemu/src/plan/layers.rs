//! The images of every disk, numbered: node names are made of the numbers.

use stead_config::Domain;
use stead_config::domain::disk::{Backing, BackingStore, Disk, Image, ImageFormat};

use crate::needs::{self, Grants};

/// Layers of one image that are followed; a loop of images must end.
const DEPTH_MAX: usize = 200;

/// One image of a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// From 1 in a machine; the last disk has the lowest.
    pub number: u32,
    /// Where its bytes are.
    pub image: Image,
    /// Its format.
    pub format: ImageFormat,
    /// Nothing is below it, as far as anybody knows.
    pub ends: bool,
}

impl Layer {
    /// QEMU's name of the node that holds the bytes.
    pub fn storage_node(&self) -> String {
        format!("libvirt-{}-storage", self.number)
    }

    /// QEMU's name of the node that reads the format.
    pub fn format_node(&self) -> String {
        format!("libvirt-{}-format", self.number)
    }
}

/// Numbers all layers in the document and lists them by disk: first those that the document names,
/// the last disk before the others, then those that were detected.
pub(super) fn number(domain: &mut Domain, grants: &Grants) -> Vec<Vec<Layer>> {
    let mut next = 0;
    for disk in domain.devices.disks.iter_mut().rev() {
        // Empty drives take a number too.
        next += 1;
        match &mut disk.source {
            Some(source) => source.index = Some(next),
            None => {
                if let Some(driver) = &mut disk.driver {
                    driver.format = None;
                }
                continue;
            }
        }
        below(&mut disk.backing, &mut next);
    }
    for disk in domain.devices.disks.iter_mut().rev() {
        if disk.source.is_none() || disk.backing != Backing::Unknown {
            continue;
        }
        let format = disk.driver.as_ref().and_then(|driver| driver.format);
        if let Some(chain) = grants.chains.get(&disk.target.dev) {
            disk.backing = detected(chain);
            below(&mut disk.backing, &mut next);
        } else if format.is_none_or(|format| format == ImageFormat::Raw) {
            disk.backing = Backing::Nothing;
        }
    }
    domain.devices.disks.iter().map(layers).collect()
}

/// Numbers the layers below an image.
fn below(backing: &mut Backing, next: &mut u32) {
    let mut backing = backing;
    let mut depth = 0;
    while let Backing::Store(store) = backing {
        depth += 1;
        if depth > DEPTH_MAX {
            return;
        }
        *next += 1;
        store.index = Some(*next);
        backing = &mut store.backing;
    }
}

fn layers(disk: &Disk) -> Vec<Layer> {
    let Some(source) = &disk.source else { return Vec::new() };
    let format = disk.driver.as_ref().and_then(|driver| driver.format);
    let mut layers = vec![Layer {
        number: source.index.unwrap_or(0),
        image: source.image.clone(),
        format: format.unwrap_or(ImageFormat::Raw),
        ends: disk.backing == Backing::Nothing,
    }];
    let mut backing = &disk.backing;
    while let Backing::Store(store) = backing {
        if layers.len() > DEPTH_MAX {
            break;
        }
        layers.push(Layer {
            number: store.index.unwrap_or(0),
            image: store.image.clone(),
            format: store.format,
            ends: store.backing == Backing::Nothing,
        });
        backing = &store.backing;
    }
    layers
}

/// A detected chain as the document would say it.
fn detected(chain: &[needs::Layer]) -> Backing {
    chain.iter().take(DEPTH_MAX).rev().fold(Backing::Nothing, |backing, layer| {
        let image = if layer.block {
            Image::Block(layer.path.clone())
        } else {
            Image::File(layer.path.clone())
        };
        let format = layer.format.parse().unwrap_or(ImageFormat::Raw);
        Backing::Store(Box::new(BackingStore { index: None, format, image, backing }))
    })
}
