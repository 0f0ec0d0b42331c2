//! The daemon's own memory: kept small by telling the C library's allocator so.

#![expect(unsafe_code, reason = "the allocator has no other handle than its C functions")]

use nix::libc;

/// So many arenas serve all threads; each thread beyond its first use of one would otherwise keep freed memory of its own.
const ARENAS: libc::c_int = 2;

/// Limits the allocator to a few arenas. To be called before threads are made; elsewhere than on glibc it does nothing.
pub fn limit_arenas() {
    #[cfg(target_env = "gnu")]
    // SAFETY: mallopt(3) takes two integers, may be called at any time, and M_ARENA_MAX is one of its parameters.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, ARENAS);
    }
    #[cfg(not(target_env = "gnu"))]
    let _ = ARENAS;
}

/// Gives freed memory back to the system, which takes about a millisecond; for after work that took much and is over.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim(3) takes an integer and may be called at any time from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}
