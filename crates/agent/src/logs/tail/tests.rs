//! A file as it grows, is rotated and is read after a restart.

use std::fs::{self, OpenOptions};
use std::io::Write as _;

use jiff::tz::TimeZone;
use tempfile::TempDir;

use super::super::settings::{LogsGiven, Machine};
use super::*;

const FLUSH: Duration = Duration::from_secs(5);

fn source(more: &str) -> Source {
    let text = format!(
        "[[logs_collected.files.collect_list]]\nfile_path = '/x'\nlog_group_name = 'g'\nlog_stream_name = 's'\n{more}"
    );
    let machine = Machine { hostname: "box".to_owned(), instance_id: None, zone: TimeZone::UTC };
    toml::from_str::<LogsGiven>(&text).unwrap().finish(&machine).unwrap().sources.remove(0)
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_772_000_000 + secs)
}

struct Site {
    folder: TempDir,
    source: Source,
}

impl Site {
    fn new(more: &str) -> Self {
        Self { folder: TempDir::new().unwrap(), source: source(more) }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("app.log")
    }

    fn write(&self, text: &str) {
        let mut file = OpenOptions::new().create(true).append(true).open(self.path()).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn open(&self, known: Option<&Position>) -> Tail {
        let file = File::open(self.path()).unwrap();
        Tail::open(&self.path(), file, (0, &self.source), known, at(0)).unwrap()
    }

    fn fill(&self, tail: &mut Tail, secs: i64) {
        tail.fill(&self.source, FLUSH, at(secs)).unwrap();
    }
}

fn messages(tail: &Tail) -> Vec<String> {
    tail.next_events().map(|event| event.message.clone()).collect()
}

#[test]
fn what_is_acknowledged_is_not_read_again_and_all_else_is() {
    let site = Site::new("");
    site.write("a\nb\nc\nhal");
    let mut tail = site.open(None);
    site.fill(&mut tail, 0);
    assert_eq!(messages(&tail), ["a", "b", "c"]);
    tail.acknowledged(2, at(0));
    let position = tail.position(&site.source);
    assert_eq!(position.offset, 4);
    site.write("f\n");
    let mut again = site.open(Some(&position));
    site.fill(&mut again, 0);
    assert_eq!(messages(&again), ["c", "half"]);
}

#[test]
fn an_event_waits_for_others_as_long_as_is_said() {
    let site = Site::new("");
    site.write("a\n");
    let mut tail = site.open(None);
    site.fill(&mut tail, 0);
    assert!(!tail.is_ready(FLUSH, at(4)));
    assert!(tail.is_ready(FLUSH, at(5)));
}

#[test]
fn an_event_of_several_lines_ends_with_the_next_or_after_a_rest() {
    let site = Site::new("multi_line_start_pattern = '^\\d'");
    site.write("1 a\n  b\n2 c\n");
    let mut tail = site.open(None);
    site.fill(&mut tail, 0);
    assert_eq!(messages(&tail), ["1 a\n  b"]);
    site.write("  d\n");
    site.fill(&mut tail, 3);
    site.fill(&mut tail, 7);
    assert_eq!(messages(&tail), ["1 a\n  b"], "it grew four seconds ago");
    site.fill(&mut tail, 8);
    assert_eq!(messages(&tail), ["1 a\n  b", "2 c\n  d"]);
}

#[test]
fn a_truncated_file_is_read_from_its_start_and_what_was_read_is_kept() {
    for (content, why) in [("x\n", "shorter"), ("xxxxxxxx\n", "it has grown past where it was")] {
        let site = Site::new("");
        site.write("old\n");
        let mut tail = site.open(None);
        site.fill(&mut tail, 0);
        fs::write(site.path(), content).unwrap();
        site.fill(&mut tail, 1);
        assert_eq!(messages(&tail), ["old", content.trim()], "{why}");
        assert_eq!(tail.position(&site.source).offset, 0, "{why}");
        tail.acknowledged(2, at(1));
        assert_eq!(tail.position(&site.source).offset, content.len() as u64, "{why}");
    }
}

#[test]
fn a_file_that_was_rotated_away_is_read_to_its_end() {
    let site = Site::new("");
    site.write("a\n");
    let mut tail = site.open(None);
    fs::rename(site.path(), site.folder.path().join("app.log.1")).unwrap();
    let mut old = OpenOptions::new().append(true).open(site.folder.path().join("app.log.1")).unwrap();
    old.write_all(b"b\nlast").unwrap();
    tail.is_leaving = true;
    site.fill(&mut tail, 0);
    assert_eq!(messages(&tail), ["a", "b"]);
    assert!(!tail.is_done());
    site.fill(&mut tail, 6);
    assert_eq!(messages(&tail), ["a", "b", "last"]);
    tail.acknowledged(3, at(6));
    assert!(tail.is_done());
}

#[test]
fn a_line_without_a_time_is_of_the_time_before_it_and_filters_move_the_position() {
    let site =
        Site::new("timestamp_format = '%Y-%m-%d %H:%M:%S'\nfilters = [{type = 'exclude', expression = 'noise'}]");
    site.write("2026-02-01 00:00:01 a\n  at b\nnoise\n");
    let mut tail = site.open(None);
    site.fill(&mut tail, 0);
    let times: Vec<i64> = tail.next_events().map(|event| event.at_ms).collect();
    assert_eq!(times, [1_769_904_001_000; 2]);
    tail.acknowledged(2, at(0));
    assert_eq!(tail.position(&site.source).offset, fs::metadata(site.path()).unwrap().len());
}

#[test]
fn no_more_is_read_than_a_request_holds() {
    let site = Site::new("");
    site.write(&format!("{}\n", "x".repeat(1000)).repeat(5_000));
    let mut tail = site.open(None);
    site.fill(&mut tail, 0);
    assert!(tail.is_ready(FLUSH, at(0)));
    assert!(tail.ready_bytes < 2 * BATCH_BYTES_MAX, "{}", tail.ready_bytes);
    let count = messages(&tail).len();
    assert_eq!(count, BATCH_BYTES_MAX / 1026);
    tail.acknowledged(count, at(0));
    site.fill(&mut tail, 0);
    assert!(tail.is_full(), "it is read on");
}

#[test]
fn a_line_in_pieces_is_acknowledged_with_its_last_one() {
    let site = Site::new("");
    site.write("first\n");
    site.write(&"x".repeat(batch::MESSAGE_BYTES_MAX + 1));
    site.write("\n");
    let mut tail = site.open(None);
    site.fill(&mut tail, 0);
    assert_eq!(tail.next_events().count(), 1, "the first line: the piece after it is a request of its own");
    tail.acknowledged(2, at(0));
    assert_eq!(tail.position(&site.source).offset, 6);
    tail.acknowledged(1, at(0));
    assert_eq!(tail.position(&site.source).offset, 6 + batch::MESSAGE_BYTES_MAX as u64 + 2);
}
