//! Reads give what a look at everything gives, whatever was flushed or merged, and however often a state was appended.

use proptest::prelude::*;

use super::*;

/// What is stored: by resource, the states that have ended, by when they were taken.
struct Model {
    entropy: SeededEntropy,
    // How long states last, about.
    lasting: [i64; 4],
    states: BTreeMap<Resource, BTreeMap<Timestamp, Timestamp>>,
    // When the present state of each resource was taken.
    present: BTreeMap<Resource, Timestamp>,
}

impl Model {
    fn new(seed: u64) -> Self {
        let lasting = [1, 1000, 3 * DAY, 70 * DAY];
        Self { entropy: SeededEntropy::new(seed), lasting, states: BTreeMap::new(), present: BTreeMap::new() }
    }

    fn pick(&self, from: u64) -> u64 {
        let mut bytes = [0; 8];
        self.entropy.fill(&mut bytes);
        u64::from_le_bytes(bytes) % from.max(1)
    }

    fn any_resource(&self) -> Resource {
        resource(self.pick(3), ["a", "bb", "ccc", "i-1", "i-10"][self.pick(5) as usize])
    }

    /// Changes a resource, a while after it changed last; what is to be appended. Sometimes an append whose outcome was
    /// not learnt comes before, with an end of its own.
    fn change(&mut self) -> Vec<PastItem> {
        let resource = self.any_resource();
        let Some(taken) = self.present.get(&resource).copied() else {
            let first = NOW.plus_millis(-400 * DAY + self.pick(100 * DAY as u64) as i64);
            self.present.insert(resource, first);
            return Vec::new();
        };
        let lasts = self.lasting[self.pick(4) as usize];
        let ended = taken.plus_millis(lasts + self.pick(1000) as i64);
        let mut items = Vec::new();
        if self.pick(5) == 0 {
            items.push(past(&resource, taken, taken.plus_millis(lasts)));
        }
        items.push(past(&resource, taken, ended));
        self.states.entry(resource.clone()).or_default().insert(taken, ended);
        self.present.insert(resource, ended);
        items
    }

    fn any_time(&self) -> Timestamp {
        NOW.plus_millis(-400 * DAY + self.pick(500 * DAY as u64) as i64)
    }

    async fn check(&self, fixture: &Fixture) {
        let resource = self.any_resource();
        let nothing = BTreeMap::new();
        let states = self.states.get(&resource).unwrap_or(&nothing);
        let (one, other) = (self.any_time(), self.any_time());
        let taken = if self.pick(3) == 0 { Timestamp::MIN..Timestamp::MAX } else { one.min(other)..one.max(other) };
        let order = [HistoryOrder::NewestFirst, HistoryOrder::OldestFirst][self.pick(2) as usize];
        let range = HistoryRange { taken, order, limit: 1 + self.pick(6) as usize };
        let mut expected: Vec<_> = states.range(range.taken.clone()).map(|(taken, _)| *taken).collect();
        if order == HistoryOrder::NewestFirst {
            expected.reverse();
        }
        expected.truncate(range.limit);
        let found = fixture.history(&resource, range.clone()).await;
        let times: Vec<_> = found.iter().map(|item| item.taken).collect();
        assert_eq!(times, expected, "{resource:?} {range:?}");
        for item in found {
            assert_eq!(item.item, past(&resource, item.taken, item.ended).item);
        }
        let time = self.any_time();
        let so = states.range(..=time).next_back().filter(|(_, ended)| time < **ended).map(|(taken, _)| *taken);
        let found = fixture.table.at(&resource, time).await.unwrap();
        assert_eq!(found.map(|item| item.taken), so, "{resource:?} at {time:?}");
        self.check_scan(fixture).await;
    }

    async fn check_scan(&self, fixture: &Fixture) {
        let (one, other) = (self.any_time(), self.any_time());
        let scan = ItemScan {
            resource_type: (self.pick(2) == 0).then(|| self.any_resource().resource_type),
            resource_id: (self.pick(3) == 0).then(|| self.any_resource().resource_id),
            taken: one.min(other)..one.max(other),
            // Where a state was appended with an earlier end, that end counts for nothing.
            ended_from: if self.pick(2) == 0 { Timestamp::MIN } else { one.max(other) },
            ..whole(scope(self.pick(4)))
        };
        let mut expected = Vec::new();
        for (resource, states) in &self.states {
            let of_type = scan.resource_type.as_ref().is_none_or(|wanted| *wanted == resource.resource_type);
            let of_id = scan.resource_id.as_ref().is_none_or(|wanted| *wanted == resource.resource_id);
            if resource.scope == scan.scope && of_type && of_id {
                let wanted = states.range(scan.taken.clone()).filter(|(_, ended)| **ended >= scan.ended_from);
                expected.extend(wanted.map(|(taken, _)| (resource.resource_id.clone(), *taken)));
            }
        }
        expected.sort();
        assert_eq!(fixture.scanned(scan.clone()).await, expected, "{scan:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn reads_agree_with_a_look_at_everything(seed in any::<u64>(), steps in prop::collection::vec((0u8..7, 1usize..60), 1..24)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (mut fixture, mut model) = (Fixture::new().await, Model::new(seed));
            for (step, size) in steps {
                match step {
                    0..=2 => {
                        for _ in 0..size {
                            fixture.table.append(model.change()).await.unwrap();
                        }
                    }
                    3 => fixture.table.flush(NOW).await.unwrap(),
                    4 => fixture.table.compact(NOW.plus_millis(2 * 3_600_000)).await.unwrap(),
                    5 => fixture = fixture.crashed().await.unwrap(),
                    _ => {}
                }
                for _ in 0..4 {
                    model.check(&fixture).await;
                }
            }
        });
    }
}

#[tokio::test]
async fn many_row_groups_in_many_files_agree_with_a_look_at_everything() {
    let (fixture, mut model) = (Fixture::new().await, Model::new(11));
    model.lasting = [1, 60_000, 3_600_000, 2 * DAY];
    for _ in 0..12 {
        let mut items = Vec::new();
        for _ in 0..200 {
            items.extend(model.change());
        }
        fixture.table.append(items).await.unwrap();
        fixture.table.flush(NOW).await.unwrap();
    }
    let (files, _) = fixture.table.file_items();
    fixture.table.compact(NOW).await.unwrap();
    let (merged, rows) = fixture.table.file_items();
    assert!(merged < files && rows > 100 * merged as u64, "{files} files became {merged} of {rows} rows");
    for _ in 0..150 {
        model.check(&fixture).await;
    }
}

#[tokio::test]
async fn a_merge_keeps_one_row_of_a_state() {
    let fixture = Fixture::new().await;
    let item = past(&resource(1, "a"), NOW.plus_millis(-2), NOW.plus_millis(-1));
    for _ in 0..8 {
        fixture.table.append(vec![item.clone()]).await.unwrap();
        fixture.table.flush(NOW).await.unwrap();
    }
    assert_eq!(fixture.table.file_items(), (8, 8));
    assert_eq!(fixture.history(&item.resource, all()).await, std::slice::from_ref(&item));
    fixture.table.compact(NOW).await.unwrap();
    assert_eq!(fixture.table.file_items(), (1, 1));
    assert_eq!(fixture.history(&item.resource, all()).await, [item]);
}

#[tokio::test]
async fn names_that_begin_alike_are_told_apart() {
    let fixture = Fixture::new().await;
    let ids = ["a", "a\u{0}", "aa", "a/b", "ä", ""];
    for id in ids {
        fixture.table.append(vec![past(&resource(1, id), NOW.plus_millis(-9), NOW)]).await.unwrap();
    }
    for flushed in [false, true] {
        for id in ids {
            let found = fixture.history(&resource(1, id), all()).await;
            assert_eq!(found.len(), 1, "{id:?} {flushed}");
        }
        assert!(fixture.history(&resource(2, "a"), all()).await.is_empty());
        fixture.table.flush(NOW).await.unwrap();
    }
}

#[tokio::test]
async fn an_append_is_one_unit_however_large_it_is() {
    let fixture = Fixture::new().await;
    let item = |n: u64| {
        let item = "x".repeat(3000);
        PastItem { item, ..past(&resource(1, &format!("{n:04}")), NOW.plus_millis(-1), NOW) }
    };
    fixture.table.append((1..=700).map(item).collect()).await.unwrap();
    assert_eq!(fixture.scanned(whole(scope(1))).await.len(), 700);
    // What waits in memory is past what one append waits for.
    fixture.table.append(vec![item(701)]).await.unwrap();
    assert_eq!(fixture.table.memory_items(), 1);
    assert_eq!(fixture.crashed().await.unwrap().scanned(whole(scope(1))).await.len(), 701);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_readers_and_flushes_at_the_same_time_agree() {
    let fixture = Arc::new(Fixture::new().await);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4u64 {
        let fixture = fixture.clone();
        writers.spawn(async move {
            for n in 0..60 {
                let taken = NOW.plus_millis(n * DAY);
                let item = past(&resource(writer, "a"), taken, taken.plus_millis(DAY));
                fixture.table.append(vec![item.clone()]).await.unwrap();
                let seen = fixture.history(&item.resource, all()).await;
                assert_eq!(seen.len() as i64, n + 1, "every acknowledged row is seen once");
            }
        });
    }
    while !writers.is_empty() {
        fixture.table.flush(NOW).await.unwrap();
        fixture.table.compact(NOW).await.unwrap();
        while let Some(done) = writers.try_join_next() {
            done.unwrap();
        }
        tokio::task::yield_now().await;
    }
}
