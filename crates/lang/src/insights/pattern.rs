//! What `pattern` makes of messages: clusters that differ in their variable parts alone (logs.md §7.10).
//!
//! A message is cut into words and what stands between them. Numbers, times, addresses and ids are known
//! by their form. Messages with the same separators that share at least half of their other words are one
//! cluster, and where those words differ the cluster has a token instead. This follows Drain (He et al. 2017), with
//! separators in place of its tree. The number of clusters is bounded; so is the memory.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use words::{Kind, Word, cut};

#[cfg(test)]
mod tests;
mod words;

/// How much of a message is looked at.
const CHARACTERS_MAX: usize = 1500;
/// Clusters of one shape. A message that is like none of so many joins the one it is most like.
const CLUSTERS_PER_SHAPE_MAX: usize = 64;
/// Shapes. Messages of others are counted together, as the token that they are.
const SHAPES_MAX: usize = 4096;

/// Clusters of messages. They can be made in parts and merged.
#[derive(Clone, Debug, Default)]
pub struct Clusters {
    /// By the hash of their separators.
    shapes: HashMap<u64, Vec<Cluster>>,
    /// Messages of shapes beyond the last that is kept.
    others: u64,
    total: u64,
    memory_bytes: usize,
}

#[derive(Clone, Debug)]
struct Cluster {
    /// What stands around the words: one more than there are words.
    separators: Vec<Box<str>>,
    words: Vec<Part>,
    count: u64,
}

/// A word of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Fixed(Box<str>),
    Token(Kind),
}

impl Part {
    fn as_word(&self) -> Word<'_> {
        match self {
            Self::Fixed(text) => Word::Fixed(text),
            Self::Token(kind) => Word::Token(*kind),
        }
    }
}

/// A cluster, as a row of the result.
#[derive(Clone, Debug, PartialEq)]
pub struct PatternRow {
    /// `@pattern`.
    pub pattern: String,
    /// `@ratio`: the share of the messages, from 0 to 1.
    pub ratio: f64,
    /// `@sampleCount`.
    pub sample_count: u64,
    /// `@severityLabel`.
    pub severity: &'static str,
}

impl Clusters {
    /// Adds a message.
    pub fn push(&mut self, message: &str) {
        let end = message.char_indices().nth(CHARACTERS_MAX).map_or(message.len(), |(at, _)| at);
        let (separators, words) = cut(&message[..end]);
        self.add(&separators, &words, 1);
    }

    /// Adds what others found.
    pub fn merge(&mut self, other: Self) {
        self.others += other.others;
        self.total += other.others;
        let mut clusters: Vec<Cluster> = other.shapes.into_values().flatten().collect();
        // What comes first shapes a cluster, and the order of a map is anyone's.
        clusters.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.pattern().cmp(&b.pattern())));
        for cluster in &clusters {
            let separators: Vec<&str> = cluster.separators.iter().map(AsRef::as_ref).collect();
            let words: Vec<Word<'_>> = cluster.words.iter().map(Part::as_word).collect();
            self.add(&separators, &words, cluster.count);
        }
    }

    fn add(&mut self, separators: &[&str], words: &[Word<'_>], count: u64) {
        self.total += count;
        let mut hasher = DefaultHasher::new();
        separators.hash(&mut hasher);
        let room = self.shapes.len() < SHAPES_MAX;
        let clusters = match self.shapes.entry(hasher.finish()) {
            std::collections::hash_map::Entry::Vacant(_) if !room => {
                self.others += count;
                return;
            }
            entry => entry.or_default(),
        };
        // Of clusters that are as like, the first.
        let mut best: Option<(f64, usize)> = None;
        for (index, cluster) in clusters.iter().enumerate() {
            let likeness = cluster.likeness(separators, words);
            if likeness.is_some_and(|likeness| best.is_none_or(|(best, _)| likeness > best)) {
                best = likeness.map(|likeness| (likeness, index));
            }
        }
        match best {
            Some((likeness, index)) if likeness >= 0.5 || clusters.len() >= CLUSTERS_PER_SHAPE_MAX => {
                clusters[index].absorb(words, count);
            }
            _ => {
                let cluster = Cluster::new(separators, words, count);
                self.memory_bytes += cluster.memory_bytes();
                clusters.push(cluster);
            }
        }
    }

    /// The clusters, largest first.
    pub fn rows(&self) -> Vec<PatternRow> {
        let row = |pattern: String, count: u64, severity: &'static str| PatternRow {
            pattern,
            ratio: count as f64 / self.total as f64,
            sample_count: count,
            severity,
        };
        let clusters = self.shapes.values().flatten();
        let mut rows: Vec<PatternRow> =
            clusters.map(|cluster| row(cluster.pattern(), cluster.count, cluster.severity())).collect();
        if self.others > 0 {
            rows.push(row("<Token-1>".to_owned(), self.others, "None"));
        }
        rows.sort_by(|a, b| b.sample_count.cmp(&a.sample_count).then_with(|| a.pattern.cmp(&b.pattern)));
        rows
    }

    /// How much memory they take.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.memory_bytes
    }
}

impl Cluster {
    fn new(separators: &[&str], words: &[Word<'_>], count: u64) -> Self {
        let part = |word: &Word<'_>| match word {
            Word::Fixed(text) => Part::Fixed((*text).into()),
            Word::Token(kind) => Part::Token(*kind),
        };
        let separators = separators.iter().map(|separator| Box::from(*separator)).collect();
        Self { separators, words: words.iter().map(part).collect(), count }
    }

    /// The share of a message's fixed words that the cluster has as well; `None` if they cannot be one.
    fn likeness(&self, separators: &[&str], words: &[Word<'_>]) -> Option<f64> {
        if !self.separators.iter().map(AsRef::as_ref).eq(separators.iter().copied()) {
            return None;
        }
        let (mut fixed, mut same) = (0, 0);
        for (part, word) in self.words.iter().zip(words) {
            match (part, word) {
                (Part::Fixed(a), Word::Fixed(b)) => {
                    fixed += 1;
                    same += u32::from(a.as_ref() == *b);
                    // Lines of different levels say different things, however alike.
                    if severity_of(a).is_some() && severity_of(b).is_some() && a.as_ref() != *b {
                        return None;
                    }
                }
                (Part::Fixed(_), Word::Token(_)) | (Part::Token(_), Word::Fixed(_)) => fixed += 1,
                (Part::Token(_), Word::Token(_)) => {}
            }
        }
        Some(if fixed == 0 { 1.0 } else { f64::from(same) / f64::from(fixed) })
    }

    /// Takes a message in: where its words are others, the cluster has tokens from now on.
    fn absorb(&mut self, words: &[Word<'_>], count: u64) {
        self.count += count;
        for (part, word) in self.words.iter_mut().zip(words) {
            if part.as_word() != *word {
                *part = Part::Token(Kind::Token);
            }
        }
    }

    fn pattern(&self) -> String {
        let mut pattern = String::new();
        let mut tokens = 0;
        for (index, separator) in self.separators.iter().enumerate() {
            pattern.push_str(separator);
            match self.words.get(index) {
                Some(Part::Fixed(text)) => pattern.push_str(text),
                Some(Part::Token(kind)) => {
                    tokens += 1;
                    pattern.push_str(&format!("<{}-{tokens}>", kind.name()));
                }
                None => {}
            }
        }
        pattern
    }

    fn severity(&self) -> &'static str {
        let labels = self.words.iter().filter_map(|part| match part {
            Part::Fixed(text) => severity_of(text),
            Part::Token(_) => None,
        });
        labels.max().map_or("None", |(_, label)| label)
    }

    fn memory_bytes(&self) -> usize {
        let texts = self.separators.iter().map(|text| text.len()).sum::<usize>();
        let words = self.words.iter().map(|part| match part {
            Part::Fixed(text) => text.len(),
            Part::Token(_) => 0,
        });
        let slots = self.separators.len() * size_of::<Box<str>>() + self.words.len() * size_of::<Part>();
        size_of::<Self>() + texts + words.sum::<usize>() + slots
    }
}

/// What a word says of how bad things are, worst last.
fn severity_of(word: &str) -> Option<(u8, &'static str)> {
    const WORDS: [(&str, u8, &str); 15] = [
        ("trace", 0, "Debug"),
        ("debug", 0, "Debug"),
        ("info", 1, "Info"),
        ("information", 1, "Info"),
        ("notice", 1, "Info"),
        ("warn", 2, "Warning"),
        ("warning", 2, "Warning"),
        ("error", 3, "Error"),
        ("err", 3, "Error"),
        ("exception", 3, "Error"),
        ("failed", 3, "Error"),
        ("failure", 3, "Error"),
        ("fatal", 3, "Error"),
        ("critical", 3, "Error"),
        ("panic", 3, "Error"),
    ];
    if !(3..=11).contains(&word.len()) {
        return None;
    }
    WORDS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(word)).map(|(_, rank, label)| (*rank, *label))
}
