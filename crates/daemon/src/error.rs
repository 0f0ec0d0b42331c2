//! Errors as the daemon's routes make them, and the one way from them to the wire.
//!
//! What a client reads follows libvirt: the finished text, the template of the number in `str1`, the detail that fills it
//! in `str2`. Where an argument is refused by the name of its function, those two are the function and the argument.

use stead_protocol::table::Entry;
use stead_protocol::{self as protocol, ErrorCode, ErrorDomain, ErrorLevel, Header, Status, Xdr};

/// Why a call was refused or failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    /// libvirt's number, which clients branch on.
    pub(crate) code: ErrorCode,
    /// Who says so, which some clients branch on.
    pub(crate) origin: ErrorDomain,
    /// The text, which `form` completes.
    text: String,
    form: Form,
}

/// How an error's text becomes what goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// It fills the template of the code.
    Detail,
    /// It is whole, and about an argument of a function.
    Argument { function: String, argument: &'static str },
    /// It is whole, and about a system call.
    System { errno: i32 },
}

/// The result of a call.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(code: ErrorCode, origin: ErrorDomain, detail: impl Into<String>) -> Self {
        Self { code, origin, text: detail.into(), form: Form::Detail }
    }

    /// A fault in the conversation itself.
    pub(crate) fn rpc(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::RPC, ErrorDomain::RPC, detail)
    }

    /// A fault of the daemon.
    pub(crate) fn internal(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::INTERNAL_ERROR, ErrorDomain::QEMU, detail)
    }

    /// A procedure that stead does not serve.
    pub(crate) fn unsupported(entry: &Entry) -> Self {
        Self::new(ErrorCode::NO_SUPPORT, entry.error_domain, entry.api)
    }

    /// Bits of flags that `function` does not know.
    pub(crate) fn unsupported_flags(origin: ErrorDomain, flags: u32, function: &str) -> Self {
        Self::argument(
            origin,
            function,
            "flags",
            format!("unsupported flags (0x{flags:x}) in function {function}"),
        )
    }

    /// An argument that `function` refuses, with the whole text.
    pub(crate) fn argument(
        origin: ErrorDomain,
        function: impl Into<String>,
        argument: &'static str,
        text: impl Into<String>,
    ) -> Self {
        Self {
            code: ErrorCode::INVALID_ARG,
            origin,
            text: text.into(),
            form: Form::Argument { function: function.into(), argument },
        }
    }

    /// A system call that failed, in a whole sentence.
    pub(crate) fn system(origin: ErrorDomain, errno: i32, text: impl Into<String>) -> Self {
        let (code, form) = (ErrorCode::SYSTEM_ERROR, Form::System { errno });
        Self { code, origin, text: text.into(), form }
    }

    /// The error as the machines have it.
    pub(crate) fn into_domain(self) -> stead_domain::Error {
        use stead_domain::{Error, Form as Their, Kind};
        match self.form {
            Form::System { errno } => {
                let mut error = Error::new(Kind::SystemError, self.text);
                error.form = Their::System { errno };
                error
            }
            Form::Detail | Form::Argument { .. } => Error::new(Kind::InternalError, self.text),
        }
    }

    /// The error as it goes over the wire.
    pub(crate) fn to_wire(&self) -> protocol::Error {
        match &self.form {
            Form::Detail => protocol::Error::new(self.code, self.origin, self.text.as_str()),
            Form::System { errno } => {
                let error = protocol::Error::new(self.code, self.origin, self.text.as_str());
                error.with_numbers(*errno, -1)
            }
            Form::Argument { function, argument } => protocol::Error {
                code: self.code,
                domain: self.origin,
                message: Some(self.text.clone()),
                level: ErrorLevel::ERROR,
                dom: None,
                str1: Some(function.clone()),
                str2: Some((*argument).to_owned()),
                str3: None,
                int1: 0,
                int2: 0,
                net: None,
            },
        }
    }

    /// Appends the reply that refuses `call`.
    pub(crate) fn answer(&self, call: &Header, out: &mut Vec<u8>) {
        let written = call.reply(Status::ERROR).write(out, |out| self.to_wire().encode(out));
        if written.is_err() {
            let error = Self::new(self.code, self.origin, "the reason is too long to be sent");
            // 28 bytes and one short sentence always fit.
            let _ = call.reply(Status::ERROR).write(out, |out| error.to_wire().encode(out));
        }
    }
}

/// Refuses the bits of `flags` that are not in `known`.
///
/// # Errors
/// Some bit is not known.
pub(crate) fn check_flags(
    flags: u32,
    known: u32,
    origin: ErrorDomain,
    function: &str,
) -> Result<()> {
    match flags & !known {
        0 => Ok(()),
        unknown => Err(Error::unsupported_flags(origin, unknown, function)),
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.form {
            Form::Detail => f.write_str(&self.code.text(&self.text)),
            Form::Argument { .. } | Form::System { .. } => f.write_str(&self.text),
        }
    }
}

impl std::error::Error for Error {}

impl From<stead_domain::Error> for Error {
    fn from(error: stead_domain::Error) -> Self {
        let form = match error.form {
            stead_domain::Form::Detail => Form::Detail,
            stead_domain::Form::Argument { function, argument } => {
                Form::Argument { function: function.to_owned(), argument }
            }
            stead_domain::Form::System { errno } => Form::System { errno },
        };
        Self {
            code: ErrorCode(error.kind.number()),
            origin: ErrorDomain(error.origin as i32),
            text: error.message,
            form,
        }
    }
}

#[cfg(test)]
mod tests {
    use stead_domain::Kind;
    use stead_protocol::{ErrorCode, ErrorDomain};

    use super::{Error, check_flags};

    #[test]
    fn a_refusal_of_flags_names_function_and_argument() {
        let ours = check_flags(5, 4, ErrorDomain::QEMU, "qemuDomainX").unwrap_err();
        let text = "unsupported flags (0x1) in function qemuDomainX";
        let wire = ours.to_wire();
        assert_eq!(wire.message.as_deref(), Some(text));
        assert_eq!(wire.str1.as_deref(), Some("qemuDomainX"));
        assert_eq!(wire.str2.as_deref(), Some("flags"));
        assert_eq!((wire.int1, wire.int2), (0, 0));
    }

    #[test]
    fn a_detail_is_put_into_the_template_of_its_number() {
        let error =
            Error::from(stead_domain::Error::new(Kind::NoDomain, "no domain with matching id 3"));
        let wire = error.to_wire();
        assert_eq!(wire.code, ErrorCode::NO_DOMAIN);
        assert_eq!(wire.message.as_deref(), Some("Domain not found: no domain with matching id 3"));
        assert_eq!(wire.str1.as_deref(), Some("Domain not found: %1$s"));
        assert_eq!(wire.str2.as_deref(), Some("no domain with matching id 3"));
        assert_eq!((wire.int1, wire.int2), (-1, -1));
    }
}
