//! The tree of URI templates: which operation a method and a path are bound to.

use std::cmp::Ordering;
use std::collections::HashSet;

/// How many lengths of greedy labels are tried in all: paths are the callers'.
const TRIES_MAX: usize = 1 << 12;

/// What beside method and path tells operations apart.
pub(crate) trait AskedFor {
    /// Whether the query string has this parameter, with this value where one is given.
    fn has_query(&self, name: &str, value: Option<&str>) -> bool;
    /// Whether there is this header.
    fn has_header(&self, name: &str) -> bool;
}

/// An operation that was found, with what its labels stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found<'t, 'p> {
    /// The operation.
    pub(crate) operation: &'t str,
    /// Names on the wire and the segments; a greedy label has several.
    pub(crate) labels: Vec<(&'t str, Vec<&'p str>)>,
    /// The query parameters that the binding demands.
    pub(crate) queries: Vec<&'t str>,
    /// The greater, the better: literals before labels before greedy ones, decided at the first segment that differs,
    /// then by how much is demanded beside the path.
    precision: (Vec<u8>, usize),
}

impl Found<'_, '_> {
    /// Which of two fits better.
    pub(crate) fn cmp_precision(&self, other: &Found<'_, '_>) -> Ordering {
        self.precision.cmp(&other.precision)
    }
}

#[derive(Debug, Default)]
pub(super) struct Paths {
    nodes: Vec<Node>,
    query_names: HashSet<&'static str>,
}

#[derive(Debug)]
struct Node {
    segments: Vec<Segment>,
    bound: Vec<Binding>,
    below: Vec<Node>,
}

#[derive(Clone, Copy, Debug)]
enum Segment {
    Literal(&'static str),
    Label(&'static str),
    Greedy(&'static str),
}

#[derive(Debug)]
struct Binding {
    method: &'static str,
    queries: Vec<(&'static str, Option<&'static str>)>,
    header: Option<&'static str>,
    operation: &'static str,
}

impl Paths {
    pub(super) fn read(lines: &'static str) -> Self {
        let mut paths = Self::default();
        for line in lines.lines() {
            let text = line.trim_start();
            let depth = line.len() - text.len();
            if depth == 0 || !text.starts_with('/') {
                continue;
            }
            let node = node(text);
            let queries = node.bound.iter().flat_map(|binding| &binding.queries);
            paths.query_names.extend(queries.map(|(name, _)| *name));
            let mut among = &mut paths.nodes;
            for _ in 1..depth {
                let Some(last) = among.len().checked_sub(1) else { break };
                among = &mut among[last].below;
            }
            among.push(node);
        }
        paths
    }

    pub(super) fn operations(&self) -> impl Iterator<Item = &'static str> {
        let mut waiting: Vec<&Node> = self.nodes.iter().collect();
        let mut found = Vec::new();
        while let Some(node) = waiting.pop() {
            found.extend(node.bound.iter().map(|binding| binding.operation));
            waiting.extend(&node.below);
        }
        found.into_iter()
    }

    pub(super) fn tells_by_query(&self, name: &str) -> bool {
        self.query_names.contains(name)
    }

    pub(super) fn tells_by_query_in_any_case(&self, name: &str) -> bool {
        self.query_names.iter().any(|one| one.eq_ignore_ascii_case(name))
    }

    pub(super) fn find<'p>(&self, method: &str, segments: &[&'p str], asked: &dyn AskedFor) -> Option<Found<'_, 'p>> {
        let mut search = Search { method, asked, best: None, labels: Vec::new(), precision: Vec::new(), tries: 0 };
        self.nodes.iter().for_each(|node| search.node(node, &node.segments, segments));
        search.best
    }
}

fn node(text: &'static str) -> Node {
    let mut words = text.split(' ');
    let path = words.next().unwrap_or_default();
    let segments = path.split('/').skip(1).map(segment).collect();
    let mut bound = Vec::new();
    while let (Some(binding), Some(operation)) = (words.next(), words.next()) {
        let (binding, header) = match binding.split_once('@') {
            Some((binding, header)) => (binding, Some(header)),
            None => (binding, None),
        };
        let (method, queries) = binding.split_once('?').unwrap_or((binding, ""));
        let query = |text: &'static str| match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let queries = queries.split('&').filter(|text| !text.is_empty()).map(query).collect();
        bound.push(Binding { method, queries, header, operation });
    }
    Node { segments, bound, below: Vec::new() }
}

fn segment(text: &'static str) -> Segment {
    match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(label) => match label.strip_suffix('+') {
            Some(label) => Segment::Greedy(label),
            None => Segment::Label(label),
        },
        None => Segment::Literal(text),
    }
}

struct Search<'a, 't, 'p> {
    method: &'a str,
    asked: &'a dyn AskedFor,
    best: Option<Found<'t, 'p>>,
    labels: Vec<(&'t str, Vec<&'p str>)>,
    precision: Vec<u8>,
    tries: usize,
}

impl<'t, 'p> Search<'_, 't, 'p> {
    /// Matches what is left of a node's own segments, then what is below it.
    fn node(&mut self, node: &'t Node, wanted: &[Segment], parts: &[&'p str]) {
        let Some((first, wanted)) = wanted.split_first() else {
            if parts.is_empty() || *parts == [""] {
                node.bound.iter().for_each(|binding| self.end(binding));
            }
            node.below.iter().for_each(|below| self.node(below, &below.segments, parts));
            return;
        };
        match *first {
            // A slash too many at the end means the same resource, and so does one too few.
            Segment::Literal("") if parts.is_empty() => self.node(node, wanted, parts),
            Segment::Literal(text) => {
                if let Some((part, parts)) = parts.split_first()
                    && *part == text
                {
                    self.descend(2, |search| search.node(node, wanted, parts));
                }
            }
            Segment::Label(label) => {
                if let Some((part, parts)) = parts.split_first()
                    && !part.is_empty()
                {
                    self.labels.push((label, vec![part]));
                    self.descend(1, |search| search.node(node, wanted, parts));
                    self.labels.pop();
                }
            }
            Segment::Greedy(label) => {
                let is_last = wanted.is_empty() && node.below.is_empty();
                let shortest = if is_last { parts.len() } else { 1 };
                for length in (shortest.max(1)..=parts.len()).rev() {
                    self.tries += 1;
                    if self.tries > TRIES_MAX || parts[..length].iter().all(|part| part.is_empty()) {
                        return;
                    }
                    self.labels.push((label, parts[..length].to_vec()));
                    self.descend(0, |search| search.node(node, wanted, &parts[length..]));
                    self.labels.pop();
                }
            }
        }
    }

    fn descend(&mut self, precision: u8, then: impl FnOnce(&mut Self)) {
        self.precision.push(precision);
        then(self);
        self.precision.pop();
    }

    fn end(&mut self, binding: &'t Binding) {
        let asked = self.asked;
        let fits = binding.method == self.method
            && binding.queries.iter().all(|(name, value)| asked.has_query(name, *value))
            && binding.header.is_none_or(|name| asked.has_header(name));
        if !fits {
            return;
        }
        let demanded = binding.queries.len() + usize::from(binding.header.is_some());
        let precision = (self.precision.clone(), demanded);
        if self.best.as_ref().is_none_or(|best| best.precision < precision) {
            let queries = binding.queries.iter().map(|(name, _)| *name).collect();
            self.best = Some(Found { operation: binding.operation, labels: self.labels.clone(), queries, precision });
        }
    }
}

/// A request for a binding.
#[cfg(test)]
#[derive(Debug)]
pub(crate) struct Example {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) header: Option<&'static str>,
    pub(crate) operation: &'static str,
}

#[cfg(test)]
impl Paths {
    pub(super) fn examples(&self) -> Vec<Example> {
        let mut waiting: Vec<(String, &Node)> = self.nodes.iter().map(|node| (String::new(), node)).collect();
        let mut all = Vec::new();
        while let Some((above, node)) = waiting.pop() {
            let segment = |segment: &Segment| match segment {
                Segment::Literal(text) => format!("/{text}"),
                Segment::Label(_) | Segment::Greedy(_) => "/x".to_owned(),
            };
            let path = above + &node.segments.iter().map(segment).collect::<String>();
            for binding in &node.bound {
                let query = binding.queries.iter().map(|(name, value)| format!("{name}={}", value.unwrap_or_default()));
                all.push(Example {
                    method: binding.method,
                    path: path.clone(),
                    query: query.collect::<Vec<_>>().join("&"),
                    header: binding.header,
                    operation: binding.operation,
                });
            }
            waiting.extend(node.below.iter().map(|below| (path.clone(), below)));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Query(&'static [&'static str]);

    impl AskedFor for Query {
        fn has_query(&self, name: &str, value: Option<&str>) -> bool {
            self.0.iter().any(|pair| {
                let (found, is) = pair.split_once('=').unwrap_or((pair, ""));
                found == name && value.is_none_or(|value| value == is)
            })
        }

        fn has_header(&self, _: &str) -> bool {
            false
        }
    }

    const LINES: &str = " / GET ListBuckets\n \
        /a GET ListA POST CreateA\n  \
        /{Name} GET GetA GET?find=b FindB\n   \
        /items/{Item} GET GetItem\n  \
        /special GET GetSpecial\n \
        /k/{Key+} PUT Put PUT?part Part\n \
        /r/{name+}/policy GET GetPolicy\n";

    fn found(method: &str, path: &str, query: &'static [&'static str]) -> Option<(String, String)> {
        let paths = Paths::read(LINES);
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let found = paths.find(method, &segments, &Query(query))?;
        let labels = found.labels.iter().map(|(name, parts)| format!("{name}={}", parts.join("/")));
        Some((found.operation.to_owned(), labels.collect::<Vec<_>>().join(",")))
    }

    #[test]
    fn literals_win_over_labels_and_demands_over_none() {
        for (method, path, query, operation, labels) in [
            ("GET", "/", &[][..], "ListBuckets", ""),
            ("GET", "/a", &[], "ListA", ""),
            ("GET", "/a/", &[], "ListA", ""),
            ("POST", "/a", &[], "CreateA", ""),
            ("GET", "/a/x", &[], "GetA", "Name=x"),
            ("GET", "/a/x", &["find=b"], "FindB", "Name=x"),
            ("GET", "/a/x", &["find=c"], "GetA", "Name=x"),
            ("GET", "/a/special", &[], "GetSpecial", ""),
            ("GET", "/a/x/items/y", &[], "GetItem", "Name=x,Item=y"),
            ("PUT", "/k/x//y/", &[], "Put", "Key=x//y/"),
            ("PUT", "/k/x", &["part"], "Part", "Key=x"),
            ("GET", "/r/x/policy/policy", &[], "GetPolicy", "name=x/policy"),
        ] {
            assert_eq!(found(method, path, query), Some((operation.to_owned(), labels.to_owned())), "{method} {path}");
        }
        for (method, path) in [("PUT", "/a"), ("GET", "/a//x"), ("PUT", "/k/"), ("PUT", "/k"), ("GET", "/b")] {
            assert_eq!(found(method, path, &[]), None, "{method} {path}");
        }
    }

    #[test]
    fn a_path_of_many_segments_is_given_up_not_tried_for_ever() {
        let path = format!("/r{}", "/policy".repeat(3000));
        assert!(found("GET", &path, &[]).is_some());
    }
}
