//! Breakers as tables: what happens when, and what a call that is wanted then gets.

use super::*;

/// What happens at a second.
#[derive(Clone, Copy, Debug)]
enum Happens {
    /// A call is made and gets no answer.
    Fails,
    /// A call is made and gets one.
    Succeeds,
    /// A call is made by somebody who does not wait.
    Abandoned,
    /// A call is wanted, and not made for so many seconds yet.
    Refused(u64),
}
use Happens::{Abandoned, Fails, Refused, Succeeds};

const START: Timestamp = Timestamp::from_secs(1_790_000_000);

fn at(second: u64) -> Timestamp {
    START.plus(Duration::from_secs(second))
}

/// Plays a table; after each line the breaker is in the state that stands there.
fn play(lines: &[(u64, Happens, BreakerState)]) -> Breaker {
    let mut breaker = Breaker::new(START);
    for (line, (second, happens, state)) in lines.iter().enumerate() {
        let now = at(*second);
        let admitted = breaker.admit(now);
        let shown = format!("line {line}: {second} s {happens:?}, {admitted:?}");
        match (happens, admitted) {
            (Fails, Ok(leave)) => drop(breaker.failed(leave, "no connection".to_owned(), now)),
            (Succeeds, Ok(_)) => drop(breaker.succeeded(now)),
            (Abandoned, Ok(leave)) => breaker.abandoned(leave, now),
            (Refused(seconds), Err(resting)) => assert_eq!(resting.left.as_secs(), *seconds, "{shown}"),
            _ => panic!("{shown}"),
        }
        assert_eq!(breaker.state(now), *state, "{shown}");
    }
    breaker
}

const CLOSED: BreakerState = BreakerState::Closed;
const OPEN: BreakerState = BreakerState::Open;
const HALF_OPEN: BreakerState = BreakerState::HalfOpen;

/// Opens at second 4.
const OPENED: [(u64, Happens, BreakerState); 5] =
    [(0, Fails, CLOSED), (1, Fails, CLOSED), (2, Fails, CLOSED), (3, Fails, CLOSED), (4, Fails, OPEN)];

fn after_opened(more: &[(u64, Happens, BreakerState)]) -> Breaker {
    play(&[&OPENED, more].concat())
}

#[test]
fn five_failures_in_a_row_open_it_and_fewer_do_not() {
    after_opened(&[(5, Refused(4), OPEN), (8, Refused(1), OPEN)]);
    let mut lines = OPENED[..4].to_vec();
    lines.extend([
        (4, Succeeds, CLOSED),
        (5, Fails, CLOSED),
        (6, Fails, CLOSED),
        (7, Fails, CLOSED),
        (8, Fails, CLOSED),
    ]);
    play(&lines);
}

#[test]
fn calls_that_nobody_waits_for_count_neither_way() {
    let mut lines = OPENED[..4].to_vec();
    lines.extend([(4, Abandoned, CLOSED), (5, Abandoned, CLOSED), (6, Fails, OPEN)]);
    play(&lines);
}

#[test]
fn a_success_after_the_rest_closes_it_for_good() {
    let breaker = after_opened(&[(9, Succeeds, CLOSED), (10, Fails, CLOSED), (10, Fails, CLOSED), (10, Fails, CLOSED)]);
    assert_eq!((breaker.failures(), breaker.last_error()), (3, Some("no connection")));
    assert_eq!(breaker.since(at(20)), at(9));
}

#[test]
fn rests_double_to_a_minute_and_begin_anew_after_a_success() {
    after_opened(&[
        (9, Fails, OPEN),
        (9, Refused(10), OPEN),
        (19, Fails, OPEN),
        (19, Refused(20), OPEN),
        (39, Fails, OPEN),
        (39, Refused(40), OPEN),
        (79, Fails, OPEN),
        (79, Refused(60), OPEN),
        (139, Fails, OPEN),
        (139, Refused(60), OPEN),
        (199, Succeeds, CLOSED),
        (200, Fails, CLOSED),
        (200, Fails, CLOSED),
        (200, Fails, CLOSED),
        (200, Fails, CLOSED),
        (200, Fails, OPEN),
        (200, Refused(5), OPEN),
    ]);
}

#[test]
fn one_call_tries_and_the_others_wait_for_what_becomes_of_it() {
    let mut breaker = after_opened(&[]);
    assert_eq!(breaker.state(at(9)), HALF_OPEN);
    assert_eq!(breaker.since(at(30)), at(9), "the rest was over then");
    let trying = breaker.admit(at(9)).unwrap();
    assert_eq!(breaker.state(at(9)), HALF_OPEN);
    assert_eq!(breaker.admit(at(100)).unwrap_err().left, Duration::ZERO);
    assert_eq!(breaker.failed(trying, "late".to_owned(), at(100)), Some(Turn::Opened(Duration::from_secs(10))));
}

#[test]
fn a_try_that_nobody_waits_for_leaves_the_next_call_to_try() {
    after_opened(&[(9, Abandoned, HALF_OPEN), (9, Fails, OPEN), (9, Refused(10), OPEN)]);
}

#[test]
fn calls_that_fail_together_open_it_once() {
    let mut breaker = Breaker::new(START);
    let leaves: Vec<_> = (0..20).map(|_| breaker.admit(START).unwrap()).collect();
    let turns: Vec<_> = leaves.iter().filter_map(|leave| breaker.failed(*leave, String::new(), at(1))).collect();
    assert_eq!(turns, [Turn::Opened(Duration::from_secs(5))]);
    assert_eq!(breaker.admit(at(2)).unwrap_err().left, Duration::from_secs(4));
}

#[test]
fn an_answer_to_an_earlier_call_closes_it_and_a_failure_of_one_does_not_lengthen_the_rest() {
    let mut breaker = Breaker::new(START);
    let earlier = breaker.admit(START).unwrap();
    let leaves: Vec<_> = (0..5).map(|_| breaker.admit(START).unwrap()).collect();
    for leave in leaves {
        breaker.failed(leave, String::new(), at(1));
    }
    let trying = breaker.admit(at(6)).unwrap();
    assert_eq!(breaker.failed(earlier, String::new(), at(7)), None);
    assert_eq!(breaker.state(at(7)), HALF_OPEN, "the one that tries is still on its way");
    assert_eq!(breaker.succeeded(at(7)), Some(Turn::Closed));
    assert_eq!(breaker.failed(trying, String::new(), at(8)), None);
    assert_eq!((breaker.state(at(8)), breaker.failures()), (CLOSED, 0));
}

#[test]
fn a_clock_that_is_set_back_lengthens_no_rest() {
    let mut breaker = after_opened(&[]);
    let earlier = Timestamp::from_secs(START.millis() / 1000 - 86_400);
    assert!(breaker.admit(earlier).is_ok());
}

#[test]
fn who_is_refused_is_told_for_how_long_and_why() {
    for (left, words) in [
        (4_200, "it is left in peace for 5 s more, after 5 failures in a row, the last of them: no connection"),
        (
            0,
            "it is left in peace while another call tries whether it is back, after 5 failures in a row, the last of them: \
             no connection",
        ),
    ] {
        let left = Duration::from_millis(left);
        assert_eq!(Resting { left, failures: 5, last_error: "no connection".to_owned() }.to_string(), words);
    }
}
