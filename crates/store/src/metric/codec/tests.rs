//! Tests of the bytes of samples.

use proptest::prelude::*;

use super::super::arbitrary::{same_bits, samples};
use super::*;

fn encoded(sample: &StatSample) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_sample(sample, &mut bytes);
    bytes
}

#[test]
fn a_single_value_is_short() {
    for (value, len) in [(0.0, 3), (7.0, 3), (12.34, 4), (1_000_000.0, 3), (0.1 + 0.2, 10)] {
        assert_eq!(encoded(&StatSample::single(value)).len(), len, "{value}");
    }
}

#[test]
fn two_samples_need_no_distribution() {
    let mut sample = StatSample::single(1.5);
    sample.merge(&StatSample::single(2.5));
    assert_eq!(encoded(&sample).len(), 9);
}

#[test]
fn unknown_forms_are_refused() {
    for bytes in [&[16][..], &[0, 45], &[8, 22, 2, 3], &[8, 22, 2, 1, 1, 22, 2, 3], &[]] {
        assert!(decode_sample(&mut &bytes[..]).is_err(), "{bytes:?}");
    }
}

#[test]
fn a_length_past_the_end_is_refused_before_memory_is_taken() {
    let mut bytes = vec![BINS, 22, 0];
    put_varint(u64::MAX, &mut bytes);
    assert_eq!(decode_distribution(&mut &bytes[..]), Err(cut_short()));
}

proptest! {
    #[test]
    fn samples_come_back_bit_by_bit(sample in samples(), rest in prop::collection::vec(any::<u8>(), 0..9)) {
        let mut bytes = encoded(&sample);
        bytes.extend_from_slice(&rest);
        let mut left = &bytes[..];
        let decoded = decode_sample(&mut left).unwrap();
        prop_assert!(same_bits(&decoded, &sample), "{sample:?} became {decoded:?}");
        prop_assert_eq!(left, &rest[..]);
    }

    #[test]
    fn a_sample_cut_short_is_refused(sample in samples(), at: prop::sample::Index) {
        let bytes = encoded(&sample);
        prop_assert!(decode_sample(&mut &bytes[..at.index(bytes.len())]).is_err());
    }

    #[test]
    fn what_garbage_decodes_to_encodes_again(bytes in prop::collection::vec(any::<u8>(), 0..80), kind in 0_u8..3) {
        drop(decode_sample(&mut &bytes[..]));
        let distribution = [&[kind], &bytes[..]].concat();
        if let Ok(distribution) = decode_distribution(&mut &distribution[..]) {
            let mut again = Vec::new();
            encode_distribution(&distribution, &mut again);
            prop_assert!(decode_distribution(&mut &again[..]).is_ok());
        }
    }

    #[test]
    fn varints_round_trip(number: u64) {
        let mut bytes = Vec::new();
        put_varint(number, &mut bytes);
        prop_assert_eq!(take_varint(&mut &bytes[..]), Ok(number));
    }
}
