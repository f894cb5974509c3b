//! Collectors: what the Linux kernel counts, as the metrics of the CloudWatch agent
//! (names, units and dimensions of cloudwatch.md §9.2).
//!
//! Each collector is a pure parser of one text below `/proc` and a little state around it.
//! Adding one touches its file, [`Kind`] and [`Collectors::new`].

mod cpu;
mod delta;
mod disk;
mod diskio;
mod mem;
mod net;
mod netstat;
mod processes;
mod swap;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;

use crate::datum::Sample;
use crate::settings::CollectSettings;

/// The collectors there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `cpu_usage_*` for every processor and all together.
    Cpu,
    /// `mem_*`
    Mem,
    /// `swap_*`
    Swap,
    /// `disk_*` for every local file system.
    Disk,
    /// `diskio_*` for every block device.
    Diskio,
    /// `net_*` for every interface.
    Net,
    /// `netstat_*`
    Netstat,
    /// `processes_*`
    Processes,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Cpu, Self::Mem, Self::Swap, Self::Disk, Self::Diskio, Self::Net, Self::Netstat, Self::Processes];

    /// Its name in settings and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Mem => "mem",
            Self::Swap => "swap",
            Self::Disk => "disk",
            Self::Diskio => "diskio",
            Self::Net => "net",
            Self::Netstat => "netstat",
            Self::Processes => "processes",
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            let all = Self::ALL.map(Self::as_str).join(", ");
            format!("'{text}' is no collector; there are {all}")
        })
    }
}

/// Why a collector has nothing to say.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// A file of the kernel's cannot be read.
    #[error("cannot read {0}: {1}")]
    Read(PathBuf, #[source] io::Error),
    /// A file of the kernel's has another form than is known.
    #[error("{0} is not of the known form")]
    Form(&'static str),
}

/// One source of samples.
trait Collector: Send {
    /// Reads the kernel's counters now. What is a difference needs a reading before: the
    /// first call gives none of those.
    fn collect(&mut self, proc: &Proc) -> Result<Vec<Sample>, CollectError>;
}

/// The folder where the kernel shows its counters: `/proc`, or a copy in tests.
#[derive(Clone, Debug)]
pub struct Proc(PathBuf);

impl Proc {
    /// The folder at this path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn read(&self, name: &str) -> Result<String, CollectError> {
        let path = self.path(name);
        // Names of processes and mount points need not be UTF-8.
        match fs::read(&path) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => Err(CollectError::Read(path, error)),
        }
    }
}

impl Default for Proc {
    fn default() -> Self {
        Self::at("/proc")
    }
}

impl AsRef<Path> for Proc {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

/// The collectors that are switched on.
pub struct Collectors {
    proc: Proc,
    all: Vec<Running>,
}

struct Running {
    kind: Kind,
    collector: Box<dyn Collector>,
    failing: bool,
}

impl Collectors {
    /// The collectors of these settings, reading from `proc`.
    pub fn new(proc: Proc, settings: &CollectSettings) -> Self {
        let make = |kind: Kind| -> Box<dyn Collector> {
            match kind {
                Kind::Cpu => Box::new(cpu::Cpu::new(settings.cpu.per_cpu)),
                Kind::Mem => Box::new(mem::Mem),
                Kind::Swap => Box::new(swap::Swap),
                Kind::Disk => Box::new(disk::Disk::new(settings.disk.clone())),
                Kind::Diskio => Box::new(diskio::Diskio::new(settings.diskio.devices.clone())),
                Kind::Net => Box::new(net::Net::new(settings.net.interfaces.clone())),
                Kind::Netstat => Box::new(netstat::Netstat),
                Kind::Processes => Box::new(processes::Processes),
            }
        };
        let run = |kind: &Kind| Running { kind: *kind, collector: make(*kind), failing: false };
        Self { proc, all: settings.collectors.iter().map(run).collect() }
    }

    /// Reads all of them now. One that fails is logged once and leaves the others alone.
    pub fn collect(&mut self) -> Vec<Sample> {
        let mut samples = Vec::new();
        for Running { kind, collector, failing } in &mut self.all {
            match collector.collect(&self.proc) {
                Ok(more) => {
                    *failing = false;
                    samples.extend(more);
                }
                Err(error) => {
                    if !std::mem::replace(failing, true) {
                        tracing::error!(collector = kind.as_str(), %error, "a collector has nothing to report");
                    }
                }
            }
        }
        samples
    }
}

/// The machine's name, which is the dimension `host` when no other is set.
///
/// # Errors
/// When the kernel does not say.
pub fn hostname(proc: &Proc) -> Result<String, CollectError> {
    Ok(proc.read("sys/kernel/hostname")?.trim().to_owned())
}

/// A share in percent; zero of nothing is zero.
fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { 100.0 * part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests;
