//! Consoles, channels, graphics, keys.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::Domain;
use crate::table::procedures;

procedures! {
    REMOTE, DOMAIN;
    201 DomainOpenConsole(DomainOpenConsoleArgs) -> (),
        virDomainOpenConsole, low, write receive, ["domain:open_device"];
    210 DomainInjectNmi(DomainInjectNmiArgs) -> (),
        virDomainInjectNMI, low, write, ["domain:inject_nmi"];
    211 DomainScreenshot(DomainScreenshotArgs) -> DomainScreenshotReply,
        virDomainScreenshot, low, write receive, ["domain:screenshot"];
    226 DomainSendKey(DomainSendKeyArgs) -> (),
        virDomainSendKey, low, write, ["domain:send_input"];
    249 DomainOpenGraphics(DomainOpenGraphicsArgs) -> (),
        virDomainOpenGraphics, low, write, ["domain:open_graphics"];
    296 DomainOpenChannel(DomainOpenChannelArgs) -> (),
        virDomainOpenChannel, low, write receive, ["domain:open_device"];
    343 DomainOpenGraphicsFd(DomainOpenGraphicsFdArgs) -> (),
        virDomainOpenGraphicsFD, low, write, ["domain:open_graphics"];
    448 DomainGraphicsReload(DomainGraphicsReloadArgs) -> (),
        virDomainGraphicsReload, low, write, ["domain:write"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainOpenConsoleArgs {
    pub domain: Domain,
    pub dev_name: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainInjectNmiArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainScreenshotArgs {
    pub domain: Domain,
    pub screen: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainScreenshotReply {
    pub mime: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSendKeyArgs {
    pub domain: Domain,
    pub codeset: u32,
    pub holdtime: u32,
    #[xdr(max = limits::DOMAIN_SEND_KEY)]
    pub keycodes: Vec<u32>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainOpenGraphicsArgs {
    pub domain: Domain,
    pub idx: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainOpenChannelArgs {
    pub domain: Domain,
    pub name: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainOpenGraphicsFdArgs {
    pub domain: Domain,
    pub idx: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGraphicsReloadArgs {
    pub domain: Domain,
    pub kind: u32,
    pub flags: u32,
}
