//! Operations by method and path: a tree of paths, in which what paths share stands once.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::distil::entries;

/// A node of the tree: what is bound here, and what goes on below.
#[derive(Default)]
struct Node {
    /// `METHOD[?query][@header]` and the operation.
    bound: BTreeMap<String, Bound>,
    /// By segment, with its slash.
    below: BTreeMap<String, Node>,
}

struct Bound {
    name: String,
    deprecated: bool,
}

/// The tree, indented by one blank a level: a piece of path, then pairs of binding and operation.
pub fn lines(model: &Value) -> String {
    let mut root = Node::default();
    for (name, operation) in entries(&model["operations"]) {
        let uri = operation["http"]["requestUri"].as_str().unwrap_or("/");
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let mut node = &mut root;
        for segment in path.split('/').skip(1) {
            node = node.below.entry(format!("/{segment}")).or_default();
        }
        let binding = binding(model, operation, query);
        let bound = Bound { name: name.clone(), deprecated: operation["deprecated"] == true };
        // Of two with the same binding the one that is not on its way out is meant, else the first by name.
        match node.bound.get(&binding) {
            Some(before) if !before.deprecated || bound.deprecated => {}
            _ => drop(node.bound.insert(binding, bound)),
        }
    }
    let mut text = String::new();
    write(&mut text, 1, "", &root);
    text
}

/// Method, and what must be in query and headers beside: the template's own, and for S3 what its operations require,
/// as that alone tells some of them apart.
fn binding(model: &Value, operation: &Value, query: &str) -> String {
    let method = operation["http"]["method"].as_str().unwrap_or("POST");
    let mut queries: Vec<String> = query.split('&').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let mut headers = Vec::new();
    if model["metadata"]["endpointPrefix"] == "s3" {
        let shape = &model["shapes"][operation["input"]["shape"].as_str().unwrap_or_default()];
        let required = shape["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for member in required.map(|name| &shape["members"][name]) {
            let name = member["locationName"].as_str().unwrap_or_default();
            match member["location"].as_str() {
                Some("querystring") if !queries.iter().any(|query| query == name) => queries.push(name.to_owned()),
                Some("header") if name == "x-amz-copy-source" => headers.push(name.to_owned()),
                _ => {}
            }
        }
    }
    let mut binding = method.to_owned();
    for (mark, words) in [('?', queries), ('@', headers)] {
        if !words.is_empty() {
            binding.push(mark);
            binding.push_str(&words.join("&"));
        }
    }
    binding
}

fn write(text: &mut String, depth: usize, path: &str, node: &Node) {
    if node.bound.is_empty()
        && let [(segment, below)] = node.below.iter().collect::<Vec<_>>()[..]
    {
        return write(text, depth, &format!("{path}{segment}"), below);
    }
    let is_line = !path.is_empty();
    if is_line {
        write!(text, "{}{path}", " ".repeat(depth)).expect("a string takes all text");
        for (binding, bound) in &node.bound {
            write!(text, " {binding} {}", bound.name).expect("a string takes all text");
        }
        text.push('\n');
    }
    for (segment, below) in &node.below {
        write(text, depth + usize::from(is_line), segment, below);
    }
}
