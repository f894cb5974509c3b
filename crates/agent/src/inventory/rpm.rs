//! Packages of Red Hat, SUSE and their relatives, as `rpm` says: its databases are of three forms.

use base::Timestamp;

use super::command::{Command, Said};
use super::host::Host;
use super::item::{Entry, architecture, entry};

/// Between fields.
const FIELD: char = '\u{1f}';
/// After each package.
const RECORD: char = '\u{1e}';
/// What `rpm` prints for a field that a package has not.
const NONE: &str = "(none)";
/// Keys that signatures are checked with are in the database too.
const KEYS: &str = "gpg-pubkey";

/// How packages are asked for.
pub const COMMAND: Command = Command {
    program: "rpm",
    arguments: &[
        "-qa",
        "--queryformat",
        "%{NAME}\u{1f}%{VENDOR}\u{1f}%{VERSION}\u{1f}%{RELEASE}\u{1f}%{EPOCH}\u{1f}%{INSTALLTIME}\u{1f}%{GROUP}\u{1f}%{ARCH}\
         \u{1f}%{URL}\u{1f}%{SUMMARY}\u{1f}%{SOURCERPM}\u{1e}",
    ],
};

/// The packages of a host; none when it has no `rpm`.
///
/// # Errors
/// `rpm` failed.
pub fn collect(host: &Host) -> Result<Vec<Entry>, String> {
    match host.said(&COMMAND) {
        Said::Missing => Ok(Vec::new()),
        Said::Failed(why) => Err(format!("rpm: {why}")),
        Said::Text(text) => parse(text).ok_or_else(|| "rpm: what it printed is not of the known form".to_owned()),
    }
}

/// The packages that `rpm` printed; `None` when it was another form.
pub fn parse(text: &str) -> Option<Vec<Entry>> {
    let records = text.split(RECORD).filter(|record| !record.trim().is_empty());
    let packages: Option<Vec<Option<Entry>>> = records.map(parse_record).collect();
    Some(packages?.into_iter().flatten().collect())
}

/// `Some(None)` for what is no package.
fn parse_record(record: &str) -> Option<Option<Entry>> {
    let fields: Vec<&str> = record.split(FIELD).map(|field| if field == NONE { "" } else { field }).collect();
    let [name, vendor, version, release, epoch, installed, group, arch, url, summary, source] =
        <[&str; 11]>::try_from(fields).ok()?;
    let secs = installed.parse().ok().filter(|secs| *secs > 0);
    let installed_at = secs.map(|secs| Timestamp::from_secs(secs).iso_secs()).unwrap_or_default();
    let package = entry([
        ("Name", name),
        ("ApplicationType", group),
        ("Publisher", vendor),
        ("Version", version),
        ("Release", release),
        ("Epoch", epoch),
        ("InstalledTime", &installed_at),
        ("Architecture", &architecture(arch)),
        ("URL", url),
        ("Summary", summary.lines().next().unwrap_or_default()),
        ("PackageId", source),
    ]);
    Some((name != KEYS).then_some(package))
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::host;
    use super::*;

    fn record(fields: [&str; 11]) -> String {
        format!("{}{RECORD}", fields.join("\u{1f}"))
    }

    #[test]
    fn packages_are_read_from_what_rpm_prints() {
        let bash = ["bash", "Red Hat", "5.1.8", "9.el9", NONE, "1780300800", "Unspecified", "x86_64"];
        let bash: Vec<&str> =
            bash.into_iter().chain(["https://gnu.org", "The \"shell\"\nmore", "bash.src.rpm"]).collect();
        let key = [KEYS, NONE, "fd431d51", "4ae0493b", NONE, "1", "Public Keys", NONE, NONE, "gpg", NONE];
        let vim = ["vim", NONE, "8", "1", "2", "0", NONE, "noarch", NONE, NONE, NONE];
        let text = record(bash.try_into().unwrap()) + &record(key) + &record(vim);
        let expected = vec![
            entry([
                ("Name", "bash"),
                ("ApplicationType", "Unspecified"),
                ("Publisher", "Red Hat"),
                ("Version", "5.1.8"),
                ("Release", "9.el9"),
                ("InstalledTime", "2026-06-01T08:00:00Z"),
                ("Architecture", "x86_64"),
                ("URL", "https://gnu.org"),
                ("Summary", "The \"shell\""),
                ("PackageId", "bash.src.rpm"),
            ]),
            entry([("Name", "vim"), ("Version", "8"), ("Release", "1"), ("Epoch", "2"), ("Architecture", "noarch")]),
        ];
        assert_eq!(parse(&text), Some(expected));
        assert_eq!(parse(""), Some(vec![]));
        assert_eq!(parse("error: no database\n"), None);
    }

    #[test]
    fn an_rpm_that_fails_is_not_taken_for_one_without_packages() {
        let host = host(std::path::Path::new("/nowhere"));
        assert_eq!(collect(&host), Ok(vec![]));
        let failed = Host { said: vec![(COMMAND, Said::Failed("locked".to_owned()))], ..host };
        assert_eq!(collect(&failed), Err("rpm: locked".to_owned()));
    }
}
