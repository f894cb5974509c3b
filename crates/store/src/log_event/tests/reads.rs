//! How much of the files a read looks at.

use super::*;

/// Bytes on the disk that a page of a read takes.
async fn cost(fixture: &Fixture, read: &LogRead) -> (LogPage, u64) {
    let before = fixture.disk.bytes_read();
    let page = fixture.table.read(read.clone(), |_| true).await.unwrap();
    (page, fixture.disk.bytes_read() - before)
}

/// A table with `days` days of events in files, `per_day` a day for each of some streams; and the files' bytes.
async fn filled(days: i64, streams: u64, per_day: i64) -> (Fixture, u64) {
    let fixture = Fixture::new().await;
    let mut noise = 1u64;
    for day in 0..days {
        for stream in 0..streams {
            let mut text = || {
                noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                format!("{noise:016x} of stream {stream}")
            };
            let texts: Vec<_> = (0..per_day).map(|at| (day * DAY + at * 1000, text())).collect();
            let events: Vec<_> = texts.iter().map(|(ago, text)| (*ago, text.as_str())).collect();
            fixture.table.put(put(1, stream, &events)).await.unwrap();
        }
    }
    fixture.table.flush(NOW).await.unwrap();
    let fixture = fixture.crashed().await.unwrap();
    let bytes = fixture.table.inner.file_set().iter().map(|file| file.entry.bytes).sum();
    (fixture, bytes)
}

#[tokio::test]
async fn a_page_reads_little_of_the_files_wherever_it_is() {
    for (streams, asked) in [(1, Some(vec![StreamId(0)])), (20, None), (20, Some((3..19).map(StreamId).collect()))] {
        let (fixture, bytes) = filled(20, streams, 300 / streams as i64).await;
        for direction in [Direction::Forward, Direction::Backward] {
            let streams = asked.clone().map(Arc::from);
            let mut read = LogRead { limit: 10, streams, ..everything(1, direction) };
            let mut events = 0;
            loop {
                let (page, cost) = cost(&fixture, &read).await;
                assert!(cost < bytes / 8, "a page after {events} events reads {cost} of {bytes}");
                events += page.events.len();
                match page.next {
                    Some(next) => read.after = Some(next),
                    None => break,
                }
            }
            assert!(events >= 20 * 16 * 15);
        }
    }
}

#[tokio::test]
async fn a_rare_text_is_found_without_reading_all_messages() {
    let (fixture, bytes) = filled(20, 20, 15).await;
    fixture.table.put(put(1, 7, &[(10 * DAY, "a needle in the hay")])).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    let read = LogRead { needle: Needle::contains("needle"), ..everything(1, Direction::Forward) };
    let before = fixture.disk.bytes_read();
    assert_eq!(messages(&fixture.all(&read, |_| true).await), ["a needle in the hay"]);
    let cost = fixture.disk.bytes_read() - before;
    assert!(cost < bytes / 2, "{cost} of {bytes}");
}

#[tokio::test]
async fn arrivals_of_late_are_found_without_the_files_of_before() {
    let (fixture, bytes) = filled(20, 1, 300).await;
    let after = fixture.table.last_position();
    fixture.table.put(put(1, 0, &[(5 * DAY, "late")])).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    let before = fixture.disk.bytes_read();
    let (events, _) = fixture.table.arrivals(GroupId(1), after, 10, 1000).await.unwrap();
    assert_eq!(messages(&events), ["late"]);
    assert!(fixture.disk.bytes_read() - before < bytes / 20);
}

#[tokio::test]
async fn a_page_that_finds_nothing_says_where_to_go_on() {
    let (fixture, _) = filled(20, 20, 15).await;
    for (streams, direction) in [(None, Direction::Forward), (Some([StreamId(3)].into()), Direction::Backward)] {
        let mut read = LogRead { streams, ..everything(1, direction) };
        let mut pages = 0;
        while let Some(next) = fixture.table.read(read.clone(), |_| false).await.unwrap().next {
            let on = read
                .after
                .is_none_or(|after| if direction == Direction::Forward { next > after } else { next < after });
            assert!(on);
            read.after = Some(next);
            pages += 1;
        }
        assert!(pages > 2, "{pages}");
    }
}

#[tokio::test]
async fn files_without_the_group_are_not_opened() {
    let (fixture, _) = filled(5, 2, 20).await;
    let (page, cost) = cost(&fixture, &everything(2, Direction::Forward)).await;
    assert!(page.events.is_empty());
    assert_eq!(cost, 0);
}
