use proptest::prelude::*;

use super::*;

fn active(guest: Guest) -> State {
    State { phase: Phase::Active(guest), ..State::off(true, Actions::default()) }
}

const RUNNING: Guest = Guest::Running(Running::Booted);

#[track_caller]
fn check(state: State, input: Input, status: Status, effects: &[Effect]) -> State {
    let (next, found) = step(state, input).unwrap();
    assert_eq!(found, effects);
    assert_eq!(next.status(), status);
    next
}

#[test]
fn a_start_is_told_as_libvirt_tells_it() {
    let off = State::off(true, Actions::default());
    let starting = check(
        off,
        Input::Ask(Request::Start { paused: false }),
        Status::Paused(Paused::StartingUp),
        &[Effect::Launch { paused: false }],
    );
    check(
        starting,
        Input::Started,
        Status::Running(Running::Booted),
        &[Effect::Announce(Lifecycle::Resumed(0)), Effect::Announce(Lifecycle::Started(0))],
    );
    check(starting, Input::Failed, Status::Shutoff(Shutoff::Failed), &[]);
}

#[test]
fn a_kill_is_a_crash_and_a_destroy_is_none() {
    let dead =
        check(active(RUNNING), Input::Exited, Status::Running(Running::Booted), &[Effect::Clean]);
    check(
        dead,
        Input::Cleaned,
        Status::Shutoff(Shutoff::Crashed),
        &[Effect::Announce(Lifecycle::Stopped(5))],
    );
    let ending = check(
        active(RUNNING),
        Input::Ask(Request::Destroy { graceful: false }),
        Status::Running(Running::Booted),
        &[Effect::End { graceful: false }],
    );
    let (gone, _) = step(ending, Input::Exited).unwrap();
    check(
        gone,
        Input::Cleaned,
        Status::Shutoff(Shutoff::Destroyed),
        &[Effect::Announce(Lifecycle::Stopped(1))],
    );
}

#[test]
fn on_crash_restart_starts_again_but_not_for_ever() {
    let actions = Actions { on_crash: Action::Restart, ..Actions::default() };
    let mut state = State { actions, ..active(RUNNING) };
    for _ in 0..DEATHS_MAX {
        let (dead, _) = step(state, Input::Exited).unwrap();
        let (again, effects) = step(dead, Input::Cleaned).unwrap();
        assert!(effects.contains(&Effect::Launch { paused: false }));
        state = step(again, Input::Started).unwrap().0;
    }
    let (dead, _) = step(state, Input::Exited).unwrap();
    assert_eq!(step(dead, Input::Cleaned).unwrap().0.phase, Phase::Off(Shutoff::Crashed));
}

#[test]
fn a_reboot_by_the_power_button_is_heard_only_as_a_resume() {
    let (asked, effects) = step(active(RUNNING), Input::Ask(Request::Reboot)).unwrap();
    assert_eq!(effects, [Effect::Tell(Order::PowerDown)]);
    let (told, _) = step(asked, Input::Done(Order::PowerDown)).unwrap();
    let off = Input::Heard(Heard::PoweredOff { by: By::Guest });
    let revive = Order::Revive(Running::Booted);
    let passing = check(told, off, Status::Running(Running::Booted), &[Effect::Tell(revive)]);
    check(
        passing,
        Input::Done(revive),
        Status::Running(Running::Booted),
        &[Effect::Announce(Lifecycle::Resumed(0))],
    );
}

#[test]
fn a_guest_that_powers_off_takes_qemu_with_it() {
    let off = Input::Heard(Heard::PoweredOff { by: By::Guest });
    let state = check(
        active(RUNNING),
        off,
        Status::Shutdown(Shutdown::Unknown),
        &[Effect::Announce(Lifecycle::Shutdown(1)), Effect::End { graceful: false }],
    );
    let (state, _) = step(state, Input::Exited).unwrap();
    check(
        state,
        Input::Cleaned,
        Status::Shutoff(Shutoff::Shutdown),
        &[Effect::Announce(Lifecycle::Stopped(0))],
    );
}

/// The world as far as effects and reports go: what can happen next.
#[derive(Debug, Default)]
struct World {
    launching: bool,
    process: bool,
    ending: Option<bool>,
    cleaning: bool,
    order: Option<Order>,
    left: bool,
    announced_up: bool,
}

impl World {
    fn perform(&mut self, effect: Effect) {
        assert!(!self.left, "something is to be done for a machine that is no more: {effect:?}");
        match effect {
            Effect::Launch { .. } => {
                assert!(!self.launching && !self.process && !self.cleaning, "two QEMUs");
                self.launching = true;
            }
            Effect::AbortLaunch => assert!(self.launching),
            Effect::Tell(order) => {
                assert!(self.process);
                self.order = Some(order);
            }
            Effect::End { graceful } => {
                assert!(self.process, "there is nothing to end");
                self.ending = Some(self.ending.unwrap_or(true) && graceful);
            }
            Effect::Clean => {
                assert!(!self.process);
                self.cleaning = true;
            }
            Effect::Announce(Lifecycle::Started(0)) => {
                assert!(!self.announced_up, "started twice");
                self.announced_up = true;
            }
            Effect::Announce(Lifecycle::Stopped(_)) => self.announced_up = false,
            Effect::Announce(_) => {}
            Effect::Leave => {
                assert!(!self.launching && !self.process && !self.cleaning);
                self.left = true;
            }
        }
    }

    /// A report that the world can make now; `pick` chooses.
    fn report(&mut self, pick: u8) -> Option<Input> {
        if self.launching {
            self.launching = false;
            self.process = !pick.is_multiple_of(3);
            return Some(if self.process { Input::Started } else { Input::Failed });
        }
        if self.cleaning {
            self.cleaning = false;
            return Some(Input::Cleaned);
        }
        if !self.process {
            return None;
        }
        Some(match pick % 12 {
            0 => {
                self.process = false;
                (self.order, self.ending) = (None, None);
                Input::Exited
            }
            1 if self.ending == Some(true) => {
                self.ending = None;
                Input::Survived
            }
            1 | 2 => Input::Done(self.order.take()?),
            3 => Input::Undone(self.order.take()?),
            4 => Input::Heard(Heard::Stopped),
            5 => Input::Heard(Heard::Resumed),
            6 => Input::Heard(Heard::PoweredOff { by: By::Guest }),
            7 => Input::Heard(Heard::Panicked),
            8 => Input::Heard(Heard::Suspended),
            9 => Input::Heard(Heard::Woke),
            10 => Input::Heard(Heard::IoError),
            _ => Input::Steady,
        })
    }
}

fn requests() -> impl Strategy<Value = Request> {
    prop_oneof![
        any::<bool>().prop_map(|paused| Request::Start { paused }),
        Just(Request::Suspend),
        Just(Request::Resume),
        Just(Request::Shutdown),
        Just(Request::Reboot),
        Just(Request::Reset),
        any::<bool>().prop_map(|graceful| Request::Destroy { graceful }),
        Just(Request::Undefine),
        Just(Request::Define),
        Just(Request::Abort),
        Just(Request::Query),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![Just(Action::Destroy), Just(Action::Restart), Just(Action::Preserve)]
}

proptest! {
    #[test]
    fn any_history_keeps_the_world_whole(
        persistent in any::<bool>(),
        (on_poweroff, on_reboot, on_crash) in (action(), action(), action()),
        history in prop::collection::vec((any::<bool>(), requests(), any::<u8>()), 0..200),
    ) {
        let mut state = State::off(persistent, Actions { on_poweroff, on_reboot, on_crash });
        let mut world = World::default();
        for (asks, request, pick) in history {
            let input = match asks {
                true => Input::Ask(request),
                false => match world.report(pick) {
                    Some(input) => input,
                    None => continue,
                },
            };
            let result = step(state, input);
            match (input, &result) {
                (Input::Ask(Request::Destroy { .. }), Err(_)) => {
                    prop_assert!(!state.is_active(), "destroy is refused in {state:?}");
                }
                (Input::Ask(Request::Query | Request::Abort), Err(_)) => {
                    prop_assert_eq!(state.phase, Phase::Gone);
                }
                (Input::Ask(_), Err(_)) => {}
                (_, Err(refusal)) => prop_assert!(false, "{input:?} is refused: {refusal:?}"),
                (_, Ok(_)) => {}
            }
            if let Ok((next, effects)) = result {
                state = next;
                effects.into_iter().for_each(|effect| world.perform(effect));
            }
            prop_assert_eq!(state.phase == Phase::Gone, world.left);
            prop_assert_eq!(
                state.is_active(),
                world.launching || world.process || world.cleaning,
                "{:?} against {:?}", state, world
            );
        }
    }
}
