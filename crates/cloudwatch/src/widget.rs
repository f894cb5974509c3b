//! The metric widget: what `GetMetricWidgetImage` is asked to draw (cloudwatch.md §5.1).
//!
//! [`Widget::parse`] reads the JSON into types, [`Widget::queries`] gives what is to be read for
//! it, and [`Widget::graph`] puts the results into a picture's description. All of it is pure.

mod annotation;
mod field;
mod metric_row;
mod picture;
mod queries;
mod time_range;

use base::{Region, Timestamp};
use graph::{Axis, Horizontal, Legend, Vertical, View};
use serde_json::Value;

use crate::label;
use field::Field;

pub use field::Invalid;
pub use metric_row::{MetricRow, RowSource};

/// The longest widget in bytes (cloudwatch.md §5.1).
pub const BYTES_MAX: usize = 100 * 1024;
/// Metrics and expressions of one widget.
pub const METRICS_MAX: usize = 100;
/// The longest side of a picture in pixels.
pub const SIDE_MAX: u32 = 2000;

const WIDTH_DEFAULT: u32 = 600;
const HEIGHT_DEFAULT: u32 = 400;
const PERIOD_SECS_DEFAULT: i64 = 300;
const STAT_DEFAULT: &str = "Average";

/// Every field of a widget. Fields of a dashboard's widget that would have no effect here
/// (`trend`, `table`) are not among them: they are refused, not ignored.
const FIELDS: [&str; 21] = [
    "accountId",
    "annotations",
    "end",
    "height",
    "legend",
    "liveData",
    "metrics",
    "period",
    "region",
    "setPeriodToTimeRange",
    "singleValueFullPrecision",
    "sparkline",
    "stacked",
    "start",
    "stat",
    "theme",
    "timezone",
    "title",
    "view",
    "width",
    "yAxis",
];

/// A widget with its defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Widget {
    /// Width in pixels, 1 to 2000.
    pub width: u32,
    /// Height in pixels, 1 to 2000.
    pub height: u32,
    /// The title.
    pub title: Option<String>,
    /// How series are drawn.
    pub view: View,
    /// Areas on top of each other.
    pub stacked: bool,
    /// Single values are drawn over their history.
    pub sparkline: bool,
    /// Single values are written in full.
    pub full_precision: bool,
    /// The dark theme.
    pub dark: bool,
    /// Seconds east of UTC.
    pub utc_offset_secs: i64,
    /// Start of the time axis.
    pub start: Timestamp,
    /// End of the time axis.
    pub end: Timestamp,
    /// Whether the newest, incomplete minute is shown.
    pub live_data: bool,
    /// What is drawn, 1 to 100.
    pub metrics: Vec<MetricRow>,
    /// The left axis.
    pub left: Axis,
    /// The right axis.
    pub right: Axis,
    /// Visible levels and bands.
    pub horizontal: Vec<Horizontal>,
    /// Visible moments and spans.
    pub vertical: Vec<Vertical>,
    /// Where the legend is.
    pub legend: Legend,
}

/// What metrics have unless they say otherwise.
pub(crate) struct Defaults {
    period_secs: i64,
    stat: String,
    account: Option<String>,
}

impl Widget {
    /// Reads a widget. Relative times count from `now`; `region` is the one that is asked.
    ///
    /// # Errors
    /// The first thing that is wrong, with where it is.
    pub fn parse(text: &str, now: Timestamp, region: &Region) -> Result<Self, Invalid> {
        if text.len() > BYTES_MAX {
            return Err(Invalid::widget(format!("It must not be longer than {BYTES_MAX} bytes")));
        }
        let json: Value = serde_json::from_str(text)
            .map_err(|error| Invalid::widget(format!("It must be a valid JSON object: {error}")))?;
        let widget = Field::root(&json);
        widget.object(&FIELDS)?;
        check_region(&widget, region)?;
        let (start, end) = time_range::parse(&widget, now)?;
        let defaults = defaults(&widget, start, end)?;
        let (left, right) = axes(&widget)?;
        let annotations = widget.member("annotations");
        let (horizontal, vertical) = annotations.map_or(Ok(Default::default()), |field| annotation::parse(&field))?;
        let flag = |name| widget.member(name).map_or(Ok(false), |field| field.boolean());
        let side = |name, default| widget.member(name).map_or(Ok(default), |field| field.side(SIDE_MAX));
        Ok(Self {
            width: side("width", WIDTH_DEFAULT)?,
            height: side("height", HEIGHT_DEFAULT)?,
            title: widget.member("title").map(|field| field.text().map(str::to_owned)).transpose()?,
            view: view(&widget)?,
            stacked: flag("stacked")?,
            sparkline: flag("sparkline")?,
            full_precision: flag("singleValueFullPrecision")?,
            dark: widget
                .member("theme")
                .map_or(Ok(false), |field| field.choice(&[("light", false), ("dark", true)]))?,
            utc_offset_secs: timezone(&widget)?,
            start,
            end,
            live_data: flag("liveData")?,
            metrics: metric_row::parse_all(&widget, &defaults, region)?,
            left,
            right,
            horizontal,
            vertical,
            legend: legend(&widget)?,
        })
    }
}

/// A graph shows the region that is asked, in the widget and in each of its metrics.
fn check_region(owner: &Field<'_>, region: &Region) -> Result<(), Invalid> {
    let Some(field) = owner.member("region") else { return Ok(()) };
    match field.text()? {
        name if name == region.as_str() => Ok(()),
        name => Err(field.wrong(format!("The region {name} is not the region of this endpoint, {region}"))),
    }
}

fn defaults(widget: &Field<'_>, start: Timestamp, end: Timestamp) -> Result<Defaults, Invalid> {
    let period_secs = widget.member("period").map_or(Ok(PERIOD_SECS_DEFAULT), |field| field.period())?;
    let whole_range = widget.member("setPeriodToTimeRange").map_or(Ok(false), |field| field.boolean())?;
    // One point over the whole range: its length in whole minutes.
    let range_secs = (end.secs() - start.secs()).div_euclid(60).saturating_add(1) * 60;
    Ok(Defaults {
        period_secs: if whole_range { range_secs } else { period_secs },
        stat: widget.member("stat").map_or(Ok(STAT_DEFAULT), |field| field.stat())?.to_owned(),
        account: widget.member("accountId").map(|field| field.text().map(str::to_owned)).transpose()?,
    })
}

fn view(widget: &Field<'_>) -> Result<View, Invalid> {
    let views = [
        ("timeSeries", View::TimeSeries),
        ("bar", View::Bar),
        ("pie", View::Pie),
        ("singleValue", View::SingleValue),
        ("gauge", View::Gauge),
        ("table", View::Table),
    ];
    widget.member("view").map_or(Ok(View::TimeSeries), |field| field.choice(&views))
}

fn timezone(widget: &Field<'_>) -> Result<i64, Invalid> {
    let Some(field) = widget.member("timezone") else { return Ok(0) };
    label::parse_timezone(field.text()?).ok_or_else(|| field.wrong("Should be an offset from UTC such as +0130"))
}

fn legend(widget: &Field<'_>) -> Result<Legend, Invalid> {
    let Some(legend) = widget.member("legend") else { return Ok(Legend::Bottom) };
    legend.object(&["position"])?;
    let positions = [("bottom", Legend::Bottom), ("right", Legend::Right), ("hidden", Legend::Hidden)];
    legend.member("position").map_or(Ok(Legend::Bottom), |field| field.choice(&positions))
}

/// The axes; a gauge needs both ends of its left one (cloudwatch.md §5.2).
fn axes(widget: &Field<'_>) -> Result<(Axis, Axis), Invalid> {
    let axes = widget.member("yAxis");
    if let Some(axes) = &axes {
        axes.object(&["left", "right"])?;
    }
    let axis =
        |side| axes.as_ref().and_then(|axes| axes.member(side)).map_or(Ok(Axis::default()), |field| axis(&field));
    let (left, right) = (axis("left")?, axis("right")?);
    if view(widget)? == View::Gauge && (left.min.is_none() || left.max.is_none()) {
        return Err(widget.wrong("A gauge should have the properties 'min' and 'max' at /yAxis/left"));
    }
    Ok((left, right))
}

fn axis(field: &Field<'_>) -> Result<Axis, Invalid> {
    field.object(&["label", "max", "min", "showUnits"])?;
    let bound = |name| field.member(name).map(|bound| bound.number()).transpose();
    let (min, max) = (bound("min")?, bound("max")?);
    if let (Some(low), Some(high)) = (min, max)
        && low >= high
    {
        return Err(field.wrong(format!("The minimum {low} should be less than the maximum {high}")));
    }
    let label = field.member("label").map(|label| label.text().map(str::to_owned)).transpose()?;
    let show_units = field.member("showUnits").map_or(Ok(true), |show| show.boolean())?;
    Ok(Axis { min, max, label, hide_units: !show_units })
}

#[cfg(test)]
mod tests;
