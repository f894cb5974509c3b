//! Files that come, go and are found again.

use std::io::Write as _;

use jiff::tz::TimeZone;
use tempfile::TempDir;

use super::super::settings::{LogsGiven, Machine};
use super::*;

struct Site(TempDir);

impl Site {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("logs")).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("logs").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn reader(&self, pattern: &str) -> Reader {
        let pattern = self.path(pattern);
        let text = format!(
            "[[logs_collected.files.collect_list]]\nfile_path = '{}'\nlog_group_name = 'g'\nlog_stream_name = 's'",
            pattern.display()
        );
        let machine = Machine { hostname: "box".to_owned(), instance_id: None, zone: TimeZone::UTC };
        let settings = toml::from_str::<LogsGiven>(&text).unwrap().finish(&machine).unwrap();
        Reader::open(settings, &self.0.path().join("state")).unwrap()
    }
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_772_000_000 + secs)
}

/// All messages that are sent at a time; all are acknowledged.
fn sent(reader: &mut Reader, secs: i64) -> Vec<String> {
    let mut messages = Vec::new();
    reader.look(at(secs));
    while let Some(request) = reader.next(Haste::SendAll, at(secs)) {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        let events = body["logEvents"].as_array().unwrap();
        messages.extend(events.iter().map(|event| event["message"].as_str().unwrap().to_owned()));
        reader.done(&request, at(secs));
    }
    reader.save().unwrap();
    messages.sort();
    messages
}

#[test]
fn new_files_of_a_pattern_are_found_and_archives_are_not_read() {
    let site = Site::new();
    let mut reader = site.reader("*.log*");
    site.write("a.log", "a\n");
    site.write("b.log.gz", "packed\n");
    assert_eq!(sent(&mut reader, 0), ["a"]);
    site.write("c.log", "c\n");
    site.write("a.log", "more\n");
    assert_eq!(sent(&mut reader, 1), ["c", "more"]);
}

#[test]
fn rotation_by_renaming_loses_and_repeats_nothing() {
    for pattern in ["app.log", "app.log*"] {
        let site = Site::new();
        let mut reader = site.reader(pattern);
        site.write("app.log", "1\n");
        assert_eq!(sent(&mut reader, 0), ["1"]);
        site.write("app.log", "2\n");
        fs::rename(site.path("app.log"), site.path("app.log.1")).unwrap();
        site.write("app.log", "3\n");
        assert_eq!(sent(&mut reader, 1), ["2", "3"], "{pattern}");
        assert_eq!(sent(&mut reader, 20), [""; 0], "{pattern}");
    }
}

#[test]
fn rotation_while_the_agent_is_away_loses_and_repeats_nothing() {
    let site = Site::new();
    let mut reader = site.reader("app.log");
    site.write("app.log", "1\n");
    assert_eq!(sent(&mut reader, 0), ["1"]);
    drop(reader);
    site.write("app.log", "2\n");
    fs::rename(site.path("app.log"), site.path("app.log.1")).unwrap();
    site.write("app.log", "3\n");
    let mut reader = site.reader("app.log");
    assert_eq!(sent(&mut reader, 10), ["2", "3"]);
    drop(reader);
    assert_eq!(sent(&mut site.reader("app.log"), 20), [""; 0]);
}

#[test]
fn what_was_not_acknowledged_is_read_again_after_a_restart() {
    let site = Site::new();
    let mut reader = site.reader("app.log");
    site.write("app.log", "1\n2\n");
    reader.look(at(0));
    assert!(reader.next(Haste::SendAll, at(0)).is_some());
    reader.save().unwrap();
    drop(reader);
    assert_eq!(sent(&mut site.reader("app.log"), 1), ["1", "2"]);
}

#[test]
fn files_take_turns() {
    let site = Site::new();
    let mut reader = site.reader("*.log");
    let busy = format!("{}\n", "x".repeat(100_000)).repeat(40);
    for name in ["a.log", "b.log"] {
        site.write(name, &busy);
    }
    reader.look(at(0));
    let mut order = Vec::new();
    for _ in 0..4 {
        let request = reader.next(Haste::SendAll, at(0)).unwrap();
        order.push(request.of);
        reader.done(&request, at(0));
    }
    assert!(order[0] != order[1] && order[0] == order[2] && order[1] == order[3], "{order:?}");
}
