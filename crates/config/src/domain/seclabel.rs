//! `<seclabel>`: how a machine is kept apart from others.

use stead_values::{YesNo, names};
use stead_xml::Element;

names! {
    /// Who chooses the label.
    pub enum SeclabelKind {
        None = "none",
        Dynamic = "dynamic",
        Static = "static",
    }
}

/// `<seclabel>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Seclabel {
    /// Who chooses the label.
    #[xml(attribute = "type")]
    pub kind: Option<SeclabelKind>,
    /// Of which security model.
    #[xml(attribute)]
    pub model: Option<String>,
    /// Whether images are labelled.
    #[xml(attribute)]
    pub relabel: Option<YesNo>,
    /// The label of QEMU.
    #[xml(text)]
    pub label: Option<String>,
    /// The label of images.
    #[xml(text, live)]
    pub imagelabel: Option<String>,
    /// What a dynamic label starts from.
    #[xml(text)]
    pub baselabel: Option<String>,
}
