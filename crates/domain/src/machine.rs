//! The life of a machine, as a pure step: what happens next, and what must be done to the world for it.
//!
//! ```text
//!   Off ──Start──► Starting ──Started──► Active: Running ◄─► Paused, Sleeping, PoweredOff, Panicked
//!    ▲ ▲            │    │ Destroy, Abort          │
//!    │ │    Failed  │    ▼                         │ Destroy; powered off or panicked for good
//!    │ ├────────────┴─ Aborting ──Started──┐       │
//!    │ │                                   ▼       ▼
//!    │ │                                  Stopping ──┐
//!    │ │                     Exited          │       │ Survived (graceful): Active again
//!    │ └──Cleaned── Cleaning ◄───────────────┴── Active, Exited: QEMU died
//!    │                 │
//!    │                 └─ on_crash restart: Starting
//!   Undefine, or the end of a transient machine: Gone
//! ```
//!
//! `Adopting` stands beside `Active` while a new daemon has not yet heard from a QEMU that it found. `Destroy`,
//! `Abort` and `Query` are legal in every state that has something to destroy, abort or tell; nothing that QEMU or
//! the host reports is ever refused.

use serde::{Deserialize, Serialize};

use crate::{Crashed, Lifecycle, Paused, Running, Shutdown, Shutoff, Status};

#[cfg(test)]
mod test;

/// What is known of a machine's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Where in its life it is.
    pub phase: Phase,
    /// Whether it outlives its QEMU.
    pub persistent: bool,
    /// What its document says about ends.
    pub actions: Actions,
    /// Whether the guest was asked to power off in order to come up again.
    pub rebooting: bool,
    /// The order that QEMU has not answered yet.
    pub order: Option<Order>,
    /// How often it was started again after QEMU died, since it last ran steadily.
    pub deaths: u8,
}

/// How often a machine whose QEMU dies at once is started again.
const DEATHS_MAX: u8 = 3;

/// Where in its life a machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// There is no QEMU.
    Off(Shutoff),
    /// QEMU is being made.
    Starting {
        /// Whether its CPUs are to stay stopped.
        paused: bool,
    },
    /// A former daemon's QEMU was found and has not answered yet; what is shown meanwhile.
    Adopting(Guest),
    /// QEMU is there and does as it is told.
    Active(Guest),
    /// The start is being given up.
    Aborting {
        /// How this is told afterwards.
        outcome: Outcome,
    },
    /// QEMU is being ended.
    Stopping {
        /// How this is told afterwards.
        outcome: Outcome,
        /// What is shown meanwhile.
        shown: Guest,
    },
    /// QEMU is gone; what it held is being given back.
    Cleaning {
        /// How this is told afterwards.
        outcome: Outcome,
        /// What is shown meanwhile.
        shown: Guest,
    },
    /// The machine is no more.
    Gone,
}

/// What the guest does while there is a QEMU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Guest {
    /// It runs.
    Running(Running),
    /// Its CPUs are stopped.
    Paused(Paused),
    /// It sleeps (S3).
    Sleeping,
    /// It is off; QEMU waits.
    PoweredOff,
    /// It panicked; QEMU waits.
    Panicked,
}

/// How the end of a QEMU is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Somebody destroyed it.
    Destroyed,
    /// The guest shut down, or QEMU was asked to end.
    Shutdown,
    /// The guest panicked.
    Panicked,
    /// QEMU died.
    Died,
    /// Its start failed: nobody heard that it existed.
    Failed,
}

/// What a machine's document says about the ends of its guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actions {
    /// When the guest powers off.
    pub on_poweroff: Action,
    /// When the guest resets.
    pub on_reboot: Action,
    /// When the guest panics or QEMU dies.
    pub on_crash: Action,
}

/// What is done at an end of the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// QEMU ends.
    Destroy,
    /// The guest comes up again.
    Restart,
    /// QEMU stays for inspection.
    Preserve,
}

impl Default for Actions {
    /// libvirt's defaults.
    fn default() -> Self {
        Self { on_poweroff: Action::Destroy, on_reboot: Action::Restart, on_crash: Action::Destroy }
    }
}

/// What can happen to a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Somebody asks.
    Ask(Request),
    /// The start succeeded: QEMU answers, and its CPUs run unless they were to stay stopped.
    Started,
    /// The start failed or was given up, and all that it had made is undone.
    Failed,
    /// QEMU did what it was told.
    Done(Order),
    /// QEMU did not do what it was told.
    Undone(Order),
    /// QEMU reports.
    Heard(Heard),
    /// QEMU's process ended.
    Exited,
    /// A QEMU did not end when it was asked to, and must not be forced.
    Survived,
    /// What QEMU held is given back.
    Cleaned,
    /// A former daemon's QEMU answers, and its guest does this.
    Adopted(Guest),
    /// QEMU has been there for so long that its death would not be the same one again.
    Steady,
}

/// What somebody can ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Start it.
    Start {
        /// And leave its CPUs stopped.
        paused: bool,
    },
    /// Stop the CPUs.
    Suspend,
    /// Let the CPUs run.
    Resume,
    /// Press the power button.
    Shutdown,
    /// Press the power button, and start again when the guest is off.
    Reboot,
    /// Reset at once.
    Reset,
    /// End QEMU.
    Destroy {
        /// But only if it ends by itself.
        graceful: bool,
    },
    /// Forget its document.
    Undefine,
    /// It has a stored document from now on.
    Define,
    /// Give up what is under way.
    Abort,
    /// Tell something.
    Query,
}

/// What QEMU is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Stop the CPUs.
    Stop,
    /// Let the CPUs run.
    Continue,
    /// Press the power button.
    PowerDown,
    /// Reset.
    Reset,
    /// Reset, and let the CPUs run: the guest was off or had panicked.
    Revive(Running),
}

/// What QEMU reports of the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The CPUs stopped.
    Stopped,
    /// The CPUs run.
    Resumed,
    /// The guest is off.
    PoweredOff {
        /// Who wanted it.
        by: By,
    },
    /// The guest panicked.
    Panicked,
    /// The guest sleeps.
    Suspended,
    /// The guest woke up.
    Woke,
    /// A disk's error stopped the CPUs.
    IoError,
    /// The watchdog stopped the CPUs.
    Watchdog,
}

/// Who wanted a guest to be off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The guest.
    Guest,
    /// The host.
    Host,
    /// QEMU does not say.
    Unknown,
}

/// What must be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make a QEMU; answers `Started` or `Failed`.
    Launch {
        /// Leave its CPUs stopped.
        paused: bool,
    },
    /// Give the start up; it answers `Failed`, or `Started` if it was faster.
    AbortLaunch,
    /// Tell QEMU; answers `Done` or `Undone`.
    Tell(Order),
    /// End QEMU; the process's end answers `Exited`, a graceful end that fails `Survived`.
    End {
        /// Ask only.
        graceful: bool,
    },
    /// Give back what QEMU held; answers `Cleaned`.
    Clean,
    /// Say so.
    Announce(Lifecycle),
    /// The machine is no more: forget it.
    Leave,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no QEMU.
    NotRunning,
    /// There is one already.
    AlreadyRunning,
    /// The guest sleeps.
    Sleeping,
    /// The machine has no stored document.
    Transient,
    /// QEMU is being started or ended.
    Busy,
    /// The machine is no more.
    Gone,
}

impl State {
    /// A machine that is off.
    pub fn off(persistent: bool, actions: Actions) -> Self {
        Self {
            phase: Phase::Off(Shutoff::Unknown),
            persistent,
            actions,
            rebooting: false,
            order: None,
            deaths: 0,
        }
    }

    /// A machine whose QEMU a former daemon has left, and what it did when last heard of.
    pub fn adopting(persistent: bool, actions: Actions, guest: Guest) -> Self {
        Self { phase: Phase::Adopting(guest), ..Self::off(persistent, actions) }
    }

    /// What libvirt calls this.
    pub fn status(&self) -> Status {
        match self.phase {
            Phase::Off(reason) => Status::Shutoff(reason),
            Phase::Gone => Status::Shutoff(Shutoff::Unknown),
            Phase::Starting { .. } | Phase::Aborting { .. } => Status::Paused(Paused::StartingUp),
            Phase::Adopting(guest)
            | Phase::Active(guest)
            | Phase::Stopping { shown: guest, .. }
            | Phase::Cleaning { shown: guest, .. } => guest.status(),
        }
    }

    /// Whether there is a QEMU, or one is coming.
    pub fn is_active(&self) -> bool {
        !matches!(self.phase, Phase::Off(_) | Phase::Gone)
    }
}

impl Guest {
    /// What libvirt calls this.
    pub fn status(self) -> Status {
        match self {
            Self::Running(reason) => Status::Running(reason),
            Self::Paused(reason) => Status::Paused(reason),
            Self::Sleeping => Status::PmSuspended,
            Self::PoweredOff => Status::Shutdown(Shutdown::Unknown),
            Self::Panicked => Status::Crashed(Crashed::Panicked),
        }
    }
}

impl Outcome {
    fn reason(self) -> Shutoff {
        match self {
            Self::Destroyed => Shutoff::Destroyed,
            Self::Shutdown => Shutoff::Shutdown,
            Self::Panicked | Self::Died => Shutoff::Crashed,
            Self::Failed => Shutoff::Failed,
        }
    }

    fn lifecycle(self) -> Option<Lifecycle> {
        match self {
            Self::Destroyed => Some(Lifecycle::Stopped(1)),
            Self::Shutdown => Some(Lifecycle::Stopped(0)),
            Self::Panicked => Some(Lifecycle::Stopped(2)),
            Self::Died => Some(Lifecycle::Stopped(5)),
            Self::Failed => None,
        }
    }
}

type Next = (State, Vec<Effect>);

/// What happens next, and what must be done to the world for it.
///
/// # Errors
/// A request that this state does not allow; reports are never refused.
pub fn step(state: State, input: Input) -> Result<Next, Refusal> {
    match input {
        Input::Ask(request) => ask(state, request),
        Input::Started => Ok(started(state)),
        Input::Failed => Ok(failed(state)),
        Input::Done(order) => Ok(done(state, order)),
        Input::Undone(order) => Ok(undone(state, order)),
        Input::Heard(heard) => Ok(hear(state, heard)),
        Input::Exited => Ok(exited(state)),
        Input::Survived => Ok(survived(state)),
        Input::Cleaned => Ok(cleaned(state)),
        Input::Adopted(guest) => Ok(adopted(state, guest)),
        Input::Steady => Ok((State { deaths: 0, ..state }, vec![])),
    }
}

fn ask(state: State, request: Request) -> Result<Next, Refusal> {
    if state.phase == Phase::Gone {
        return Err(Refusal::Gone);
    }
    match request {
        Request::Query | Request::Define => {
            let persistent = state.persistent || request == Request::Define;
            Ok((State { persistent, ..state }, vec![]))
        }
        Request::Abort => Ok(match state.phase {
            Phase::Starting { .. } => give_up(state, Outcome::Failed),
            _ => (state, vec![]),
        }),
        Request::Start { paused } => match state.phase {
            Phase::Off(_) => Ok(launch(state, paused)),
            Phase::Cleaning { .. } => Err(Refusal::Busy),
            _ => Err(Refusal::AlreadyRunning),
        },
        Request::Destroy { graceful } => destroy(state, graceful),
        Request::Undefine => undefine(state),
        Request::Suspend
        | Request::Resume
        | Request::Shutdown
        | Request::Reboot
        | Request::Reset => match state.phase {
            Phase::Active(guest) => tell(state, guest, request),
            Phase::Off(_) | Phase::Cleaning { .. } => Err(Refusal::NotRunning),
            _ => Err(Refusal::Busy),
        },
    }
}

/// A request that only a QEMU that answers can serve.
fn tell(state: State, guest: Guest, request: Request) -> Result<Next, Refusal> {
    let order = match (request, guest) {
        (Request::Suspend | Request::Resume, Guest::Sleeping) => return Err(Refusal::Sleeping),
        (Request::Suspend, Guest::Running(_)) => Order::Stop,
        (Request::Suspend, _) => return Ok((state, vec![])),
        (Request::Resume, Guest::Running(_)) => return Err(Refusal::AlreadyRunning),
        (Request::Resume, Guest::PoweredOff) => return Err(Refusal::NotRunning),
        (Request::Resume, Guest::Paused(_) | Guest::Panicked) => Order::Continue,
        (Request::Shutdown | Request::Reboot, _) => Order::PowerDown,
        _ => Order::Reset,
    };
    let rebooting = match request {
        Request::Shutdown => state.actions.on_poweroff == Action::Restart,
        Request::Reboot => state.actions.on_reboot == Action::Restart,
        _ => state.rebooting,
    };
    Ok((State { rebooting, order: Some(order), ..state }, vec![Effect::Tell(order)]))
}

fn launch(state: State, paused: bool) -> Next {
    let phase = Phase::Starting { paused };
    (State { phase, rebooting: false, order: None, ..state }, vec![Effect::Launch { paused }])
}

fn give_up(state: State, outcome: Outcome) -> Next {
    (State { phase: Phase::Aborting { outcome }, ..state }, vec![Effect::AbortLaunch])
}

fn destroy(state: State, graceful: bool) -> Result<Next, Refusal> {
    let end = vec![Effect::End { graceful }];
    Ok(match state.phase {
        Phase::Off(_) | Phase::Gone => return Err(Refusal::NotRunning),
        Phase::Starting { .. } => give_up(state, Outcome::Destroyed),
        Phase::Aborting { .. } => {
            (State { phase: Phase::Aborting { outcome: Outcome::Destroyed }, ..state }, vec![])
        }
        Phase::Active(shown) | Phase::Adopting(shown) => {
            (State { phase: stopping(Outcome::Destroyed, shown), ..state }, end)
        }
        Phase::Stopping { .. } => (state, end),
        Phase::Cleaning { .. } => (state, vec![]),
    })
}

fn undefine(state: State) -> Result<Next, Refusal> {
    if !state.persistent {
        return Err(Refusal::Transient);
    }
    let state = State { persistent: false, ..state };
    let said = Effect::Announce(Lifecycle::Undefined(0));
    Ok(match state.phase {
        Phase::Off(_) => (State { phase: Phase::Gone, ..state }, vec![said, Effect::Leave]),
        _ => (state, vec![said]),
    })
}

fn started(state: State) -> Next {
    match state.phase {
        Phase::Starting { paused: false } => (
            State { phase: Phase::Active(Guest::Running(Running::Booted)), ..state },
            vec![Effect::Announce(Lifecycle::Resumed(0)), Effect::Announce(Lifecycle::Started(0))],
        ),
        Phase::Starting { paused: true } => (
            State { phase: Phase::Active(Guest::Paused(Paused::User)), ..state },
            vec![
                Effect::Announce(Lifecycle::Started(0)),
                Effect::Announce(Lifecycle::Suspended(0)),
            ],
        ),
        // The start was faster than its abort: end what came of it.
        Phase::Aborting { outcome } => end(state, outcome, Guest::Paused(Paused::StartingUp)),
        _ => (state, vec![]),
    }
}

fn failed(state: State) -> Next {
    match state.phase {
        Phase::Starting { .. } => over(state, Outcome::Failed),
        Phase::Aborting { outcome } => over(state, outcome),
        _ => (state, vec![]),
    }
}

fn done(state: State, order: Order) -> Next {
    let state = State { order: None, ..state };
    let Phase::Active(guest) = state.phase else { return (state, vec![]) };
    match (order, guest) {
        (Order::Stop, Guest::Running(_)) => {
            guest_is(state, Guest::Paused(Paused::User), Lifecycle::Suspended(0))
        }
        (Order::Continue, Guest::Paused(_) | Guest::Panicked) => {
            guest_is(state, Guest::Running(Running::Unpaused), Lifecycle::Resumed(0))
        }
        (Order::Revive(reason), _) => {
            let state = State { rebooting: false, ..state };
            guest_is(state, Guest::Running(reason), Lifecycle::Resumed(0))
        }
        _ => (state, vec![]),
    }
}

fn undone(state: State, order: Order) -> Next {
    let state = State { order: None, ..state };
    match (order, state.phase) {
        // A guest that is off and cannot be brought up again is over.
        (Order::Revive(_), Phase::Active(shown)) => end(state, Outcome::Shutdown, shown),
        _ => (state, vec![]),
    }
}

fn hear(state: State, heard: Heard) -> Next {
    match state.phase {
        Phase::Active(guest) => hear_guest(state, guest, heard),
        // Somebody else's SIGTERM looks like this too: it must be told as libvirt tells it.
        Phase::Stopping { shown, outcome } if shown != Guest::PoweredOff => match heard {
            Heard::PoweredOff { by } => {
                let phase = Phase::Stopping { shown: Guest::PoweredOff, outcome };
                (State { phase, ..state }, vec![Effect::Announce(Lifecycle::Shutdown(detail(by)))])
            }
            _ => (state, vec![]),
        },
        _ => (state, vec![]),
    }
}

fn hear_guest(state: State, guest: Guest, heard: Heard) -> Next {
    match (heard, guest) {
        (Heard::Stopped, Guest::Running(_)) => {
            let asked = state.order == Some(Order::Stop);
            let reason = if asked { Paused::User } else { Paused::Unknown };
            guest_is(state, Guest::Paused(reason), Lifecycle::Suspended(0))
        }
        (Heard::Resumed, Guest::Paused(_)) => {
            guest_is(state, Guest::Running(Running::Unpaused), Lifecycle::Resumed(0))
        }
        (Heard::IoError, Guest::Running(_)) => {
            guest_is(state, Guest::Paused(Paused::IoError), Lifecycle::Suspended(2))
        }
        (Heard::Watchdog, Guest::Running(_)) => {
            guest_is(state, Guest::Paused(Paused::Watchdog), Lifecycle::Suspended(3))
        }
        (Heard::Suspended, Guest::Running(_)) => {
            guest_is(state, Guest::Sleeping, Lifecycle::PmSuspended(0))
        }
        (Heard::Woke, Guest::Sleeping) => {
            guest_is(state, Guest::Running(Running::Wakeup), Lifecycle::Started(4))
        }
        (Heard::PoweredOff { .. }, Guest::PoweredOff) => (state, vec![]),
        (Heard::PoweredOff { by }, _) => powered_off(state, guest, by),
        (Heard::Panicked, Guest::Panicked) => (state, vec![]),
        (Heard::Panicked, _) => panicked(state),
        _ => (state, vec![]),
    }
}

fn powered_off(state: State, guest: Guest, by: By) -> Next {
    let revive = Order::Revive(Running::Booted);
    if state.rebooting {
        // The guest is only passing through: nobody hears of it.
        let state = State { order: Some(revive), ..state };
        let shown = match guest {
            Guest::Running(_) => guest,
            _ => Guest::Running(Running::Booted),
        };
        return (State { phase: Phase::Active(shown), ..state }, vec![Effect::Tell(revive)]);
    }
    let said = Effect::Announce(Lifecycle::Shutdown(detail(by)));
    let state = State { phase: Phase::Active(Guest::PoweredOff), ..state };
    match state.actions.on_poweroff {
        Action::Restart => {
            (State { order: Some(revive), ..state }, vec![said, Effect::Tell(revive)])
        }
        Action::Preserve => (state, vec![said]),
        Action::Destroy => {
            let (state, mut effects) = end(state, Outcome::Shutdown, Guest::PoweredOff);
            effects.insert(0, said);
            (state, effects)
        }
    }
}

fn panicked(state: State) -> Next {
    let said = Effect::Announce(Lifecycle::Crashed(0));
    let state = State { phase: Phase::Active(Guest::Panicked), ..state };
    let revive = Order::Revive(Running::Crashed);
    match state.actions.on_crash {
        Action::Preserve => (state, vec![said]),
        Action::Restart => {
            (State { order: Some(revive), ..state }, vec![said, Effect::Tell(revive)])
        }
        Action::Destroy => {
            let (state, mut effects) = end(state, Outcome::Panicked, Guest::Panicked);
            effects.insert(0, said);
            (state, effects)
        }
    }
}

fn exited(state: State) -> Next {
    let (outcome, shown) = match state.phase {
        Phase::Active(guest) | Phase::Adopting(guest) => match guest {
            Guest::PoweredOff => (Outcome::Shutdown, guest),
            Guest::Panicked => (Outcome::Panicked, guest),
            _ => (Outcome::Died, guest),
        },
        Phase::Stopping { outcome, shown } => (outcome, shown),
        // A start sees the end of its QEMU itself, and says so with its reason.
        _ => return (state, vec![]),
    };
    let phase = Phase::Cleaning { outcome, shown };
    (State { phase, order: None, ..state }, vec![Effect::Clean])
}

fn survived(state: State) -> Next {
    match state.phase {
        Phase::Stopping { outcome: Outcome::Destroyed, shown } => {
            (State { phase: Phase::Active(shown), ..state }, vec![])
        }
        _ => (state, vec![]),
    }
}

fn cleaned(state: State) -> Next {
    match state.phase {
        Phase::Cleaning { outcome, .. } => over(state, outcome),
        _ => (state, vec![]),
    }
}

fn adopted(state: State, guest: Guest) -> Next {
    let Phase::Adopting(_) = state.phase else { return (state, vec![]) };
    let state = State { phase: Phase::Active(guest), ..state };
    match guest {
        // What happened while nobody listened is carried on now.
        Guest::PoweredOff => powered_off(state, guest, By::Unknown),
        Guest::Panicked if state.actions.on_crash != Action::Preserve => panicked(state),
        _ => (state, vec![]),
    }
}

/// QEMU is gone, and so is all that it held.
fn over(state: State, outcome: Outcome) -> Next {
    let mut effects: Vec<Effect> = outcome.lifecycle().map(Effect::Announce).into_iter().collect();
    let state = State { rebooting: false, order: None, ..state };
    let again = outcome == Outcome::Died && state.actions.on_crash == Action::Restart;
    if again && state.deaths < DEATHS_MAX {
        let (state, started) = launch(State { deaths: state.deaths + 1, ..state }, false);
        effects.extend(started);
        return (state, effects);
    }
    if state.persistent {
        return (State { phase: Phase::Off(outcome.reason()), ..state }, effects);
    }
    effects.push(Effect::Leave);
    (State { phase: Phase::Gone, ..state }, effects)
}

fn end(state: State, outcome: Outcome, shown: Guest) -> Next {
    let phase = stopping(outcome, shown);
    (State { phase, ..state }, vec![Effect::End { graceful: false }])
}

fn stopping(outcome: Outcome, shown: Guest) -> Phase {
    Phase::Stopping { outcome, shown }
}

fn guest_is(state: State, guest: Guest, said: Lifecycle) -> Next {
    (State { phase: Phase::Active(guest), ..state }, vec![Effect::Announce(said)])
}

/// virDomainEventShutdownDetailType.
fn detail(by: By) -> i32 {
    match by {
        By::Unknown => 0,
        By::Guest => 1,
        By::Host => 2,
    }
}
