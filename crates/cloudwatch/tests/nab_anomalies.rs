//! The anomaly model against a rolling z-score on real metrics with labelled anomalies (the folder
//! `realAWSCloudwatch` of the Numenta Anomaly Benchmark). The data lies beside the workspace in
//! `../shared/data/nab`; without it the test says that it is skipped.
//!
//! Both judge each point by the past alone, from one day on. The model is refitted every six hours
//! on the two weeks before. A labelled window counts as found when a point in it is outside the
//! band; an alarm is a run of points outside, right when one of them lies in a window.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base::Timestamp;
use cloudwatch::anomaly_model::Model;

const DAY_SECS: i64 = 86_400;
const REFIT_SECS: i64 = 6 * 3600;
const PERIOD_SECS: i64 = 300;
const Z_SCORE_POINTS: usize = 288;

struct Labelled {
    points: Vec<(i64, f64)>,
    windows: Vec<(i64, i64)>,
}

#[derive(Clone, Copy, Default)]
struct Tally {
    alarms: usize,
    right: usize,
    windows: usize,
    found: usize,
}

impl Tally {
    fn precision(self) -> f64 {
        self.right as f64 / self.alarms.max(1) as f64
    }

    fn recall(self) -> f64 {
        self.found as f64 / self.windows.max(1) as f64
    }

    fn f1(self) -> f64 {
        let sum = self.precision() + self.recall();
        if sum > 0.0 { 2.0 * self.precision() * self.recall() / sum } else { 0.0 }
    }
}

#[test]
fn the_model_finds_labelled_anomalies_at_least_as_well_as_a_z_score() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/nab");
    if !folder.join("anomaly_windows.json").is_file() {
        println!("SKIPPED: there is no {}", folder.display());
        return;
    }
    let files = load(&folder);
    assert!(files.len() > 10, "only {} files", files.len());
    let z_score = best("z-score", &files, z_scores);
    let model = best("model", &files, model_scores);
    assert!(model >= z_score, "the model has F1 {model:.3}, the z-score {z_score:.3}");
}

/// The best F1 over widths 2 to 6, after printing all.
#[expect(clippy::print_stdout, reason = "the comparison is there to be read")]
fn best(name: &str, files: &[Labelled], scores: fn(&Labelled) -> Vec<f64>) -> f64 {
    let scored: Vec<(&Labelled, Vec<f64>)> = files.iter().map(|file| (file, scores(file))).collect();
    let mut best: f64 = 0.0;
    for half in 4..=12 {
        let width = f64::from(half) / 2.0;
        let mut total = Tally::default();
        for (file, scores) in &scored {
            tally(file, scores, width, &mut total);
        }
        println!(
            "{name:8} width {width:.1}: precision {:.3} ({} of {} alarms), recall {:.3} ({} of {} windows), F1 {:.3}",
            total.precision(),
            total.right,
            total.alarms,
            total.recall(),
            total.found,
            total.windows,
            total.f1()
        );
        best = best.max(total.f1());
    }
    best
}

/// How many spreads each point is away from what the model before it expects.
fn model_scores(file: &Labelled) -> Vec<f64> {
    let mut refit_secs = file.points[0].0 + DAY_SECS;
    let mut model = None;
    let mut scores = Vec::new();
    for (index, &(time, value)) in file.points.iter().enumerate() {
        if time >= refit_secs {
            model = Model::fit(&file.points[..index], PERIOD_SECS, &[], 0);
            refit_secs += ((time - refit_secs) / REFIT_SECS + 1) * REFIT_SECS;
        }
        scores.push(model.as_ref().map_or(0.0, |model: &Model| {
            let expected = model.expected(time);
            let (low, high) = model.band(time, 1.0);
            if value > expected {
                (value - expected) / (high - expected)
            } else {
                (expected - value) / (expected - low)
            }
        }));
    }
    scores
}

/// How many standard deviations each point is away from the mean of the day of points before it.
fn z_scores(file: &Labelled) -> Vec<f64> {
    let count = Z_SCORE_POINTS as f64;
    let mut scores = vec![0.0; Z_SCORE_POINTS.min(file.points.len())];
    for (past, next) in file.points.windows(Z_SCORE_POINTS + 1).map(|run| (&run[..Z_SCORE_POINTS], run[Z_SCORE_POINTS]))
    {
        let mean = past.iter().map(|point| point.1).sum::<f64>() / count;
        let deviation = (past.iter().map(|point| (point.1 - mean).powi(2)).sum::<f64>() / count).sqrt();
        let distance = (next.1 - mean).abs();
        scores.push(if distance > 0.0 { distance / deviation } else { 0.0 });
    }
    scores
}

fn tally(file: &Labelled, scores: &[f64], width: f64, total: &mut Tally) {
    let start_secs = file.points[0].0 + DAY_SECS;
    let window_of = |time: i64| file.windows.iter().position(|(start, end)| (*start..=*end).contains(&time));
    let mut found = vec![false; file.windows.len()];
    let judged = file.points.iter().zip(scores).filter(|(point, _)| point.0 >= start_secs);
    let outside: Vec<Option<Option<usize>>> =
        judged.map(|(point, score)| (*score > width).then(|| window_of(point.0))).collect();
    for alarm in outside.split(Option::is_none).filter(|run| !run.is_empty()) {
        let windows: Vec<usize> = alarm.iter().filter_map(|point| point.flatten()).collect();
        total.alarms += 1;
        total.right += usize::from(!windows.is_empty());
        windows.into_iter().for_each(|window| found[window] = true);
    }
    total.windows += file.windows.iter().filter(|window| window.1 >= start_secs).count();
    total.found += found.iter().filter(|found| **found).count();
}

fn load(folder: &Path) -> Vec<Labelled> {
    let read =
        |path: PathBuf| std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let windows: BTreeMap<String, Vec<(String, String)>> =
        serde_json::from_str(&read(folder.join("anomaly_windows.json"))).expect("the labels are JSON");
    windows
        .into_iter()
        .map(|(name, windows)| {
            let text = read(folder.join(name));
            let mut points: Vec<(i64, f64)> = text
                .lines()
                .skip(1)
                .map(|line| line.split_once(',').expect("a line has a time and a value"))
                .map(|(time, value)| (seconds(time), value.parse().expect("a value is a number")))
                .collect();
            points.sort_by_key(|point| point.0);
            Labelled { points, windows: windows.iter().map(|(start, end)| (seconds(start), seconds(end))).collect() }
        })
        .collect()
}

fn seconds(text: &str) -> i64 {
    let time = Timestamp::parse_iso(&format!("{}Z", text.replace(' ', "T"))).expect("a time");
    time.millis() / 1000
}
