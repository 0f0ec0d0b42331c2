//! Images of disks: opened once and looked at through the descriptor, never by name a second time.
//!
//! What is in an image was written by a guest, so nothing in it is believed beyond its bounds: the format is what
//! the document says and never guessed for a disk that is written; a header names a backing file, and
//! whether that one is opened is for the caller to say.

use std::{
    fs::File,
    io,
    os::fd::AsRawFd,
    path::{Path, PathBuf},
};

use rustix::fs::{FileType, Mode, OFlags, SeekFrom, Stat};

use crate::{Error, error::Doing};

mod chain;
mod header;
mod owner;

pub use chain::{ChainError, Layer, chain};
pub use header::{Backing, Header, HeaderError};
pub(crate) use owner::may_write;
pub use owner::{Claim, Owner, Owners, unreachable_folder};

/// An image that is open for reading its header and for changing its owner.
#[derive(Debug)]
pub struct Image {
    path: PathBuf,
    file: File,
    stat: Stat,
}

/// What an image lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// A block device.
    Block,
    /// A regular file.
    File,
}

/// Sizes of an image in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// What the guest sees.
    pub capacity: u64,
    /// What it takes on the host.
    pub allocation: u64,
    /// Where its last byte lies.
    pub physical: u64,
}

impl Image {
    /// Opens an image for reading. Symbolic links are followed, once: what is opened here is what is looked at.
    ///
    /// # Errors
    /// When it is missing, not ours to read, or neither a file nor a block device.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let doing = || format!("opening image {}", path.display());
        // Not blocking: a pipe at this path must not hold us before it is refused.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = rustix::fs::open(path, flags, Mode::empty()).doing(doing)?;
        let stat = rustix::fs::fstat(&file).doing(doing)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile | FileType::BlockDevice => {}
            _ => return Err(Error::refused(doing(), "neither a file nor a block device")),
        }
        Ok(Self { path: path.into(), file: file.into(), stat })
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The open file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Device and inode: the same for every name of one image. A block device's own number instead of the device
    /// that holds its node.
    pub fn key(&self) -> (u64, u64) {
        match self.medium() {
            Medium::Block => (self.stat.st_rdev, 0),
            Medium::File => (self.stat.st_dev, self.stat.st_ino),
        }
    }

    /// What it lies on.
    pub fn medium(&self) -> Medium {
        match FileType::from_raw_mode(self.stat.st_mode) {
            FileType::BlockDevice => Medium::Block,
            _ => Medium::File,
        }
    }

    /// Its sizes, the capacity by the header of `format` where this crate knows it.
    ///
    /// # Errors
    /// When it cannot be read, or is not of that format.
    pub fn sizes(&self, format: &str) -> Result<Sizes, Error> {
        let doing = || format!("measuring image {}", self.path.display());
        let stat = rustix::fs::fstat(&self.file).doing(doing)?;
        let bytes = |figure: i64| u64::try_from(figure).unwrap_or(0);
        let (physical, allocation) = match self.medium() {
            Medium::File => (bytes(stat.st_size), bytes(stat.st_blocks).saturating_mul(512)),
            Medium::Block => {
                // Of a descriptor of its own: seeking moves all that share one.
                let path = format!("/proc/self/fd/{}", self.file.as_raw_fd());
                let own = File::open(path).doing(doing)?;
                let end = rustix::fs::seek(&own, SeekFrom::End(0)).doing(doing)?;
                (end, end)
            }
        };
        let capacity = match self.header(format) {
            Ok(header) => header.capacity.unwrap_or(physical),
            Err(error) => return Err(Error::new(doing(), io::Error::other(error.to_string()))),
        };
        Ok(Sizes { capacity, allocation, physical })
    }

    /// What its header says, read as `format`.
    ///
    /// # Errors
    /// When it is not of that format.
    pub fn header(&self, format: &str) -> Result<Header, HeaderError> {
        header::read(&self.file, format)
    }
}
