//! Statistics of many machines (virConnectGetAllDomainStats).

use crate::{Domains, Error, Machine, Record, Result};

pub(crate) async fn collect(
    _d: &Domains,
    _machines: Option<&[Machine]>,
    _groups: u32,
    _flags: u32,
) -> Result<Vec<Record>> {
    Err(Error::unsupported("not built yet"))
}
