//! The command line of a plan, in libvirt's order and spelling.

use crate::plan::Plan;

/// One word of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument(pub String);

/// The command line after the emulator's path.
pub fn argv(plan: &Plan) -> Vec<Argument> {
    let _ = plan;
    Vec::new()
}

/// Environment, emulator and arguments as text that a shell can run.
pub fn native(plan: &Plan) -> String {
    let _ = plan;
    String::new()
}

/// The same with a line an option, as the goldens have it.
pub fn native_wrapped(plan: &Plan) -> String {
    native(plan)
}
