//! Sound: where it is heard, and the cards.

use serde_json::Value;
use stead_config::domain::sound::{Audio, AudioKind, AudioSide, CodecKind, Sound, SoundModel};
use stead_values::YesNo;

use super::words::{Object, Words};
use super::{address, driven};
use crate::plan::Plan;

/// All `<audio>`.
pub(super) fn backends(plan: &Plan, words: &mut Words) {
    for audio in &plan.domain.devices.audios {
        words.json("-audiodev", backend(audio));
    }
}

fn backend(audio: &Audio) -> Object {
    let driver = match audio.kind {
        AudioKind::PulseAudio => "pa",
        AudioKind::File => "wav",
        other => other.as_str(),
    };
    let yes = |answer: Option<YesNo>| answer.map(YesNo::is_yes);
    let device = Object::new("id", format!("audio{}", audio.id))
        .with("driver", driver)
        .maybe("timer-period", audio.timer_period)
        .maybe("try-mmap", yes(audio.try_mmap))
        .maybe("exclusive", yes(audio.exclusive))
        .maybe("dsp-policy", audio.dsp_policy)
        .maybe("server", audio.server_name.as_deref())
        .maybe("path", audio.path.as_deref());
    device
        .maybe("in", audio.input.as_ref().and_then(|it| side(audio.kind, it)))
        .maybe("out", audio.output.as_ref().and_then(|it| side(audio.kind, it)))
}

fn side(kind: AudioKind, side: &AudioSide) -> Option<Value> {
    let yes = |answer: Option<YesNo>| answer.map(YesNo::is_yes);
    let settings = side.settings.clone().unwrap_or_default();
    let buffers = if kind == AudioKind::Jack { None } else { side.buffer_count };
    let object = Object::default()
        .maybe("mixing-engine", yes(side.mixing_engine))
        .maybe("fixed-settings", yes(side.fixed_settings))
        .maybe("voices", side.voices)
        .maybe("buffer-length", side.buffer_length)
        .maybe("frequency", settings.frequency)
        .maybe("channels", settings.channels)
        .maybe("format", settings.format.map(|format| format.as_str()))
        .maybe("dev", side.dev.as_deref())
        .maybe("buffer-count", buffers)
        .maybe("try-poll", yes(side.try_poll))
        .maybe("server-name", side.server_name.as_deref())
        .maybe("client-name", side.client_name.as_deref())
        .maybe("connect-ports", side.connect_ports.as_deref())
        .maybe("exact-name", yes(side.exact_name))
        .maybe("name", side.name.as_deref())
        .maybe("stream-name", side.stream_name.as_deref())
        .maybe("latency", side.latency);
    let value = object.value();
    (value != Value::Object(serde_json::Map::new())).then_some(value)
}

/// All sound cards but the speaker, which is part of the machine.
pub(super) fn cards(plan: &Plan, words: &mut Words) {
    for sound in &plan.domain.devices.sounds {
        card(plan, sound, words);
    }
}

fn card(plan: &Plan, sound: &Sound, words: &mut Words) {
    let name = match sound.model {
        SoundModel::Sb16 => "sb16",
        SoundModel::Es1370 => "ES1370",
        SoundModel::Ac97 => "AC97",
        SoundModel::Ich6 | SoundModel::Ich7 => "intel-hda",
        SoundModel::Ich9 => "ich9-intel-hda",
        SoundModel::Usb => "usb-audio",
        SoundModel::Virtio => "virtio-sound-pci",
        SoundModel::Pcspk => return,
    };
    let id = sound.alias.as_deref().unwrap_or_default();
    let audio = audio_of(plan, sound);
    let hda = matches!(sound.model, SoundModel::Ich6 | SoundModel::Ich7 | SoundModel::Ich9);
    let mut device = driven(Object::new("driver", name), sound.driver.as_ref()).with("id", id);
    if sound.model == SoundModel::Usb {
        device = device.maybe("multi", sound.multichannel.map(YesNo::is_yes));
    }
    if !hda {
        device = device.maybe("audiodev", audio.as_deref());
    }
    if sound.model == SoundModel::Virtio {
        device = device.with("streams", sound.streams.unwrap_or(2));
    }
    words.json("-device", address::place(plan, device, &sound.address));
    if !hda {
        return;
    }
    let mut codecs: Vec<CodecKind> = sound.codecs.iter().map(|codec| codec.kind).collect();
    if codecs.is_empty() {
        codecs.push(CodecKind::Duplex);
    }
    for (cad, codec) in codecs.into_iter().enumerate() {
        let name = format!("hda-{codec}");
        let codec = Object::new("driver", name)
            .with("id", format!("{id}-codec{cad}"))
            .with("bus", format!("{id}.0"))
            .with("cad", cad)
            .maybe("audiodev", audio.as_deref());
        words.json("-device", codec);
    }
}

/// Where a card is heard: what it names, or the first.
pub(super) fn audio_of(plan: &Plan, sound: &Sound) -> Option<String> {
    let named = sound.audio.as_ref().map(|audio| audio.id);
    let id = named.or_else(|| plan.domain.devices.audios.first().map(|audio| audio.id))?;
    Some(format!("audio{id}"))
}

/// Where the speaker is heard, for `-machine pcspk-audiodev=`.
pub(super) fn speaker(plan: &Plan) -> Option<String> {
    let speaker =
        plan.domain.devices.sounds.iter().find(|sound| sound.model == SoundModel::Pcspk)?;
    audio_of(plan, speaker)
}
