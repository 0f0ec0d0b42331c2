//! A daemon of a root of its own, for trying things: `cargo run -p stead-daemon --example private -- ROOT`.

use stead_daemon::{Config, Options, run};

fn main() -> Result<(), String> {
    let root = std::env::args_os().nth(1).ok_or("usage: private ROOT")?;
    let layout = stead_store::Layout::root(std::path::PathBuf::from(root));
    run(Options { layout, timeout: None, config: Config::default() })
        .map_err(|error| error.to_string())
}
