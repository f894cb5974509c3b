//! The server as a child process.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    log: PathBuf,
    data: PathBuf,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts the real binary on the folder and waits for its ready line.
    pub fn start(folder: &Path) -> Self {
        let (log, data) = (folder.join("stderr.log"), folder.join("data"));
        let stderr = File::create(&log).expect("the log can be made");
        let mut child = Command::new(env!("CARGO_BIN_EXE_trailwatch"))
            .args(["serve", "--dev", "--clock", "simulated", "--listen", "127.0.0.1:0"])
            .args(["--account", "111122223333", "--lookup-events-per-second", "0"])
            .arg("--data")
            .arg(&data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .expect("the server's binary runs");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut line).expect("stdout is text");
        let Some(address) = line.trim().strip_prefix("trailwatch ready http://") else {
            let status = child.wait();
            panic!("the server did not start ({status:?}):\n{}", std::fs::read_to_string(&log).unwrap_or_default());
        };
        let address = address.parse().expect("the ready line ends in an address");
        Self { child, log, data, address }
    }

    /// Ends the server as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server still runs");
        self.child.wait().expect("a killed child can be waited for");
    }

    /// How many files the table of audit events has.
    pub fn table_files(&self) -> usize {
        let days = std::fs::read_dir(self.data.join("tables/trail_event")).expect("the table has a folder");
        days.map(|day| {
            std::fs::read_dir(day.expect("the folder can be read").path()).expect("days are folders").count()
        })
        .sum()
    }

    /// What the server logged since it started.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when the child has been killed and waited for already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
