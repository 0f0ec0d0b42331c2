//! Images by path: a file that is there is a volume of its folder, whether anybody made that folder a pool or not.
//!
//! virt-install looks every disk up so, and makes a pool beside it where the daemon knows none. Nothing is kept: a volume's key is its
//! path, its pool's name is the folder's. What only looks is shown nothing, since it could else ask for any file of the host.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stead_protocol::remote::*;
use stead_protocol::{ErrorCode, ErrorDomain};
use stead_xml::{Form, Writer};

use crate::error::{Error, Result, check_flags};
use crate::router::Router;
use crate::session::Session;

/// virStorageVolType.
const TYPE_FILE: u8 = 0;
const TYPE_BLOCK: u8 = 1;

/// virStoragePoolState: in use.
const POOL_RUNNING: u8 = 2;

/// How a qcow2 image begins (QEMU 10.0, docs/interop/qcow2.rst).
const QCOW2: &[u8] = b"QFI\xfb";

pub(crate) fn routes(router: Router) -> Router {
    let router = volumes(router);
    pools(router)
}

fn volumes(router: Router) -> Router {
    router
        .on_async(StorageVolLookupByPath, |session, arguments| async move {
            let found = Image::open(&session, &arguments.path).map(|image| image.volume());
            let volume = found.ok_or_else(|| {
                no_volume(format!("no storage vol with matching path '{}'", arguments.path))
            })?;
            Ok(StorageVolLookupByPathReply { volume })
        })
        .on_async(StorageVolLookupByKey, |session, arguments| async move {
            let found = Image::open(&session, &arguments.key).map(|image| image.volume());
            let volume = found.ok_or_else(|| {
                no_volume(format!("no storage vol with matching key {}", arguments.key))
            })?;
            Ok(StorageVolLookupByKeyReply { volume })
        })
        .on_async(StorageVolLookupByName, |session, arguments| async move {
            let path = Path::new(&arguments.pool.name).join(&arguments.name);
            let is_plain = !arguments.name.contains('/');
            let found =
                path.to_str().filter(|_| is_plain).and_then(|path| Image::open(&session, path));
            let volume = found.map(|image| image.volume()).ok_or_else(|| {
                no_volume(format!("no storage vol with matching name '{}'", arguments.name))
            })?;
            Ok(StorageVolLookupByNameReply { volume })
        })
        .on_async(StorageVolGetPath, |session, arguments| async move {
            Ok(StorageVolGetPathReply { name: named(&session, &arguments.volume)?.text() })
        })
        .on_async(StorageVolGetInfo, |session, arguments| async move {
            let image = named(&session, &arguments.volume)?;
            Ok(StorageVolGetInfoReply {
                kind: image.kind,
                capacity: image.capacity,
                allocation: image.allocation,
            })
        })
        .on_async(StorageVolGetXmlDesc, |session, arguments| async move {
            check_flags(arguments.flags, 0, ErrorDomain::STORAGE, "storageVolGetXMLDesc")?;
            Ok(StorageVolGetXmlDescReply { xml: named(&session, &arguments.volume)?.xml() })
        })
}

fn pools(router: Router) -> Router {
    router
        .on(ConnectNumOfStoragePools, |_, ()| Ok(ConnectNumOfStoragePoolsReply { num: 0 }))
        .on(ConnectListStoragePools, |_, _| Ok(ConnectListStoragePoolsReply { names: Vec::new() }))
        .on(ConnectNumOfDefinedStoragePools, |_, ()| {
            Ok(ConnectNumOfDefinedStoragePoolsReply { num: 0 })
        })
        .on(ConnectListDefinedStoragePools, |_, _| {
            Ok(ConnectListDefinedStoragePoolsReply { names: Vec::new() })
        })
        .on(ConnectListAllStoragePools, |_, _| {
            Ok(ConnectListAllStoragePoolsReply { pools: Vec::new(), ret: 0 })
        })
        .on_async(StoragePoolLookupByVolume, |session, arguments| async move {
            let image = named(&session, &arguments.volume)?;
            Ok(StoragePoolLookupByVolumeReply { pool: pool(&image.folder()) })
        })
        .on(StoragePoolIsActive, |session, arguments| {
            folder(session, &arguments.pool)?;
            Ok(StoragePoolIsActiveReply { active: 1 })
        })
        .on(StoragePoolIsPersistent, |session, arguments| {
            folder(session, &arguments.pool)?;
            Ok(StoragePoolIsPersistentReply { persistent: 0 })
        })
        .on_async(StoragePoolRefresh, |session, arguments| async move {
            folder(&session, &arguments.pool).map(drop)
        })
        .on_async(StoragePoolGetInfo, |session, arguments| async move {
            let space = space(&folder(&session, &arguments.pool)?);
            Ok(StoragePoolGetInfoReply {
                state: POOL_RUNNING,
                capacity: space.0,
                allocation: space.0.saturating_sub(space.1),
                available: space.1,
            })
        })
        .on_async(StoragePoolGetXmlDesc, |session, arguments| async move {
            let folder = folder(&session, &arguments.pool)?;
            Ok(StoragePoolGetXmlDescReply { xml: pool_xml(&folder) })
        })
}

/// A file that can be a disk.
struct Image {
    path: PathBuf,
    kind: u8,
    capacity: u64,
    allocation: u64,
    format: &'static str,
}

impl Image {
    /// Looks at a file, if there is one that can be a disk and the client may know.
    fn open(session: &Arc<Session>, path: &str) -> Option<Self> {
        if session.is_read_only() || !path.starts_with('/') {
            return None;
        }
        // A named pipe or a tape must not keep us waiting.
        let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let mut file = File::options().read(true).custom_flags(flags).open(path).ok()?;
        let found = file.metadata().ok()?;
        let kind = match found.file_type() {
            kind if kind.is_file() => TYPE_FILE,
            kind if kind.is_block_device() => TYPE_BLOCK,
            _ => return None,
        };
        let mut head = [0; 32];
        let is_qcow2 = file.read_exact(&mut head).is_ok() && head.starts_with(QCOW2);
        let size = match kind {
            TYPE_BLOCK => rustix::fs::seek(&file, rustix::fs::SeekFrom::End(0)).ok()?,
            _ => found.size(),
        };
        let inside = head.last_chunk::<8>().map_or(0, |size| u64::from_be_bytes(*size));
        Some(Self {
            path: PathBuf::from(path),
            kind,
            capacity: if is_qcow2 { inside } else { size },
            allocation: if kind == TYPE_BLOCK { size } else { found.blocks().saturating_mul(512) },
            format: if is_qcow2 { "qcow2" } else { "raw" },
        })
    }

    fn text(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    fn folder(&self) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("/")).to_owned()
    }

    fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn volume(&self) -> StorageVolume {
        let pool = self.folder().to_string_lossy().into_owned();
        StorageVolume { pool, name: self.name(), key: self.text() }
    }

    fn xml(&self) -> String {
        let kind = if self.kind == TYPE_BLOCK { "block" } else { "file" };
        let mut out = Writer::new(Form::INACTIVE);
        out.element("volume", |out| {
            out.attribute("type", kind);
            out.text("name", self.name());
            out.text("key", self.text());
            bytes(out, "capacity", self.capacity);
            bytes(out, "allocation", self.allocation);
            out.element("target", |out| {
                out.text("path", self.text());
                out.element("format", |out| out.attribute("type", self.format));
            });
        });
        out.finish()
    }
}

/// The image that a volume names.
fn named(session: &Arc<Session>, volume: &StorageVolume) -> Result<Image> {
    Image::open(session, &volume.key)
        .ok_or_else(|| no_volume(format!("no storage vol with matching name '{}'", volume.name)))
}

/// The pool that a folder is.
fn pool(folder: &Path) -> StoragePool {
    let name = folder.to_string_lossy().into_owned();
    StoragePool { uuid: uuid(&name), name }
}

/// A UUID that always is the same for a name (FNV-1a, twice), marked as made by us (RFC 9562, version 8).
fn uuid(name: &str) -> [u8; 16] {
    let hash = |start: u64| {
        name.bytes()
            .fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
    };
    let mut uuid = [0; 16];
    uuid[..8].copy_from_slice(&hash(0xcbf2_9ce4_8422_2325).to_be_bytes());
    uuid[8..].copy_from_slice(&hash(0x8422_2325_cbf2_9ce4).to_be_bytes());
    uuid[6] = uuid[6] & 0x0f | 0x80;
    uuid[8] = uuid[8] & 0x3f | 0x80;
    uuid
}

/// The folder that a pool is, if it is one of ours.
fn folder(session: &Arc<Session>, asked: &StoragePool) -> Result<PathBuf> {
    let folder = PathBuf::from(&asked.name);
    if !session.is_read_only() && folder.is_absolute() && pool(&folder) == *asked {
        return Ok(folder);
    }
    let detail = format!(
        "no storage pool with matching uuid '{}' ({})",
        stead_domain::Uuid::from_bytes(asked.uuid),
        asked.name
    );
    Err(Error::new(ErrorCode::NO_STORAGE_POOL, ErrorDomain::STORAGE, detail))
}

/// Bytes in all and free where a folder lies.
fn space(folder: &Path) -> (u64, u64) {
    match rustix::fs::statvfs(folder) {
        Ok(found) => {
            let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
            (bytes(found.f_blocks), bytes(found.f_bavail))
        }
        Err(_) => (0, 0),
    }
}

fn pool_xml(folder: &Path) -> String {
    let StoragePool { name, uuid } = pool(folder);
    let (capacity, available) = space(folder);
    let mut out = Writer::new(Form::INACTIVE);
    out.element("pool", |out| {
        out.attribute("type", "dir");
        out.text("name", &name);
        out.text("uuid", stead_domain::Uuid::from_bytes(uuid));
        bytes(out, "capacity", capacity);
        bytes(out, "allocation", capacity.saturating_sub(available));
        bytes(out, "available", available);
        out.element("target", |out| out.text("path", &name));
    });
    out.finish()
}

fn bytes(out: &mut Writer, name: &str, count: u64) {
    out.element(name, |out| {
        out.attribute("unit", "bytes");
        out.content(count);
    });
}

fn no_volume(detail: String) -> Error {
    Error::new(ErrorCode::NO_STORAGE_VOL, ErrorDomain::STORAGE, detail)
}

#[cfg(test)]
mod tests {
    use stead_protocol::ErrorCode;
    use stead_protocol::remote::*;

    use crate::peer::Access;
    use crate::routes::routes;
    use crate::testing::House;

    #[test]
    fn a_file_is_a_volume_of_its_folder_but_not_for_readers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.qcow2").to_str().unwrap().to_owned();
        let mut image = b"QFI\xfb".to_vec();
        image.resize(24, 0);
        image.extend_from_slice(&(64_u64 << 20).to_be_bytes());
        std::fs::write(&path, image).unwrap();
        let house = House::new(routes());
        let mut client = house.client(Access::ReadWrite);
        let asked = StorageVolLookupByPathArgs { path: path.clone() };
        let volume = client.call(StorageVolLookupByPath, &asked).unwrap().volume;
        assert_eq!(volume.key, path);
        let xml = StorageVolGetXmlDescArgs { volume: volume.clone(), flags: 0 };
        let xml = client.call(StorageVolGetXmlDesc, &xml).unwrap().xml;
        assert!(xml.contains("<capacity unit='bytes'>67108864</capacity>"), "{xml}");
        assert!(xml.contains("<format type='qcow2'/>"), "{xml}");
        let pool = StoragePoolLookupByVolumeArgs { volume };
        let pool = client.call(StoragePoolLookupByVolume, &pool).unwrap().pool;
        let xml = StoragePoolGetXmlDescArgs { pool, flags: 0 };
        let xml = client.call(StoragePoolGetXmlDesc, &xml).unwrap().xml;
        assert!(xml.contains(&format!("<path>{}</path>", folder.path().display())), "{xml}");

        let mut reader = house.client(Access::ReadOnly);
        let refused = reader.call(StorageVolLookupByPath, &asked).unwrap_err();
        assert_eq!(refused.code, ErrorCode::NO_STORAGE_VOL);
        let folder = folder.path().to_str().unwrap().to_owned();
        let asked = StorageVolLookupByPathArgs { path: folder };
        assert!(client.call(StorageVolLookupByPath, &asked).is_err());
    }
}
