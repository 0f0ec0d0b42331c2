//! The one binary: `stead daemon` serves, every other verb is a client. Installed under the name
//! of a libvirt daemon it takes that daemon's options, so that a session's client can start it.

mod cli;
mod daemon;
mod demo;
mod log;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    let result = if cli::plays_libvirtd(words.first()) {
        daemon::run(cli::Libvirtd::parse_from(words).into())
    } else {
        match cli::Stead::parse_from(words).verb {
            cli::Verb::Daemon(options) => daemon::run(options),
            cli::Verb::Demo(options) => demo::run(&options),
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stead: {error}");
            ExitCode::FAILURE
        }
    }
}
