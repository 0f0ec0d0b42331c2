//! A CPU as a document names it: a model and what differs from it.

use serde::{Deserialize, Serialize};

use crate::cpuid::Identity;

/// What a document asks of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Policy {
    /// The guest sees it whether the host has it or not.
    Force,
    /// The guest must have it.
    Require,
    /// The guest has it if the host has it.
    Optional,
    /// The guest does not see it.
    Disable,
    /// The guest must not start on a host that has it.
    Forbid,
}

/// Whose CPU a definition tells of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A host's: features have no policy.
    Host,
    /// A guest's.
    #[default]
    Guest,
}

/// Where a guest's CPU comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// From the document.
    #[default]
    Custom,
    /// From the host, by name.
    HostModel,
    /// The host's own.
    HostPassthrough,
    /// Everything that the hypervisor can do.
    Maximum,
}

/// How a guest's CPU must fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Match {
    /// At least this; the guest gets all that the host has.
    Minimum,
    /// Exactly this.
    #[default]
    Exact,
    /// Exactly this, on a host that has no more.
    Strict,
}

/// How carefully a start is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Check {
    /// Not at all.
    None,
    /// Before the start.
    Partial,
    /// Before the start, and by what QEMU reports after it.
    Full,
}

/// Whether another model may stand in for one that QEMU does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fallback {
    /// It may.
    #[default]
    Allow,
    /// It may not.
    Forbid,
}

/// A feature that a definition lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// libvirt's name.
    pub name: String,
    /// Always [`Policy::Require`] for a host.
    pub policy: Policy,
}

/// A CPU: a model and what differs from it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// Whose it is.
    pub kind: Kind,
    /// `x86_64`, where the document says so.
    pub arch: Option<String>,
    /// Guests only.
    pub mode: Mode,
    /// Guests only.
    pub matching: Match,
    /// As asked; none when the document leaves it open.
    pub check: Option<Check>,
    /// Guests only.
    pub fallback: Fallback,
    /// Name of the model.
    pub model: Option<String>,
    /// libvirt's name of the vendor.
    pub vendor: Option<String>,
    /// The twelve characters that the guest shall see.
    pub vendor_id: Option<String>,
    /// Family, model, stepping; hosts only.
    pub identity: Option<Identity>,
    /// In the document's order.
    pub features: Vec<Listed>,
}

impl Definition {
    /// The policy of a listed feature.
    pub fn policy(&self, name: &str) -> Option<Policy> {
        self.features.iter().find(|listed| listed.name == name).map(|listed| listed.policy)
    }

    /// Sets the policy of a listed feature, or lists it.
    pub fn set(&mut self, name: &str, policy: Policy) {
        match self.features.iter_mut().find(|listed| listed.name == name) {
            Some(listed) => listed.policy = policy,
            None => self.features.push(Listed { name: name.to_owned(), policy }),
        }
    }

    /// Lists a feature unless it is listed.
    pub fn add_if_missing(&mut self, name: &str, policy: Policy) {
        if self.policy(name).is_none() {
            self.features.push(Listed { name: name.to_owned(), policy });
        }
    }

    /// Names with a policy.
    pub fn with_policy(&self, policy: Policy) -> impl Iterator<Item = &str> {
        self.features
            .iter()
            .filter(move |listed| listed.policy == policy)
            .map(|listed| listed.name.as_str())
    }
}
