//! The state of a machine and its reason, with libvirt's numbers (virDomainState, libvirt 11.3).

use serde::{Deserialize, Serialize};

/// What a machine is doing, and since what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Status {
    /// The guest runs.
    Running(Running),
    /// The guest's CPUs are stopped.
    Paused(Paused),
    /// The guest has powered off or is about to; QEMU is still there.
    Shutdown(Shutdown),
    /// There is no QEMU.
    Shutoff(Shutoff),
    /// The guest panicked and is kept for inspection.
    Crashed(Crashed),
    /// The guest sleeps (ACPI S3).
    PmSuspended,
}

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $number:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[repr(i32)]
        pub enum $name { $($(#[$vdoc])* $variant = $number,)* }
    };
}

reasons! {
    /// Why a machine runs (virDomainRunningReason).
    Running {
        /// Not known.
        Unknown = 0,
        /// Started.
        Booted = 1,
        /// Came from another host.
        Migrated = 2,
        /// Came out of a saved image.
        Restored = 3,
        /// Came out of a snapshot.
        FromSnapshot = 4,
        /// Resumed.
        Unpaused = 5,
        /// Its migration was given up.
        MigrationCanceled = 6,
        /// Its save was given up.
        SaveCanceled = 7,
        /// Woke up.
        Wakeup = 8,
        /// Started again after its guest crashed.
        Crashed = 9,
    }
}

reasons! {
    /// Why a machine is paused (virDomainPausedReason).
    Paused {
        /// Not known.
        Unknown = 0,
        /// Somebody asked.
        User = 1,
        /// For a migration.
        Migration = 2,
        /// For a save.
        Save = 3,
        /// For a dump.
        Dump = 4,
        /// A disk failed or is full.
        IoError = 5,
        /// The watchdog fired.
        Watchdog = 6,
        /// Came paused out of a snapshot.
        FromSnapshot = 7,
        /// The guest is shutting down.
        ShuttingDown = 8,
        /// A snapshot is being taken.
        Snapshot = 9,
        /// The guest crashed.
        Crashed = 10,
        /// The machine is being started.
        StartingUp = 11,
        /// A libvirt call failed.
        ApiError = 14,
    }
}

reasons! {
    /// Why a machine is shutting down (virDomainShutdownReason).
    Shutdown {
        /// Not known.
        Unknown = 0,
        /// Somebody asked.
        User = 1,
    }
}

reasons! {
    /// Why a machine is off (virDomainShutoffReason).
    Shutoff {
        /// Not known: it was never started by this daemon.
        Unknown = 0,
        /// The guest shut down.
        Shutdown = 1,
        /// It was destroyed.
        Destroyed = 2,
        /// QEMU died.
        Crashed = 3,
        /// It went to another host.
        Migrated = 4,
        /// It was saved.
        Saved = 5,
        /// Its start failed.
        Failed = 6,
        /// It came off out of a snapshot.
        FromSnapshot = 7,
        /// The daemon decided.
        Daemon = 8,
    }
}

reasons! {
    /// Why a machine crashed (virDomainCrashedReason).
    Crashed {
        /// Not known.
        Unknown = 0,
        /// The guest panicked.
        Panicked = 1,
    }
}

impl Status {
    /// libvirt's state and reason.
    pub fn numbers(self) -> (i32, i32) {
        match self {
            Self::Running(reason) => (1, reason as i32),
            Self::Paused(reason) => (3, reason as i32),
            Self::Shutdown(reason) => (4, reason as i32),
            Self::Shutoff(reason) => (5, reason as i32),
            Self::Crashed(reason) => (6, reason as i32),
            Self::PmSuspended => (7, 0),
        }
    }

    /// Whether there is a QEMU.
    pub fn is_active(self) -> bool {
        !matches!(self, Self::Shutoff(_))
    }
}
