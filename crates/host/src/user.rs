//! Whom the system daemon runs QEMU as.

use nix::unistd::{Group, User};

use crate::{Error, process::Credentials};

/// The user that the packaging makes.
pub const DEFAULT_USER: &str = "stead-qemu";
/// The group that may use `/dev/kvm`.
const KVM_GROUP: &str = "kvm";

/// The credentials of a user and, where it is named, of a group other than the user's own. Its only supplementary group is
/// `kvm`, whatever groups the user is in.
///
/// # Errors
/// When there is no such user or group; the message says what to do.
pub fn credentials(user: &str, group: Option<&str>) -> Result<Credentials, Error> {
    let doing = || format!("looking user '{user}' up");
    let found = User::from_name(user)
        .map_err(|error| Error::new(doing(), error))?
        .ok_or_else(|| {
            Error::refused(
                doing(),
                format_args!(
                    "there is none; make it ('useradd --system --no-create-home --shell /usr/sbin/nologin {user}') \
                     or name another one as 'user' in the configuration"
                ),
            )
        })?;
    let gid = match group {
        None => found.gid,
        Some(name) => group_of(name)?.ok_or_else(|| {
            Error::refused(format_args!("looking group '{name}' up"), "there is none")
        })?,
    };
    let groups = match group_of(KVM_GROUP)? {
        Some(kvm) => vec![kvm.as_raw()],
        None => Vec::new(),
    };
    Ok(Credentials { uid: found.uid.as_raw(), gid: gid.as_raw(), groups })
}

fn group_of(name: &str) -> Result<Option<nix::unistd::Gid>, Error> {
    let found = Group::from_name(name)
        .map_err(|error| Error::new(format_args!("looking group '{name}' up"), error))?;
    Ok(found.map(|group| group.gid))
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_user_that_is_there_is_found_and_one_that_is_not_is_told_how_to_make() {
        let found = credentials("nobody", None).unwrap();
        assert_ne!(found.uid, 0);
        assert!(found.groups.len() <= 1);
        let error = credentials("no-such-user", None).unwrap_err().to_string();
        assert!(error.contains("useradd"), "{error}");
        assert!(credentials("nobody", Some("no-such-group")).is_err());
    }
}
