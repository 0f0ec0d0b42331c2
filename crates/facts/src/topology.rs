//! CPUs, cells and caches out of a sysfs tree (`/sys/devices/system`).
