//! Distributions of Python: the metadata in `site-packages` of interpreters and environments.
//!
//! What a package manager of the system put there is that manager's to tell of: it would be there twice.

use std::path::{Path, PathBuf};

use super::host::{Host, names, read, written_at};
use super::item::{Entry, entry};

/// Folders below an interpreter's prefix, or an environment.
const BELOW_PREFIX: [&str; 4] = [
    "lib/python*/site-packages",
    "lib64/python*/site-packages",
    "lib/python*/dist-packages",
    "lib/pypy*/site-packages",
];
/// Prefixes where interpreters and environments use to be, besides those that are on the `PATH`.
const PREFIXES: [&str; 10] = [
    "/usr",
    "/usr/local",
    "/opt/*",
    "/root/.local",
    "/home/*/.local",
    "/root/.pyenv/versions/*",
    "/home/*/.pyenv/versions/*",
    "/opt/pipx/venvs/*",
    "/root/.local/share/pipx/venvs/*",
    "/home/*/.local/share/pipx/venvs/*",
];
/// The folder of Debian's own packages, into which `pip` does not write.
const OF_DPKG: &str = "/usr/lib/python3/dist-packages";
/// What `INSTALLER` says of distributions that belong to a package of the system.
const OF_THE_SYSTEM: [&str; 3] = ["rpm", "debian", "dpkg"];
/// Ends of a wheel's platform, and what the architecture is called.
const ARCHITECTURES: [(&str, &str); 8] = [
    ("x86_64", "x86_64"),
    ("amd64", "x86_64"),
    ("i686", "i386"),
    ("i386", "i386"),
    ("aarch64", "aarch64"),
    ("arm64", "arm64"),
    ("ppc64le", "ppc64le"),
    ("s390x", "s390x"),
];

/// The distributions of a host; `environments` are patterns of virtual environments.
pub fn collect(host: &Host, environments: &[String]) -> Vec<Entry> {
    let mut prefixes: Vec<String> = PREFIXES.map(str::to_owned).into();
    prefixes.extend(environments.iter().cloned());
    let below = |prefix: &String| BELOW_PREFIX.map(|folder| format!("{}/{folder}", prefix.trim_end_matches('/')));
    let mut folders = host.folders(&prefixes.iter().flat_map(below).collect::<Vec<_>>());
    for prefix in interpreters(host) {
        let found = BELOW_PREFIX.iter().filter_map(|folder| {
            let pattern = format!("{}/{folder}", glob::Pattern::escape(&prefix.to_string_lossy()));
            glob::glob(&pattern).ok()
        });
        folders.extend(found.flatten().flatten().filter_map(|path| path.canonicalize().ok()));
    }
    folders.sort();
    folders.dedup();
    let of_dpkg = host.at(OF_DPKG);
    folders.iter().filter(|folder| **folder != of_dpkg).flat_map(|folder| distributions(folder)).collect()
}

/// The prefixes of interpreters on the `PATH`, and of environments whose programs are there.
fn interpreters(host: &Host) -> Vec<PathBuf> {
    let mut prefixes = Vec::new();
    for folder in host.search.iter().map(|folder| host.at(&folder.to_string_lossy())) {
        for name in names(&folder).iter().filter(|name| is_interpreter(name)) {
            // An environment's interpreter is a link to another's: both prefixes count.
            let places = [folder.join(name), folder.join(name).canonicalize().unwrap_or_default()];
            prefixes.extend(places.iter().filter_map(|path| Some(path.parent()?.parent()?.to_owned())));
        }
    }
    prefixes
}

/// `python`, `python3`, `python3.12`.
fn is_interpreter(name: &str) -> bool {
    name.strip_prefix("python").is_some_and(|version| version.chars().all(|at| at.is_ascii_digit() || at == '.'))
}

/// The distributions in one folder.
fn distributions(folder: &Path) -> Vec<Entry> {
    names(folder).iter().filter_map(|name| distribution(&folder.join(name), name)).collect()
}

fn distribution(place: &Path, name: &str) -> Option<Entry> {
    let (metadata, written) = match name.rsplit_once('.')?.1 {
        "dist-info" => (place.join("METADATA"), place.join("RECORD")),
        "egg-info" if place.is_dir() => (place.join("PKG-INFO"), place.join("PKG-INFO")),
        "egg-info" => (place.to_owned(), place.to_owned()),
        _ => return None,
    };
    let installer = read(&place.join("INSTALLER")).unwrap_or_default();
    if OF_THE_SYSTEM.contains(&installer.trim()) {
        return None;
    }
    // What disappears while it is looked at is being replaced, and counts the next time.
    let text = read(&metadata).ok()?;
    let installed_at = [written, metadata].iter().map(|path| written_at(path)).find(|time| !time.is_empty());
    let wheel = read(&place.join("WHEEL")).unwrap_or_default();
    parse(&text, wheel_architecture(&wheel), &installed_at.unwrap_or_default(), &place.to_string_lossy())
}

/// The distribution that a file of core metadata describes.
pub fn parse(text: &str, architecture: &str, installed_at: &str, place: &str) -> Option<Entry> {
    let headers = || text.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(':'));
    let get = |name: &str| {
        let found = headers().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
        found.filter(|value| !value.eq_ignore_ascii_case("unknown")).unwrap_or_default()
    };
    let first = |names: &[&str]| names.iter().map(|name| get(name)).find(|value| !value.is_empty()).unwrap_or_default();
    let homepage = match get("Home-page") {
        "" => headers().find_map(project_homepage).unwrap_or_default(),
        url => url,
    };
    let distribution = entry([
        ("Name", get("Name")),
        ("ApplicationType", "pip"),
        ("Publisher", first(&["Author", "Author-email", "Maintainer", "Maintainer-email"])),
        ("Version", get("Version")),
        ("InstalledTime", installed_at),
        ("Architecture", architecture),
        ("URL", homepage),
        ("Summary", get("Summary")),
        ("PackageId", place),
    ]);
    (distribution.contains_key("Name") && distribution.contains_key("Version")).then_some(distribution)
}

/// `Project-URL: Homepage, https://…`
fn project_homepage<'a>((header, value): (&'a str, &'a str)) -> Option<&'a str> {
    let (label, url) = header.eq_ignore_ascii_case("Project-URL").then(|| value.split_once(','))??;
    label.trim().eq_ignore_ascii_case("homepage").then_some(url.trim())
}

/// The architecture of a wheel (`Tag: cp311-cp311-manylinux_2_17_x86_64`); empty when it is of none.
fn wheel_architecture(wheel: &str) -> &'static str {
    let platforms = wheel.lines().filter_map(|line| line.strip_prefix("Tag:")?.trim().rsplit('-').next());
    let of = |platform: &str| ARCHITECTURES.iter().find(|(end, _)| platform.ends_with(end)).map(|(_, name)| *name);
    platforms.filter_map(of).next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
