//! Small elements that many devices have.

use stead_values::{OnOff, YesNo};
use stead_xml::Element;

/// `<boot order='…'/>` of a device.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Boot {
    /// When it is tried, from 1.
    #[xml(attribute)]
    pub order: u32,
    /// How a s390 boots from it.
    #[xml(attribute)]
    pub loadparm: Option<String>,
}

/// `<rom/>` of a PCI device: its option ROM.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Rom {
    /// Whether it has one.
    #[xml(attribute)]
    pub enabled: Option<YesNo>,
    /// Whether the guest sees it.
    #[xml(attribute)]
    pub bar: Option<OnOff>,
    /// A file that replaces it.
    #[xml(attribute)]
    pub file: Option<String>,
}

/// `<acpi index='…'/>` of a PCI device.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct AcpiIndex {
    /// The index that operating systems name NICs after.
    #[xml(attribute)]
    pub index: u32,
}

/// What every virtio device can be told in `<driver>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct VirtioDriver {
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
