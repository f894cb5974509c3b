//! Child processes: the server under test and the echo.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::Failure;

/// A child that has said it is ready.
pub struct Running {
    child: Child,
    /// `127.0.0.1:PORT`
    pub address: String,
    /// From the start of the process to its ready line.
    pub took: Duration,
}

/// The server on this folder, on a free port.
pub async fn trailwatch(data: &Path, more: &[&str]) -> Result<Running, Failure> {
    let binary = match std::env::var_os("TRAILWATCH_BIN") {
        Some(binary) => PathBuf::from(binary),
        None => beside("trailwatch")?,
    };
    let mut command = Command::new(binary);
    command.args(["serve", "--dev", "--listen", "127.0.0.1:0", "--data"]).arg(data).args(more);
    start(command).await
}

/// The echo.
pub async fn echo() -> Result<Running, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("echo");
    start(command).await
}

fn beside(name: &str) -> Result<PathBuf, Failure> {
    let path = std::env::current_exe()?.with_file_name(name);
    if path.exists() { Ok(path) } else { Err(format!("{} is missing: use `make bench`", path.display()).into()) }
}

async fn start(mut command: Command) -> Result<Running, Failure> {
    let started = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn()?;
    let out = child.stdout.take().ok_or("no standard output")?;
    let line = BufReader::new(out).lines().next_line().await?.ok_or("the server did not start")?;
    let address = line.rsplit("//").next().unwrap_or_default().to_owned();
    Ok(Running { child, address, took: started.elapsed() })
}

impl Running {
    /// Resident memory in bytes.
    pub fn resident_bytes(&self) -> Result<u64, Failure> {
        self.status_bytes("VmRSS:")
    }

    /// The most memory that was resident since the start, in bytes.
    pub fn most_resident_bytes(&self) -> Result<u64, Failure> {
        self.status_bytes("VmHWM:")
    }

    fn status_bytes(&self, name: &str) -> Result<u64, Failure> {
        let id = self.child.id().ok_or("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find(|line| line.starts_with(name)).ok_or("no such memory")?;
        let kib: u64 = line.split_whitespace().nth(1).ok_or("no such memory")?.parse()?;
        Ok(kib * 1024)
    }

    /// Ends the child.
    pub async fn stop(mut self) -> Result<(), Failure> {
        self.child.kill().await?;
        Ok(())
    }
}
