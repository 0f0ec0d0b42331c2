//! The connection itself: opening, features, capabilities, CPU models.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::Domain;
use crate::table::{events, procedures};
use crate::typed_parameter::TypedParameter;

procedures! {
    REMOTE, DOMAIN;
    1 ConnectOpen(ConnectOpenArgs) -> (),
        virConnectOpen, high, open, ["connect:getattr"];
    2 ConnectClose(()) -> (),
        virConnectClose, high, open, [];
    3 ConnectGetType(()) -> ConnectGetTypeReply,
        virConnectGetType, high, open, ["connect:getattr"];
    4 ConnectGetVersion(()) -> ConnectGetVersionReply,
        virConnectGetVersion, high, open, ["connect:getattr"];
    5 ConnectGetMaxVcpus(ConnectGetMaxVcpusArgs) -> ConnectGetMaxVcpusReply,
        virConnectGetMaxVcpus, high, open, ["connect:read"];
    7 ConnectGetCapabilities(()) -> ConnectGetCapabilitiesReply,
        virConnectGetCapabilities, low, open, ["connect:read"];
    59 ConnectGetHostname(()) -> ConnectGetHostnameReply,
        virConnectGetHostname, high, open, ["connect:getattr"];
    60 ConnectSupportsFeature(ConnectSupportsFeatureArgs) -> ConnectSupportsFeatureReply,
        virConnectSupportsFeature, high, open, ["connect:getattr"];
    110 ConnectGetUri(()) -> ConnectGetUriReply,
        virConnectGetURI, high, open, ["connect:getattr"];
    135 ConnectDomainXmlFromNative(ConnectDomainXmlFromNativeArgs) -> ConnectDomainXmlFromNativeReply,
        virConnectDomainXMLFromNative, low, write, ["connect:write"];
    136 ConnectDomainXmlToNative(ConnectDomainXmlToNativeArgs) -> ConnectDomainXmlToNativeReply,
        virConnectDomainXMLToNative, low, write, ["connect:write"];
    149 ConnectIsSecure(()) -> ConnectIsSecureReply,
        virConnectIsSecure, high, open, [];
    157 ConnectGetLibVersion(()) -> ConnectGetLibVersionReply,
        virConnectGetLibVersion, high, open, ["connect:getattr"];
    158 ConnectCompareCpu(ConnectCompareCpuArgs) -> ConnectCompareCpuReply,
        virConnectCompareCPU, high, open, ["connect:read"];
    162 ConnectBaselineCpu(ConnectBaselineCpuArgs) -> ConnectBaselineCpuReply,
        virConnectBaselineCPU, low, open, ["connect:read"];
    203 ConnectGetSysinfo(ConnectGetSysinfoArgs) -> ConnectGetSysinfoReply,
        virConnectGetSysinfo, high, open, ["connect:read"];
    312 ConnectGetCpuModelNames(ConnectGetCpuModelNamesArgs) -> ConnectGetCpuModelNamesReply,
        virConnectGetCPUModelNames, low, open, ["connect:read"];
    342 ConnectGetDomainCapabilities(ConnectGetDomainCapabilitiesArgs) -> ConnectGetDomainCapabilitiesReply,
        virConnectGetDomainCapabilities, low, write, ["connect:write"];
    344 ConnectGetAllDomainStats(ConnectGetAllDomainStatsArgs) -> ConnectGetAllDomainStatsReply,
        virConnectGetAllDomainStats, low, open, ["connect:search_domains"] filter "domain:read";
    360 ConnectRegisterCloseCallback(()) -> (),
        virConnectRegisterCloseCallback, high, open, ["connect:getattr"];
    361 ConnectUnregisterCloseCallback(()) -> (),
        virConnectUnregisterCloseCallback, high, open, ["connect:getattr"];
    393 ConnectCompareHypervisorCpu(ConnectCompareHypervisorCpuArgs) -> ConnectCompareHypervisorCpuReply,
        virConnectCompareHypervisorCPU, low, write, ["connect:write"];
    394 ConnectBaselineHypervisorCpu(ConnectBaselineHypervisorCpuArgs) -> ConnectBaselineHypervisorCpuReply,
        virConnectBaselineHypervisorCPU, low, write, ["connect:write"];
    419 ConnectSetIdentity(ConnectSetIdentityArgs) -> (),
        virConnectSetIdentity, low, open, ["connect:write"];
}

events! {
    REMOTE;
    362 ConnectEventConnectionClosed(ConnectEventConnectionClosedMessage);
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectOpenArgs {
    pub name: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetTypeReply {
    pub kind: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetVersionReply {
    pub hv_ver: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetMaxVcpusArgs {
    pub kind: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetMaxVcpusReply {
    pub max_vcpus: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetCapabilitiesReply {
    pub capabilities: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetHostnameReply {
    pub hostname: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectSupportsFeatureArgs {
    pub feature: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectSupportsFeatureReply {
    pub supported: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetUriReply {
    pub uri: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectDomainXmlFromNativeArgs {
    pub native_format: String,
    pub native_config: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectDomainXmlFromNativeReply {
    pub domain_xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectDomainXmlToNativeArgs {
    pub native_format: String,
    pub domain_xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectDomainXmlToNativeReply {
    pub native_config: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectIsSecureReply {
    pub secure: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetLibVersionReply {
    pub lib_ver: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectCompareCpuArgs {
    pub xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectCompareCpuReply {
    pub result: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectBaselineCpuArgs {
    #[xdr(max = limits::CPU_BASELINE)]
    pub xml_cpus: Vec<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectBaselineCpuReply {
    pub cpu: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetSysinfoArgs {
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetSysinfoReply {
    pub sysinfo: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetCpuModelNamesArgs {
    pub arch: String,
    pub need_results: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetCpuModelNamesReply {
    #[xdr(max = limits::CONNECT_CPU_MODELS)]
    pub models: Vec<String>,
    pub ret: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetDomainCapabilitiesArgs {
    pub emulatorbin: Option<String>,
    pub arch: Option<String>,
    pub machine: Option<String>,
    pub virttype: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetDomainCapabilitiesReply {
    pub capabilities: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetAllDomainStatsArgs {
    #[xdr(max = limits::DOMAIN_LIST)]
    pub domains: Vec<Domain>,
    pub stats: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainStats {
    pub domain: Domain,
    #[xdr(max = limits::CONNECT_GET_ALL_DOMAIN_STATS)]
    pub params: Vec<TypedParameter>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetAllDomainStatsReply {
    #[xdr(max = limits::DOMAIN_LIST)]
    pub ret_stats: Vec<DomainStats>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectEventConnectionClosedMessage {
    pub reason: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectCompareHypervisorCpuArgs {
    pub emulator: Option<String>,
    pub arch: Option<String>,
    pub machine: Option<String>,
    pub virttype: Option<String>,
    pub xml_cpu: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectCompareHypervisorCpuReply {
    pub result: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectBaselineHypervisorCpuArgs {
    pub emulator: Option<String>,
    pub arch: Option<String>,
    pub machine: Option<String>,
    pub virttype: Option<String>,
    #[xdr(max = limits::CPU_BASELINE)]
    pub xml_cpus: Vec<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectBaselineHypervisorCpuReply {
    pub cpu: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectSetIdentityArgs {
    #[xdr(max = limits::CONNECT_IDENTITY_PARAMS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}
