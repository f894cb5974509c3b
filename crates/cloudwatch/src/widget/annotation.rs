//! Annotations: levels and moments, and bands of two of them.

use base::Timestamp;
use graph::{Fill, Horizontal, Side, Vertical};

use super::field::{Field, Invalid};

const ANNOTATIONS_MAX: usize = 500;

/// Those that are visible.
pub(super) fn parse(field: &Field<'_>) -> Result<(Vec<Horizontal>, Vec<Vertical>), Invalid> {
    field.object(&["horizontal", "vertical"])?;
    Ok((each(field, "horizontal", horizontal)?, each(field, "vertical", vertical)?))
}

fn each<T>(
    owner: &Field<'_>,
    name: &str,
    parse: impl Fn(&Field<'_>, Option<&Field<'_>>) -> Result<Option<T>, Invalid>,
) -> Result<Vec<T>, Invalid> {
    let Some(list) = owner.member(name) else { return Ok(Vec::new()) };
    let items = list.items()?;
    if items.len() > ANNOTATIONS_MAX {
        return Err(list.wrong(format!("Should NOT have more than {ANNOTATIONS_MAX} items")));
    }
    let mut found = Vec::new();
    for item in &items {
        // A band is an array of its two bounds; the first says how it looks.
        let parsed = match item.value.is_array() {
            false => parse(item, None)?,
            true => match item.items()?.as_slice() {
                [from, to] => parse(from, Some(to))?,
                _ => return Err(item.wrong("Should have 2 items")),
            },
        };
        found.extend(parsed);
    }
    Ok(found)
}

const HORIZONTAL: [&str; 6] = ["color", "fill", "label", "value", "visible", "yAxis"];
const VERTICAL: [&str; 5] = ["color", "fill", "label", "value", "visible"];

fn horizontal(from: &Field<'_>, to: Option<&Field<'_>>) -> Result<Option<Horizontal>, Invalid> {
    from.object(&HORIZONTAL)?;
    let value = |end: &Field<'_>| end.required("value")?.number();
    let to_value = match to {
        Some(end) => {
            end.object(&HORIZONTAL)?;
            Some(value(end)?)
        }
        None => None,
    };
    let fills = [("none", Fill::None), ("above", Fill::Above), ("below", Fill::Below)];
    let note = Horizontal {
        value: value(from)?,
        to: to_value,
        label: label(from, to)?,
        color: from.member("color").map(|field| field.color()).transpose()?,
        fill: from.member("fill").map_or(Ok(Fill::None), |field| field.choice(&fills))?,
        side: from
            .member("yAxis")
            .map_or(Ok(Side::Left), |field| field.choice(&[("left", Side::Left), ("right", Side::Right)]))?,
    };
    Ok(visible(from, to)?.then_some(note))
}

fn vertical(from: &Field<'_>, to: Option<&Field<'_>>) -> Result<Option<Vertical>, Invalid> {
    from.object(&VERTICAL)?;
    let to_secs = match to {
        Some(end) => {
            end.object(&VERTICAL)?;
            Some(moment(end)?)
        }
        None => None,
    };
    let fills = [("none", Fill::None), ("after", Fill::Above), ("before", Fill::Below)];
    let note = Vertical {
        time_secs: moment(from)?,
        to_secs,
        label: label(from, to)?,
        color: from.member("color").map(|field| field.color()).transpose()?,
        fill: from.member("fill").map_or(Ok(Fill::None), |field| field.choice(&fills))?,
    };
    Ok(visible(from, to)?.then_some(note))
}

fn moment(end: &Field<'_>) -> Result<i64, Invalid> {
    let value = end.required("value")?;
    match Timestamp::parse_iso(value.text()?) {
        Some(time) => Ok(time.secs()),
        None => Err(value.wrong("Should be an ISO 8601 time such as 2018-12-17T06:00:00.000Z")),
    }
}

/// The label of a band is that of its first bound, else of its second.
fn label(from: &Field<'_>, to: Option<&Field<'_>>) -> Result<Option<String>, Invalid> {
    let label = |end: &Field<'_>| end.member("label").map(|field| field.text().map(str::to_owned)).transpose();
    let second = to.map(label).transpose()?.flatten();
    Ok(label(from)?.filter(|label| !label.is_empty()).or(second))
}

fn visible(from: &Field<'_>, to: Option<&Field<'_>>) -> Result<bool, Invalid> {
    let visible = |end: &Field<'_>| end.member("visible").map_or(Ok(true), |field| field.boolean());
    Ok(visible(from)? && to.map_or(Ok(true), visible)?)
}
