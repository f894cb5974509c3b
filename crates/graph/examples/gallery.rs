//! Writes one picture of each kind into a folder, and how long each took to draw: for people to look at.
//!
//! `cargo run --release -p trailwatch-graph --example gallery -- FOLDER`

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use graph::{Axis, Color, Fill, Graph, Horizontal, Legend, Line, Side, Vertical, View};

/// 2026-11-24T10:05:00Z.
const START: i64 = 1_795_514_700;
const HOUR: i64 = 3600;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "gallery".to_owned()));
    std::fs::create_dir_all(&folder)?;
    let mut out = std::io::stdout().lock();
    for (name, graph) in gallery() {
        let began = Instant::now();
        let file = graph::png(&graph);
        let took = began.elapsed();
        std::fs::write(folder.join(format!("{name}.png")), &file)?;
        writeln!(out, "{name:20} {:6.2} ms {:7} bytes", took.as_secs_f64() * 1e3, file.len())?;
    }
    Ok(())
}

/// A wave with some noise.
fn wave(seed: u64, count: usize, span: i64, low: f64, high: f64) -> Vec<(i64, f64)> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let noise = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut noise = noise;
    (0..count)
        .map(|index| {
            let turn = index as f64 / count as f64 * 9.0 + seed as f64;
            let share = (turn.sin() + 1.0) * 0.4 + noise() * 0.2;
            (START + index as i64 * span / count as i64, low + share * (high - low))
        })
        .collect()
}

fn line(label: &str, points: Vec<(i64, f64)>) -> Line {
    let period_secs = points.get(1).map_or(60, |second| second.0 - points[0].0 + 1);
    Line { label: label.to_owned(), points, period_secs, ..Line::default() }
}

fn base() -> Graph {
    Graph { width: 600, height: 400, start_secs: START, end_secs: START + 3 * HOUR, ..Graph::default() }
}

fn percent(line: Line) -> Line {
    Line { unit: Some("Percent".to_owned()), ..line }
}

fn gallery() -> Vec<(&'static str, Graph)> {
    let mut all = vec![("lines", lines()), ("lines_dark", Graph { dark: true, ..lines() }), ("many", many())];
    all.push(("stacked", Graph { stacked: true, title: Some("Requests by host".to_owned()), ..hosts(5) }));
    all.push(("stacked_dark", Graph { stacked: true, dark: true, legend: Legend::Right, ..hosts(12) }));
    all.push(("two_axes", two_axes()));
    all.push(("notes", notes()));
    all.push(("notes_dark", Graph { dark: true, ..notes() }));
    all.push(("band", band()));
    all.push(("gaps", gaps()));
    all.push(("no_data", Graph { lines: vec![line("CPUUtilization", Vec::new())], ..base() }));
    all.push(("bar", Graph { view: View::Bar, title: Some("Errors".to_owned()), ..hosts(6) }));
    all.push(("bar_names", Graph { view: View::Bar, legend: Legend::Hidden, ..hosts(5) }));
    all.push(("pie", Graph { view: View::Pie, ..hosts(6) }));
    all.push(("pie_dark", Graph { view: View::Pie, dark: true, legend: Legend::Right, ..hosts(14) }));
    all.push(("single", Graph { view: View::SingleValue, width: 600, height: 200, ..hosts(3) }));
    all.push(("single_sparkline", Graph { view: View::SingleValue, sparkline: true, dark: true, ..hosts(4) }));
    all.push(("gauge", gauge(1)));
    all.push(("gauges_dark", Graph { dark: true, ..gauge(4) }));
    all.push(("table", Graph { view: View::Table, ..hosts(7) }));
    all.push(("table_many_dark", Graph { view: View::Table, dark: true, ..hosts(40) }));
    all.push(("small", Graph { width: 160, height: 100, ..lines() }));
    all.push(("tiny", Graph { width: 60, height: 30, ..lines() }));
    all.push(("large", Graph { width: 1600, height: 900, ..lines() }));
    all.push((
        "month",
        Graph {
            end_secs: START + 30 * 24 * HOUR,
            lines: vec![line("x", wave(1, 500, 30 * 24 * HOUR, 1e9, 9e9))],
            ..base()
        },
    ));
    all.push(("incomplete_hidden", Graph { incomplete: true, legend: Legend::Hidden, ..lines() }));
    all
}

fn lines() -> Graph {
    Graph {
        title: Some("CPU of the web servers".to_owned()),
        utc_offset_secs: 3600,
        incomplete: true,
        lines: vec![
            percent(line("i-0123456789abcdef0", wave(1, 36, 3 * HOUR, 5.0, 90.0))),
            percent(line("i-0fedcba9876543210", wave(2, 180, 3 * HOUR, 30.0, 60.0))),
            percent(line(
                "the average of the fleet, with a label that goes on and on until it no longer fits into the width of the picture",
                wave(3, 36, 3 * HOUR, 20.0, 40.0),
            )),
        ],
        ..base()
    }
}

fn many() -> Graph {
    let lines = (0..10)
        .map(|index| line(&format!("series {index}"), wave(index, 1000, 3 * HOUR, index as f64, index as f64 + 3.0)));
    Graph { lines: lines.collect(), ..base() }
}

fn hosts(count: u64) -> Graph {
    let lines = (0..count).map(|index| Line {
        unit: Some("Count".to_owned()),
        ..line(
            &format!("web-{index}.example.com"),
            wave(index + 4, 90, 3 * HOUR, 100.0, 1500.0 + 900.0 * (index % 4) as f64),
        )
    });
    Graph { lines: lines.collect(), ..base() }
}

fn two_axes() -> Graph {
    Graph {
        title: Some("Latency and traffic".to_owned()),
        lines: vec![
            Line { unit: Some("Milliseconds".to_owned()), ..line("p99 latency", wave(1, 180, 3 * HOUR, 80.0, 450.0)) },
            Line {
                unit: Some("Bytes/Second".to_owned()),
                side: Side::Right,
                ..line("NetworkOut", wave(5, 180, 3 * HOUR, 1e6, 4.4e7))
            },
        ],
        right: Axis { label: Some("traffic".to_owned()), ..Axis::default() },
        ..base()
    }
}

fn notes() -> Graph {
    let level = |value, label: &str, fill| Horizontal {
        value,
        to: None,
        label: Some(label.to_owned()),
        color: None,
        fill,
        side: Side::Left,
    };
    let moment = |secs, label: &str, fill| Vertical {
        time_secs: START + secs,
        to_secs: None,
        label: Some(label.to_owned()),
        color: Some(Color(0x94, 0x67, 0xbd)),
        fill,
    };
    Graph {
        title: Some("Thresholds and a deployment".to_owned()),
        lines: vec![percent(line("CPUUtilization", wave(1, 180, 3 * HOUR, 5.0, 95.0)))],
        horizontal: vec![
            level(80.0, "CPUUtilization > 80 for 3 datapoints within 15 minutes", Fill::Above),
            level(78.0, "warning", Fill::None),
            Horizontal { to: Some(30.0), color: Some(Color(0x2c, 0xa0, 0x2c)), ..level(20.0, "usual", Fill::None) },
        ],
        vertical: vec![
            moment(HOUR, "deployment", Fill::None),
            Vertical { to_secs: Some(START + 9000), ..moment(2 * HOUR, "maintenance", Fill::None) },
            moment(1000, "before", Fill::Below),
        ],
        ..base()
    }
}

fn band() -> Graph {
    let middle = wave(1, 90, 3 * HOUR, 200.0, 900.0);
    let expected: Vec<(i64, f64)> = middle
        .iter()
        .enumerate()
        .map(|(index, (secs, _))| (*secs, 500.0 + 300.0 * (index as f64 / 12.0).sin()))
        .collect();
    let shifted = |by: f64| expected.iter().map(|(secs, value)| (*secs, value + by)).collect::<Vec<_>>();
    Graph {
        lines: vec![
            line("Requests", middle),
            line("lower", shifted(-150.0)),
            Line { band_from: Some(1), ..line("Requests (expected)", shifted(150.0)) },
        ],
        ..base()
    }
}

fn gaps() -> Graph {
    let points = wave(1, 60, 3 * HOUR, 0.0, 0.004).into_iter().enumerate();
    let points = points.filter(|(index, _)| !(20..30).contains(index) && (*index < 45 || index % 4 == 0));
    let gaps = Line { period_secs: 180, ..line("errors", points.map(|(_, point)| point).collect()) };
    Graph { lines: vec![gaps], ..base() }
}

fn gauge(count: u64) -> Graph {
    let level =
        |value, color, fill| Horizontal { value, to: None, label: None, color: Some(color), fill, side: Side::Left };
    let lines =
        (0..count).map(|index| percent(line(&format!("disk {index}"), wave(index + 1, 30, 3 * HOUR, 30.0, 99.0))));
    Graph {
        view: View::Gauge,
        lines: lines.collect(),
        left: Axis { min: Some(0.0), max: Some(100.0), ..Axis::default() },
        horizontal: vec![
            level(60.0, Color(0xff, 0x7f, 0x0e), Fill::Above),
            level(90.0, Color(0xd6, 0x27, 0x28), Fill::Above),
        ],
        ..base()
    }
}
