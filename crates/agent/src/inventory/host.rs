//! The machine as the collectors see it: a tree of files, what programs said, addresses.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use base::Timestamp;

use super::command::{Command, Said};

/// An address of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The interface's name.
    pub interface: String,
    /// The address.
    pub ip: IpAddr,
    /// Bits of its network.
    pub prefix: u8,
}

/// What was asked of the machine before collecting, and where its files are.
#[derive(Clone, Debug)]
pub struct Host {
    /// `/`, or a copy in tests.
    pub root: PathBuf,
    /// Folders where programs are looked for.
    pub search: Vec<PathBuf>,
    /// What programs said.
    pub said: Vec<(Command, Said)>,
    /// The addresses of all interfaces.
    pub addresses: Vec<Address>,
}

impl Host {
    /// A path of the machine as it is here.
    pub fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// A file's text; what is no UTF-8 is replaced.
    ///
    /// # Errors
    /// It is not there or cannot be read.
    pub fn read(&self, path: &str) -> io::Result<String> {
        read(&self.at(path))
    }

    /// A file's text, or nothing when it cannot be had.
    pub fn read_or_empty(&self, path: &str) -> String {
        self.read(path).unwrap_or_default()
    }

    /// The names in a folder, sorted; none when it cannot be read.
    pub fn names(&self, path: &str) -> Vec<String> {
        names(&self.at(path))
    }

    /// What a program said; one that was not asked is missing.
    pub fn said(&self, command: &Command) -> &Said {
        self.said.iter().find(|(asked, _)| asked == command).map_or(&Said::Missing, |(_, said)| said)
    }

    /// Folders that fit patterns, each once whatever leads there, sorted.
    pub fn folders(&self, patterns: &[String]) -> Vec<PathBuf> {
        let root = glob::Pattern::escape(&self.root.to_string_lossy());
        let mut folders: Vec<PathBuf> = Vec::new();
        for pattern in patterns {
            let pattern = format!("{}/{}", root.trim_end_matches('/'), pattern.trim_start_matches('/'));
            // Folders that may not be looked at are not this user's to tell of.
            let found = glob::glob(&pattern).into_iter().flatten().flatten();
            folders.extend(found.filter(|path| path.is_dir()).filter_map(|path| path.canonicalize().ok()));
        }
        folders.sort();
        folders.dedup();
        folders
    }
}

/// A file's text; what is no UTF-8 is replaced.
///
/// # Errors
/// It is not there or cannot be read.
pub fn read(path: &Path) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned())
}

/// The names in a folder, sorted; none when it cannot be read.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// When a file was last written, as inventory has times; empty when that is not known.
pub fn written_at(path: &Path) -> String {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let since = modified.and_then(|modified| modified.duration_since(UNIX_EPOCH).ok());
    let secs = since.and_then(|since| i64::try_from(since.as_secs()).ok());
    secs.map(|secs| Timestamp::from_secs(secs).iso_secs()).unwrap_or_default()
}

/// The addresses of all interfaces.
///
/// # Errors
/// The system does not say.
pub fn addresses() -> io::Result<Vec<Address>> {
    let found = if_addrs::get_if_addrs()?;
    let address = |found: if_addrs::Interface| {
        let (ip, prefix) = match &found.addr {
            if_addrs::IfAddr::V4(at) => (IpAddr::V4(at.ip), at.prefixlen),
            if_addrs::IfAddr::V6(at) => (IpAddr::V6(at.ip), at.prefixlen),
        };
        Address { interface: found.name, ip, prefix }
    };
    Ok(found.into_iter().map(address).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A host in a folder, where nothing was asked.
    pub(crate) fn host(root: &Path) -> Host {
        Host { root: root.to_owned(), search: vec!["/usr/bin".into()], said: Vec::new(), addresses: Vec::new() }
    }

    /// This machine, where no program was asked.
    pub(crate) fn this_machine() -> Host {
        let search = super::super::command::search_folders(&std::env::var("PATH").unwrap());
        Host { search, addresses: addresses().unwrap(), ..host(Path::new("/")) }
    }

    /// Writes a file of a host, with the folders above it.
    pub(crate) fn write(host: &Host, path: &str, text: &str) {
        let path = host.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn this_machine_has_the_loopback_address() {
        let addresses = addresses().unwrap();
        let loopback = addresses.iter().find(|address| address.ip == IpAddr::from([127, 0, 0, 1])).unwrap();
        assert_eq!(loopback.prefix, 8);
    }

    #[test]
    fn every_address_of_the_kernels_list_is_there_also_those_of_links() {
        let kernel = fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
        let addresses = addresses().unwrap();
        for line in kernel.lines() {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let ip = IpAddr::from(std::net::Ipv6Addr::from(u128::from_str_radix(words[0], 16).unwrap()));
            assert!(addresses.iter().any(|at| at.ip == ip && at.interface == words[5]), "{line}: {addresses:?}");
        }
    }

    #[test]
    fn a_folder_is_found_once_however_it_is_reached() {
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path());
        write(&host, "/opt/a/lib/x/f", "");
        std::os::unix::fs::symlink(host.at("/opt/a/lib"), host.at("/opt/a/lib64")).unwrap();
        let found = host.folders(&["/opt/*/lib*/x".to_owned(), "/none/*".to_owned()]);
        assert_eq!(found, [host.at("/opt/a/lib/x").canonicalize().unwrap()]);
    }
}
