//! `netstat_*`: how many TCP sockets are in which state, and how many UDP sockets there are.

use super::{CollectError, Collector, Proc};
use crate::datum::{Sample, Unit};

/// Metrics by the kernel's number of the state, from 1.
const STATES: [&str; 11] = [
    "established",
    "syn_sent",
    "syn_recv",
    "fin_wait1",
    "fin_wait2",
    "time_wait",
    "close",
    "close_wait",
    "last_ack",
    "listen",
    "closing",
];
/// The state of a half-open connection, which counts as the third (`TCP_NEW_SYN_RECV`).
const NEW_SYN_RECV: usize = 12;

/// The collector; sockets are a state, so it keeps none.
pub(super) struct Netstat;

impl Collector for Netstat {
    fn collect(&mut self, proc: &Proc) -> Result<Vec<Sample>, CollectError> {
        let mut counts = [0; STATES.len()];
        let mut udp = 0;
        for (name, optional) in [("net/tcp", false), ("net/tcp6", true)] {
            let Some(text) = read(proc, name, optional)? else { continue };
            count_states(&text, &mut counts).ok_or(CollectError::Form("/proc/net/tcp"))?;
        }
        for (name, optional) in [("net/udp", false), ("net/udp6", true)] {
            udp += read(proc, name, optional)?.map_or(0, |text| text.lines().skip(1).count());
        }
        let tcp = STATES.into_iter().zip(counts);
        let tcp = tcp.map(|(state, count)| Sample::new(format!("netstat_tcp_{state}"), Unit::Count, f64::from(count)));
        Ok(tcp.chain([Sample::new("netstat_udp_socket", Unit::Count, udp as f64)]).collect())
    }
}

/// A machine without IPv6 has no files for it.
fn read(proc: &Proc, name: &str, optional: bool) -> Result<Option<String>, CollectError> {
    match proc.read(name) {
        Err(CollectError::Read(_, error)) if optional && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        text => text.map(Some),
    }
}

/// Adds the sockets of `/proc/net/tcp`, whose fourth column is the state in hex.
fn count_states(text: &str, counts: &mut [u32; STATES.len()]) -> Option<()> {
    for line in text.lines().skip(1) {
        let state = line.split_ascii_whitespace().nth(3)?;
        let state = match usize::from_str_radix(state, 16).ok()? {
            NEW_SYN_RECV => 3,
            state => state,
        };
        *counts.get_mut(state.checked_sub(1)?)? += 1;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTURED: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1FBD 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:1FBD 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
   2: 0100007F:C350 0100007F:1FBD 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1
   3: 0100007F:1FBD 0100007F:C351 06 00000000:00000000 03:00000CE4 00000000     0        0 0 3 0
   4: 0100007F:1FBD 0100007F:C352 0C 00000000:00000000 03:00000CE4 00000000     0        0 0 3 0
";

    #[test]
    fn sockets_are_counted_by_state() {
        let mut counts = [0; STATES.len()];
        count_states(CAPTURED, &mut counts).unwrap();
        let counted: Vec<(&str, u32)> = STATES.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect();
        assert_eq!(counted, [("established", 2), ("syn_recv", 1), ("time_wait", 1), ("listen", 1)]);
    }

    #[test]
    fn a_state_that_is_not_known_is_not_counted_as_another() {
        assert_eq!(count_states("sl\n 0: a b FF\n", &mut [0; STATES.len()]), None);
        assert_eq!(count_states("sl\n 0: a b 00\n", &mut [0; STATES.len()]), None);
    }
}
