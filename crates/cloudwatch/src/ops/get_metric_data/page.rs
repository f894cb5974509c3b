//! Cutting results into pages (cloudwatch.md §3.5).
//!
//! Pages put one after the other hold every point once: a page goes through the results in
//! order, and ends at a result and a time, not at a count, so that data which arrives between
//! two pages moves nothing.

use api::cloudwatch::types::{MetricDataResult, StatusCode};
use base::Timestamp;
use serde::{Deserialize, Serialize};

use super::{message, timestamps};
use crate::query::{ResultSeries, Status};

/// Which points come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The default.
    NewestFirst,
    /// `TimestampAscending`
    OldestFirst,
}

/// Where a page starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// The result that comes next, counted from zero.
    result: usize,
    /// The last point of it that was given, in seconds since the epoch.
    after_secs: Option<i64>,
    /// When the first page was asked for.
    pub now: Timestamp,
}

/// One page.
pub struct Page {
    /// Every result, with its points on this page.
    pub results: Vec<MetricDataResult>,
    /// Where the next page starts, when there is one.
    pub next: Option<Position>,
}

/// The page at `position`, with at most `points_max` points. Results that expressions compute
/// are given on one page only, cut where they are too long: there is no token for them.
pub fn cut(
    results: Vec<ResultSeries>,
    direction: Direction,
    position: Option<Position>,
    points_max: usize,
    now: Timestamp,
) -> Page {
    let computed = results.iter().any(|result| result.computed);
    let (first, after_secs) = position.map_or((0, None), |position| (position.result, position.after_secs));
    let mut room = points_max;
    let mut next = None;
    let mut page = Vec::with_capacity(results.len());
    for (at, mut result) in results.into_iter().enumerate() {
        if direction == Direction::NewestFirst {
            result.points.reverse();
        }
        let mut points: &[(i64, f64)] = &result.points;
        if at < first {
            points = &[];
        } else if at == first
            && let Some(after) = after_secs
        {
            let given = points.partition_point(|(secs, _)| match direction {
                Direction::NewestFirst => *secs >= after,
                Direction::OldestFirst => *secs <= after,
            });
            points = &points[given..];
        }
        let taken = points.len().min(room);
        let partial = taken < points.len();
        room -= taken;
        if partial && next.is_none() {
            let last = points[..taken].last().map(|(secs, _)| *secs);
            let after_secs = last.or(after_secs.filter(|_| at == first));
            next = Some(Position { result: at, after_secs, now });
        }
        page.push(shown(&result, &points[..taken], partial));
    }
    Page { results: page, next: next.filter(|_| !computed) }
}

fn shown(result: &ResultSeries, points: &[(i64, f64)], partial: bool) -> MetricDataResult {
    MetricDataResult {
        id: Some(result.id.clone()),
        label: Some(result.label.clone()),
        timestamps: Some(timestamps(points)),
        values: Some(points.iter().map(|(_, value)| *value).collect()),
        status_code: Some(match result.status {
            Status::Forbidden => StatusCode::Forbidden,
            Status::Complete if partial => StatusCode::PartialData,
            Status::Complete => StatusCode::Complete,
        }),
        messages: Some(result.messages.iter().cloned().map(message).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(id: &str, count: i64) -> ResultSeries {
        ResultSeries {
            id: id.to_owned(),
            label: id.to_owned(),
            points: (0..count).map(|at| (at * 60, at as f64)).collect(),
            period_secs: 60,
            status: Status::Complete,
            messages: Vec::new(),
            computed: false,
            unit: None,
            group: Vec::new(),
        }
    }

    fn all() -> Vec<ResultSeries> {
        vec![series("a", 7), series("b", 0), series("c", 5), series("d", 1)]
    }

    /// All pages put together, and how many there were.
    fn reassembled(direction: Direction, points_max: usize) -> (Vec<Vec<f64>>, usize) {
        let mut joined: Vec<Vec<f64>> = vec![Vec::new(); 4];
        let (mut position, mut pages) = (None, 0);
        loop {
            let page = cut(all(), direction, position, points_max, Timestamp::from_secs(0));
            pages += 1;
            for (values, result) in joined.iter_mut().zip(&page.results) {
                values.extend(result.values.iter().flatten());
            }
            let complete = page.results.iter().all(|result| result.status_code == Some(StatusCode::Complete));
            assert_eq!(complete, page.next.is_none(), "partial results and a token go together");
            position = page.next;
            if position.is_none() {
                return (joined, pages);
            }
        }
    }

    #[test]
    fn pages_reassemble_exactly() {
        for (points_max, pages) in [(1, 13), (2, 7), (5, 3), (7, 2), (12, 2), (13, 1), (100, 1)] {
            for direction in [Direction::OldestFirst, Direction::NewestFirst] {
                let (joined, count) = reassembled(direction, points_max);
                let expected: Vec<Vec<f64>> = all()
                    .into_iter()
                    .map(|series| {
                        let mut values: Vec<f64> = series.points.into_iter().map(|(_, value)| value).collect();
                        if direction == Direction::NewestFirst {
                            values.reverse();
                        }
                        values
                    })
                    .collect();
                assert_eq!(joined, expected, "{direction:?}, pages of {points_max}");
                assert_eq!(count, pages, "pages of {points_max}");
            }
        }
    }

    #[test]
    fn data_that_arrives_between_pages_moves_nothing() {
        let first = cut(vec![series("a", 6)], Direction::NewestFirst, None, 3, Timestamp::from_secs(0));
        assert_eq!(first.results[0].values, Some(vec![5.0, 4.0, 3.0]));
        let second = cut(vec![series("a", 9)], Direction::NewestFirst, first.next, 3, Timestamp::from_secs(0));
        assert_eq!(second.results[0].values, Some(vec![2.0, 1.0, 0.0]));
    }

    #[test]
    fn computed_results_are_cut_without_a_token() {
        let mut computed = series("e", 5);
        computed.computed = true;
        let page = cut(vec![computed], Direction::NewestFirst, None, 3, Timestamp::from_secs(0));
        assert_eq!(page.results[0].values, Some(vec![4.0, 3.0, 2.0]));
        assert_eq!(page.results[0].status_code, Some(StatusCode::PartialData));
        assert_eq!(page.next, None);
    }
}
