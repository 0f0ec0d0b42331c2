//! Packs the binary's relocations: half a MiB that every daemon would otherwise read and keep in memory.
//!
//! Needs glibc 2.36 where it runs, which Debian 12 and Ubuntu 24.04 have.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |name| std::env::var(name).unwrap_or_default();
    if target("CARGO_CFG_TARGET_OS") == "linux" && target("CARGO_CFG_TARGET_ENV") == "gnu" {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
