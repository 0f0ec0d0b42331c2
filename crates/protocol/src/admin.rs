//! The program `admin`: the daemon looked at from its own socket.

use stead_xdr::Xdr;

use crate::limits;
use crate::table::{Entry, procedures, sorted};
use crate::typed_parameter::TypedParameter;

/// The program's number.
pub const PROGRAM: u32 = 0x0690_0690;

/// Every procedure and event of the program, by number from 1.
pub static TABLE: [Entry; 20] = sorted(&[PROCEDURES]);

procedures! {
    ADMIN, NONE;
    1 ConnectOpen(ConnectOpenArgs) -> (),
        virConnectOpen, low, open, [];
    2 ConnectClose(()) -> (),
        virConnectClose, low, open, [];
    3 ConnectGetLibVersion(()) -> ConnectGetLibVersionReply,
        virConnectGetLibVersion, low, open, [];
    4 ConnectListServers(ConnectListServersArgs) -> ConnectListServersReply,
        virAdmConnectListServers, low, open, [];
    5 ConnectLookupServer(ConnectLookupServerArgs) -> ConnectLookupServerReply,
        virAdmConnectLookupServer, low, open, [];
    6 ServerGetThreadpoolParameters(ServerGetThreadpoolParametersArgs) -> ServerGetThreadpoolParametersReply,
        virAdmServerGetThreadPoolParameters, low, open, [];
    7 ServerSetThreadpoolParameters(ServerSetThreadpoolParametersArgs) -> (),
        virAdmServerSetThreadPoolParameters, low, open, [];
    8 ServerListClients(ServerListClientsArgs) -> ServerListClientsReply,
        virAdmServerListClients, low, open, [];
    9 ServerLookupClient(ServerLookupClientArgs) -> ServerLookupClientReply,
        virAdmServerLookupClient, low, open, [];
    10 ClientGetInfo(ClientGetInfoArgs) -> ClientGetInfoReply,
        virAdmClientGetInfo, low, open, [];
    11 ClientClose(ClientCloseArgs) -> (),
        virAdmClientClose, low, open, [];
    12 ServerGetClientLimits(ServerGetClientLimitsArgs) -> ServerGetClientLimitsReply,
        virAdmServerGetClientLimits, low, open, [];
    13 ServerSetClientLimits(ServerSetClientLimitsArgs) -> (),
        virAdmServerSetClientLimits, low, open, [];
    14 ConnectGetLoggingOutputs(ConnectGetLoggingOutputsArgs) -> ConnectGetLoggingOutputsReply,
        virAdmConnectGetLoggingOutputs, low, open, [];
    15 ConnectGetLoggingFilters(ConnectGetLoggingFiltersArgs) -> ConnectGetLoggingFiltersReply,
        virAdmConnectGetLoggingFilters, low, open, [];
    16 ConnectSetLoggingOutputs(ConnectSetLoggingOutputsArgs) -> (),
        virAdmConnectSetLoggingOutputs, low, open, [];
    17 ConnectSetLoggingFilters(ConnectSetLoggingFiltersArgs) -> (),
        virAdmConnectSetLoggingFilters, low, open, [];
    18 ServerUpdateTlsFiles(ServerUpdateTlsFilesArgs) -> (),
        virAdmServerUpdateTlsFiles, low, open, [];
    19 ConnectSetDaemonTimeout(ConnectSetDaemonTimeoutArgs) -> (),
        virAdmConnectSetDaemonTimeout, low, open, [];
    20 ConnectDaemonShutdown(ConnectDaemonShutdownArgs) -> (),
        virAdmConnectDaemonShutdown, low, open, [];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectOpenArgs {
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetLibVersionReply {
    pub lib_ver: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListServersArgs {
    pub need_results: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct Server {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListServersReply {
    #[xdr(max = limits::ADMIN_SERVER_LIST)]
    pub servers: Vec<Server>,
    pub ret: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectLookupServerArgs {
    pub name: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectLookupServerReply {
    pub server: Server,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ServerGetThreadpoolParametersArgs {
    pub server: Server,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ServerGetThreadpoolParametersReply {
    #[xdr(max = limits::ADMIN_SERVER_THREADPOOL_PARAMETERS)]
    pub params: Vec<TypedParameter>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ServerSetThreadpoolParametersArgs {
    pub server: Server,
    #[xdr(max = limits::ADMIN_SERVER_THREADPOOL_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ServerListClientsArgs {
    pub server: Server,
    pub need_results: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct Client {
    pub server: Server,
    pub id: u64,
    pub timestamp: i64,
    pub transport: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ServerListClientsReply {
    #[xdr(max = limits::ADMIN_CLIENT_LIST)]
    pub clients: Vec<Client>,
    pub ret: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ServerLookupClientArgs {
    pub server: Server,
    pub id: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ServerLookupClientReply {
    pub client: Client,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ClientGetInfoArgs {
    pub client: Client,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ClientGetInfoReply {
    #[xdr(max = limits::ADMIN_CLIENT_INFO_PARAMETERS)]
    pub params: Vec<TypedParameter>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ClientCloseArgs {
    pub client: Client,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ServerGetClientLimitsArgs {
    pub server: Server,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ServerGetClientLimitsReply {
    #[xdr(max = limits::ADMIN_SERVER_CLIENT_LIMITS)]
    pub params: Vec<TypedParameter>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ServerSetClientLimitsArgs {
    pub server: Server,
    #[xdr(max = limits::ADMIN_SERVER_CLIENT_LIMITS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetLoggingOutputsArgs {
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetLoggingOutputsReply {
    pub outputs: String,
    pub noutputs: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetLoggingFiltersArgs {
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetLoggingFiltersReply {
    pub filters: Option<String>,
    pub nfilters: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectSetLoggingOutputsArgs {
    pub outputs: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectSetLoggingFiltersArgs {
    pub filters: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ServerUpdateTlsFilesArgs {
    pub server: Server,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectSetDaemonTimeoutArgs {
    pub timeout: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectDaemonShutdownArgs {
    pub flags: u32,
}
