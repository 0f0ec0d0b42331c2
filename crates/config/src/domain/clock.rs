//! `<clock>`: what the guest's clocks show.

use stead_values::{YesNo, names};
use stead_xml::{Class, Element, FromElement, Node, Reader, ToElement, Writer};

names! {
    /// What an adjusted clock is adjusted from.
    pub enum ClockBasis {
        Utc = "utc",
        Localtime = "localtime",
    }

    /// Which timer.
    pub enum TimerName {
        Platform = "platform",
        Pit = "pit",
        Rtc = "rtc",
        Hpet = "hpet",
        Tsc = "tsc",
        Kvmclock = "kvmclock",
        Hypervclock = "hypervclock",
        Armvtimer = "armvtimer",
    }

    /// What becomes of ticks that were missed.
    pub enum TickPolicy {
        Delay = "delay",
        Catchup = "catchup",
        Merge = "merge",
        Discard = "discard",
    }

    /// What a timer tracks.
    pub enum TimerTrack {
        Boot = "boot",
        Guest = "guest",
        Wall = "wall",
        Realtime = "realtime",
    }

    /// How the TSC is run.
    pub enum TscMode {
        Auto = "auto",
        Native = "native",
        Emulate = "emulate",
        Paravirt = "paravirt",
        Smpsafe = "smpsafe",
    }

    /// The `offset` of a clock.
    pub enum ClockOffset {
        Utc = "utc",
        Localtime = "localtime",
        Variable = "variable",
        Timezone = "timezone",
        Absolute = "absolute",
    }
}

/// `<clock>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// What it starts with.
    pub base: ClockBase,
    /// Timers.
    pub timers: Vec<Timer>,
}

/// What a clock starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClockBase {
    /// UTC.
    Utc(Adjustment),
    /// The host's local time.
    Localtime(Adjustment),
    /// The time of a zone.
    Timezone(String),
    /// What the guest set it to, relative to a basis.
    Variable {
        /// Seconds from the basis.
        adjustment: i64,
        /// The basis.
        basis: ClockBasis,
    },
    /// A time: seconds since 1970.
    Absolute(u64),
}

/// What becomes of it when the guest sets UTC or local time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Adjustment {
    /// As the hypervisor likes.
    #[default]
    Default,
    /// It is forgotten at each start.
    Reset,
}

impl Default for Clock {
    fn default() -> Self {
        Self { base: ClockBase::Utc(Adjustment::Default), timers: Vec::new() }
    }
}

/// `<timer>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Timer {
    /// Which.
    #[xml(attribute)]
    pub name: TimerName,
    /// Whether the guest has it.
    #[xml(attribute)]
    pub present: Option<YesNo>,
    /// What becomes of ticks that were missed.
    #[xml(attribute = "tickpolicy")]
    pub tick_policy: Option<TickPolicy>,
    /// What it tracks.
    #[xml(attribute)]
    pub track: Option<TimerTrack>,
    /// Its frequency, in Hz.
    #[xml(attribute)]
    pub frequency: Option<u64>,
    /// How the TSC is run.
    #[xml(attribute)]
    pub mode: Option<TscMode>,
    /// How missed ticks are caught up.
    #[xml(child)]
    pub catchup: Option<Catchup>,
}

/// `<catchup>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Catchup {
    /// From how many missed ticks.
    #[xml(attribute)]
    pub threshold: Option<u64>,
    /// How fast.
    #[xml(attribute)]
    pub slew: Option<u64>,
    /// Up to how many.
    #[xml(attribute)]
    pub limit: Option<u64>,
}

impl FromElement for Clock {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        const ATTRIBUTES: &[&str] = &["offset", "adjustment", "basis", "timezone", "start"];
        reader.leftovers(node, ATTRIBUTES, &["timer"]);
        let offset = match node.attribute("offset") {
            None => ClockOffset::Utc,
            Some(_) => reader.known(node, "offset", "unknown clock offset")?,
        };
        let base = match offset {
            ClockOffset::Utc => base(ClockBasis::Utc, node, reader),
            ClockOffset::Localtime => base(ClockBasis::Localtime, node, reader),
            ClockOffset::Timezone => match node.attribute("timezone") {
                Some(zone) => ClockBase::Timezone(zone.to_owned()),
                None => {
                    let message = "missing 'timezone' attribute for clock with offset='timezone'";
                    reader.error(node, Class::Internal, message);
                    return None;
                }
            },
            ClockOffset::Variable => ClockBase::Variable {
                // libvirt takes what is no number for none.
                adjustment: node
                    .attribute("adjustment")
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(0),
                basis: reader
                    .known(node, "basis", "unknown clock basis")
                    .unwrap_or(ClockBasis::Utc),
            },
            ClockOffset::Absolute => match node.attribute("start") {
                Some(_) => ClockBase::Absolute(reader.attribute(node, "start")?),
                None => {
                    let message = "missing 'start' attribute for clock with offset='absolute'";
                    reader.error(node, Class::Internal, message);
                    return None;
                }
            },
        };
        let timers = node.children().filter(|node| node.name() == "timer");
        let timers: Vec<Timer> = timers.filter_map(|node| Timer::read(node, reader)).collect();
        Some(Self { base, timers })
    }
}

fn base(basis: ClockBasis, node: Node<'_>, reader: &mut Reader) -> ClockBase {
    let adjustment = match node.attribute("adjustment") {
        None => Adjustment::Default,
        Some("reset") => Adjustment::Reset,
        Some(text) => match text.parse::<i64>() {
            // A number makes it a variable clock.
            Ok(adjustment) => return ClockBase::Variable { adjustment, basis },
            Err(_) => {
                let message = format!("unknown clock adjustment '{text}'");
                reader.attribute_error(node, "adjustment", Class::Xml, message);
                Adjustment::Default
            }
        },
    };
    match basis {
        ClockBasis::Utc => ClockBase::Utc(adjustment),
        ClockBasis::Localtime => ClockBase::Localtime(adjustment),
    }
}

impl ToElement for Clock {
    fn write_attributes(&self, out: &mut Writer) {
        let adjusted = |adjustment: &Adjustment, out: &mut Writer| match adjustment {
            Adjustment::Default => {}
            Adjustment::Reset => out.attribute("adjustment", "reset"),
        };
        match &self.base {
            ClockBase::Utc(adjustment) => {
                out.attribute("offset", ClockOffset::Utc);
                adjusted(adjustment, out);
            }
            ClockBase::Localtime(adjustment) => {
                out.attribute("offset", ClockOffset::Localtime);
                adjusted(adjustment, out);
            }
            ClockBase::Timezone(zone) => {
                out.attribute("offset", ClockOffset::Timezone);
                out.attribute("timezone", zone);
            }
            ClockBase::Variable { adjustment, basis } => {
                out.attribute("offset", ClockOffset::Variable);
                out.attribute("adjustment", adjustment);
                out.attribute("basis", basis);
            }
            ClockBase::Absolute(start) => {
                out.attribute("offset", ClockOffset::Absolute);
                out.attribute("start", start);
            }
        }
    }

    fn write_content(&self, out: &mut Writer) {
        for timer in &self.timers {
            timer.write("timer", out);
        }
    }
}
