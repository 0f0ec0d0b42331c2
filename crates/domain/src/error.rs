//! Why an operation on a machine was refused or failed, in libvirt's numbers and words.
//!
//! The message is the *detail*: what libvirt fills into the template of the error's number
//! ("Requested operation is not valid: %s"). The daemon adds the template; nothing else does.

use std::fmt;

/// The class of an error; the discriminant is libvirt's number (virErrorNumber, libvirt 11.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Kind {
    /// A fault of the daemon or of QEMU.
    InternalError = 1,
    /// The driver does not have this function.
    NoSupport = 3,
    /// An argument of the call is wrong.
    InvalidArgument = 8,
    /// An operation was tried and failed.
    OperationFailed = 9,
    /// The operating system type is not served.
    OsType = 16,
    /// A disk has no source.
    NoSource = 19,
    /// A disk has no target.
    NoTarget = 20,
    /// A document has no name.
    NoName = 21,
    /// A document is well-formed, but says something wrong.
    XmlError = 27,
    /// A domain with this name or UUID exists.
    DomainExists = 28,
    /// The caller may not do this.
    OperationDenied = 29,
    /// A document is not well-formed.
    XmlDetail = 35,
    /// A system call failed; the message ends with its reason.
    SystemError = 38,
    /// No such domain.
    NoDomain = 42,
    /// The machine is not in a state in which this is possible.
    OperationInvalid = 55,
    /// The document asks for what this host, QEMU or stead does not have.
    ConfigUnsupported = 67,
    /// A deadline passed.
    OperationTimeout = 68,
    /// An argument is valid, but not supported.
    ArgumentUnsupported = 74,
    /// The operation was cancelled.
    OperationAborted = 78,
    /// There is no metadata of this kind.
    NoDomainMetadata = 80,
    /// A value is too large for its field.
    Overflow = 82,
    /// The operation is not supported for this machine.
    OperationUnsupported = 84,
    /// The guest agent does not answer.
    AgentUnresponsive = 86,
    /// Something that is needed is in use.
    ResourceBusy = 87,
    /// The CPU asked for cannot be had on this host.
    CpuIncompatible = 91,
    /// The document does not follow the schema.
    XmlInvalidSchema = 92,
    /// No such device.
    DeviceMissing = 99,
    /// A name fits more than one domain.
    MultipleDomains = 110,
}

impl Kind {
    /// libvirt's number of this kind.
    pub fn number(self) -> i32 {
        self as i32
    }
}

/// The part of the house that an error comes from; the discriminant is libvirt's number
/// (virErrorDomain, libvirt 11.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Origin {
    /// Nobody in particular: shared code.
    None = 0,
    /// The XML reader.
    Xml = 5,
    /// The QEMU driver.
    Qemu = 10,
    /// The image files.
    Storage = 18,
    /// The domain document.
    Domain = 20,
    /// The security labels.
    Security = 24,
    /// The CPU algebra.
    Cpu = 31,
    /// The streams.
    Streams = 38,
    /// The device layer.
    Device = 49,
}

/// A refusal or a failure: libvirt's number, who says so, and the detail in libvirt's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The class, which clients branch on.
    pub kind: Kind,
    /// The part that says so, which some clients branch on.
    pub origin: Origin,
    /// The text for a person: the detail without the template of `kind`, or as `form` says.
    pub message: String,
    /// How the message becomes libvirt's text and its extra fields.
    pub form: Form,
}

/// How an error's message becomes libvirt's text (str1, str2, int1 and int2 of the wire).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// The detail of the kind's template: str1 is the template, str2 the message, int1 and int2 are -1.
    Detail,
    /// The whole text, about an argument of a call: str1 is the function, str2 the argument, int1 and int2 are 0.
    Argument {
        /// libvirt's name of the function.
        function: &'static str,
        /// libvirt's name of the argument.
        argument: &'static str,
    },
    /// The whole text of a failed system call: str1 is "%s", str2 the message, int1 the errno, int2 -1.
    System {
        /// The error number of the system.
        errno: i32,
    },
}

/// The result of an operation on a machine.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of the QEMU driver.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, origin: Origin::Qemu, message: message.into(), form: Form::Detail }
    }

    /// The same error, said by another part.
    #[must_use]
    pub fn from_origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::InternalError, message)
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::OperationInvalid, message)
    }

    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidArgument, message)
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(Kind::OperationUnsupported, message)
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::OperationFailed, message)
    }

    /// libvirt's words when a machine must run and does not.
    pub(crate) fn not_running() -> Self {
        Self::invalid("domain is not running").from_origin(Origin::Domain)
    }

    /// libvirt's words when a machine must have a stored document and has none.
    pub(crate) fn transient() -> Self {
        Self::invalid("transient domains do not have any persistent config")
            .from_origin(Origin::Domain)
    }

    /// A fault in an argument, in words that are whole.
    pub(crate) fn whole(
        function: &'static str,
        argument: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind: Kind::InvalidArgument,
            origin: Origin::Domain,
            message: message.into(),
            form: Form::Argument { function, argument },
        }
    }

    /// A system call that failed while `doing` something.
    pub(crate) fn system(doing: impl fmt::Display, error: &std::io::Error) -> Self {
        Self {
            kind: Kind::SystemError,
            origin: Origin::Qemu,
            message: format!("{doing}: {}", reason(error)),
            form: Form::System { errno: error.raw_os_error().unwrap_or(-1) },
        }
    }
}

/// The reason of a failed system call in the C library's words, without Rust's "(os error N)".
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
