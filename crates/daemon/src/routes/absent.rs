//! Objects that stead does not serve yet: there are none, and a lookup says so in libvirt's words.
//!
//! What would make one stays unrouted, and so "not supported"; so do the host's interfaces, as in a libvirtd without netcf. How
//! virt-install finds images without any pool is in [`super::image`].

use std::fmt::Display;

use stead_domain::Uuid;
use stead_protocol::remote::*;
use stead_protocol::{ErrorCode, ErrorDomain};

use crate::error::{Error, check_flags};
use crate::router::Router;

/// Known bits of virConnectListAllNetworksFlags, ...NodeDevicesFlags and ...SecretsFlags (libvirt 11.3).
const NETWORK_FILTERS: u32 = 0x3f;
const NODE_DEVICE_FILTERS: u32 = 0xf1ff_ffff;
const SECRET_FILTERS: u32 = 0xf;

pub(crate) fn routes(router: Router) -> Router {
    let router = networks(router);
    let router = storage(router);
    let router = node_devices(router);
    let router = secrets(router);
    filters(router)
}

fn networks(router: Router) -> Router {
    router
        .on(ConnectNumOfNetworks, |_, ()| Ok(ConnectNumOfNetworksReply { num: 0 }))
        .on(ConnectListNetworks, |_, _| Ok(ConnectListNetworksReply { names: Vec::new() }))
        .on(ConnectNumOfDefinedNetworks, |_, ()| Ok(ConnectNumOfDefinedNetworksReply { num: 0 }))
        .on(ConnectListDefinedNetworks, |_, _| {
            Ok(ConnectListDefinedNetworksReply { names: Vec::new() })
        })
        .on(ConnectListAllNetworks, |_, arguments| {
            let function = "virNetworkObjListExport";
            check_flags(arguments.flags, NETWORK_FILTERS, ErrorDomain::NETWORK, function)?;
            Ok(ConnectListAllNetworksReply { networks: Vec::new(), ret: 0 })
        })
        .on(NetworkLookupByName, |_, arguments| {
            Err(no_network(format!("name '{}'", arguments.name)))
        })
        .on(NetworkLookupByUuid, |_, arguments| {
            Err(no_network(format!("uuid '{}'", Uuid::from_bytes(arguments.uuid))))
        })
}

fn storage(router: Router) -> Router {
    router
        .on(StoragePoolLookupByName, |_, arguments| {
            Err(no_pool(format!("name '{}'", arguments.name)))
        })
        .on(StoragePoolLookupByUuid, |_, arguments| {
            Err(no_pool(format!("uuid '{}'", Uuid::from_bytes(arguments.uuid))))
        })
        .on(StoragePoolLookupByTargetPath, |_, arguments| {
            Err(no_pool(format!("target path '{}'", arguments.path)))
        })
}

fn node_devices(router: Router) -> Router {
    router
        .on(NodeNumOfDevices, |_, _| Ok(NodeNumOfDevicesReply { num: 0 }))
        .on(NodeListDevices, |_, _| Ok(NodeListDevicesReply { names: Vec::new() }))
        .on(ConnectListAllNodeDevices, |_, arguments| {
            let function = "nodeConnectListAllNodeDevices";
            check_flags(arguments.flags, NODE_DEVICE_FILTERS, ErrorDomain::NODEDEV, function)?;
            Ok(ConnectListAllNodeDevicesReply { devices: Vec::new(), ret: 0 })
        })
        .on(NodeDeviceLookupByName, |_, arguments| {
            let detail = format!("no node device with matching name '{}'", arguments.name);
            Err(Error::new(ErrorCode::NO_NODE_DEVICE, ErrorDomain::NODEDEV, detail))
        })
}

fn secrets(router: Router) -> Router {
    router
        .on(ConnectNumOfSecrets, |_, ()| Ok(ConnectNumOfSecretsReply { num: 0 }))
        .on(ConnectListSecrets, |_, _| Ok(ConnectListSecretsReply { uuids: Vec::new() }))
        .on(ConnectListAllSecrets, |_, arguments| {
            let function = "secretConnectListAllSecrets";
            check_flags(arguments.flags, SECRET_FILTERS, ErrorDomain::SECRET, function)?;
            Ok(ConnectListAllSecretsReply { secrets: Vec::new(), ret: 0 })
        })
        .on(SecretLookupByUuid, |_, arguments| {
            let uuid = Uuid::from_bytes(arguments.uuid);
            let detail = format!("no secret with matching uuid '{uuid}'");
            Err(Error::new(ErrorCode::NO_SECRET, ErrorDomain::SECRET, detail))
        })
        .on(SecretLookupByUsage, |_, arguments| {
            let detail = format!("no secret with matching usage '{}'", arguments.usage_id);
            Err(Error::new(ErrorCode::NO_SECRET, ErrorDomain::SECRET, detail))
        })
}

fn filters(router: Router) -> Router {
    router
        .on(ConnectNumOfNwfilters, |_, ()| Ok(ConnectNumOfNwfiltersReply { num: 0 }))
        .on(ConnectListNwfilters, |_, _| Ok(ConnectListNwfiltersReply { names: Vec::new() }))
        .on(ConnectListAllNwfilters, |_, arguments| {
            let function = "nwfilterConnectListAllNWFilters";
            check_flags(arguments.flags, 0, ErrorDomain::NWFILTER, function)?;
            Ok(ConnectListAllNwfiltersReply { filters: Vec::new(), ret: 0 })
        })
        .on(ConnectListAllNwfilterBindings, |_, arguments| {
            let function = "nwfilterConnectListAllNWFilterBindings";
            check_flags(arguments.flags, 0, ErrorDomain::NWFILTER, function)?;
            Ok(ConnectListAllNwfilterBindingsReply { bindings: Vec::new(), ret: 0 })
        })
        .on(NwfilterLookupByName, |_, arguments| {
            Err(no_filter(format!("name '{}'", arguments.name)))
        })
        .on(NwfilterLookupByUuid, |_, arguments| {
            Err(no_filter(format!("uuid '{}'", Uuid::from_bytes(arguments.uuid))))
        })
        .on(NwfilterBindingLookupByPortDev, |_, arguments| {
            let detail = format!("no nwfilter binding for port dev '{}'", arguments.name);
            Err(Error::new(ErrorCode::NO_NWFILTER_BINDING, ErrorDomain::NWFILTER, detail))
        })
}

fn no_network(asked: impl Display) -> Error {
    let detail = format!("no network with matching {asked}");
    Error::new(ErrorCode::NO_NETWORK, ErrorDomain::NETWORK, detail)
}

fn no_pool(asked: impl Display) -> Error {
    let detail = format!("no storage pool with matching {asked}");
    Error::new(ErrorCode::NO_STORAGE_POOL, ErrorDomain::STORAGE, detail)
}

fn no_filter(asked: impl Display) -> Error {
    let detail = format!("no nwfilter with matching {asked}");
    Error::new(ErrorCode::NO_NWFILTER, ErrorDomain::NWFILTER, detail)
}
