//! What the directory finds, and what it says when it is damaged.

use proptest::prelude::*;

use super::*;
use crate::config_item::tests::reads::Bytes;
use crate::config_item::tests::resource;

const PATH: &str = "/data/a.parquet";

/// A directory of resources with so many rows each, in their order, after other bytes of a file.
fn written(rows: &[(Resource, usize)]) -> (Bytes, String) {
    let mut builder = DirectoryBuilder::default();
    for (resource, rows) in rows {
        let resource = Arc::new(resource.clone());
        (0..*rows).for_each(|_| builder.add(&resource));
    }
    let mut bytes = vec![7; 100];
    let (directory, place) = builder.finish(bytes.len() as u64);
    bytes.extend(directory);
    (Bytes(bytes), serde_json::to_string(&place).unwrap())
}

fn load(bytes: &Bytes, place: &str) -> Result<Directory, StoreError> {
    Directory::load(bytes, bytes.0.len() as u64, Path::new(PATH), place)
}

fn find(bytes: &Bytes, place: &str, resource: &Resource) -> Result<Vec<Range<usize>>, StoreError> {
    load(bytes, place)?.find(bytes, Path::new(PATH), resource)
}

fn some() -> Vec<(Resource, usize)> {
    (0..1000u64).map(|n| (resource(n % 3, &format!("i-{n:04}")), 1 + n as usize % 9)).collect()
}

#[test]
fn the_rows_of_each_resource_are_found() {
    let rows = some();
    let (bytes, place) = written(&rows);
    let mut start = 0;
    for (resource, rows) in &rows {
        assert_eq!(find(&bytes, &place, resource).unwrap(), vec![start..start + rows; 1], "{resource:?}");
        start += rows;
    }
}

#[test]
fn a_resource_that_is_not_there_has_no_rows() {
    let (bytes, place) = written(&some());
    for other in [resource(0, "i-0001"), resource(1, "i-1001"), resource(4, "i-0000"), resource(0, "")] {
        assert!(find(&bytes, &place, &other).unwrap().is_empty(), "{other:?}");
    }
}

#[test]
fn a_file_of_no_rows_has_a_directory_of_none() {
    let (bytes, place) = written(&[]);
    assert!(find(&bytes, &place, &resource(0, "a")).unwrap().is_empty());
}

#[test]
fn more_rows_than_an_entry_counts_are_found_piece_by_piece() {
    let (bytes, place) = written(&[(resource(1, "a"), 10), (resource(1, "b"), 140_000), (resource(1, "c"), 1)]);
    let found = find(&bytes, &place, &resource(1, "b")).unwrap();
    assert_eq!(found, [10..65_545, 65_545..131_080, 131_080..140_010]);
    assert_eq!(find(&bytes, &place, &resource(1, "c")).unwrap(), vec![140_010..140_011; 1]);
}

#[test]
fn any_flipped_bit_is_noticed_or_changes_nothing() {
    let rows = some();
    let (bytes, place) = written(&rows);
    let right: Vec<_> = rows.iter().map(|(resource, _)| find(&bytes, &place, resource).unwrap()).collect();
    let mut noticed = 0;
    for at in (100..bytes.0.len()).step_by(37) {
        let mut damaged = Bytes(bytes.0.clone());
        damaged.0[at] ^= 1 << (at % 8);
        for ((resource, _), right) in rows.iter().zip(&right).step_by(7) {
            match find(&damaged, &place, resource) {
                Ok(found) => assert_eq!(found, *right),
                Err(error) => {
                    assert!(error.to_string().contains(PATH), "{error}");
                    noticed += 1;
                }
            }
        }
    }
    assert!(noticed > 200, "{noticed}");
}

#[test]
fn what_the_footer_says_is_checked() {
    let (bytes, place) = written(&some());
    for (from, to) in [
        ("\"format\":1", "\"format\":2"),
        ("\"offset\":100", "\"offset\":101"),
        ("\"offset\":100", "\"offset\":18446744073709551615"),
        ("\"entries\":1000", "\"entries\":1001"),
        ("\"entries\":1000", "\"entries\":4000000000"),
        ("\"buckets\":16", "\"buckets\":0"),
        ("\"buckets\":16", "\"buckets\":17"),
        ("{", "["),
    ] {
        assert!(place.contains(from), "{place}");
        let error = load(&bytes, &place.replace(from, to)).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{to}: {error}");
    }
}

proptest! {
    #[test]
    fn whatever_a_header_says_is_refused_or_leads_to_no_panic(
        ends in prop::collection::vec(prop_oneof![0u32..40, any::<u32>()], 0..6),
        entries in prop_oneof![0u32..40, any::<u32>()],
        offset in prop_oneof![0u64..40, any::<u64>()],
        body: Vec<u8>,
    ) {
        let header: Vec<u8> = ends.iter().flat_map(|end| end.to_le_bytes()).collect();
        let mut place = DirectoryPlace { format: FORMAT, offset, buckets: ends.len() as u32, entries, crc: 0 };
        place.crc = place.crc_with(&header);
        let mut bytes = vec![7; offset.min(40) as usize];
        bytes.extend(header);
        bytes.extend(body);
        let place = serde_json::to_string(&place).unwrap();
        for id in ["a", "b", "c"] {
            drop(find(&Bytes(bytes.clone()), &place, &resource(1, id)));
        }
    }
}
