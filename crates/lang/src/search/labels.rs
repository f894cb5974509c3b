//! What series found by a search are called (cloudwatch.md §3.7, §4.5).

/// A metric: namespace, name, dimensions.
pub type Found<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// For each metric what tells it from the others: its name and its
/// values of dimensions, as far as these differ, joined by a space. Where that leaves nothing it is
/// the name; where two would read alike, metrics of several namespaces get theirs in front. AWS
/// documents no exact rule.
pub fn distinguishing_labels(metrics: &[Found<'_>]) -> Vec<String> {
    let names_differ = metrics.iter().any(|metric| metric.1 != metrics[0].1);
    let dimensions = differing_dimensions(metrics);
    let labels: Vec<String> = metrics
        .iter()
        .map(|&(_, name, of_metric)| {
            let values = dimensions.iter().filter_map(|dimension| value(of_metric, dimension));
            let parts: Vec<&str> = names_differ.then_some(name).into_iter().chain(values).collect();
            if parts.is_empty() { name.to_owned() } else { parts.join(" ") }
        })
        .collect();

    let mut sorted: Vec<(&str, &str)> =
        metrics.iter().zip(&labels).map(|(metric, label)| (label.as_str(), metric.0)).collect();
    sorted.sort_unstable();
    let namespaces_tell = sorted.windows(2).any(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1);
    if namespaces_tell {
        return metrics.iter().zip(&labels).map(|(metric, label)| format!("{} {label}", metric.0)).collect();
    }
    labels
}

/// The dimensions that some have and others lack, or whose values differ, in order of appearance.
fn differing_dimensions<'a>(metrics: &[Found<'a>]) -> Vec<&'a str> {
    let mut seen: Vec<&str> = Vec::new();
    for (dimension, _) in metrics.iter().flat_map(|metric| metric.2) {
        if !seen.contains(dimension) {
            seen.push(dimension);
        }
    }
    seen.retain(|dimension| {
        let mut values = metrics.iter().map(|metric| value(metric.2, dimension));
        let first = values.next();
        values.any(|other| Some(other) != first)
    });
    seen
}

fn value<'a>(dimensions: &[(&'a str, &'a str)], wanted: &str) -> Option<&'a str> {
    dimensions.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value)
}
