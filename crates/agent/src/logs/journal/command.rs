//! How `journalctl` is asked. Pure.
//!
//! - **From the cursor on, not after it.** With matches, `--after-cursor` leaves an entry out when
//!   the one of the cursor does not match any more, or is gone. So the entry of the cursor is asked
//!   for too, and left out here ([`super::follow`]).
//! - **Once to the end, then on from there.** From systemd 250 on `--follow` shows the current boot
//!   alone, and up to 257 nothing turns that off. What was logged before a restart of the machine is
//!   read by a run without `--follow`, which ends where the journal does.

use std::ffi::OsString;

use super::settings::{Format, JournalSource};

/// What a run of `journalctl` is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// The newest entry of all, which matches or not: what comes after it is new.
    Newest,
    /// What there is.
    CatchUp,
    /// What there is of this boot, and what comes.
    Follow,
}

/// The arguments of `journalctl`.
pub fn arguments(source: &JournalSource, run: Run, cursor: Option<&str>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["--output=export".into(), "--no-pager".into()];
    let mut add = |argument: String| arguments.push(argument.into());
    if let Some(namespace) = &source.namespace {
        add(format!("--namespace={namespace}"));
    }
    if run == Run::Newest {
        add("--lines=1".to_owned());
    } else {
        if run == Run::Follow {
            add("--follow".to_owned());
            add("--no-tail".to_owned());
            // A folder of journals has machines in it that start anew while it is followed.
            if source.directory.is_some() && !source.current_boot_only {
                add("--merge".to_owned());
                add("--boot=all".to_owned());
            }
        }
        if source.current_boot_only {
            add("--boot".to_owned());
        }
        if let Some(cursor) = cursor {
            add(format!("--cursor={cursor}"));
        }
        if source.format == Format::Text {
            add(format!("--output-fields={}", fields(source).join(",")));
        }
        source.units.iter().for_each(|unit| add(format!("--unit={unit}")));
        source.identifiers.iter().for_each(|identifier| add(format!("--identifier={identifier}")));
    }
    if let Some(directory) = &source.directory {
        let mut argument = OsString::from("--directory=");
        argument.push(directory);
        arguments.push(argument);
    }
    if run != Run::Newest {
        arguments.push("--".into());
        for (index, matching) in source.matches.iter().enumerate() {
            if index > 0 {
                arguments.push("+".into());
            }
            arguments.extend(matching.iter().map(|(name, value)| OsString::from(format!("{name}={value}"))));
        }
    }
    arguments
}

/// The fields that are looked at: an entry with a core dump is as small as any.
fn fields(source: &JournalSource) -> Vec<&str> {
    let mut fields = vec!["MESSAGE", "PRIORITY"];
    if !source.exclude_units.is_empty() {
        fields.extend(["_SYSTEMD_UNIT", "UNIT", "_PID"]);
    }
    fields.extend(source.exclude_matches.iter().flat_map(|matching| matching.keys()).map(String::as_str));
    fields
}

#[cfg(test)]
mod tests {
    use super::super::settings::tests::source;
    use super::*;

    fn line(more: &str, run: Run, cursor: Option<&str>) -> String {
        let arguments = arguments(&source(more), run, cursor);
        arguments.iter().map(|argument| argument.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_setting_is_an_argument() {
        for (more, run, cursor, expected) in [
            ("", Run::Newest, None, "--lines=1"),
            ("", Run::CatchUp, None, "--output-fields=MESSAGE,PRIORITY --"),
            ("", Run::CatchUp, Some("s=1;i=2"), "--cursor=s=1;i=2 --output-fields=MESSAGE,PRIORITY --"),
            ("event_format = 'json'", Run::Follow, Some("c"), "--follow --no-tail --cursor=c --"),
            ("current_boot_only = true\nevent_format = 'json'", Run::Follow, None, "--follow --no-tail --boot --"),
            ("namespace = 'n'", Run::Newest, None, "--namespace=n --lines=1"),
            (
                "directory = '/j'\nevent_format = 'json'",
                Run::Follow,
                None,
                "--follow --no-tail --merge --boot=all --directory=/j --",
            ),
            (
                "units = ['ssh', 'a.timer']\nidentifiers = ['cron']\nevent_format = 'json'",
                Run::CatchUp,
                None,
                "--unit=ssh.service --unit=a.timer --identifier=cron --",
            ),
            (
                "matches = [{_UID = '0', _COMM = 'a b'}, {_TRANSPORT = 'kernel'}]\nevent_format = 'json'",
                Run::CatchUp,
                None,
                "-- _COMM=a b _UID=0 + _TRANSPORT=kernel",
            ),
            (
                "exclude_units = ['x']\nexclude_matches = [{_UID = '0'}]",
                Run::CatchUp,
                None,
                "--output-fields=MESSAGE,PRIORITY,_SYSTEMD_UNIT,UNIT,_PID,_UID --",
            ),
        ] {
            assert_eq!(line(more, run, cursor), format!("--output=export --no-pager {expected}"), "{more} {run:?}");
        }
    }

    #[test]
    fn the_newest_entry_is_asked_for_whether_it_matches_or_not() {
        let line = line("units = ['ssh']\nmatches = [{_UID = '0'}]\ncurrent_boot_only = true", Run::Newest, None);
        assert_eq!(line, "--output=export --no-pager --lines=1");
    }
}
