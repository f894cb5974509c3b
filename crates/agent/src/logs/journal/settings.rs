//! What of the journal is read, and where it goes.
//!
//! `collect_list` with `log_group_name`, `log_stream_name`, `retention_in_days`, `units` and
//! `filters` is the CloudWatch agent's; `priority`, `start_at`, `identifiers`, `matches`,
//! `directory`, `namespace` and `journalctl_path` are called as in the receiver that it is made of,
//! `exclude_units`, `exclude_matches` and `current_boot_only` as in Vector, and `event_format` as in
//! the CloudWatch agent's Windows events.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::logs::settings::{FilterGiven, Filters, Machine, is_in_group, is_in_stream, retention};

/// The group of entries that name none, as in the CloudWatch agent.
const GROUP: &str = "journald-logs";
/// Names of priorities, from the most to the least urgent; their places are their numbers.
const PRIORITIES: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
/// Bytes of the name of a field.
const NAME_BYTES_MAX: usize = 64;

/// Fields and the values that they have, all of them.
pub type Matching = BTreeMap<String, String>;

/// The journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournaldGiven {
    /// Parts of it, each with its own settings.
    pub collect_list: Vec<JournalGiven>,
}

/// A part of the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournalGiven {
    /// The group.
    pub log_group_name: Option<String>,
    /// The stream.
    pub log_stream_name: Option<String>,
    /// The group's retention.
    pub retention_in_days: Option<i64>,
    /// Which events are sent, by their text.
    pub filters: Vec<FilterGiven>,
    /// Units that are read; without any, all.
    pub units: Vec<String>,
    /// Units that are left out.
    pub exclude_units: Vec<String>,
    /// Syslog identifiers that are read; without any, all.
    pub identifiers: Vec<String>,
    /// Entries that are read: those that one of these fits.
    pub matches: Vec<Matching>,
    /// Entries that are left out: those that one of these fits.
    pub exclude_matches: Vec<Matching>,
    /// The least urgent that is sent.
    pub priority: Option<String>,
    /// Where a journal begins that was never read before.
    pub start_at: StartAt,
    /// Whether older boots are left out.
    pub current_boot_only: bool,
    /// What an event says.
    pub event_format: Format,
    /// The folder of the journal, when it is not the machine's.
    pub directory: Option<PathBuf>,
    /// The namespace of the journal.
    pub namespace: Option<String>,
    /// The program.
    pub journalctl_path: Option<PathBuf>,
}

/// Where a journal begins that was never read before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StartAt {
    /// With its oldest entry.
    Beginning,
    /// With the next one.
    #[default]
    End,
}

/// What an event says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The message.
    #[default]
    Text,
    /// The entry.
    Json,
}

/// A part of the journal, with every choice made.
#[derive(Clone, Debug)]
pub struct JournalSource {
    /// The group.
    pub group: String,
    /// The stream.
    pub stream: String,
    /// The group's retention.
    pub retention_days: Option<u32>,
    /// Which events are sent, by their text.
    pub filters: Filters,
    /// Units that are read, by their whole names.
    pub units: Vec<String>,
    /// Units that are left out, by their whole names.
    pub exclude_units: Vec<String>,
    /// Syslog identifiers that are read.
    pub identifiers: Vec<String>,
    /// Entries that are read.
    pub matches: Vec<Matching>,
    /// Entries that are left out.
    pub exclude_matches: Vec<Matching>,
    /// The number of the least urgent priority that is sent.
    pub priority: u8,
    /// Where a journal begins that was never read before.
    pub start_at: StartAt,
    /// Whether older boots are left out.
    pub current_boot_only: bool,
    /// What an event says.
    pub format: Format,
    /// The folder of the journal.
    pub directory: Option<PathBuf>,
    /// The namespace of the journal.
    pub namespace: Option<String>,
    /// The program.
    pub journalctl: PathBuf,
}

impl JournaldGiven {
    /// Makes every choice; `stream` is the one of entries that name none.
    ///
    /// # Errors
    /// What cannot be used, in words that name it.
    pub fn finish(self, stream: Option<&str>, machine: &Machine) -> Result<Vec<JournalSource>, String> {
        let named = |index: usize, error: String| format!("journald, entry {}: {error}", index + 1);
        let mut sources: Vec<JournalSource> = Vec::new();
        for (index, given) in self.collect_list.into_iter().enumerate() {
            let source = given.finish(stream, machine).map_err(|error| named(index, error))?;
            // They would share a position.
            if sources.iter().any(|other| other.is_like(&source)) {
                let (group, stream) = (&source.group, &source.stream);
                let error = format!(
                    "another entry reads the same journal into {group}, {stream}: give it another log_stream_name"
                );
                return Err(named(index, error));
            }
            sources.push(source);
        }
        Ok(sources)
    }
}

impl JournalSource {
    fn is_like(&self, other: &Self) -> bool {
        let key = |source: &Self| {
            (source.group.clone(), source.stream.clone(), source.directory.clone(), source.namespace.clone())
        };
        key(self) == key(other)
    }
}

impl JournalGiven {
    fn finish(self, stream: Option<&str>, machine: &Machine) -> Result<JournalSource, String> {
        let group = self.log_group_name.as_deref().unwrap_or(GROUP);
        let stream = self.log_stream_name.as_deref().or(stream).unwrap_or("{instance_id}");
        let priority = self.priority.as_deref().unwrap_or("info");
        let number = PRIORITIES.iter().position(|name| *name == priority);
        let number = number.and_then(|number| u8::try_from(number).ok());
        if self.directory.as_ref().is_some_and(|directory| !directory.is_absolute()) {
            return Err("directory must be an absolute path".to_owned());
        }
        if self.directory.is_some() && self.namespace.is_some() {
            return Err("directory and namespace cannot be used together".to_owned());
        }
        for text in self.identifiers.iter().chain(&self.namespace) {
            checked_argument("identifiers and namespace", text)?;
        }
        Ok(JournalSource {
            group: machine.named(group, "log_group_name", is_in_group)?,
            stream: machine.named(stream, "log_stream_name", is_in_stream)?,
            retention_days: retention(self.retention_in_days)?,
            filters: Filters::new(self.filters)?,
            units: units("units", self.units)?,
            exclude_units: units("exclude_units", self.exclude_units)?,
            identifiers: self.identifiers,
            matches: matchings("matches", self.matches)?,
            exclude_matches: matchings("exclude_matches", self.exclude_matches)?,
            priority: number
                .ok_or_else(|| format!("priority must be one of {}, not {priority}", PRIORITIES.join(", ")))?,
            start_at: self.start_at,
            current_boot_only: self.current_boot_only,
            format: self.event_format,
            directory: self.directory,
            namespace: self.namespace,
            journalctl: self.journalctl_path.unwrap_or_else(|| PathBuf::from("journalctl")),
        })
    }
}

/// Whole names: a name without a dot is a service's, as for `systemctl`.
fn units(setting: &str, names: Vec<String>) -> Result<Vec<String>, String> {
    let whole = |name: String| {
        checked_argument(setting, &name)?;
        if name.contains(['*', '?', '[']) {
            return Err(format!(
                "{setting}: '{name}' is a pattern, which journalctl resolves only when it starts: name the units"
            ));
        }
        Ok(if name.contains('.') { name } else { format!("{name}.service") })
    };
    names.into_iter().map(whole).collect()
}

fn matchings(setting: &str, given: Vec<Matching>) -> Result<Vec<Matching>, String> {
    for matching in &given {
        if matching.is_empty() {
            return Err(format!("{setting} holds an entry without fields"));
        }
        for (name, value) in matching {
            let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            let starts = name.starts_with(|c: char| c == '_' || c.is_ascii_uppercase());
            if !starts || name.len() > NAME_BYTES_MAX || !name.chars().all(is_part) || name.starts_with("__") {
                return Err(format!("{setting}: '{name}' is no field of the journal that can be matched"));
            }
            if value.contains('\0') {
                return Err(format!("{setting}: the value of {name} cannot be used"));
            }
        }
    }
    Ok(given)
}

fn checked_argument(setting: &str, text: &str) -> Result<(), String> {
    match text.is_empty() || text.contains('\0') {
        true => Err(format!("{setting} cannot be empty")),
        false => Ok(()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn finished(list: &[&str]) -> Result<Vec<JournalSource>, String> {
        let entries: Vec<String> = list.iter().map(|more| format!("[[collect_list]]\n{more}\n")).collect();
        let given: JournaldGiven = toml::from_str(&entries.concat()).map_err(|error| error.to_string())?;
        let machine = Machine { hostname: "box".to_owned(), instance_id: None, zone: TimeZone::UTC };
        given.finish(Some("{hostname}-all"), &machine)
    }

    /// A source with these settings.
    pub(in crate::logs::journal) fn source(more: &str) -> JournalSource {
        finished(&[more]).unwrap().remove(0)
    }

    #[test]
    fn what_is_not_said_is_as_in_the_cloudwatch_agent() {
        let source = source("");
        assert_eq!((source.group.as_str(), source.stream.as_str()), ("journald-logs", "box-all"));
        assert_eq!((source.priority, source.start_at, source.format), (6, StartAt::End, Format::Text));
        assert_eq!((source.current_boot_only, source.journalctl), (false, PathBuf::from("journalctl")));
    }

    #[test]
    fn a_unit_without_a_dot_is_a_service() {
        assert_eq!(source("units = ['ssh', 'a.socket']").units, ["ssh.service", "a.socket"]);
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_name() {
        for (more, word) in [
            ("unit = 'ssh'", "unit"),
            ("units = ['ssh*']", "pattern"),
            ("exclude_units = ['']", "exclude_units"),
            ("matches = [{}]", "matches"),
            ("matches = [{_uid = '0'}]", "_uid"),
            ("exclude_matches = [{__CURSOR = 'c'}]", "__CURSOR"),
            ("priority = 'loud'", "loud"),
            ("start_at = 'middle'", "middle"),
            ("event_format = 'xml'", "xml"),
            ("directory = 'journal'", "absolute"),
            ("directory = '/j'\nnamespace = 'n'", "together"),
            ("retention_in_days = 2", "retention_in_days"),
            ("log_group_name = 'a b'", "log_group_name"),
            ("log_stream_name = 'a:b'", "log_stream_name"),
            ("filters = [{type = 'include', expression = '['}]", "filters"),
        ] {
            let error = finished(&[more]).unwrap_err();
            assert!(error.contains(word), "{more}: {error}");
        }
    }

    #[test]
    fn entries_share_a_stream_only_when_they_read_different_journals() {
        let error = finished(&["units = ['a']", "units = ['b']"]).unwrap_err();
        assert!(error.contains("entry 2") && error.contains("log_stream_name"), "{error}");
        assert_eq!(finished(&["directory = '/a'", "directory = '/b'", "log_stream_name = 's'"]).unwrap().len(), 3);
    }
}
