//! Measurements of one machine: QEMU is asked for at most 50 ms, then the last value is given.

use crate::{BlockCounters, BlockSizes, Error, Machine, MemoryFigure, Result, Value};

pub(crate) async fn block_sizes(_m: &Machine, _disk: &str, _flags: u32) -> Result<BlockSizes> {
    Err(Error::unsupported("not built yet"))
}

pub(crate) async fn block_counters(_m: &Machine, _disk: &str) -> Result<BlockCounters> {
    Err(Error::unsupported("not built yet"))
}

pub(crate) async fn block_statistics(
    _m: &Machine,
    _disk: &str,
    _flags: u32,
) -> Result<Vec<(String, Value)>> {
    Err(Error::unsupported("not built yet"))
}

pub(crate) async fn disk_errors(_m: &Machine, _flags: u32) -> Result<Vec<(String, i32)>> {
    Err(Error::unsupported("not built yet"))
}

pub(crate) async fn memory_figures(_m: &Machine, _flags: u32) -> Result<Vec<MemoryFigure>> {
    Err(Error::unsupported("not built yet"))
}

pub(crate) fn cpu_statistics(
    _m: &Machine,
    _start: i32,
    _count: u32,
    _flags: u32,
) -> Result<Vec<Vec<(String, Value)>>> {
    Err(Error::unsupported("not built yet"))
}
