//! The host as a node: what `virsh nodeinfo`, `nodecpumap`, `nodecpustats`, `nodememstats` and `freecell` tell.
//!
//! Source: proc(5), Linux 6.18 `Documentation/ABI/stable/sysfs-devices-{node,system-cpu}`. Every reader takes the
//! root of a tree, so that recorded hosts can be read too; on a live host it is `/`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::param::clock_ticks_per_second;

use crate::{Error, error::Doing};

/// A host's `/proc`, `/sys` and `/etc`.
#[derive(Clone, Debug)]
pub struct Node {
    root: PathBuf,
}

/// Counts of what a node has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The kernel's name of the machine, such as `x86_64`.
    pub machine: String,
    /// KiB of memory, all cells together.
    pub memory_kib: u64,
    /// CPUs that are online.
    pub cpus: u32,
    /// Of the first CPU, now; 0 where the kernel does not tell.
    pub mhz: u32,
    /// NUMA cells; 1 where the cells are no even split of sockets.
    pub nodes: u32,
    /// Sockets a cell.
    pub sockets: u32,
    /// Cores a socket.
    pub cores: u32,
    /// Threads a core.
    pub threads: u32,
}

/// Which CPUs are there and which run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuMap {
    /// By number: whether it is online. As long as the highest CPU that is present, and one.
    pub online: Vec<bool>,
}

/// Time of a CPU, or of all, since boot, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTimes {
    /// In user mode, niced too.
    pub user_ns: u64,
    /// In kernel mode, interrupts too.
    pub kernel_ns: u64,
    /// With nothing to do.
    pub idle_ns: u64,
    /// With nothing to do but to wait for a disk.
    pub iowait_ns: u64,
}

/// Memory in KiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// All.
    pub total_kib: u64,
    /// Unused.
    pub free_kib: u64,
    /// In buffers; absent for a single cell.
    pub buffers_kib: Option<u64>,
    /// In the page cache; absent for a single cell.
    pub cached_kib: Option<u64>,
}

impl Default for Node {
    fn default() -> Self {
        Self::at("/")
    }
}

impl Node {
    /// The node whose tree is at `root`.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Counts.
    ///
    /// # Errors
    /// When `/proc/meminfo` or the list of CPUs cannot be read.
    pub fn summary(&self) -> Result<Summary, Error> {
        let map = self.cpu_map()?;
        let topology = self.topology(&map);
        let online = map.online.iter().filter(|&&online| online).count();
        Ok(Summary {
            machine: rustix::system::uname().machine().to_string_lossy().into_owned(),
            memory_kib: self.memory_of_cells()?.total_kib,
            cpus: u32::try_from(online).unwrap_or(u32::MAX),
            mhz: self.mhz(),
            nodes: topology.nodes,
            sockets: topology.sockets,
            cores: topology.cores,
            threads: topology.threads,
        })
    }

    /// Which CPUs are there, and which run.
    ///
    /// # Errors
    /// When the list of CPUs cannot be read.
    pub fn cpu_map(&self) -> Result<CpuMap, Error> {
        let present = self.cpu_list("present")?;
        let online = self.cpu_list("online").unwrap_or_else(|_| present.clone());
        let length = present.last().map_or(0, |last| last.saturating_add(1));
        Ok(CpuMap { online: (0..length).map(|cpu| online.contains(&cpu)).collect() })
    }

    /// Times of one CPU, or of all together; none: no such CPU, or it is offline.
    ///
    /// # Errors
    /// When `/proc/stat` cannot be read.
    pub fn cpu_times(&self, cpu: Option<u32>) -> Result<Option<CpuTimes>, Error> {
        let text = self.read("proc/stat").doing(|| "reading /proc/stat")?;
        let name = cpu.map_or_else(|| "cpu".to_owned(), |cpu| format!("cpu{cpu}"));
        Ok(text.lines().find_map(|line| {
            let rest = line.strip_prefix(&name)?.strip_prefix(' ')?;
            Some(times(rest))
        }))
    }

    /// Memory of the whole node.
    ///
    /// # Errors
    /// When `/proc/meminfo` cannot be read.
    pub fn memory(&self) -> Result<Memory, Error> {
        let text = self.read("proc/meminfo").doing(|| "reading /proc/meminfo")?;
        let rows = rows(&text, "");
        let row = |name: &str| rows.get(name).copied();
        Ok(Memory {
            total_kib: row("MemTotal").unwrap_or(0),
            free_kib: row("MemFree").unwrap_or(0),
            buffers_kib: row("Buffers"),
            cached_kib: row("Cached"),
        })
    }

    /// Memory of one NUMA cell; none: no such cell. A kernel without NUMA has cell 0, which is all.
    ///
    /// # Errors
    /// When its figures cannot be read.
    pub fn cell_memory(&self, cell: u32) -> Result<Option<Memory>, Error> {
        let path = format!("sys/devices/system/node/node{cell}/meminfo");
        match self.read(&path) {
            Ok(text) => {
                let rows = rows(&text, &format!("Node {cell} "));
                let row = |name: &str| rows.get(name).copied().unwrap_or(0);
                Ok(Some(Memory {
                    total_kib: row("MemTotal"),
                    free_kib: row("MemFree"),
                    ..Memory::default()
                }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let whole = Memory { buffers_kib: None, cached_kib: None, ..self.memory()? };
                Ok((cell == 0 && self.cells() == [0]).then_some(whole))
            }
            Err(error) => Err(Error::new(format!("reading /{path}"), error)),
        }
    }

    /// Memory of all NUMA cells together, which libvirt takes for the node's; without the pages that belong to no
    /// cell yet, it is less than [`Self::memory`] on hosts whose memory grows.
    ///
    /// # Errors
    /// When their figures cannot be read.
    pub fn memory_of_cells(&self) -> Result<Memory, Error> {
        let mut sum = Memory::default();
        for cell in self.cells() {
            let Some(memory) = self.cell_memory(cell)? else { continue };
            sum.total_kib = sum.total_kib.saturating_add(memory.total_kib);
            sum.free_kib = sum.free_kib.saturating_add(memory.free_kib);
        }
        Ok(sum)
    }

    /// The NUMA cells by number; at least cell 0.
    pub fn cells(&self) -> Vec<u32> {
        let mut cells = self.numbered("sys/devices/system/node", "node");
        if cells.is_empty() {
            cells.push(0);
        }
        cells
    }

    /// The host's name: as it was set, or with its domain where `/etc/hosts` says so.
    pub fn hostname(&self) -> String {
        let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        if name.contains('.') || name.starts_with("localhost") {
            return name;
        }
        let hosts = self.read("etc/hosts").unwrap_or_default();
        canonical(&hosts, &name).unwrap_or(name)
    }

    /// Since the host's boot.
    pub fn uptime(&self) -> Duration {
        let text = self.read("proc/uptime").unwrap_or_default();
        let seconds = text.split(' ').next().and_then(|seconds| seconds.parse().ok());
        Duration::try_from_secs_f64(seconds.unwrap_or(0.0)).unwrap_or_default()
    }

    /// What tells this host from others: the firmware's UUID, which only root may read, else the machine id.
    pub fn uuid(&self) -> Option<uuid::Uuid> {
        ["sys/class/dmi/id/product_uuid", "etc/machine-id"].iter().find_map(|path| {
            let found = uuid::Uuid::try_parse(self.read(path).ok()?.trim()).ok()?;
            (!found.is_nil() && !found.is_max()).then_some(found)
        })
    }

    fn topology(&self, map: &CpuMap) -> Topology {
        let cpus = "sys/devices/system/cpu";
        let figure = |cpu: u32, name: &str| {
            let text = self.read(format!("{cpus}/cpu{cpu}/topology/{name}")).ok()?;
            text.trim().parse::<i64>().ok()
        };
        let online = map.online.iter().enumerate().filter(|(_, online)| **online);
        let online: Vec<u32> = online.filter_map(|(cpu, _)| u32::try_from(cpu).ok()).collect();
        let mut cells: BTreeMap<u32, BTreeMap<i64, BTreeMap<i64, u32>>> = BTreeMap::new();
        let cell_of = self.cell_of_cpus();
        for &cpu in &online {
            let socket = figure(cpu, "physical_package_id").unwrap_or(0);
            let core = figure(cpu, "core_id").unwrap_or_else(|| i64::from(cpu));
            let cell = cell_of.get(&cpu).copied().unwrap_or(0);
            *cells.entry(cell).or_default().entry(socket).or_default().entry(core).or_default() +=
                1;
        }
        Topology::of(&cells, map.online.len())
    }

    fn cell_of_cpus(&self) -> BTreeMap<u32, u32> {
        let mut found = BTreeMap::new();
        for cell in self.numbered("sys/devices/system/node", "node") {
            let list = self.read(format!("sys/devices/system/node/node{cell}/cpulist"));
            found.extend(cpus(list.unwrap_or_default().trim()).into_iter().map(|cpu| (cpu, cell)));
        }
        found
    }

    fn mhz(&self) -> u32 {
        let text = self.read("proc/cpuinfo").unwrap_or_default();
        text.lines()
            .find_map(|line| {
                line.strip_prefix("cpu MHz")?
                    .split_once(':')?
                    .1
                    .trim()
                    .split('.')
                    .next()?
                    .parse()
                    .ok()
            })
            .unwrap_or(0)
    }

    fn cpu_list(&self, name: &str) -> Result<BTreeSet<u32>, Error> {
        let path = format!("sys/devices/system/cpu/{name}");
        let text = self.read(&path).doing(|| format!("reading /{path}"))?;
        Ok(cpus(text.trim()))
    }

    /// The numbers of the entries `PREFIX0`, `PREFIX1` and so on of a folder.
    fn numbered(&self, folder: &str, prefix: &str) -> Vec<u32> {
        let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten().flatten();
        let numbers = entries.filter_map(|entry| {
            entry.file_name().to_str()?.strip_prefix(prefix)?.parse::<u32>().ok()
        });
        let sorted: BTreeSet<u32> = numbers.collect();
        sorted.into_iter().collect()
    }

    fn read(&self, path: impl AsRef<Path>) -> io::Result<String> {
        fs::read_to_string(self.root.join(path))
    }
}

/// Counts that multiply to the number of CPUs.
struct Topology {
    nodes: u32,
    sockets: u32,
    cores: u32,
    threads: u32,
}

impl Topology {
    /// The largest count of each level; when they do not multiply to the CPUs, libvirt's way out: one socket, of as
    /// many cores as there are CPUs.
    fn of(cells: &BTreeMap<u32, BTreeMap<i64, BTreeMap<i64, u32>>>, present: usize) -> Self {
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let sockets = || cells.values().flat_map(BTreeMap::values);
        let found = Self {
            nodes: count(cells.len().max(1)),
            sockets: cells.values().map(|cell| count(cell.len())).max().unwrap_or(1),
            cores: sockets().map(|socket| count(socket.len())).max().unwrap_or(1),
            threads: sockets().flat_map(BTreeMap::values).copied().max().unwrap_or(1),
        };
        let product = [found.sockets, found.cores, found.threads]
            .iter()
            .try_fold(found.nodes, |product, &factor| product.checked_mul(factor));
        if product == Some(count(present)) {
            return found;
        }
        Self { nodes: 1, sockets: 1, cores: count(present), threads: 1 }
    }
}

/// A list such as `0-3,8`.
fn cpus(list: &str) -> BTreeSet<u32> {
    /// The kernel's own bound; a list beyond it is damage.
    const CPUS_MAX: u32 = 1 << 16;
    let ranges = list.split(',').filter_map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        Some(first..=last.min(CPUS_MAX))
    });
    ranges.flatten().collect()
}

/// `user nice system idle iowait irq softirq …`, in ticks.
fn times(figures: &str) -> CpuTimes {
    let mut ticks = [0_u64; 7];
    for (tick, figure) in ticks.iter_mut().zip(figures.split_ascii_whitespace()) {
        *tick = figure.parse().unwrap_or(0);
    }
    let tick_ns = 1_000_000_000 / clock_ticks_per_second().max(1);
    let ns = |ticks: &[u64]| {
        ticks.iter().fold(0_u64, |sum, &ticks| sum.saturating_add(ticks)).saturating_mul(tick_ns)
    };
    let [user, nice, system, idle, iowait, irq, softirq] = ticks;
    CpuTimes {
        user_ns: ns(&[user, nice]),
        kernel_ns: ns(&[system, irq, softirq]),
        idle_ns: ns(&[idle]),
        iowait_ns: ns(&[iowait]),
    }
}

/// Rows of the form `NAME:   123 kB`.
fn rows<'a>(text: &'a str, prefix: &str) -> BTreeMap<&'a str, u64> {
    let rows = text.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix(prefix)?.split_once(':')?;
        Some((name, rest.split_ascii_whitespace().next()?.parse().ok()?))
    });
    rows.collect()
}

/// The first name of the line that has `name`, as a resolver would find it.
fn canonical(hosts: &str, name: &str) -> Option<String> {
    hosts.lines().find_map(|line| {
        let line = line.split('#').next()?;
        let mut names = line.split_ascii_whitespace().skip(1);
        let first = names.next()?;
        let named = first == name || names.any(|other| other == name);
        (named && !first.starts_with("localhost")).then(|| first.to_owned())
    })
}

#[cfg(test)]
mod test;
