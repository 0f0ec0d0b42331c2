//! What tests share: golden files, and the way to the corpora beside the checkout.
//!
//! A golden is the documentation of what a function gives; `BLESS=1 cargo test` rewrites every
//! golden that a test holds up, and the change is then reviewed as any other.

pub mod golden;
pub mod shared;

pub use golden::{Case, cases, golden};
pub use shared::shared;
