//! The images of every disk, numbered: node names are made of the numbers.

use stead_config::Domain;
use stead_config::domain::disk::{Backing, BackingStore, Image, ImageFormat};

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

/// Completes the chains from what was detected, numbers all layers in the document, and lists them by disk.
pub(super) fn number(domain: &mut Domain, grants: &Grants) -> Vec<Vec<Layer>> {
    let mut next = 0;
    let mut all: Vec<Vec<Layer>> = Vec::new();
    for disk in domain.devices.disks.iter_mut().rev() {
        let mut layers = Vec::new();
        // Empty drives take a number too.
        next += 1;
        if let Some(source) = &mut disk.source {
            if disk.backing == Backing::Unknown
                && let Some(chain) = grants.chains.get(&disk.target.dev)
            {
                disk.backing = detected(chain);
            }
            let format = disk.driver.as_ref().and_then(|driver| driver.format);
            source.index = Some(next);
            layers.push(Layer {
                number: next,
                image: source.image.clone(),
                format: format.unwrap_or(ImageFormat::Raw),
                ends: disk.backing == Backing::Nothing,
            });
            below(&mut disk.backing, &mut next, &mut layers);
        }
        all.push(layers);
    }
    all.reverse();
    all
}

fn below(backing: &mut Backing, next: &mut u32, layers: &mut Vec<Layer>) {
    let mut backing = backing;
    while let Backing::Store(store) = backing {
        if layers.len() >= DEPTH_MAX {
            return;
        }
        *next += 1;
        store.index = Some(*next);
        layers.push(Layer {
            number: *next,
            image: store.image.clone(),
            format: store.format,
            ends: store.backing == Backing::Nothing,
        });
        backing = &mut store.backing;
    }
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
