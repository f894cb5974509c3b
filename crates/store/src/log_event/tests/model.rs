//! Random work on the table, each answer held against a list of all events.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Work {
    Put(LogPut),
    Flush,
    Compact,
    Restart,
}

#[derive(Clone, Debug)]
struct Question {
    read: LogRead,
    digit: Option<char>,
}

/// Events of the model: all that were put, with the position that they must have.
type Model = Vec<(GroupId, LogEvent)>;

const GROUPS: u64 = 3;
const STREAMS: u64 = 4;

fn puts() -> impl Strategy<Value = Work> {
    let event = (0..40 * 3_600_000i64, prop_oneof![9 => "[a-c0-9]{0,12}", 1 => "[a-c0-9]{400}"]);
    let events = prop::collection::vec(event, 0..40);
    (0..GROUPS, 0..STREAMS, prop::option::of(prop::sample::select(vec![1, 30, 400])), events).prop_map(
        |(group, stream, retention_days, events)| {
            let new = |(ago, message): (i64, String)| NewEvent { time: NOW.plus_millis(-ago / 1000 * 1000), message };
            Work::Put(LogPut {
                group: GroupId(group),
                // Ids of streams are unique over all groups.
                stream: StreamId(group * STREAMS + stream),
                ingested: NOW,
                retention_days,
                events: events.into_iter().map(new).collect(),
            })
        },
    )
}

fn works() -> impl Strategy<Value = Vec<Work>> {
    let work = prop_oneof![8 => puts(), 3 => Just(Work::Flush), 1 => Just(Work::Compact), 1 => Just(Work::Restart)];
    prop::collection::vec(work, 1..30)
}

fn questions() -> impl Strategy<Value = Question> {
    let window = prop_oneof![
        Just((Timestamp::MIN, Timestamp::MAX)),
        (0..41i64, 0..41i64)
            .prop_map(|(from, to)| (NOW.plus_millis(-from * 3_600_000), NOW.plus_millis(-to * 3_600_000)))
    ];
    let streams = prop::option::of(prop::sample::subsequence((0..GROUPS * STREAMS).collect::<Vec<_>>(), 0..5));
    let direction = prop_oneof![Just(Direction::Forward), Just(Direction::Backward)];
    let digit = prop::option::of(prop::sample::select(vec!['0', '5', 'a']));
    (0..GROUPS, streams, window, direction, digit, 1..20usize, prop_oneof![Just(usize::MAX), 20..200usize]).prop_map(
        |(group, streams, (from, to), direction, digit, limit, bytes_max)| Question {
            read: LogRead {
                group: GroupId(group),
                streams: streams.map(|streams| streams.into_iter().map(StreamId).collect()),
                from,
                to,
                direction,
                after: None,
                needle: digit.map_or(Needle::Anything, Needle::contains),
                limit,
                bytes_max,
            },
            digit,
        },
    )
}

/// What a question must be answered with.
fn answer(model: &Model, question: &Question) -> Vec<LogEvent> {
    let Question { read, digit } = question;
    let asked = |(group, event): &&(GroupId, LogEvent)| {
        *group == read.group
            && read.streams.as_ref().is_none_or(|streams| streams.contains(&event.stream))
            && read.from <= event.time
            && event.time < read.to
            && digit.is_none_or(|digit| event.message.contains(digit))
    };
    let mut events: Vec<_> = model.iter().filter(asked).map(|(_, event)| event.clone()).collect();
    events.sort_by_key(|event| (event.time, event.position));
    if read.direction == Direction::Backward {
        events.reverse();
    }
    events
}

async fn work(fixture: &mut Fixture, model: &mut Model, works: Vec<Work>) {
    for work in works {
        match work {
            Work::Put(put) => {
                let first = fixture.table.put(put.clone()).await.unwrap();
                for (index, NewEvent { time, message }) in put.events.into_iter().enumerate() {
                    let position = Position(first.0 + index as u64);
                    let event = LogEvent {
                        stream: put.stream,
                        time,
                        ingested: put.ingested,
                        position,
                        message: message.into(),
                    };
                    model.push((put.group, event));
                }
            }
            Work::Flush => fixture.table.flush(NOW).await.unwrap(),
            // Past days are settled then.
            Work::Compact => fixture.table.compact(NOW.plus_millis(3 * 3_600_000)).await.unwrap(),
            Work::Restart => *fixture = fixture.crashed().await.unwrap(),
        }
    }
}

async fn check(fixture: &Fixture, model: &Model, question: &Question) -> Result<(), TestCaseError> {
    let wanted: fn(&LogEvent) -> bool = match question.digit {
        Some('0') => |event| event.message.contains('0'),
        Some('5') => |event| event.message.contains('5'),
        Some(_) => |event| event.message.contains('a'),
        None => |_| true,
    };
    let expected = answer(model, question);
    prop_assert_eq!(fixture.all(&question.read, wanted).await, expected.clone());
    let group = question.read.group;
    let after = expected.first().map_or(Position(0), |event| event.position);
    let mut arrived: Vec<_> = model.iter().filter(|(of, event)| *of == group && event.position > after).collect();
    arrived.sort_by_key(|(_, event)| event.position);
    let arrived: Vec<_> = arrived.into_iter().map(|(_, event)| event.clone()).collect();
    prop_assert_eq!(fixture.arrivals(group, after, question.read.limit).await, arrived);
    for event in expected.iter().take(3) {
        let place = Place { time: event.time, position: event.position };
        prop_assert_eq!(fixture.table.event(group, place).await.unwrap(), Some(event.clone()));
        let elsewhere = Place { time: event.time.plus_millis(1), ..place };
        prop_assert_eq!(fixture.table.event(group, elsewhere).await.unwrap(), None);
    }
    let from = question.read.from;
    let stored = model.iter().filter(|(of, event)| *of == group && event.time >= from);
    let stored = stored.map(|(_, event)| event.message.len() as u64 + 26).sum::<u64>();
    prop_assert_eq!(fixture.table.stored_bytes(group, from).await.unwrap(), stored);
    Ok(())
}

async fn check_scan(fixture: &Fixture, model: &Model, question: &Question) -> Result<(), TestCaseError> {
    let LogRead { from, to, ref needle, .. } = question.read;
    let all = (from, to) == (Timestamp::MIN, Timestamp::MAX);
    let kept = if all { from } else { NOW.plus_millis(-20 * 3_600_000) };
    let groups = vec![(GroupId(0), Timestamp::MIN), (GroupId(2), kept)];
    let scan = LogScan { groups, from, to, needle: needle.clone(), messages: true };
    let inside = |(group, event): &&(GroupId, LogEvent)| {
        let kept_from = [Some(Timestamp::MIN), None, Some(kept)][group.0 as usize];
        kept_from.is_some_and(|kept_from| event.time >= kept_from) && from <= event.time && event.time < to
    };
    let mut expected: Vec<_> = model.iter().filter(inside).cloned().collect();
    expected.sort_by_key(|(_, event)| event.position);
    let (rows, events, bytes) = fixture.scanned(scan.clone()).await;
    prop_assert_eq!(events, expected.len() as u64);
    if all {
        // Of streams that are only partly asked for it is an estimate.
        prop_assert_eq!(bytes, expected.iter().map(|(_, event)| event.message.len() as u64).sum::<u64>());
    }
    prop_assert!(rows.iter().all(|row| expected.contains(row)));
    expected.retain(|(_, event)| needle.may_match(&event.message));
    prop_assert!(expected.iter().all(|row| rows.contains(row)));
    let (rows, ..) = fixture.scanned(LogScan { messages: false, needle: Needle::Anything, ..scan }).await;
    prop_assert_eq!(rows.len() as u64, events);
    Ok(())
}

fn check_stats(fixture: &Fixture, model: &Model) -> Result<(), TestCaseError> {
    for stream in (0..GROUPS * STREAMS).map(StreamId) {
        let times = || model.iter().filter(|(_, event)| event.stream == stream).map(|(_, event)| event.time);
        let expected = times().min().zip(times().max());
        let expected = expected.map(|(first, last)| StreamStats { first, last, last_ingested: NOW });
        prop_assert_eq!(fixture.table.stream_stats(stream), expected);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_done_every_answer_is_that_of_a_list(
        works in works(),
        questions in prop::collection::vec(questions(), 1..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (mut fixture, mut model) = (Fixture::new().await, Model::new());
            work(&mut fixture, &mut model, works).await;
            for question in &questions {
                check(&fixture, &model, question).await?;
                check_scan(&fixture, &model, question).await?;
            }
            check_stats(&fixture, &model)
        })?;
    }
}
