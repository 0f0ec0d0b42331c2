//! Authentication: what a connection must do before anything else.

use stead_xdr::Xdr;

use crate::limits;
use crate::table::procedures;

procedures! {
    REMOTE, DOMAIN;
    66 AuthList(()) -> AuthListReply,
        virAuthList, high, open, [];
    67 AuthSaslInit(()) -> AuthSaslInitReply,
        virAuthSaslInit, high, open, [];
    68 AuthSaslStart(AuthSaslStartArgs) -> AuthSaslStartReply,
        virAuthSaslStart, high, open, [];
    69 AuthSaslStep(AuthSaslStepArgs) -> AuthSaslStepReply,
        virAuthSaslStep, high, open, [];
    70 AuthPolkit(()) -> AuthPolkitReply,
        virAuthPolkit, high, open, [];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct AuthListReply {
    #[xdr(max = limits::AUTH_TYPE_LIST)]
    pub types: Vec<AuthType>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct AuthSaslInitReply {
    pub mechlist: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct AuthSaslStartArgs {
    pub mech: String,
    pub nil: i32,
    #[xdr(char, max = limits::AUTH_SASL_DATA)]
    pub data: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct AuthSaslStartReply {
    pub complete: i32,
    pub nil: i32,
    #[xdr(char, max = limits::AUTH_SASL_DATA)]
    pub data: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct AuthSaslStepArgs {
    pub nil: i32,
    #[xdr(char, max = limits::AUTH_SASL_DATA)]
    pub data: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct AuthSaslStepReply {
    pub complete: i32,
    pub nil: i32,
    #[xdr(char, max = limits::AUTH_SASL_DATA)]
    pub data: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct AuthPolkitReply {
    pub complete: i32,
}

/// A way to authenticate (`remote_auth_type`). Open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Xdr)]
pub struct AuthType(pub i32);

impl AuthType {
    /// Nothing more is asked.
    pub const NONE: Self = Self(0);
    /// SASL.
    pub const SASL: Self = Self(1);
    /// polkit.
    pub const POLKIT: Self = Self(2);
}
