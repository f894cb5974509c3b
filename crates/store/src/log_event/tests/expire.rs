//! What is not wanted any more goes, and nothing else.

use super::*;

async fn left(fixture: &Fixture) -> Vec<String> {
    let mut left = Vec::new();
    for group in 1..=2 {
        let events = fixture.all(&everything(group, Direction::Forward), |_| true).await;
        left.extend(events.iter().map(|event| event.message.to_string()));
    }
    left
}

/// A table whose groups 1 and 2 have streams 1 to 4 in files, with some events of today and one of three days ago.
async fn filled() -> Fixture {
    let fixture = Fixture::new().await;
    for (group, stream) in [(1, 1), (1, 2), (2, 3), (2, 4)] {
        let names = ["old", "new", "newer"].map(|name| format!("{stream} {name}"));
        let events: Vec<_> = [3 * DAY, 60_000, 0].into_iter().zip(names.iter().map(String::as_str)).collect();
        fixture.table.put(put(group, stream, &events)).await.unwrap();
    }
    fixture.table.flush(NOW).await.unwrap();
    fixture
}

#[tokio::test]
async fn nothing_is_dropped_until_it_is_known_what_is_wanted() {
    let fixture = filled().await;
    let before = fixture.table.file_events();
    fixture.table.expire(NOW.plus_millis(1000 * DAY)).await.unwrap();
    fixture.table.compact(NOW.plus_millis(1000 * DAY)).await.unwrap();
    assert_eq!(fixture.table.file_events().1, before.1);
}

#[tokio::test]
async fn files_in_which_all_is_too_old_go_at_once() {
    let fixture = filled().await;
    assert_eq!(fixture.table.file_events(), (2, 12));
    fixture.table.set_keep(Arc::new(Only { streams: vec![1, 2, 3, 4], from: NOW.plus_millis(-DAY) }));
    fixture.table.expire(NOW).await.unwrap();
    assert_eq!(fixture.table.file_events(), (1, 8));
    assert!(left(&fixture).await.iter().all(|message| message.contains("new")));
    assert_eq!(left(&fixture.crashed().await.unwrap()).await.len(), 8);
}

#[tokio::test]
async fn a_file_of_which_most_is_not_wanted_is_written_anew_at_once() {
    let fixture = filled().await;
    fixture.table.set_keep(Arc::new(Only { streams: vec![2], from: Timestamp::MIN }));
    fixture.table.expire(NOW).await.unwrap();
    assert_eq!(left(&fixture).await, ["2 old", "2 new", "2 newer"]);
    assert_eq!(fixture.table.file_events(), (2, 3));
    assert_eq!(fixture.table.stream_stats(StreamId(1)), None);
    assert!(fixture.table.stream_stats(StreamId(2)).is_some());
}

#[tokio::test]
async fn what_is_not_wanted_is_off_the_disk_within_72_hours() {
    let fixture = filled().await;
    fixture.table.set_keep(Arc::new(Only { streams: vec![1, 2, 3], from: Timestamp::MIN }));
    fixture.table.expire(NOW).await.unwrap();
    assert_eq!(fixture.table.file_events().1, 12, "a quarter of a file is not worth the writing yet");
    fixture.table.expire(NOW.plus_millis(DAY)).await.unwrap();
    assert_eq!(fixture.table.file_events().1, 9);
    assert!(left(&fixture).await.iter().all(|message| !message.starts_with('4')));
}

#[tokio::test]
async fn merging_leaves_out_what_is_not_wanted() {
    let fixture = filled().await;
    fixture.table.put(put(1, 1, &[(3 * DAY, "1 late")])).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    fixture.table.set_keep(Arc::new(Only { streams: vec![1, 2, 4], from: Timestamp::MIN }));
    fixture.table.compact(NOW.plus_millis(3 * 3_600_000)).await.unwrap();
    let mut old: Vec<_> = left(&fixture).await.into_iter().filter(|message| !message.contains("new")).collect();
    old.sort();
    assert_eq!(old, ["1 late", "1 old", "2 old", "4 old"]);
}

#[tokio::test]
async fn what_is_kept_as_long_lies_together() {
    let fixture = Fixture::new().await;
    for (stream, retention_days) in [(1, Some(7)), (2, Some(1)), (3, Some(365)), (4, None)] {
        fixture.table.put(LogPut { retention_days, ..put(1, stream, &[(0, "x")]) }).await.unwrap();
    }
    fixture.table.flush(NOW).await.unwrap();
    assert_eq!(fixture.table.file_events(), (3, 4));
}

#[tokio::test]
async fn a_signal_wakes_the_work() {
    let fixture = filled().await;
    let jobs = super::super::jobs(&fixture.table);
    let expire = jobs.iter().find(|job| job.name() == "log_event.expire").unwrap();
    fixture.table.set_keep(Arc::new(Only { streams: vec![], from: Timestamp::MIN }));
    fixture.table.expire_soon();
    expire.wake().notified().await;
    expire.run(NOW).await.unwrap();
    assert_eq!(fixture.table.file_events(), (0, 0));
}
