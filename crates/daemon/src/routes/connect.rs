//! Opening a connection, and what is asked of it as such.

use std::sync::Arc;

use stead_protocol::remote::*;
use stead_protocol::{ErrorCode, ErrorDomain};

use crate::error::{Error, Result};
use crate::peer::Access;
use crate::router::Router;
use crate::session::{Ending, Phase, Session};

/// The version of libvirt whose behaviour this is (virConnectGetLibVersion): 11.3.0.
const LIBVIRT_VERSION: u64 = 11_003_000;

/// CONNECT_OPEN's flag for a connection that only looks (VIR_CONNECT_RO); other bits are the client's own business.
const OPEN_READ_ONLY: u32 = 1;

/// The features that are there (virDrvFeature, libvirt 11.3; answers measured).
const FEATURES: &[i32] = &[3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

/// The feature whose question asks for keepalive.
const FEATURE_KEEPALIVE: i32 = 10;

/// AUTH_LIST's answer "nothing more is needed" (remote_protocol.x: REMOTE_AUTH_NONE).
const AUTH_NONE: AuthType = AuthType(0);

pub(crate) fn routes(router: Router) -> Router {
    router
        .on(AuthList, authenticate)
        .on(ConnectOpen, open)
        .on(ConnectClose, close)
        .on(ConnectSupportsFeature, supports_feature)
        .on(ConnectGetType, |_, ()| Ok(ConnectGetTypeReply { kind: "QEMU".to_owned() }))
        .on(ConnectGetLibVersion, |_, ()| {
            Ok(ConnectGetLibVersionReply { lib_ver: LIBVIRT_VERSION })
        })
        .on(ConnectGetUri, |session, ()| {
            Ok(ConnectGetUriReply { uri: session.daemon.uri().to_owned() })
        })
        .on(ConnectIsSecure, |_, ()| Ok(ConnectIsSecureReply { secure: 1 }))
        .on(ConnectRegisterCloseCallback, |session, ()| {
            session.shared().close_callback = true;
            Ok(())
        })
        .on(ConnectUnregisterCloseCallback, |session, ()| {
            session.shared().close_callback = false;
            Ok(())
        })
        .on(ConnectSetIdentity, |_, _| Ok(()))
}

/// Asks how to authenticate; for a peer that the kernel vouches for there is nothing to do.
fn authenticate(session: &Arc<Session>, (): ()) -> Result<AuthListReply> {
    if !session.peer.is_welcome(session.socket_access(), session.daemon.owner) {
        session.end(Ending::Flushed);
        return Err(Error::new(
            ErrorCode::AUTH_FAILED,
            ErrorDomain::RPC,
            format!("user {} may not use this daemon", session.peer.uid),
        ));
    }
    let mut shared = session.shared();
    if shared.phase == Phase::Anonymous {
        shared.phase = Phase::Authenticated;
    }
    Ok(AuthListReply { types: vec![AUTH_NONE] })
}

fn open(session: &Arc<Session>, arguments: ConnectOpenArgs) -> Result<()> {
    if matches!(session.shared().phase, Phase::Open(_)) {
        let detail = "connection already open";
        return Err(Error::new(ErrorCode::INTERNAL_ERROR, ErrorDomain::RPC, detail));
    }
    let Some(name) = arguments.name else {
        return Err(Error::new(ErrorCode::INTERNAL_ERROR, ErrorDomain::RPC, "connection not open"));
    };
    check_uri(&name, session.daemon.uri(), session.daemon.scope == stead_store::Scope::Private)?;
    let read_only = arguments.flags & OPEN_READ_ONLY != 0;
    let access = if read_only { Access::ReadOnly } else { session.socket_access() };
    session.shared().phase = Phase::Open(access);
    Ok(())
}

/// Whether a daemon that is `ours` serves this URI; a private one serves both.
fn check_uri(uri: &str, ours: &str, is_private: bool) -> Result<()> {
    if uri.is_empty() || uri == ours {
        return Ok(());
    }
    let refuse = |code, origin, detail: String| Err(Error::new(code, origin, detail));
    let Some((scheme, rest)) = uri.split_once(':') else {
        let detail = format!("Unable to parse URI {uri}");
        return refuse(ErrorCode::INTERNAL_ERROR, ErrorDomain::URI, detail);
    };
    if scheme != "qemu" {
        return refuse(ErrorCode::NO_CONNECT, ErrorDomain::NONE, uri.to_owned());
    }
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    if !host.is_empty() {
        return refuse(ErrorCode::NO_CONNECT, ErrorDomain::NONE, uri.to_owned());
    }
    let ours_path = ours.strip_prefix("qemu://").unwrap_or_default();
    if path == ours_path || (is_private && matches!(path, "/system" | "/session")) {
        return Ok(());
    }
    let detail = match path {
        "" => format!("no QEMU URI path given, try {ours}"),
        _ => format!("unexpected qemu URI path '{path}', try {ours}"),
    };
    refuse(ErrorCode::INTERNAL_ERROR, ErrorDomain::NONE, detail)
}

fn close(session: &Arc<Session>, (): ()) -> Result<()> {
    session.shared().ending = Some(Ending::Flushed);
    Ok(())
}

fn supports_feature(
    session: &Arc<Session>,
    arguments: ConnectSupportsFeatureArgs,
) -> Result<ConnectSupportsFeatureReply> {
    if arguments.feature == FEATURE_KEEPALIVE {
        session.shared().keepalive = true;
    }
    let supported = i32::from(FEATURES.contains(&arguments.feature));
    Ok(ConnectSupportsFeatureReply { supported })
}

#[cfg(test)]
mod tests {
    use super::check_uri;

    #[test]
    fn uris_of_others_are_refused_in_libvirts_words() {
        let check = |uri| check_uri(uri, "qemu:///session", false);
        for uri in ["", "qemu:///session", "qemu:///session?foo=bar", "qemu:/session"] {
            assert!(check(uri).is_ok(), "{uri}");
        }
        for (uri, text) in [
            (
                "qemu:///system",
                "internal error: unexpected qemu URI path '/system', try qemu:///session",
            ),
            ("qemu:///", "internal error: unexpected qemu URI path '/', try qemu:///session"),
            ("xen:///system", "no connection driver available for xen:///system"),
            ("%%%", "internal error: Unable to parse URI %%%"),
        ] {
            assert_eq!(check(uri).unwrap_err().to_string(), text);
        }
        assert!(check_uri("qemu:///system", "qemu:///session", true).is_ok());
    }
}
