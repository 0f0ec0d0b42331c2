//! The images below an image, as their headers name them.
//!
//! A header was written by whoever could write the image: for an overlay that is QEMU, and thus in the end the
//! guest. So a layer below is taken for what the layer above calls it; one without a format is taken for raw
//! only if it cannot lead any further, else the chain is refused, as libvirt refuses it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{HeaderError, Image, Medium, header};
use crate::Error;

/// More layers than this are taken for a loop (QEMU and libvirt end at 200 too).
const LAYERS_MAX: usize = 200;

/// One image of a chain.
#[derive(Debug)]
pub struct Layer {
    /// The open image.
    pub image: Image,
    /// Its format, as QEMU names it.
    pub format: String,
}

impl Layer {
    /// Whether it lies on a block device.
    pub fn is_block(&self) -> bool {
        self.image.medium() == Medium::Block
    }
}

/// Why a chain cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// A layer cannot be opened.
    #[error("{source}{}", beneath(above))]
    Open {
        /// The system's word.
        source: Error,
        /// The image that names it; none: the first one.
        above: Option<PathBuf>,
    },
    /// A layer's header cannot be read.
    #[error("image {}: {source}", path.display())]
    Header {
        /// The layer.
        path: PathBuf,
        /// Why.
        source: HeaderError,
    },
    /// A layer names no format for the next one, and that one leads further.
    #[error(
        "Requested operation is not valid: format of backing image '{backing}' of image '{}' was not specified in the image metadata \
         (See https://libvirt.org/kbase/backing_chains.html for troubleshooting)",
        image.display()
    )]
    FormatMissing {
        /// The layer that does not say.
        image: PathBuf,
        /// The layer below.
        backing: String,
    },
    /// A layer is not a file or a block device of this host.
    #[error("backing store '{backing}' of image '{}' is not supported by stead yet", image.display())]
    NotLocal {
        /// The layer that names it.
        image: PathBuf,
        /// What it names.
        backing: String,
    },
    /// A layer lies below itself, or there are too many.
    #[error("backing store for '{}' is self-referential or too deep", .0.display())]
    Endless(PathBuf),
}

fn beneath(above: &Option<PathBuf>) -> String {
    above.as_ref().map(|path| format!(" (backing file of {})", path.display())).unwrap_or_default()
}

/// The image and all below it, from top to bottom; at least one.
///
/// # Errors
/// With the layer that ends it.
pub fn chain(path: &Path, format: &str) -> Result<Vec<Layer>, ChainError> {
    let open = |path: &Path, above: Option<&Path>| {
        let above = above.map(Path::to_owned);
        Image::open(path).map_err(|source| ChainError::Open { source, above })
    };
    let mut layers = vec![Layer { image: open(path, None)?, format: format.into() }];
    let mut seen = BTreeSet::new();
    while let Some(top) = layers.last() {
        let image = top.image.path();
        if !seen.insert(top.image.key()) || layers.len() > LAYERS_MAX {
            return Err(ChainError::Endless(image.into()));
        }
        let header = top
            .image
            .header(&top.format)
            .map_err(|source| ChainError::Header { path: image.into(), source })?;
        let Some(backing) = header.backing else { break };
        let Some(below) = local(image, &backing.name) else {
            return Err(ChainError::NotLocal { image: image.into(), backing: backing.name });
        };
        let next = open(&below, Some(image))?;
        let format = match backing.format {
            Some(format) => format,
            None => guess(&next).ok_or_else(|| ChainError::FormatMissing {
                image: image.into(),
                backing: backing.name,
            })?,
        };
        layers.push(Layer { image: next, format });
    }
    Ok(layers)
}

/// The path that a header means: relative to the image that bears it.
fn local(image: &Path, name: &str) -> Option<PathBuf> {
    let name = name.strip_prefix("file:").unwrap_or(name);
    // QEMU takes everything with a colon before the first slash for a protocol.
    if name.split('/').next().is_some_and(|first| first.contains(':')) || name.contains('\0') {
        return None;
    }
    Some(image.parent().unwrap_or(Path::new("/")).join(name))
}

/// A format for an image without one, when no harm can come of it.
fn guess(image: &Image) -> Option<String> {
    if !header::is_qcow2(image.file()).ok()? {
        return Some("raw".into());
    }
    let header = image.header("qcow2").ok()?;
    header.backing.is_none().then(|| "qcow2".into())
}

#[cfg(test)]
mod test {
    use std::fs;

    use super::{super::header::test::header, *};

    fn formats(path: &Path, format: &str) -> Result<Vec<String>, String> {
        chain(path, format)
            .map(|layers| layers.into_iter().map(|layer| layer.format).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_chain_is_followed_by_what_its_headers_say() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("base"), "raw bytes").unwrap();
        fs::write(path("middle"), header(9, "base", Some("raw"))).unwrap();
        fs::write(path("top"), header(9, path("middle").to_str().unwrap(), Some("qcow2"))).unwrap();
        assert_eq!(formats(&path("top"), "qcow2").unwrap(), ["qcow2", "qcow2", "raw"]);
        // As raw it leads nowhere, whatever it holds.
        assert_eq!(formats(&path("top"), "raw").unwrap(), ["raw"]);
        let error = formats(&path("base"), "qcow2").unwrap_err();
        assert!(error.contains("not in format 'qcow2'"), "{error}");
    }

    #[test]
    fn a_layer_without_a_format_is_taken_only_where_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("raw"), "raw bytes").unwrap();
        fs::write(path("over"), header(9, "raw", None)).unwrap();
        assert_eq!(formats(&path("over"), "qcow2").unwrap(), ["qcow2", "raw"]);
        fs::write(path("trap"), header(9, "over", None)).unwrap();
        let error = formats(&path("trap"), "qcow2").unwrap_err();
        assert!(error.contains("was not specified in the image metadata"), "{error}");
    }

    #[test]
    fn loops_pipes_folders_and_far_places_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("loop"), header(9, "loop", Some("qcow2"))).unwrap();
        assert!(formats(&path("loop"), "qcow2").unwrap_err().contains("self-referential"));
        for name in ["json:{}", "nbd://host/export", "fat:rw:/etc"] {
            fs::write(path("far"), header(9, name, Some("raw"))).unwrap();
            assert!(
                formats(&path("far"), "qcow2").unwrap_err().contains("not supported"),
                "{name}"
            );
        }
        fs::write(path("folder"), header(9, ".", Some("raw"))).unwrap();
        assert!(formats(&path("folder"), "qcow2").unwrap_err().contains("neither a file"));
        nix::unistd::mkfifo(&path("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(formats(&path("pipe"), "raw").is_err());
        assert!(formats(&path("missing"), "raw").is_err());
    }
}
