//! Where distributions are found, and what is known of them.

use super::super::host::tests::{host, this_machine, write};
use super::*;

fn metadata(name: &str) -> String {
    format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n\nName: body\n")
}

fn found(host: &Host, environments: &[&str]) -> Vec<String> {
    let environments: Vec<String> = environments.iter().map(|at| (*at).to_owned()).collect();
    let mut names: Vec<String> = collect(host, &environments).iter().map(|entry| entry["Name"].clone()).collect();
    names.sort();
    names
}

#[test]
fn distributions_are_found_where_interpreters_and_environments_keep_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut host = host(folder.path());
    for (path, name) in [
        ("/usr/local/lib/python3.11/dist-packages/local-1.0.dist-info/METADATA", "local"),
        ("/usr/lib64/python3.9/site-packages/wide-1.0.dist-info/METADATA", "wide"),
        ("/root/.pyenv/versions/3.12.1/lib/python3.12/site-packages/pyenv-1.0.dist-info/METADATA", "pyenv"),
        ("/home/ann/.local/share/pipx/venvs/tool/lib/python3.11/site-packages/tool-1.0.dist-info/METADATA", "tool"),
        ("/srv/python/lib/python3.13/site-packages/on-path-1.0.dist-info/METADATA", "on-path"),
        ("/srv/app/venv/lib/python3.11/site-packages/asked-for-1.0.dist-info/METADATA", "asked-for"),
        ("/usr/local/lib/python3.11/dist-packages/egg-1.0.egg-info/PKG-INFO", "egg"),
        ("/usr/local/lib/python3.11/dist-packages/flat-1.0.egg-info", "flat"),
        ("/usr/lib/python3/dist-packages/of-dpkg-1.0.dist-info/METADATA", "of-dpkg"),
        ("/usr/lib/python3.9/site-packages/of-rpm-1.0.dist-info/METADATA", "of-rpm"),
        ("/srv/other/venv2/lib/python3.11/site-packages/not-asked-for-1.0.dist-info/METADATA", "not-asked-for"),
    ] {
        write(&host, path, &metadata(name));
    }
    write(&host, "/usr/lib/python3.9/site-packages/of-rpm-1.0.dist-info/INSTALLER", "rpm\n");
    write(&host, "/usr/local/lib/python3.11/dist-packages/gone-1.0.dist-info/RECORD", "");
    write(&host, "/srv/python/bin/python3.13", "");
    write(&host, "/srv/python/bin/python3-config", "");
    host.search = vec!["/srv/python/bin".into()];
    let expected = ["asked-for", "egg", "flat", "local", "on-path", "pyenv", "tool", "wide"];
    assert_eq!(found(&host, &["/srv/*/venv/"]), expected);
}

#[test]
fn a_distribution_is_what_its_metadata_says() {
    let text = "Metadata-Version: 2.4\nName: requests\nVersion: 2.31.0\nSummary: HTTP for Humans\nHome-page: UNKNOWN\n\
                Author-email: Ann <a@example.org>\nProject-URL: Source, https://src\n\
                Project-URL: Homepage, https://home\nClassifier: A :: B\n\nText\n";
    let expected = [
        ("Name", "requests"),
        ("ApplicationType", "pip"),
        ("Publisher", "Ann <a@example.org>"),
        ("Version", "2.31.0"),
        ("InstalledTime", "2026-06-01T08:00:00Z"),
        ("Architecture", "x86_64"),
        ("URL", "https://home"),
        ("Summary", "HTTP for Humans"),
        ("PackageId", "/v/requests"),
    ];
    assert_eq!(parse(text, "x86_64", "2026-06-01T08:00:00Z", "/v/requests"), Some(entry(expected)));
    assert_eq!(parse("Name: no-version\n", "", "", ""), None);
    assert_eq!(parse("", "", "", ""), None);
}

#[test]
fn wheels_name_their_architecture() {
    for (wheel, expected) in [
        ("Tag: cp311-cp311-manylinux_2_17_x86_64\nTag: cp311-cp311-manylinux2014_x86_64\n", "x86_64"),
        ("Tag: cp39-abi3-musllinux_1_1_aarch64\n", "aarch64"),
        ("Tag: cp39-cp39-linux_i686\n", "i386"),
        ("Tag: py3-none-any\n", ""),
        ("", ""),
    ] {
        assert_eq!(wheel_architecture(wheel), expected, "{wheel}");
    }
}

#[test]
fn this_machines_interpreters_have_the_distributions_that_they_list_themselves() {
    let list = "import importlib.metadata as m, sysconfig\n\
                p = sysconfig.get_paths()['purelib']\n\
                print('\\n'.join(f\"{d.metadata['Name']} {d.version}\" for d in m.distributions(path=[p])))";
    let Ok(python) = std::process::Command::new("python3").args(["-c", list]).output() else { return };
    let listed = String::from_utf8(python.stdout).unwrap();
    let entries = collect(&this_machine(), &[]);
    for line in listed.lines() {
        let (name, version) = line.split_once(' ').unwrap();
        assert!(entries.iter().any(|entry| entry["Name"] == name && entry["Version"] == version), "{line}");
    }
}
