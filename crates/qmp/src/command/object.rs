//! Objects and devices (`qapi/{qom,qdev,net,stats,virtio}.json`).

use serde_json::Value;

use super::{Nothing, Properties, answers, commands};

commands! {
    /// Reads a property of an object.
    "qom-get" QomGet { path: String, property: String } -> Value;
    /// Writes a property of an object.
    "qom-set" QomSet { path: String, property: String, value: Value } -> Nothing;
    /// The properties of an object.
    "qom-list" QomList { path: String } -> Vec<ObjectProperty>;
    /// The properties of several objects with their values; QEMU 10.1 and later.
    "qom-list-get" QomListGet { paths: Vec<String> } -> Vec<ObjectProperties>;
    /// The types.
    "qom-list-types" QomListTypes {} [implements: String, #[serde(rename = "abstract")] with_abstract: bool] -> Vec<ObjectType>;
    /// The properties of a type of object.
    "qom-list-properties" QomListProperties { typename: String } -> Vec<ObjectProperty>;
    /// The properties of a type of device.
    "device-list-properties" DeviceListProperties { typename: String } -> Vec<ObjectProperty>;
    /// Makes an object: `qom-type`, `id` and its properties.
    "object-add" ObjectAdd(Properties) -> Nothing;
    /// Ends an object.
    "object-del" ObjectDel { id: String } -> Nothing;
    /// Plugs a device: `driver`, `id`, `bus` and its properties.
    "device_add" DeviceAdd(Properties) -> Nothing;
    /// Unplugs a device. Only `DEVICE_DELETED` says that it has gone.
    "device_del" DeviceDel { id: String } -> Nothing;
    /// Makes a network backend: `type`, `id` and its options.
    "netdev_add" NetdevAdd(Properties) -> Nothing;
    /// Ends a network backend.
    "netdev_del" NetdevDel { id: String } -> Nothing;
    /// Puts a NIC's link up or down.
    "set_link" SetLink { name: String, up: bool } -> Nothing;
    /// What the guest's NICs let in.
    "query-rx-filter" QueryRxFilter {} [name: String] -> Vec<RxFilter>;
    /// KVM's own statistics.
    "query-stats" QueryStats { target: String } [
        vcpus: StatsVcpus,
        providers: Vec<StatsProvider>,
    ] -> Vec<StatsResult>;
    /// What KVM's statistics mean.
    "query-stats-schemas" QueryStatsSchemas {} [provider: String] -> Vec<Value>;
}

answers! {
    /// A property.
    ObjectProperty {
        name: String,
        #[serde(default, rename = "type")] kind: String,
        description: Option<String>,
        default_value: Option<Value>,
    }
    /// The properties of one object.
    ObjectProperties { properties: Vec<ObjectPropertyValue> }
    /// A property with its value; absent when it cannot be read.
    ObjectPropertyValue { name: String, #[serde(default, rename = "type")] kind: String, value: Option<Value> }
    /// A type.
    ObjectType { name: String, #[serde(default, rename = "abstract")] is_abstract: bool, parent: Option<String> }
    /// What a NIC lets in.
    RxFilter {
        name: String,
        promiscuous: bool,
        multicast: String,
        unicast: String,
        vlan: String,
        broadcast_allowed: bool,
        multicast_overflow: bool,
        unicast_overflow: bool,
        main_mac: String,
        #[serde(default)] vlan_table: Vec<u16>,
        #[serde(default)] unicast_table: Vec<String>,
        #[serde(default)] multicast_table: Vec<String>,
    }
    /// The vCPUs to ask of.
    StatsVcpus { vcpus: Vec<String> }
    /// The provider to ask, and the names.
    StatsProvider { provider: String, #[serde(default)] names: Vec<String> }
    /// What one object counts.
    StatsResult { provider: String, qom_path: Option<String>, stats: Vec<Stat> }
    /// One figure: a number, a truth, or a list of numbers.
    Stat { name: String, value: Value }
}
