//! Global packages of Node.js: the `package.json` of each.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::host::{Host, names, read, written_at};
use super::item::{Entry, entry};

/// Where interpreters keep global packages, besides those that are on the `PATH`.
const FOLDERS: [&str; 6] = [
    "/usr/lib/node_modules",
    "/usr/local/lib/node_modules",
    "/opt/*/lib/node_modules",
    "/root/.nvm/versions/node/*/lib/node_modules",
    "/home/*/.nvm/versions/node/*/lib/node_modules",
    "/home/*/.npm-global/lib/node_modules",
];

/// The packages of a host; `more` are patterns of other folders of the kind.
pub fn collect(host: &Host, more: &[String]) -> Vec<Entry> {
    let mut patterns: Vec<String> = FOLDERS.map(str::to_owned).into();
    patterns.extend(more.iter().cloned());
    let mut folders = host.folders(&patterns);
    for program in host.search.iter().map(|folder| host.at(&folder.join("node").to_string_lossy())) {
        let Some(prefix) = program.canonicalize().ok().and_then(|path| Some(path.parent()?.parent()?.to_owned()))
        else {
            continue;
        };
        folders.extend(prefix.join("lib/node_modules").canonicalize());
    }
    folders.sort();
    folders.dedup();
    folders.iter().flat_map(|folder| packages(folder)).filter_map(|package| collect_package(&package)).collect()
}

/// The packages of a folder, those of scopes (`@scope/name`) too.
fn packages(folder: &Path) -> Vec<PathBuf> {
    let of_scope = |name: String| match name.starts_with('@') {
        true => names(&folder.join(&name)).into_iter().map(|inner| folder.join(&name).join(inner)).collect(),
        false => vec![folder.join(name)],
    };
    names(folder).into_iter().filter(|name| !name.starts_with('.')).flat_map(of_scope).collect()
}

fn collect_package(folder: &Path) -> Option<Entry> {
    let path = folder.join("package.json");
    parse(&read(&path).ok()?, &written_at(&path), &folder.to_string_lossy())
}

/// The package that a `package.json` describes.
pub fn parse(text: &str, installed_at: &str, place: &str) -> Option<Entry> {
    let package: Value = serde_json::from_str(text).ok()?;
    let text = |name: &str| package[name].as_str().unwrap_or_default();
    let author = package["author"].as_str().or(package["author"]["name"].as_str()).unwrap_or_default();
    let package = entry([
        ("Name", text("name")),
        ("ApplicationType", "npm"),
        ("Publisher", author),
        ("Version", text("version")),
        ("InstalledTime", installed_at),
        ("URL", text("homepage")),
        ("Summary", text("description").lines().next().unwrap_or_default()),
        ("PackageId", place),
    ]);
    (package.contains_key("Name") && package.contains_key("Version")).then_some(package)
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{host, this_machine, write};
    use super::*;

    #[test]
    fn packages_of_all_global_folders_and_scopes_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let mut host = host(folder.path());
        let json = |name: &str| format!(r#"{{"name":"{name}","version":"1.2.3","author":{{"name":"A"}}}}"#);
        write(&host, "/usr/lib/node_modules/npm/package.json", &json("npm"));
        write(&host, "/usr/lib/node_modules/@acme/tool/package.json", &json("@acme/tool"));
        write(&host, "/usr/lib/node_modules/.cache/package.json", &json("no-package"));
        write(&host, "/usr/lib/node_modules/broken/package.json", "{");
        write(&host, "/srv/node/bin/node", "");
        write(&host, "/srv/node/lib/node_modules/on-path/package.json", &json("on-path"));
        write(&host, "/srv/app/node_modules/asked-for/package.json", &json("asked-for"));
        host.search = vec!["/srv/node/bin".into(), "/usr/bin".into()];
        let mut names: Vec<String> =
            collect(&host, &["/srv/*/node_modules".to_owned()]).iter().map(|entry| entry["Name"].clone()).collect();
        names.sort();
        assert_eq!(names, ["@acme/tool", "asked-for", "npm", "on-path"]);
    }

    #[test]
    fn a_package_is_what_its_file_says() {
        let text = r#"{"name":"n","version":"1","description":"one\ntwo","homepage":"https://n","author":"A <a@b>"}"#;
        let expected = [
            ("Name", "n"),
            ("ApplicationType", "npm"),
            ("Publisher", "A <a@b>"),
            ("Version", "1"),
            ("InstalledTime", "2026-06-01T08:00:00Z"),
            ("URL", "https://n"),
            ("Summary", "one"),
            ("PackageId", "/p"),
        ];
        assert_eq!(parse(text, "2026-06-01T08:00:00Z", "/p"), Some(entry(expected)));
        for none in ["[]", "{}", r#"{"name":"n"}"#, r#"{"name":1,"version":"1"}"#] {
            assert_eq!(parse(none, "", ""), None, "{none}");
        }
    }

    #[test]
    fn this_machines_npm_is_found_when_it_has_one() {
        let here = std::path::Path::new("/usr/lib/node_modules/npm/package.json").exists();
        let found = collect(&this_machine(), &[]).iter().any(|entry| entry["Name"] == "npm");
        assert!(found || !here);
    }
}
