//! Packages of Debian and its relatives, from `/var/lib/dpkg` and without calling `dpkg`.
//!
//! Attributes are as the reference agent gives them: the version is the whole one, and the id of a
//! package is the name of its file. Unlike there, the time is known: when its list of files was written.

use std::io;

use super::host::{Host, written_at};
use super::item::{Entry, architecture, entry};

const FOLDER: &str = "/var/lib/dpkg";
/// States in which nothing of a package is there, but its settings at most.
const ABSENT: [&str; 2] = ["config-files", "not-installed"];

/// The packages of a host; none when it has no `dpkg`.
///
/// # Errors
/// What there is cannot be read.
pub fn collect(host: &Host) -> Result<Vec<Entry>, String> {
    let path = format!("{FOLDER}/status");
    let text = match host.read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("cannot read {path}: {error}")),
    };
    Ok(parse(&text).into_iter().map(|package| package.entry(&installed_at(host, &package))).collect())
}

/// A package is of several architectures at once only when its lists have their names.
fn installed_at(host: &Host, package: &Package) -> String {
    let Package { name, architecture, .. } = package;
    let lists = [format!("{name}.list"), format!("{name}:{architecture}.list")];
    let times = lists.map(|list| written_at(&host.at(&format!("{FOLDER}/info/{list}"))));
    times.into_iter().find(|time| !time.is_empty()).unwrap_or_default()
}

/// A package that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    name: String,
    version: String,
    architecture: String,
    section: String,
    maintainer: String,
    homepage: String,
    summary: String,
}

impl Package {
    fn entry(&self, installed_at: &str) -> Entry {
        let Self { name, version, architecture: arch, .. } = self;
        entry([
            ("Name", &**name),
            ("ApplicationType", &self.section),
            ("Publisher", &self.maintainer),
            ("Version", version),
            ("InstalledTime", installed_at),
            ("Architecture", &architecture(arch)),
            ("URL", &self.homepage),
            ("Summary", &self.summary),
            ("PackageId", &format!("{name}_{version}_{arch}.deb")),
        ])
    }
}

/// The packages of a `status` file that are there, whole or in part.
pub fn parse(text: &str) -> Vec<Package> {
    text.split("\n\n").filter_map(parse_paragraph).collect()
}

fn parse_paragraph(text: &str) -> Option<Package> {
    let mut package = Package::default();
    let mut is_there = false;
    // A line that begins with a blank goes on with the field before it, of which the first line is enough.
    for (name, value) in
        text.lines().filter(|line| !line.starts_with([' ', '\t'])).filter_map(|line| line.split_once(':'))
    {
        let value = value.trim();
        let field = match name.to_ascii_lowercase().as_str() {
            "package" => &mut package.name,
            "version" => &mut package.version,
            "architecture" => &mut package.architecture,
            "section" => &mut package.section,
            "maintainer" => &mut package.maintainer,
            "homepage" => &mut package.homepage,
            "description" => &mut package.summary,
            "status" => {
                is_there = value.split_ascii_whitespace().nth(2).is_some_and(|state| !ABSENT.contains(&state));
                continue;
            }
            _ => continue,
        };
        value.clone_into(field);
    }
    (is_there && !package.name.is_empty()).then_some(package)
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{host, this_machine, write};
    use super::*;

    const STATUS: &str = "Package: openssl\nStatus: install ok installed\nSection: utils\n\
        Maintainer: Debian OpenSSL Team <o@example.org>\nArchitecture: amd64\nVersion: 1:3.0.15-1~deb12u1\n\
        Depends: libc6 (>= 2.34),\n libssl3\nDescription: Secure Sockets Layer toolkit\n Long: text\n .\n more\n\
        Homepage: https://www.openssl.org/\n\n\
        Package: removed\nStatus: deinstall ok config-files\nVersion: 1\n\n\
        Package: never\nStatus: unknown ok not-installed\n\n\
        Package: held\nStatus: hold ok half-configured\nVersion: 2\nArchitecture: all\n\n\nno paragraph\n";

    #[test]
    fn packages_are_those_that_are_there_whole_or_in_part() {
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path());
        assert_eq!(collect(&host), Ok(vec![]), "no dpkg");
        write(&host, "/var/lib/dpkg/status", STATUS);
        write(&host, "/var/lib/dpkg/info/openssl:amd64.list", "/.\n");
        let list = std::fs::File::options().write(true).open(host.at("/var/lib/dpkg/info/openssl:amd64.list")).unwrap();
        list.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_millis(1_780_300_800_500)).unwrap();
        let openssl = entry([
            ("Name", "openssl"),
            ("ApplicationType", "utils"),
            ("Publisher", "Debian OpenSSL Team <o@example.org>"),
            ("Version", "1:3.0.15-1~deb12u1"),
            ("InstalledTime", "2026-06-01T08:00:00Z"),
            ("Architecture", "x86_64"),
            ("URL", "https://www.openssl.org/"),
            ("Summary", "Secure Sockets Layer toolkit"),
            ("PackageId", "openssl_1:3.0.15-1~deb12u1_amd64.deb"),
        ]);
        let held =
            entry([("Name", "held"), ("Version", "2"), ("Architecture", "all"), ("PackageId", "held_2_all.deb")]);
        assert_eq!(collect(&host), Ok(vec![openssl, held]));
    }

    #[test]
    fn this_machine_has_the_packages_that_dpkg_query_lists() {
        let query = std::process::Command::new("dpkg-query")
            .args(["-W", "-f=${db:Status-Status} ${Package} ${Version} ${Architecture}\n"])
            .output();
        let Ok(query) = query else { return };
        let listed = String::from_utf8(query.stdout).unwrap();
        let mut listed: Vec<&str> = listed.lines().filter_map(|line| line.strip_prefix("installed ")).collect();
        let packages = parse(&this_machine().read("/var/lib/dpkg/status").unwrap());
        let mut found: Vec<String> =
            packages.iter().map(|at| format!("{} {} {}", at.name, at.version, at.architecture)).collect();
        listed.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, listed);
        let entries = collect(&this_machine()).unwrap();
        let dated = entries.iter().filter(|entry| entry.contains_key("InstalledTime")).count();
        assert_eq!(dated, entries.len(), "every package has a list of its files");
    }
}
