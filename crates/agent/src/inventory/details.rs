//! `AWS:InstanceDetailedInformation`: processors and kernel.
//!
//! Counted as `lscpu` counts, which the reference agent asks: cores and sockets are different pairs
//! and numbers in what the kernel says of each processor.

use std::collections::BTreeSet;

use super::host::Host;
use super::item::{Entry, entry};

/// The only entry; what the kernel does not say is not in it.
///
/// # Errors
/// `/proc` cannot be read.
pub fn collect(host: &Host) -> Result<Vec<Entry>, String> {
    let cpuinfo = host.read("/proc/cpuinfo").map_err(|error| format!("cannot read /proc/cpuinfo: {error}"))?;
    let frequency = ["base_frequency", "cpuinfo_max_freq"]
        .map(|name| host.read_or_empty(&format!("/sys/devices/system/cpu/cpu0/cpufreq/{name}")));
    let processors = parse(&cpuinfo);
    let places: Vec<(String, String)> = (0..processors.count).filter_map(|at| place(host, at)).collect();
    let kernel = host.read_or_empty("/proc/sys/kernel/osrelease");
    Ok(vec![processors.entry(&places, &frequency, kernel.trim())])
}

/// The socket and core of a processor.
fn place(host: &Host, processor: usize) -> Option<(String, String)> {
    let topology = format!("/sys/devices/system/cpu/cpu{processor}/topology");
    let read = |name: &str| Some(host.read(&format!("{topology}/{name}")).ok()?.trim().to_owned());
    Some((read("physical_package_id")?, read("core_id")?))
}

/// What `/proc/cpuinfo` says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Processors {
    count: usize,
    model: String,
    mhz: String,
    /// Socket and core of each processor, where the kernel says them here.
    places: Vec<(String, String)>,
}

/// Reads `/proc/cpuinfo`.
pub fn parse(text: &str) -> Processors {
    let mut processors = Processors::default();
    for block in text.split("\n\n") {
        let get = |name: &str| {
            let lines = block.lines().filter_map(|line| line.split_once(':'));
            lines.filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned()).next()
        };
        // On some systems the last block is about the machine.
        if get("processor").is_none() {
            continue;
        }
        processors.count += 1;
        for (field, name) in [(&mut processors.model, "model name"), (&mut processors.mhz, "cpu MHz")] {
            if field.is_empty() {
                *field = get(name).unwrap_or_default();
            }
        }
        processors.places.extend(get("physical id").zip(get("core id")));
    }
    processors
}

impl Processors {
    fn entry(&self, places: &[(String, String)], frequency: &[String], kernel: &str) -> Entry {
        let places = if places.len() == self.count { places } else { &self.places };
        let is_whole = self.count > 0 && places.len() == self.count;
        let sockets = places.iter().map(|(socket, _)| socket).collect::<BTreeSet<_>>().len();
        let cores = places.iter().collect::<BTreeSet<_>>().len();
        let counted = |count: usize| if is_whole { count.to_string() } else { String::new() };
        let threaded = if is_whole { (self.count > cores).to_string() } else { String::new() };
        let count = if self.count > 0 { self.count.to_string() } else { String::new() };
        entry([
            ("CPUModel", &*self.model),
            ("CPUs", &count),
            ("CPUSpeedMHz", &self.speed_mhz(frequency)),
            ("CPUSockets", &counted(sockets)),
            ("CPUCores", &counted(cores)),
            ("CPUHyperThreadEnabled", &threaded),
            ("KernelVersion", kernel),
        ])
    }

    /// The nominal speed. That of the moment, which `/proc/cpuinfo` has where frequencies change, would
    /// be another one at each reading; it is taken only where there is nothing else.
    fn speed_mhz(&self, frequency: &[String]) -> String {
        let nominal = frequency.iter().find_map(|khz| khz.trim().parse::<u64>().ok()).map(|khz| khz / 1000);
        let in_name = self.model.split_once('@').and_then(|(_, speed)| speed.trim().strip_suffix("GHz"));
        let in_name = in_name.and_then(|ghz| ghz.trim().parse::<f64>().ok()).map(|ghz| (ghz * 1000.0).round() as u64);
        let now = self.mhz.parse::<f64>().ok().map(|mhz| mhz as u64);
        nominal.or(in_name).or(now).map(|mhz| mhz.to_string()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{host, this_machine, write};
    use super::*;

    /// The blocks of `/proc/cpuinfo` for processors at these sockets and cores.
    fn cpuinfo(model: &str, places: &[(u32, u32)]) -> String {
        let block = |(at, (socket, core)): (usize, &(u32, u32))| {
            format!(
                "processor\t: {at}\nmodel name\t: {model}\ncpu MHz\t\t: 2299.998\nphysical id\t: {socket}\ncore id\t\t: {core}\n\n"
            )
        };
        places.iter().enumerate().map(block).collect()
    }

    const ARM: &str = "processor\t: 0\nBogoMIPS\t: 50.00\n\nprocessor\t: 1\nBogoMIPS\t: 50.00\n\nHardware\t: board\n";

    #[test]
    fn processors_cores_and_sockets_are_counted() {
        let none = [""; 2].map(str::to_owned);
        for (text, frequency, expected) in [
            (cpuinfo("Xeon", &[(0, 0), (0, 1)]), none.clone(), ["2", "2299", "1", "2", "false"]),
            (
                cpuinfo("Xeon @ 2.40GHz", &[(0, 0), (0, 0), (1, 0), (1, 0)]),
                none.clone(),
                ["4", "2400", "2", "2", "true"],
            ),
            (cpuinfo("Xeon @ 2.40GHz", &[(0, 0)]), ["".into(), "3100000\n".into()], ["1", "3100", "1", "1", "false"]),
            (ARM.to_owned(), none.clone(), ["2", "", "", "", ""]),
            (String::new(), none, [""; 5]),
        ] {
            let entry = parse(&text).entry(&[], &frequency, "6.1.0");
            let names = ["CPUs", "CPUSpeedMHz", "CPUSockets", "CPUCores", "CPUHyperThreadEnabled"];
            let got = names.map(|name| entry.get(name).map_or("", String::as_str));
            assert_eq!(got, expected, "{text}");
            assert_eq!(entry["KernelVersion"], "6.1.0");
        }
    }

    #[test]
    fn where_cpuinfo_says_no_cores_the_topology_does() {
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path());
        assert!(collect(&host).is_err(), "no /proc is not a machine without processors");
        write(&host, "/proc/cpuinfo", ARM);
        for (cpu, core) in [(0, "0\n"), (1, "0\n")] {
            write(&host, &format!("/sys/devices/system/cpu/cpu{cpu}/topology/physical_package_id"), "0\n");
            write(&host, &format!("/sys/devices/system/cpu/cpu{cpu}/topology/core_id"), core);
        }
        let expected = [("CPUs", "2"), ("CPUSockets", "1"), ("CPUCores", "1"), ("CPUHyperThreadEnabled", "true")];
        assert_eq!(collect(&host), Ok(vec![entry(expected)]));
    }

    #[test]
    fn this_machine_has_processors_and_a_kernel() {
        let entry = collect(&this_machine()).unwrap().remove(0);
        let processors: usize = entry["CPUs"].parse().unwrap();
        assert!(processors >= std::thread::available_parallelism().unwrap().get());
        assert!(entry["KernelVersion"].contains('.'), "{entry:?}");
    }
}
