//! What real logs take on disk, and whether they are found: lines of 16 systems in `../shared/data/loghub`; without
//! it the tests say that they are skipped.
#![expect(clippy::print_stdout, reason = "what was skipped or measured is there to be read")]

use std::path::Path;

use store::log_event::measure::{Line, LogFile};

/// The lines, a stream for each system; `None` says that there are none to be had.
fn lines() -> Option<Vec<Line>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/loghub");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("SKIPPED: there are no logs in {}", folder.display());
        return None;
    };
    let mut paths: Vec<_> = files.map(|file| file.expect("the folder can be read").path()).collect();
    paths.sort();
    let mut lines = Vec::new();
    for (path, stream) in paths.iter().zip(1..) {
        let bytes = std::fs::read(path).expect("the logs can be read");
        let text = String::from_utf8_lossy(&bytes);
        lines.extend(text.lines().zip(0..).map(|(line, at)| (stream, 1_700_000_000_000 + at * 41, line.to_owned())));
    }
    Some(lines)
}

#[test]
fn real_logs_take_less_than_a_sixth_with_their_index() {
    let Some(lines) = lines() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = LogFile::write(folder.path(), lines.into_iter()).unwrap();
    let share = file.bytes as f64 / file.message_bytes as f64;
    println!("{share:.4} of {} bytes", file.message_bytes);
    assert!(share <= 0.16, "{share}");
}

#[test]
fn every_word_of_real_logs_is_found_as_often_as_it_occurs() {
    let Some(lines) = lines() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = LogFile::write(folder.path(), lines.iter().cloned()).unwrap();
    for (_, _, line) in lines.iter().step_by(997) {
        for word in line.split_whitespace() {
            let occurs = lines.iter().filter(|(_, _, line)| line.contains(word)).count();
            let (_, found) = file.find(word).unwrap();
            assert_eq!(found, occurs, "{word}");
        }
    }
}
