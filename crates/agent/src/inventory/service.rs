//! `AWS:Service`: units of systemd where it runs, else scripts of System V.
//!
//! States are in the system's own words: `Status` is systemd's active and sub state, `StartType` what
//! it says of the unit's file. What `systemctl` prints for programs is not the same in all versions but
//! for `show`, so that is what is asked for; unit files that are not loaded are in the plain list.

use std::collections::BTreeSet;

use super::command::{Command, Said};
use super::host::Host;
use super::item::{Entry, entry};

/// All units that are loaded.
pub const SHOW: Command = Command {
    program: "systemctl",
    arguments: &[
        "show",
        "--no-pager",
        "--property=Id,Description,LoadState,ActiveState,SubState,UnitFileState,Type,Requires,RequiredBy",
        "--",
        "*.service",
    ],
};
/// All unit files.
pub const FILES: Command = Command {
    program: "systemctl",
    arguments: &["list-unit-files", "--type=service", "--plain", "--no-legend", "--no-pager", "--full"],
};
/// The folder that is there when systemd runs the machine.
const RUNS: &str = "/run/systemd/system";
/// The runlevels in which a machine is used.
const RUNLEVELS: [char; 4] = ['2', '3', '4', '5'];

/// The services of a host.
///
/// # Errors
/// `systemctl` failed although systemd runs.
pub fn collect(host: &Host) -> Result<Vec<Entry>, String> {
    if !host.at(RUNS).is_dir() {
        return Ok(scripts(host));
    }
    let text = |command: &Command| match host.said(command) {
        Said::Text(text) => Ok(text.as_str()),
        Said::Failed(why) => Err(format!("systemctl: {why}")),
        Said::Missing => Err("systemd runs, but there is no systemctl".to_owned()),
    };
    Ok(parse(text(&SHOW)?, text(&FILES)?))
}

/// The services that `systemctl` tells of.
pub fn parse(show: &str, files: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = show.split("\n\n").filter_map(parse_unit).collect();
    let loaded: BTreeSet<String> = entries.iter().filter_map(|entry| entry.get("Name").cloned()).collect();
    entries.extend(files.lines().filter_map(parse_file).filter(|file| !loaded.contains(&file["Name"])));
    entries
}

/// The properties of a unit, one a line.
fn parse_unit(block: &str) -> Option<Entry> {
    let get = |name: &str| {
        let lines = block.lines().filter_map(|line| line.split_once('='));
        lines.filter(|(key, _)| *key == name).map(|(_, value)| value.trim()).next().unwrap_or_default()
    };
    // A unit that others name, but that there is not.
    if get("Id").is_empty() || get("LoadState") == "not-found" {
        return None;
    }
    let state = match (get("ActiveState"), get("SubState")) {
        ("", _) => String::new(),
        (active, "") => active.to_owned(),
        (active, sub) => format!("{active} ({sub})"),
    };
    Some(entry([
        ("Name", get("Id")),
        ("DisplayName", get("Description")),
        ("ServiceType", get("Type")),
        ("Status", &state),
        ("StartType", get("UnitFileState")),
        ("ServicesDependedOn", &get("Requires").replace(' ', ",")),
        ("DependentServices", &get("RequiredBy").replace(' ', ",")),
    ]))
}

/// `name.service state [preset]`; a template is no service.
fn parse_file(line: &str) -> Option<Entry> {
    let mut words = line.split_ascii_whitespace();
    let (name, state) = (words.next()?, words.next()?);
    let is_service = name.ends_with(".service") && !name.ends_with("@.service");
    (is_service && state != "alias").then(|| entry([("Name", name), ("StartType", state)]))
}

/// Scripts of System V: whether one runs is not told without running it, so it is not said.
fn scripts(host: &Host) -> Vec<Entry> {
    let links: Vec<String> = RUNLEVELS.iter().flat_map(|level| host.names(&format!("/etc/rc{level}.d"))).collect();
    let script = |name: &String| {
        let text = host.read(&format!("/etc/init.d/{name}")).ok()?;
        text.starts_with("#!").then(|| {
            let starts =
                links.iter().any(|link| link.strip_prefix('S').and_then(|link| link.get(2..)) == Some(name.as_str()));
            parse_script(name, &text, if starts { "enabled" } else { "disabled" })
        })
    };
    host.names("/etc/init.d").iter().filter_map(script).collect()
}

/// A script says what it is in a comment (LSB).
fn parse_script(name: &str, text: &str, start: &str) -> Entry {
    let get = |field: &str| {
        let lines = text.lines().filter_map(|line| line.strip_prefix('#')?.trim().split_once(':'));
        lines.filter(|(key, _)| *key == field).map(|(_, value)| value.trim()).next().unwrap_or_default()
    };
    let needs: Vec<&str> =
        get("Required-Start").split_ascii_whitespace().filter(|need| !need.starts_with('$')).collect();
    entry([
        ("Name", name),
        ("DisplayName", get("Short-Description")),
        ("ServiceType", "sysv"),
        ("StartType", start),
        ("ServicesDependedOn", &needs.join(",")),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{host, this_machine, write};
    use super::*;

    const SHOWN: &str = "Type=notify\nRequires=system.slice sysinit.target\nRequiredBy=\nId=ssh.service\n\
        Description=OpenBSD Secure Shell = server\nLoadState=loaded\nActiveState=active\nSubState=running\n\
        UnitFileState=enabled\n\nId=gone.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n\n\
        Type=oneshot\nId=backup.service\nDescription=Backup\nLoadState=loaded\nActiveState=failed\nSubState=failed\n\
        UnitFileState=static\n";
    const LISTED: &str = "ssh.service        enabled enabled\nsshd.service       alias   -\n\
        nginx.service      disabled enabled\ngetty@.service     static -\n";

    #[test]
    fn units_are_in_the_words_of_systemd() {
        let ssh = entry([
            ("Name", "ssh.service"),
            ("DisplayName", "OpenBSD Secure Shell = server"),
            ("ServiceType", "notify"),
            ("Status", "active (running)"),
            ("StartType", "enabled"),
            ("ServicesDependedOn", "system.slice,sysinit.target"),
        ]);
        let backup = [
            ("Name", "backup.service"),
            ("DisplayName", "Backup"),
            ("ServiceType", "oneshot"),
            ("Status", "failed (failed)"),
            ("StartType", "static"),
        ];
        let nginx = entry([("Name", "nginx.service"), ("StartType", "disabled")]);
        assert_eq!(parse(SHOWN, LISTED), [ssh, entry(backup), nginx]);
        assert_eq!(parse("", ""), Vec::<Entry>::new());
    }

    #[test]
    fn without_systemd_there_are_scripts() {
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path());
        let text = "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: nginx\n# Required-Start: $network dbus\n\
                    # Short-Description: starts nginx\n### END INIT INFO\n";
        write(&host, "/etc/init.d/nginx", text);
        write(&host, "/etc/init.d/other", "#! /bin/sh\n");
        write(&host, "/etc/init.d/README", "no script\n");
        write(&host, "/etc/rc3.d/S20nginx", "");
        write(&host, "/etc/rc0.d/S20other", "");
        let nginx = [
            ("Name", "nginx"),
            ("DisplayName", "starts nginx"),
            ("ServiceType", "sysv"),
            ("StartType", "enabled"),
            ("ServicesDependedOn", "dbus"),
        ];
        let other = [("Name", "other"), ("ServiceType", "sysv"), ("StartType", "disabled")];
        assert_eq!(collect(&host), Ok(vec![entry(nginx), entry(other)]));
        write(&host, "/run/systemd/system/x", "");
        assert!(collect(&host).is_err(), "a systemctl that says nothing is not taken for no services");
    }

    #[test]
    fn this_machines_unit_files_are_read_where_systemctl_lists_them() {
        let Ok(listed) = std::process::Command::new(FILES.program).args(FILES.arguments).output() else { return };
        let text = String::from_utf8(listed.stdout).unwrap();
        let of_this_form = |line: &&str| line.split_ascii_whitespace().count() >= 2 && !line.contains("@.service");
        let services = text.lines().filter(of_this_form).filter(|line| !line.contains(" alias")).count();
        assert_eq!(parse("", &text).len(), services, "{text}");
        assert!(collect(&this_machine()).is_ok() || this_machine().at(RUNS).is_dir());
    }
}
