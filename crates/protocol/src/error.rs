//! Errors on the wire, and libvirt's codes with the words that go with them.
//!
//! Clients print [`Error::message`]; scripts and bindings branch on
//! [`Error::code`], sometimes on [`Error::domain`]. Codes, domains and texts are
//! those of libvirt 11.3 (`virterror.h`, `virterror.c`): an error text is an
//! interface.

use stead_xdr::Xdr;

use crate::remote::{Domain, Network};

/// The body of a reply whose status is ERROR, and of a stream's abort.
///
/// [`Error::new`] fills it as libvirtd does: `message` is the finished text, `str1`
/// the template of the code, `str2` the detail that was filled in.
#[derive(Clone, Debug, PartialEq, Xdr, thiserror::Error)]
#[error("{}", .message.as_deref().unwrap_or(.code.summary()))]
pub struct Error {
    /// What went wrong.
    pub code: ErrorCode,
    /// In which part.
    pub domain: ErrorDomain,
    /// The text for a person.
    pub message: Option<String>,
    /// How bad it is.
    pub level: ErrorLevel,
    /// Always absent.
    pub dom: Option<Domain>,
    /// The template of the text.
    pub str1: Option<String>,
    /// The detail.
    pub str2: Option<String>,
    /// Unused.
    pub str3: Option<String>,
    /// −1, or 0 for some invalid arguments, or an `errno`.
    pub int1: i32,
    /// −1, or 0 for some invalid arguments.
    pub int2: i32,
    /// Always absent.
    pub net: Option<Network>,
}

impl Error {
    /// An error as libvirtd sends it. An empty detail means that there is none.
    #[must_use]
    pub fn new(code: ErrorCode, domain: ErrorDomain, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let (message, str1, str2) = if detail.is_empty() {
            (code.summary().to_owned(), code.summary().to_owned(), None)
        } else {
            (code.text(&detail), code.template().to_owned(), Some(detail))
        };
        Self {
            code,
            domain,
            message: Some(message),
            level: ErrorLevel::ERROR,
            dom: None,
            str1: Some(str1),
            str2,
            str3: None,
            int1: -1,
            int2: -1,
            net: None,
        }
    }

    /// An argument that libvirt's API itself refuses, before any driver sees it:
    /// "unsupported flags (0x8) in function qemuConnectListAllDomains". The text has
    /// no "invalid argument: " before it, and the numbers are 0.
    #[must_use]
    pub fn argument(
        domain: ErrorDomain,
        function: &str,
        argument: &str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            message: Some(message.into()),
            str1: Some(function.to_owned()),
            str2: Some(argument.to_owned()),
            ..Self::new(ErrorCode::INVALID_ARG, domain, "").with_numbers(0, 0)
        }
    }

    /// The same with other numbers, which a few errors carry.
    #[must_use]
    pub fn with_numbers(self, int1: i32, int2: i32) -> Self {
        Self { int1, int2, ..self }
    }
}

/// How bad an error is (`virErrorLevel`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Xdr)]
pub struct ErrorLevel(pub i32);

impl ErrorLevel {
    /// A warning.
    pub const WARNING: Self = Self(1);
    /// An error.
    pub const ERROR: Self = Self(2);
}

/// What went wrong (`virErrorNumber`). Open: a peer may know more than we do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Xdr)]
pub struct ErrorCode(pub i32);

/// Which part of libvirt an error comes from (`virErrorDomain`). Open likewise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Xdr)]
pub struct ErrorDomain(pub i32);

impl ErrorCode {
    /// The text of the code alone, when there is no detail.
    #[must_use]
    pub fn summary(self) -> &'static str {
        self.row().map_or("unknown error", |row| row.summary)
    }

    /// The template of the text, with `%1$s` (or `%s`) for the detail.
    #[must_use]
    pub fn template(self) -> &'static str {
        self.row().map_or("%s", |row| row.template)
    }

    /// The text with a detail.
    #[must_use]
    pub fn text(self, detail: &str) -> String {
        let template = self.template();
        let (before, after) = template
            .split_once("%1$s")
            .or_else(|| template.split_once("%s"))
            .unwrap_or((template, ""));
        [before, detail, after].concat()
    }

    fn row(self) -> Option<&'static Row> {
        CODES.get(usize::try_from(self.0).ok()?.checked_sub(1)?)
    }
}

struct Row {
    number: i32,
    name: &'static str,
    summary: &'static str,
    template: &'static str,
}

impl ErrorCode {
    /// The name that libvirt's C interface has for it, without `VIR_ERR_`.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|row| row.name)
    }

    /// Every code that libvirt 11.3 knows.
    pub fn all() -> impl Iterator<Item = Self> {
        CODES.iter().map(|row| Self(row.number))
    }
}

/// Rows `number NAME = "text without detail", "template";`, without a gap from 1.
macro_rules! codes {
    ($($number:literal $name:ident = $summary:literal, $template:literal;)*) => {
        impl ErrorCode {
            /// No error.
            pub const OK: Self = Self(0);
            $(
                #[doc = $summary]
                pub const $name: Self = Self($number);
            )*
        }
        static CODES: &[Row] = &[$(
            Row {
                number: $number,
                name: stringify!($name),
                summary: $summary,
                template: $template,
            },
        )*];
    };
}

macro_rules! domains {
    ($($number:literal $name:ident;)*) => {
        impl ErrorDomain {
            $(
                #[doc = concat!("`VIR_FROM_", stringify!($name), "`")]
                pub const $name: Self = Self($number);
            )*
        }
    };
}

codes! {
    1 INTERNAL_ERROR = "internal error", "internal error: %1$s";
    2 NO_MEMORY = "out of memory", "out of memory: %1$s";
    3 NO_SUPPORT = "this function is not supported by the connection driver", "this function is not supported by the connection driver: %1$s";
    4 UNKNOWN_HOST = "unknown host", "unknown host %1$s";
    5 NO_CONNECT = "no connection driver available", "no connection driver available for %1$s";
    6 INVALID_CONN = "invalid connection pointer in", "invalid connection pointer in %1$s";
    7 INVALID_DOMAIN = "invalid domain pointer in", "invalid domain pointer in %1$s";
    8 INVALID_ARG = "invalid argument", "invalid argument: %1$s";
    9 OPERATION_FAILED = "operation failed", "operation failed: %1$s";
    10 GET_FAILED = "GET operation failed", "GET operation failed: %1$s";
    11 POST_FAILED = "POST operation failed", "POST operation failed: %1$s";
    12 HTTP_ERROR = "got unknown HTTP error code", "got unknown HTTP error code %1$s";
    13 SEXPR_SERIAL = "failed to serialize S-Expr", "failed to serialize S-Expr: %1$s";
    14 NO_XEN = "could not use Xen hypervisor entry", "could not use Xen hypervisor entry %1$s";
    15 XEN_CALL = "failed Xen syscall", "failed Xen syscall %1$s";
    16 OS_TYPE = "unknown OS type", "unknown OS type %1$s";
    17 NO_KERNEL = "missing kernel information", "missing kernel information: %1$s";
    18 NO_ROOT = "missing root device information", "missing root device information in %1$s";
    19 NO_SOURCE = "missing source information for device", "missing source information for device %1$s";
    20 NO_TARGET = "missing target information for device", "missing target information for device %1$s";
    21 NO_NAME = "missing name information", "missing name information in %1$s";
    22 NO_OS = "missing operating system information", "missing operating system information for %1$s";
    23 NO_DEVICE = "missing devices information", "missing devices information for %1$s";
    24 NO_XENSTORE = "could not connect to Xen Store", "could not connect to Xen Store %1$s";
    25 DRIVER_FULL = "too many drivers registered", "too many drivers registered in %1$s";
    26 CALL_FAILED = "library call failed", "library call failed: %1$s";
    27 XML_ERROR = "XML description is invalid or not well formed", "XML error: %1$s";
    28 DOM_EXIST = "this domain exists already", "domain %1$s exists already";
    29 OPERATION_DENIED = "operation forbidden for read only access", "operation forbidden: %1$s";
    30 OPEN_FAILED = "failed to open configuration file", "failed to open configuration file %1$s";
    31 READ_FAILED = "failed to read configuration file", "failed to read configuration file %1$s";
    32 PARSE_FAILED = "failed to parse configuration file", "failed to parse configuration file %1$s";
    33 CONF_SYNTAX = "configuration file syntax error", "configuration file syntax error: %1$s";
    34 WRITE_FAILED = "failed to write configuration file", "failed to write configuration file: %1$s";
    35 XML_DETAIL = "parser error", "%s";
    36 INVALID_NETWORK = "invalid network pointer in", "invalid network pointer in %1$s";
    37 NETWORK_EXIST = "this network exists already", "network %1$s exists already";
    38 SYSTEM_ERROR = "system call error", "%s";
    39 RPC = "RPC error", "%s";
    40 GNUTLS_ERROR = "GNUTLS call error", "%s";
    41 WAR_NO_NETWORK = "Failed to find the network", "Failed to find the network: %1$s";
    42 NO_DOMAIN = "Domain not found", "Domain not found: %1$s";
    43 NO_NETWORK = "Network not found", "Network not found: %1$s";
    44 INVALID_MAC = "invalid MAC address", "invalid MAC address: %1$s";
    45 AUTH_FAILED = "authentication failed", "authentication failed: %1$s";
    46 INVALID_STORAGE_POOL = "invalid storage pool pointer in", "invalid storage pool pointer in %1$s";
    47 INVALID_STORAGE_VOL = "invalid storage volume pointer in", "invalid storage volume pointer in %1$s";
    48 WAR_NO_STORAGE = "Failed to find a storage driver", "Failed to find a storage driver: %1$s";
    49 NO_STORAGE_POOL = "Storage pool not found", "Storage pool not found: %1$s";
    50 NO_STORAGE_VOL = "Storage volume not found", "Storage volume not found: %1$s";
    51 WAR_NO_NODE = "Failed to find a node driver", "Failed to find a node driver: %1$s";
    52 INVALID_NODE_DEVICE = "invalid node device pointer", "invalid node device pointer in %1$s";
    53 NO_NODE_DEVICE = "Node device not found", "Node device not found: %1$s";
    54 NO_SECURITY_MODEL = "Security model not found", "Security model not found: %1$s";
    55 OPERATION_INVALID = "Requested operation is not valid", "Requested operation is not valid: %1$s";
    56 WAR_NO_INTERFACE = "Failed to find the interface", "Failed to find the interface: %1$s";
    57 NO_INTERFACE = "Interface not found", "Interface not found: %1$s";
    58 INVALID_INTERFACE = "invalid interface pointer in", "invalid interface pointer in %1$s";
    59 MULTIPLE_INTERFACES = "multiple matching interfaces found", "multiple matching interfaces found: %1$s";
    60 WAR_NO_NWFILTER = "Failed to start the nwfilter driver", "Failed to start the nwfilter driver: %1$s";
    61 INVALID_NWFILTER = "Invalid network filter", "Invalid network filter: %1$s";
    62 NO_NWFILTER = "Network filter not found", "Network filter not found: %1$s";
    63 BUILD_FIREWALL = "Error while building firewall", "Error while building firewall: %1$s";
    64 WAR_NO_SECRET = "Failed to find a secret storage driver", "Failed to find a secret storage driver: %1$s";
    65 INVALID_SECRET = "Invalid secret", "Invalid secret: %1$s";
    66 NO_SECRET = "Secret not found", "Secret not found: %1$s";
    67 CONFIG_UNSUPPORTED = "unsupported configuration", "unsupported configuration: %1$s";
    68 OPERATION_TIMEOUT = "Timed out during operation", "Timed out during operation: %1$s";
    69 MIGRATE_PERSIST_FAILED = "Failed to make domain persistent after migration", "Failed to make domain persistent after migration: %1$s";
    70 HOOK_SCRIPT_FAILED = "Hook script execution failed", "Hook script execution failed: %1$s";
    71 INVALID_DOMAIN_SNAPSHOT = "Invalid domain snapshot", "Invalid domain snapshot: %1$s";
    72 NO_DOMAIN_SNAPSHOT = "Domain snapshot not found", "Domain snapshot not found: %1$s";
    73 INVALID_STREAM = "invalid stream pointer", "invalid stream pointer in %1$s";
    74 ARGUMENT_UNSUPPORTED = "argument unsupported", "argument unsupported: %1$s";
    75 STORAGE_PROBE_FAILED = "Storage pool probe failed", "Storage pool probe failed: %1$s";
    76 STORAGE_POOL_BUILT = "Storage pool already built", "Storage pool already built: %1$s";
    77 SNAPSHOT_REVERT_RISKY = "revert requires force", "revert requires force: %1$s";
    78 OPERATION_ABORTED = "operation aborted", "operation aborted: %1$s";
    79 AUTH_CANCELLED = "authentication cancelled", "authentication cancelled: %1$s";
    80 NO_DOMAIN_METADATA = "metadata not found", "metadata not found: %1$s";
    81 MIGRATE_UNSAFE = "Unsafe migration", "Unsafe migration: %1$s";
    82 OVERFLOW = "numerical overflow", "numerical overflow: %1$s";
    83 BLOCK_COPY_ACTIVE = "block copy still active", "block copy still active: %1$s";
    84 OPERATION_UNSUPPORTED = "Operation not supported", "Operation not supported: %1$s";
    85 SSH = "SSH transport error", "SSH transport error: %1$s";
    86 AGENT_UNRESPONSIVE = "Guest agent is not responding", "Guest agent is not responding: %1$s";
    87 RESOURCE_BUSY = "resource busy", "resource busy: %1$s";
    88 ACCESS_DENIED = "access denied", "access denied: %1$s";
    89 DBUS_SERVICE = "error from service", "error from service: %1$s";
    90 STORAGE_VOL_EXIST = "this storage volume exists already", "storage volume %1$s exists already";
    91 CPU_INCOMPATIBLE = "the CPU is incompatible with host CPU", "the CPU is incompatible with host CPU: %1$s";
    92 XML_INVALID_SCHEMA = "XML document failed to validate against schema", "XML document failed to validate against schema: %1$s";
    93 MIGRATE_FINISH_OK = "migration successfully aborted", "migration successfully aborted: %1$s";
    94 AUTH_UNAVAILABLE = "authentication unavailable", "authentication unavailable: %1$s";
    95 NO_SERVER = "Server not found", "Server not found: %1$s";
    96 NO_CLIENT = "Client not found", "Client not found: %1$s";
    97 AGENT_UNSYNCED = "guest agent replied with wrong id to guest-sync command", "guest agent replied with wrong id to guest-sync command: %1$s";
    98 LIBSSH = "libssh transport error", "libssh transport error: %1$s";
    99 DEVICE_MISSING = "device not found", "device not found: %1$s";
    100 INVALID_NWFILTER_BINDING = "Invalid network filter binding", "Invalid network filter binding: %1$s";
    101 NO_NWFILTER_BINDING = "Network filter binding not found", "Network filter binding not found: %1$s";
    102 INVALID_DOMAIN_CHECKPOINT = "Invalid domain checkpoint", "Invalid domain checkpoint: %1$s";
    103 NO_DOMAIN_CHECKPOINT = "Domain checkpoint not found", "Domain checkpoint not found: %1$s";
    104 NO_DOMAIN_BACKUP = "Domain backup job id not found", "Domain backup job id not found: %1$s";
    105 INVALID_NETWORK_PORT = "Invalid network port pointer", "Invalid network port pointer: %1$s";
    106 NETWORK_PORT_EXIST = "this network port exists already", "network port %1$s exists already";
    107 NO_NETWORK_PORT = "network port not found", "network port not found: %1$s";
    108 NO_HOSTNAME = "no hostname found", "no hostname found: %1$s";
    109 CHECKPOINT_INCONSISTENT = "checkpoint inconsistent", "checkpoint inconsistent: %1$s";
    110 MULTIPLE_DOMAINS = "multiple matching domains found", "multiple matching domains found: %1$s";
    111 NO_NETWORK_METADATA = "metadata not found", "metadata not found: %1$s";
    112 AGENT_COMMAND_TIMEOUT = "guest agent command timed out", "guest agent command timed out: %1$s";
    113 AGENT_COMMAND_FAILED = "guest agent command failed", "guest agent command failed: %1$s";
}

domains! {
    0 NONE;
    1 XEN;
    2 XEND;
    3 XENSTORE;
    4 SEXPR;
    5 XML;
    6 DOM;
    7 RPC;
    8 PROXY;
    9 CONF;
    10 QEMU;
    11 NET;
    12 TEST;
    13 REMOTE;
    14 OPENVZ;
    15 XENXM;
    16 STATS_LINUX;
    18 STORAGE;
    19 NETWORK;
    20 DOMAIN;
    21 UML;
    22 NODEDEV;
    23 XEN_INOTIFY;
    24 SECURITY;
    25 VBOX;
    26 INTERFACE;
    27 ONE;
    28 ESX;
    29 PHYP;
    30 SECRET;
    31 CPU;
    32 XENAPI;
    33 NWFILTER;
    34 HOOK;
    35 DOMAIN_SNAPSHOT;
    36 AUDIT;
    37 SYSINFO;
    38 STREAMS;
    39 VMWARE;
    40 EVENT;
    41 LIBXL;
    42 LOCKING;
    43 HYPERV;
    44 CAPABILITIES;
    45 URI;
    46 AUTH;
    47 DBUS;
    48 PARALLELS;
    49 DEVICE;
    50 SSH;
    51 LOCKSPACE;
    52 INITCTL;
    53 IDENTITY;
    54 CGROUP;
    55 ACCESS;
    56 SYSTEMD;
    57 BHYVE;
    58 CRYPTO;
    59 FIREWALL;
    60 POLKIT;
    61 THREAD;
    62 ADMIN;
    63 LOGGING;
    64 XENXL;
    65 PERF;
    66 LIBSSH;
    67 RESCTRL;
    68 FIREWALLD;
    69 DOMAIN_CHECKPOINT;
    70 TPM;
    71 BPF;
    72 CH;
}

#[cfg(test)]
mod test;
