//! `<devices>`, in libvirt's output order.

use stead_xml::Element;

use super::chardev::{Channel, Console, Parallel, Serial};
use super::controller::Controller;
use super::disk::{Disk, disks};
use super::display::{Graphics, Video, videos};
use super::interface::Interface;
use super::small::{Input, MemBalloon, Panic, Rng, Vsock, Watchdog};
use super::sound::{Audio, Sound};

/// `<devices>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct Devices {
    /// The QEMU binary.
    #[xml(text)]
    pub emulator: Option<String>,
    /// Disks, CD-ROMs, floppies.
    #[xml(with = disks, knows("disk"))]
    pub disks: Vec<Disk>,
    /// Buses.
    #[xml(children = "controller")]
    pub controllers: Vec<Controller>,
    /// Network cards.
    #[xml(children = "interface")]
    pub interfaces: Vec<Interface>,
    /// Serial ports.
    #[xml(children = "serial")]
    pub serials: Vec<Serial>,
    /// Parallel ports.
    #[xml(children = "parallel")]
    pub parallels: Vec<Parallel>,
    /// Consoles.
    #[xml(children = "console")]
    pub consoles: Vec<Console>,
    /// Channels to the guest.
    #[xml(children = "channel")]
    pub channels: Vec<Channel>,
    /// Keyboards, mice, tablets.
    #[xml(children = "input")]
    pub inputs: Vec<Input>,
    /// How the display is seen.
    #[xml(children = "graphics")]
    pub graphics: Vec<Graphics>,
    /// Sound cards.
    #[xml(children = "sound")]
    pub sounds: Vec<Sound>,
    /// Where sound is heard.
    #[xml(children = "audio")]
    pub audios: Vec<Audio>,
    /// Graphics cards.
    #[xml(with = videos, knows("video"))]
    pub videos: Vec<Video>,
    /// Watchdogs.
    #[xml(children = "watchdog")]
    pub watchdogs: Vec<Watchdog>,
    /// The balloon.
    #[xml(child, always)]
    pub memballoon: Option<MemBalloon>,
    /// Sources of random numbers.
    #[xml(children = "rng")]
    pub rngs: Vec<Rng>,
    /// How a guest tells that it panicked.
    #[xml(children = "panic")]
    pub panics: Vec<Panic>,
    /// The socket between guest and host.
    #[xml(child, always)]
    pub vsock: Option<Vsock>,
}
