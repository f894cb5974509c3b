//! What is read and where it goes, in the schema of the CloudWatch agent.

use std::path::Path;
use std::time::Duration;

use encoding_rs::Encoding;
use jiff::tz::TimeZone;
use regex::Regex;
use serde::Deserialize;

use super::grouping::Start;
use super::journal::settings::{JournalSource, JournaldGiven};
use super::timestamp::TimestampFormat;

/// How long an event waits for others, or for more of its lines, when nothing else is said.
const FLUSH_SECS: u64 = 5;
/// Days that PutRetentionPolicy takes (logs.md §1.2).
const RETENTION_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// The table `logs` of the settings file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogsGiven {
    /// What is read.
    pub logs_collected: CollectedGiven,
    /// The stream of entries that name none.
    pub log_stream_name: Option<String>,
    /// Seconds that an event waits for others at most.
    pub force_flush_interval: Option<u64>,
}

/// What is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CollectedGiven {
    /// Files.
    pub files: FilesGiven,
    /// The systemd journal.
    pub journald: JournaldGiven,
}

/// Files that are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FilesGiven {
    /// Each with its own settings.
    pub collect_list: Vec<FileGiven>,
}

/// Files that are read alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileGiven {
    /// A path, with `*`, `?`, `[…]` and `**`.
    pub file_path: String,
    /// The group; without it the path up to its last dot.
    pub log_group_name: Option<String>,
    /// The stream.
    pub log_stream_name: Option<String>,
    /// The form of times.
    pub timestamp_format: Option<String>,
    /// `UTC` or `Local`, for times without a zone.
    pub timezone: Option<String>,
    /// What the first line of an event has; `{timestamp_format}` for a time.
    pub multi_line_start_pattern: Option<String>,
    /// The encoding.
    pub encoding: Option<String>,
    /// The group's retention.
    pub retention_in_days: Option<i64>,
    /// Which events are sent.
    pub filters: Vec<FilterGiven>,
    /// Files are never removed here.
    pub auto_removal: Option<bool>,
}

/// Which events are sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterGiven {
    /// Whether those that match are, or the others.
    #[serde(rename = "type")]
    pub kind: FilterKind,
    /// A regular expression.
    pub expression: String,
}

/// What a filter does with events that match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterKind {
    /// They are sent, and no others.
    Include,
    /// They are not sent.
    Exclude,
}

/// What names of streams can hold, and the machine's zone.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The machine's name.
    pub hostname: String,
    /// The EC2 instance, where it is one.
    pub instance_id: Option<String>,
    /// The zone of times that name none.
    pub zone: TimeZone,
}

/// Files that are read alike, with every choice made.
#[derive(Clone, Debug)]
pub struct Source {
    /// The paths.
    pub pattern: String,
    /// The group.
    pub group: String,
    /// The stream.
    pub stream: String,
    /// How times are found; without it an event is of the time it is read.
    pub timestamps: Option<TimestampFormat>,
    /// How events are told apart.
    pub start: Start,
    /// The encoding.
    pub encoding: &'static Encoding,
    /// The group's retention.
    pub retention_days: Option<u32>,
    /// Which events are sent.
    pub filters: Filters,
}

/// Which events are sent: those that every filter lets through.
#[derive(Clone, Debug)]
pub struct Filters(Vec<(FilterKind, Regex)>);

impl Filters {
    /// Filters with these expressions.
    ///
    /// # Errors
    /// One is no regular expression.
    pub fn new(given: Vec<FilterGiven>) -> Result<Self, String> {
        let filters = given.into_iter();
        let filters: Result<Vec<_>, String> =
            filters.map(|filter| Ok((filter.kind, expression("filters", &filter.expression)?))).collect();
        filters.map(Self)
    }

    /// Whether an event is sent.
    pub fn admit(&self, message: &str) -> bool {
        self.0.iter().all(|(kind, expression)| (*kind == FilterKind::Include) == expression.is_match(message))
    }
}

/// All that is read.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// The files.
    pub sources: Vec<Source>,
    /// The parts of the journal.
    pub journals: Vec<JournalSource>,
    /// How long an event waits for others, or for more of its lines.
    pub flush: Duration,
}

impl LogSettings {
    /// Whether nothing is read.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.journals.is_empty()
    }
}

impl LogsGiven {
    /// Makes every choice.
    ///
    /// # Errors
    /// What cannot be used, in words that name it.
    pub fn finish(self, machine: &Machine) -> Result<LogSettings, String> {
        let flush_secs = self.force_flush_interval.unwrap_or(FLUSH_SECS);
        if !(1..=3600).contains(&flush_secs) {
            return Err("force_flush_interval must be between 1 and 3600 seconds".to_owned());
        }
        let stream = self.log_stream_name.as_deref();
        let sources = self.logs_collected.files.collect_list.into_iter();
        let sources: Result<Vec<Source>, String> = sources
            .map(|file| {
                let path = file.file_path.clone();
                file.finish(stream, machine).map_err(|error| format!("log file '{path}': {error}"))
            })
            .collect();
        let journals = self.logs_collected.journald.finish(stream, machine)?;
        Ok(LogSettings { sources: sources?, journals, flush: Duration::from_secs(flush_secs) })
    }
}

impl FileGiven {
    fn finish(self, stream: Option<&str>, machine: &Machine) -> Result<Source, String> {
        if !Path::new(&self.file_path).is_absolute() {
            return Err("file_path must be an absolute path".to_owned());
        }
        glob::Pattern::new(&self.file_path).map_err(|error| format!("file_path is no pattern: {error}"))?;
        if self.auto_removal == Some(true) {
            return Err("auto_removal is not supported: this agent removes no files".to_owned());
        }
        let zone = match self.timezone.as_deref() {
            None | Some("Local" | "LOCAL") => machine.zone.clone(),
            Some("UTC") => TimeZone::UTC,
            Some(other) => return Err(format!("timezone must be UTC or Local, not {other}")),
        };
        let timestamps = self.timestamp_format.map(|format| TimestampFormat::new(&format, zone)).transpose()?;
        let start = match (self.multi_line_start_pattern.as_deref(), &timestamps) {
            (None, _) => Start::EveryLine,
            (Some("{timestamp_format}"), Some(format)) => Start::Timestamp(format.clone()),
            (Some("{timestamp_format}"), None) => {
                return Err("multi_line_start_pattern names timestamp_format, which is not set".to_owned());
            }
            (Some(pattern), _) => Start::Pattern(expression("multi_line_start_pattern", pattern)?),
        };
        let label = self.encoding.unwrap_or_else(|| "utf-8".to_owned());
        let encoding = Encoding::for_label(label.as_bytes());
        let group = self.log_group_name.unwrap_or_else(|| up_to_last_dot(&self.file_path));
        let stream = self.log_stream_name.as_deref().or(stream).unwrap_or("{instance_id}");
        Ok(Source {
            group: machine.named(&group, "log_group_name", is_in_group)?,
            stream: machine.named(stream, "log_stream_name", is_in_stream)?,
            retention_days: retention(self.retention_in_days)?,
            pattern: self.file_path,
            timestamps,
            start,
            encoding: encoding.ok_or_else(|| format!("the encoding {label} is not known"))?,
            filters: Filters::new(self.filters)?,
        })
    }
}

impl Machine {
    /// This machine, by this name.
    pub fn this(hostname: String) -> Self {
        // Instances of EC2 have their id there; other machines have something else, or nothing.
        let tag = std::fs::read_to_string("/sys/devices/virtual/dmi/id/board_asset_tag").unwrap_or_default();
        let instance_id = Some(tag.trim().to_owned()).filter(|tag| tag.starts_with("i-"));
        Self { hostname, instance_id, zone: TimeZone::system() }
    }

    /// A name that may hold this machine's; `setting` is what it is given as.
    ///
    /// # Errors
    /// It is none for what it names.
    pub(super) fn named(&self, name: &str, setting: &str, is_allowed: impl Fn(char) -> bool) -> Result<String, String> {
        let instance = self.instance_id.as_deref().unwrap_or(&self.hostname);
        let local = self.hostname.split('.').next().unwrap_or_default();
        let name = name.replace("{instance_id}", instance);
        let name = name.replace("{hostname}", &self.hostname).replace("{local_hostname}", local);
        match (1..=512).contains(&name.chars().count()) && name.chars().all(is_allowed) {
            true => Ok(name),
            false => Err(format!("{setting} cannot be '{name}'")),
        }
    }
}

fn expression(name: &str, text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| format!("{name}: '{text}' is no regular expression: {error}"))
}

fn up_to_last_dot(path: &str) -> String {
    path.rsplit_once('.').map_or(path, |(stem, _)| stem).to_owned()
}

/// What names of groups are made of (logs.md §1.1).
pub(super) fn is_in_group(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '/' | '.' | '#')
}

/// What names of streams are made of.
pub(super) fn is_in_stream(character: char) -> bool {
    !matches!(character, ':' | '*')
}

/// `-1` leaves it as it is.
pub(super) fn retention(days: Option<i64>) -> Result<Option<u32>, String> {
    let Some(days) = days.filter(|days| *days != -1) else { return Ok(None) };
    let known = u32::try_from(days).ok().filter(|days| RETENTION_DAYS.contains(days));
    known.map(Some).ok_or_else(|| format!("retention_in_days cannot be {days}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        Machine { hostname: "box.example.org".to_owned(), instance_id: None, zone: TimeZone::UTC }
    }

    fn finished(text: &str) -> Result<LogSettings, String> {
        toml::from_str::<LogsGiven>(text).map_err(|error| error.to_string())?.finish(&machine())
    }

    fn entry(more: &str) -> Result<LogSettings, String> {
        finished(&format!("[[logs_collected.files.collect_list]]\nfile_path = '/var/log/app.log'\n{more}"))
    }

    #[test]
    fn what_is_not_said_is_as_in_the_cloudwatch_agent() {
        let settings = entry("").unwrap();
        let source = &settings.sources[0];
        assert_eq!((source.group.as_str(), source.stream.as_str()), ("/var/log/app", "box.example.org"));
        assert_eq!((source.encoding.name(), source.retention_days), ("UTF-8", None));
        assert_eq!(settings.flush, Duration::from_secs(5));
    }

    #[test]
    fn names_hold_the_machine() {
        let settings = entry("log_group_name = 'g'\nlog_stream_name = '{local_hostname}/{hostname}'").unwrap();
        assert_eq!(settings.sources[0].stream, "box/box.example.org");
    }

    #[test]
    fn filters_all_have_to_let_an_event_through() {
        let more = "filters = [{type = 'include', expression = 'ERROR'}, {type = 'exclude', expression = 'health'}]";
        let source = entry(more).unwrap().sources.remove(0);
        let admitted = ["ERROR a", "INFO b", "ERROR health"].map(|message| source.filters.admit(message));
        assert_eq!(admitted, [true, false, false]);
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_name() {
        for (more, word) in [
            ("auto_removal = true", "auto_removal"),
            ("timezone = 'Mars'", "timezone"),
            ("encoding = 'klingon'", "klingon"),
            ("retention_in_days = 2", "retention_in_days"),
            ("log_group_name = 'a b'", "log_group_name"),
            ("log_stream_name = 'a:b'", "log_stream_name"),
            ("multi_line_start_pattern = '['", "multi_line_start_pattern"),
            ("multi_line_start_pattern = '{timestamp_format}'", "timestamp_format"),
            ("timestamp_format = '%Q'", "%Q"),
            ("blacklist = 'x'", "blacklist"),
            ("filters = [{type = 'drop', expression = 'x'}]", "drop"),
        ] {
            let error = entry(more).unwrap_err();
            assert!(error.contains(word), "{more}: {error}");
        }
        let relative = "[[logs_collected.files.collect_list]]\nfile_path = 'app.log'";
        assert!(finished(relative).unwrap_err().contains("absolute"));
        assert!(finished("force_flush_interval = 0").unwrap_err().contains("force_flush_interval"));
    }
}
