//! Names of objects that also name files.

/// Why a name is refused, in libvirt's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// It is empty.
    #[error("name must not be empty")]
    Empty,
    /// There is a slash in it.
    #[error("name {0} cannot contain '/'")]
    Slash(String),
    /// There is a line break in it.
    #[error("name {0} cannot contain '\\n'")]
    Newline(String),
    /// It is `.` or `..`.
    #[error("invalid name '{0}'")]
    Dots(String),
    /// It is too long for a file name.
    #[error("name '{0}…' is longer than 255 bytes")]
    Long(String),
    /// It is only white space.
    #[error("name must contain at least one non-whitespace character")]
    Blank,
}

/// Checks the name of a domain.
///
/// # Errors
///
/// Why it cannot be one.
pub fn domain_name(name: &str) -> Result<(), BadName> {
    if name.is_empty() {
        return Err(BadName::Empty);
    }
    if name.contains('/') {
        return Err(BadName::Slash(name.to_owned()));
    }
    if name.contains('\n') {
        return Err(BadName::Newline(name.to_owned()));
    }
    if name == "." || name == ".." {
        return Err(BadName::Dots(name.to_owned()));
    }
    if name.trim().is_empty() {
        return Err(BadName::Blank);
    }
    // A document is kept as a file of that name and an ending, by clients too.
    if name.len() > 255 {
        return Err(BadName::Long(name.chars().take(32).collect()));
    }
    Ok(())
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "a b", "ünïcode", "...", "-x"] {
            assert_eq!(domain_name(good), Ok(()), "{good}");
        }
        let long = "x".repeat(256);
        for bad in ["", ".", "..", "a/b", "a\nb", "  ", long.as_str()] {
            assert!(domain_name(bad).is_err(), "{bad}");
        }
    }
}
