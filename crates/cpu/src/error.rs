//! What can be wrong with a CPU. The texts are libvirt's, because scripts match them.

use thiserror::Error;

/// Why a CPU could not be computed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// The catalog has no such model.
    #[error("Unknown CPU model {0}")]
    UnknownModel(String),
    /// The catalog has no such feature.
    #[error("Unknown CPU feature {0}")]
    UnknownFeature(String),
    /// The catalog has no such vendor.
    #[error("Unknown CPU vendor {0}")]
    UnknownVendor(String),
    /// No model fits.
    #[error("Cannot find suitable CPU model for given data")]
    NoModel,
    /// The one model that may be used is not offered.
    #[error("CPU model {0} is not supported by hypervisor")]
    ModelNotOffered(String),
    /// A definition without a model where one is needed.
    #[error("no CPU model specified")]
    MissingModel,
    /// Nothing to compute a baseline of.
    #[error("No CPUs given")]
    NoCpus,
    /// The document and its model disagree.
    #[error("CPU vendor {vendor} of model {model} differs from vendor {other}")]
    ModelVendor {
        /// Of the model.
        vendor: String,
        /// The model.
        model: String,
        /// In the document.
        other: String,
    },
    /// CPUs of different vendors.
    #[error("CPU vendors do not match")]
    Vendors,
    /// CPUs without anything in common.
    #[error("CPUs are incompatible")]
    Incompatible,
    /// QEMU says both at once.
    #[error("hypervisor provided conflicting data for feature {0}")]
    Conflicting(String),
    /// QEMU gave another CPU than `check='full'` accepts.
    #[error("{}", mismatch(extra, missing))]
    Mismatch {
        /// What came unasked, in map order.
        extra: Vec<String>,
        /// What did not come, in map order.
        missing: Vec<String>,
    },
}

impl Error {
    /// Whether libvirt reports this as an operation that failed (code 9) rather than as an internal
    /// error (code 1).
    pub fn is_operation_failed(&self) -> bool {
        matches!(
            self,
            Self::Vendors | Self::Incompatible | Self::ModelVendor { .. } | Self::Mismatch { .. }
        )
    }
}

fn mismatch(extra: &[String], missing: &[String]) -> String {
    let mut text = "guest CPU doesn't match specification".to_owned();
    let mut separator = ": ";
    for (what, names) in [("extra", extra), ("missing", missing)] {
        if !names.is_empty() {
            text.push_str(&format!("{separator}{what} features: {}", names.join(",")));
            separator = ", ";
        }
    }
    text
}
