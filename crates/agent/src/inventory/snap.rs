//! Snaps, as `snap list` says.

use super::command::{Command, Said};
use super::host::{Host, written_at};
use super::item::{Entry, entry};

/// How snaps are asked for.
pub const COMMAND: Command = Command { program: "snap", arguments: &["list", "--color=never", "--unicode=never"] };

/// The snaps of a host; none when it has no `snap`.
///
/// # Errors
/// `snap` failed, as it does when its service does not run.
pub fn collect(host: &Host) -> Result<Vec<Entry>, String> {
    match host.said(&COMMAND) {
        Said::Missing => Ok(Vec::new()),
        Said::Failed(why) => Err(format!("snap: {why}")),
        Said::Text(text) => Ok(parse(text).iter().map(|snap| snap.entry(host)).collect()),
    }
}

/// A line of the list.
#[derive(Debug, PartialEq, Eq)]
pub struct Snap<'a> {
    name: &'a str,
    version: &'a str,
    revision: &'a str,
    publisher: &'a str,
}

impl Snap<'_> {
    fn entry(&self, host: &Host) -> Entry {
        let file = format!("{}_{}.snap", self.name, self.revision);
        entry([
            ("Name", self.name),
            ("ApplicationType", "snap"),
            ("Publisher", self.publisher),
            ("Version", self.version),
            ("Release", self.revision),
            ("InstalledTime", &written_at(&host.at(&format!("/var/lib/snapd/snaps/{file}")))),
            ("PackageId", &file),
        ])
    }
}

/// `Name Version Rev Tracking Publisher Notes`, with a heading; a version can be missing (`-`).
pub fn parse(text: &str) -> Vec<Snap<'_>> {
    text.lines().skip(1).filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Snap<'_>> {
    let mut words = line.split_ascii_whitespace().map(|word| if word == "-" { "" } else { word });
    let (name, version, revision) = (words.next()?, words.next()?, words.next()?);
    // One star or two say that the publisher is verified.
    let publisher = words.nth(1)?.trim_end_matches('*');
    Some(Snap { name, version, revision, publisher })
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{host, write};
    use super::*;

    const LIST: &str = "Name    Version         Rev    Tracking       Publisher    Notes\n\
                        core20  20240111        2182   latest/stable  canonical**  base\n\
                        mine    -               x1     -              -            -\n";

    #[test]
    fn snaps_are_read_from_the_list() {
        let folder = tempfile::tempdir().unwrap();
        let mut host = host(folder.path());
        write(&host, "/var/lib/snapd/snaps/core20_2182.snap", "");
        host.said = vec![(COMMAND, Said::Text(LIST.to_owned()))];
        let snaps = collect(&host).unwrap();
        let names: Vec<&str> = snaps[0].keys().map(String::as_str).collect();
        let expected = ["ApplicationType", "InstalledTime", "Name", "PackageId", "Publisher", "Release", "Version"];
        assert_eq!(names, expected);
        assert_eq!(
            (&*snaps[0]["Name"], &*snaps[0]["Publisher"], &*snaps[0]["Release"]),
            ("core20", "canonical", "2182")
        );
        let mine = [("Name", "mine"), ("ApplicationType", "snap"), ("Release", "x1"), ("PackageId", "mine_x1.snap")];
        assert_eq!(snaps[1], entry(mine));
        assert_eq!(parse("No snaps are installed yet.\n"), []);
    }
}
