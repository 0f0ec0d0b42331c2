//! What is wrong with a document, where, and what to do about it.

use std::fmt;

/// Line and column of something in a document, both from 1; 0 where the document was not a text.
///
/// Positions never make two values differ: they say where a value stood, not what it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl PartialEq for Position {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Position {}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.line, self.column)
    }
}

/// Where a fault is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1; 0 where it is not known.
    pub line: u32,
    /// Column in characters, from 1; 0 where it is not known.
    pub column: u32,
    /// Element path, such as `domain/devices/disk[2]/target/@dev`; empty where it is not known.
    pub path: String,
}

impl Place {
    /// The place of something that a path names and a position was kept of.
    pub fn new(position: Position, path: impl Into<String>) -> Self {
        Self { line: position.line, column: position.column, path: path.into() }
    }
}

/// What sort of fault it is: which of libvirt's error codes it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The text is not well-formed XML (`VIR_ERR_XML_DETAIL`, 35).
    Syntax,
    /// It is well-formed, and libvirt has the same code for it (`VIR_ERR_XML_DETAIL`, 35).
    Detail,
    /// The XML does not say what it must (`VIR_ERR_XML_ERROR`, 27).
    Xml,
    /// It says something that is not supported (`VIR_ERR_CONFIG_UNSUPPORTED`, 67).
    Unsupported,
    /// An argument is wrong (`VIR_ERR_INVALID_ARG`, 8).
    InvalidArgument,
    /// libvirt calls it an internal error (`VIR_ERR_INTERNAL_ERROR`, 1).
    Internal,
    /// A number does not fit (`VIR_ERR_OVERFLOW`, 82).
    Overflow,
    /// The operation failed (`VIR_ERR_OPERATION_FAILED`, 9).
    OperationFailed,
    /// The type of domain or operating system is unknown (`VIR_ERR_OS_TYPE`, 16).
    OsType,
    /// A disk has no target (`VIR_ERR_NO_TARGET`, 20).
    NoTarget,
    /// A disk has no source (`VIR_ERR_NO_SOURCE`, 19).
    NoSource,
    /// There is no name (`VIR_ERR_NO_NAME`, 21).
    NoName,
    /// The host cannot give the CPU that is asked for (`VIR_ERR_CPU_INCOMPATIBLE`, 91).
    CpuIncompatible,
    /// There is no such metadata (`VIR_ERR_NO_DOMAIN_METADATA`, 80).
    NoMetadata,
}

impl Class {
    /// libvirt's error code (`virErrorNumber`).
    pub const fn code(self) -> i32 {
        match self {
            Self::Syntax | Self::Detail => 35,
            Self::Xml => 27,
            Self::Unsupported => 67,
            Self::InvalidArgument => 8,
            Self::Internal => 1,
            Self::Overflow => 82,
            Self::OperationFailed => 9,
            Self::OsType => 16,
            Self::NoSource => 19,
            Self::NoTarget => 20,
            Self::NoName => 21,
            Self::CpuIncompatible => 91,
            Self::NoMetadata => 80,
        }
    }

    /// What libvirt's message starts with when it has this code.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Syntax | Self::Detail => "",
            Self::Xml => "XML error: ",
            Self::Unsupported => "unsupported configuration: ",
            Self::InvalidArgument => "invalid argument: ",
            Self::Internal => "internal error: ",
            Self::Overflow => "numerical overflow: ",
            Self::OperationFailed => "operation failed: ",
            Self::OsType => "unknown OS type ",
            Self::NoSource => "missing source information for device ",
            Self::NoTarget => "missing target information for device ",
            Self::NoName => "missing name information",
            Self::CpuIncompatible => "the CPU is incompatible with host CPU: ",
            Self::NoMetadata => "metadata not found: ",
        }
    }
}

/// Whether a fault makes the document unusable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The document is refused.
    Error,
    /// libvirt ignores it silently; it is told to people, and only beside errors or when asked for.
    Warning,
}

/// One fault of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Whether it makes the document unusable.
    pub severity: Severity,
    /// What sort of fault it is.
    pub class: Class,
    /// Where it is.
    pub place: Place,
    /// What is wrong, in libvirt's words where it has any, without the prefix of the class.
    pub message: String,
    /// What to do about it.
    pub fix: Option<String>,
}

impl Fault {
    /// An error at a place.
    pub fn new(class: Class, place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, class, place, message: message.into(), fix: None }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn with_fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// The message with the prefix of its class: what a libvirt client shows.
    pub fn text(&self) -> String {
        format!("{}{}", self.class.prefix(), self.message)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column, path } = &self.place;
        if *line > 0 {
            write!(out, "{line}:{column}: ")?;
        }
        if !path.is_empty() {
            write!(out, "{path}: ")?;
        }
        match (self.severity, self.class) {
            (Severity::Warning, _) => write!(out, "warning: {}", self.message)?,
            // Its message shows the line and points into it: that is for clients.
            (_, Class::Syntax) => {
                let words = self.message.lines().next().unwrap_or("");
                let words = words.split_once(": ").map_or(words, |(_, words)| words);
                write!(out, "{words}")?;
            }
            _ => write!(out, "{}{}", self.class.prefix(), self.message)?,
        }
        match &self.fix {
            Some(fix) => write!(out, " ({fix})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

/// All faults of a document, in the order in which they were found; never empty as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// How many faults are kept of one document.
    pub const MAX: usize = 200;

    /// The fault that libvirt would report: the first that makes the document unusable.
    pub fn first(&self) -> Option<&Fault> {
        self.0.iter().find(|fault| fault.severity == Severity::Error)
    }

    /// The class of the fault that libvirt would report.
    pub fn class(&self) -> Class {
        self.first().map_or(Class::Xml, |fault| fault.class)
    }

    /// The message for a libvirt client, without the prefix of the class: libvirt's words of the
    /// first error, its place, then the other errors, a line each.
    pub fn detail(&self) -> String {
        let Some(first) = self.first().filter(|first| !first.message.is_empty()) else {
            // The class says it all, and libvirt has a text without a detail for that.
            return String::new();
        };
        let mut text = first.message.clone();
        if first.class != Class::Syntax && first.place.line > 0 {
            let Place { line, column, path } = &first.place;
            text.push_str(&format!(" (line {line}, column {column}: {path})"));
        }
        for other in self.0.iter().filter(|fault| fault.severity == Severity::Error).skip(1) {
            text.push('\n');
            text.push_str(&other.to_string());
        }
        text
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In the order of the document; what has no place comes first.
        let mut faults: Vec<&Fault> = self.0.iter().collect();
        faults.sort_by_key(|fault| (fault.place.line, fault.place.column));
        for (index, fault) in faults.into_iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            write!(out, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
