//! A query prepared to be run.

use super::check::paths;
use super::condition::Prepared;
use super::path::{INSTANCE_STATUS, SCHEMA_INSTANCE_STATUS, is_state_value};
use super::project::Selection;
use super::run::{Place, Run};
use super::{Item, OrderBy, Path, Query, Wanted, check};
use crate::needle::Needle;

/// A query prepared to be run over documents.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) query: Query,
    pub(super) condition: Option<Prepared>,
    pub(super) selection: Selection,
}

impl Plan {
    /// The plan of a query.
    pub fn new(query: Query) -> Self {
        let mut selection = Selection::default();
        for item in &query.items {
            match item {
                Item::All => selection.add_all(),
                Item::Property(path) => selection.add(path.names()),
                Item::Aggregate(_) => {}
            }
        }
        Self { condition: query.condition.as_ref().map(Prepared::from), selection, query }
    }

    /// What is selected, in order, by the names that results have (config.md §7.4).
    pub fn fields(&self) -> Vec<String> {
        let mut fields = Vec::new();
        for item in &self.query.items {
            match item {
                Item::All => fields.extend(check::ALL.map(str::to_owned)),
                item => fields.push(item.to_string()),
            }
        }
        fields
    }

    /// Whether results are of groups, and not of resources.
    pub fn is_grouped(&self) -> bool {
        self.query.is_grouped()
    }

    /// Whether results come in pages; those in the order of an aggregate do not.
    pub fn has_pages(&self) -> bool {
        !self.orders_by_aggregate()
    }

    pub(super) fn orders_by_aggregate(&self) -> bool {
        self.query.order.iter().any(|order| matches!(order.by, OrderBy::Aggregate(_)))
    }

    /// The parts of a document that a run looks at.
    pub fn wanted(&self) -> Wanted {
        let mut wanted = Wanted::default();
        for path in paths(&self.query) {
            wanted.add(stored(path));
            if let [root, name, rest @ ..] = path.names()
                && name == SCHEMA_INSTANCE_STATUS
            {
                let names = [&[root.clone(), INSTANCE_STATUS.to_owned()], rest].concat();
                wanted.add(&names);
            }
        }
        if self.query.items.contains(&Item::All) {
            check::ALL.iter().for_each(|name| wanted.add(&[(*name).to_owned()]));
        }
        wanted
    }

    /// Whether a document can be in the results of which some outermost properties alone are known.
    pub fn may_match<'k>(&self, known: &dyn Fn(&str) -> Option<&'k str>) -> bool {
        self.condition.as_ref().is_none_or(|condition| condition.holds_by(known) != Some(false))
    }

    /// What the text of a document in the results contains. `is_kept` says of which properties texts are in it as they
    /// are.
    pub fn needle(&self, is_kept: &dyn Fn(&Path) -> bool) -> Needle {
        self.condition.as_ref().map_or(Needle::Anything, |condition| condition.needle(is_kept))
    }

    /// Starts a run for so many results after a place, or from the first.
    pub fn run(&self, limit: usize, after: Option<Place>) -> Run<'_> {
        Run::new(self, limit, after)
    }
}

/// The names of a path as far as items have them: what the schema calls `state.value` is `state`.
fn stored(path: &Path) -> &[String] {
    match path.names() {
        [outer @ .., last] if outer.last().is_some_and(|name| is_state_value(name, last)) => outer,
        names => names,
    }
}
