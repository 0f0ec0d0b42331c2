//! `<sound>` and `<audio>`: sound cards, and where they are heard.

use stead_values::{YesNo, names};
use stead_xml::{Element, Position};

use super::address::{Address, alias, place};
use super::parts::VirtioDriver;

names! {
    /// Which sound card.
    pub enum SoundModel {
        Sb16 = "sb16",
        Es1370 = "es1370",
        Pcspk = "pcspk",
        Ac97 = "ac97",
        Ich6 = "ich6",
        Ich7 = "ich7",
        Ich9 = "ich9",
        Usb = "usb",
        Virtio = "virtio",
    }

    /// What speaks with an Intel HDA card.
    pub enum CodecKind {
        Duplex = "duplex",
        Micro = "micro",
        Output = "output",
    }

    /// Where sound is heard.
    pub enum AudioKind {
        None = "none",
        Alsa = "alsa",
        CoreAudio = "coreaudio",
        Jack = "jack",
        Oss = "oss",
        PulseAudio = "pulseaudio",
        Sdl = "sdl",
        Spice = "spice",
        File = "file",
        Dbus = "dbus",
        PipeWire = "pipewire",
    }

    /// How samples are coded.
    pub enum SampleFormat {
        S8 = "s8",
        U8 = "u8",
        S16 = "s16",
        U16 = "u16",
        S32 = "s32",
        U32 = "u32",
        F32 = "f32",
    }

    /// What SDL plays with.
    pub enum SdlAudioDriver {
        Esd = "esd",
        Alsa = "alsa",
        Arts = "arts",
        PulseAudio = "pulseaudio",
    }
}

/// A sound card.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Sound {
    /// Which.
    #[xml(attribute)]
    pub model: SoundModel,
    /// Whether a USB card has more than two channels.
    #[xml(attribute)]
    pub multichannel: Option<YesNo>,
    /// How many streams a virtio card has.
    #[xml(attribute)]
    pub streams: Option<u32>,
    /// What speaks with an Intel HDA card.
    #[xml(children = "codec")]
    pub codecs: Vec<Codec>,
    /// Where it is heard.
    #[xml(child)]
    pub audio: Option<AudioId>,
    /// What it is called.
    #[xml(with = alias, knows("alias"))]
    pub alias: Option<String>,
    /// Where it sits.
    #[xml(with = place, knows("address"))]
    pub address: Option<Address>,
    /// How a virtio card is driven.
    #[xml(child)]
    pub driver: Option<VirtioDriver>,
    /// Where it stands in the document.
    #[xml(position)]
    pub position: Position,
}

/// `<codec>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Codec {
    /// What it can.
    #[xml(attribute = "type", unknown = "unknown codec type")]
    pub kind: CodecKind,
}

/// `<audio id='…'/>` of a device: where it is heard.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct AudioId {
    /// The number of an `<audio>`, from 1.
    #[xml(attribute)]
    pub id: u32,
}

/// `<audio>`: where sound is heard.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Audio {
    /// Its number, from 1.
    #[xml(attribute)]
    pub id: u32,
    /// Where.
    #[xml(attribute = "type", judged)]
    pub kind: AudioKind,
    /// How often the timer ticks, in microseconds.
    #[xml(attribute = "timerPeriod")]
    pub timer_period: Option<u32>,
    /// Whether OSS devices are mapped.
    #[xml(attribute = "tryMMap")]
    pub try_mmap: Option<YesNo>,
    /// Whether OSS devices are had alone.
    #[xml(attribute)]
    pub exclusive: Option<YesNo>,
    /// The timing policy of OSS.
    #[xml(attribute = "dspPolicy")]
    pub dsp_policy: Option<i32>,
    /// The PulseAudio server.
    #[xml(attribute = "serverName")]
    pub server_name: Option<String>,
    /// Where PipeWire's socket is.
    #[xml(attribute = "runtimeDir")]
    pub runtime_dir: Option<String>,
    /// What SDL plays with.
    #[xml(attribute)]
    pub driver: Option<SdlAudioDriver>,
    /// The file that is written.
    #[xml(attribute)]
    pub path: Option<String>,
    /// What is recorded.
    #[xml(child)]
    pub input: Option<AudioSide>,
    /// What is played.
    #[xml(child)]
    pub output: Option<AudioSide>,
    /// Where it stands in the document.
    #[xml(position)]
    pub position: Position,
}

impl Audio {
    /// One with nothing said but what it is.
    pub fn new(id: u32, kind: AudioKind) -> Self {
        Self {
            id,
            kind,
            timer_period: None,
            try_mmap: None,
            exclusive: None,
            dsp_policy: None,
            server_name: None,
            runtime_dir: None,
            driver: None,
            path: None,
            input: None,
            output: None,
            position: Position::default(),
        }
    }
}

/// `<input>` or `<output>` of an audio backend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct AudioSide {
    /// Whether QEMU mixes.
    #[xml(attribute = "mixingEngine")]
    pub mixing_engine: Option<YesNo>,
    /// Whether the settings are fixed.
    #[xml(attribute = "fixedSettings")]
    pub fixed_settings: Option<YesNo>,
    /// How many voices there are.
    #[xml(attribute)]
    pub voices: Option<u32>,
    /// The length of the buffer, in microseconds.
    #[xml(attribute = "bufferLength")]
    pub buffer_length: Option<u32>,
    /// The device (ALSA, OSS).
    #[xml(attribute)]
    pub dev: Option<String>,
    /// How many buffers there are (Core Audio, OSS, SDL).
    #[xml(attribute = "bufferCount")]
    pub buffer_count: Option<u32>,
    /// Whether polling is tried (OSS).
    #[xml(attribute = "tryPoll")]
    pub try_poll: Option<YesNo>,
    /// The server (JACK).
    #[xml(attribute = "serverName")]
    pub server_name: Option<String>,
    /// The client's name (JACK).
    #[xml(attribute = "clientName")]
    pub client_name: Option<String>,
    /// The ports that are connected (JACK).
    #[xml(attribute = "connectPorts")]
    pub connect_ports: Option<String>,
    /// Whether the name must be free (JACK).
    #[xml(attribute = "exactName")]
    pub exact_name: Option<YesNo>,
    /// The device's name (PulseAudio, PipeWire).
    #[xml(attribute)]
    pub name: Option<String>,
    /// The stream's name (PulseAudio, PipeWire).
    #[xml(attribute = "streamName")]
    pub stream_name: Option<String>,
    /// The wanted delay, in microseconds (PulseAudio, PipeWire).
    #[xml(attribute)]
    pub latency: Option<u32>,
    /// Settings that are fixed.
    #[xml(child)]
    pub settings: Option<AudioSettings>,
}

/// `<settings>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct AudioSettings {
    /// Samples a second.
    #[xml(attribute)]
    pub frequency: Option<u32>,
    /// Channels.
    #[xml(attribute)]
    pub channels: Option<u32>,
    /// How samples are coded.
    #[xml(attribute)]
    pub format: Option<SampleFormat>,
}
