//! All collectors over a copy of `/proc`, and over the machine's own.

use std::collections::{BTreeMap, BTreeSet};

use tempfile::TempDir;

use super::*;

fn write(folder: &TempDir, name: &str, text: &str) {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn collectors(folder: &TempDir, kinds: &[Kind]) -> Collectors {
    let settings = CollectSettings { collectors: kinds.to_vec(), ..CollectSettings::default() };
    Collectors::new(Proc::at(folder.path()), &settings)
}

fn by_name(samples: &[Sample]) -> BTreeMap<&str, f64> {
    samples.iter().map(|sample| (sample.series.name.as_str(), sample.value)).collect()
}

#[test]
fn differences_start_with_the_second_reading() {
    let folder = TempDir::new().unwrap();
    let mut collectors = collectors(&folder, &[Kind::Net, Kind::Diskio]);
    write(&folder, "net/dev", "h\nh\neth0: 100 1 0 0 0 0 0 0 50 1 0 0 0 0 0 0\n");
    write(&folder, "diskstats", "8 0 sda 1 0 8 5 1 0 8 5 3 5 5\n");
    assert_eq!(by_name(&collectors.collect()), BTreeMap::from([("diskio_iops_in_progress", 3.0)]));
    write(&folder, "net/dev", "h\nh\neth0: 150 3 0 0 0 0 0 0 40 1 0 0 0 0 0 0\n");
    write(&folder, "diskstats", "8 0 sda 4 0 10 5 1 0 8 5 0 9 5\n");
    let second = collectors.collect();
    let values = by_name(&second);
    assert_eq!((values["net_bytes_recv"], values["net_packets_recv"]), (50.0, 2.0));
    assert!(!values.contains_key("net_bytes_sent"), "it went back, so nothing is known");
    assert_eq!((values["diskio_reads"], values["diskio_read_bytes"], values["diskio_io_time"]), (3.0, 1024.0, 4.0));
}

#[test]
fn one_collector_that_fails_leaves_the_others_alone() {
    let folder = TempDir::new().unwrap();
    let mut collectors = collectors(&folder, &[Kind::Cpu, Kind::Swap]);
    write(&folder, "meminfo", "SwapTotal: 0 kB\nSwapFree: 0 kB\n");
    assert_eq!(collectors.collect().len(), 3);
}

#[test]
fn a_machine_without_ipv6_still_counts_its_sockets() {
    let folder = TempDir::new().unwrap();
    write(&folder, "net/tcp", "sl\n 0: a b 0A\n");
    write(&folder, "net/udp", "sl\n 0: a b 07\n 1: a b 07\n");
    let samples = collectors(&folder, &[Kind::Netstat]).collect();
    let values = by_name(&samples);
    assert_eq!((values["netstat_tcp_listen"], values["netstat_udp_socket"]), (1.0, 2.0));
}

#[cfg(target_os = "linux")]
#[test]
fn this_machine_is_understood() {
    let mut collectors = Collectors::new(Proc::default(), &CollectSettings::default());
    collectors.collect();
    let samples = collectors.collect();
    let seen: BTreeSet<&str> = samples.iter().map(|sample| sample.series.name.split('_').next().unwrap()).collect();
    for kind in [Kind::Mem, Kind::Swap, Kind::Netstat, Kind::Processes] {
        assert!(seen.contains(kind.as_str()), "{}: {seen:?}", kind.as_str());
    }
    for sample in &samples {
        assert!(sample.value.is_finite() && sample.value >= 0.0, "{sample:?}");
    }
}
