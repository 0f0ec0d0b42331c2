//! Why a guest cannot have the CPU it asks for. The texts are libvirt's.

use stead_config::Class;
use thiserror::Error;

/// Why a CPU is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The mode cannot be used with this accelerator here.
    #[error(
        "CPU mode '{mode}' for {guest} {domain_type} domain on {host} host is not supported by hypervisor"
    )]
    Mode {
        /// The mode.
        mode: String,
        /// Architecture of the guest.
        guest: String,
        /// `kvm` or `qemu`.
        domain_type: String,
        /// Architecture of the host.
        host: String,
    },
    /// A name that the catalog does not have, with the nearest that it has.
    #[error("unknown CPU feature: {name}")]
    UnknownFeature {
        /// The name.
        name: String,
        /// Names it may have meant.
        nearest: Vec<String>,
    },
    /// A model that the catalog does not have, with the nearest that it has.
    #[error("Unknown CPU model {name}")]
    UnknownModel {
        /// The name.
        name: String,
        /// Names it may have meant.
        nearest: Vec<String>,
    },
    /// The host lacks something, or has something forbidden; libvirt's words.
    #[error("{0}")]
    Incompatible(String),
    /// QEMU does not have the model and none may stand in.
    #[error("{0}")]
    Unsupported(String),
    /// QEMU enabled another CPU than the check accepts.
    #[error("{0}")]
    NotGranted(String),
    /// Anything that libvirt calls an internal error.
    #[error("{0}")]
    Internal(String),
}

impl Refusal {
    /// libvirt's class of error.
    pub fn class(&self) -> Class {
        match self {
            Self::Mode { .. } | Self::UnknownFeature { .. } | Self::Unsupported(_) => {
                Class::Unsupported
            }
            Self::Incompatible(_) => Class::CpuIncompatible,
            Self::NotGranted(_) => Class::OperationFailed,
            Self::UnknownModel { .. } | Self::Internal(_) => Class::Internal,
        }
    }

    /// What would help, where that is known.
    pub fn fix(&self) -> Option<String> {
        match self {
            Self::UnknownFeature { nearest, .. } | Self::UnknownModel { nearest, .. }
                if !nearest.is_empty() =>
            {
                Some(format!("did you mean {}?", nearest.join(" or ")))
            }
            _ => None,
        }
    }
}

impl From<stead_cpu::Error> for Refusal {
    fn from(error: stead_cpu::Error) -> Self {
        use stead_cpu::Error;
        match error {
            Error::ModelNotOffered(_) => Self::Unsupported(error.to_string()),
            Error::UnknownModel(name) => Self::UnknownModel { name, nearest: vec![] },
            error if error.is_operation_failed() => Self::NotGranted(error.to_string()),
            error => Self::Internal(error.to_string()),
        }
    }
}
