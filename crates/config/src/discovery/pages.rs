//! A listing, page by page: so that of a type with many resources no more is held than a page.

use std::collections::{BTreeMap, HashSet};

use super::call::Given;
use super::datum::Datum;
use super::lister::{CallFailed, Lister, given, has_list};
use super::path;
use super::table::{Read, ResourceType};

/// What the listing of a type says of each resource.
pub(super) struct Pages<'u> {
    lister: Lister<'u>,
    of: &'static ResourceType,
    /// What the resources are listed below; not known before the first page.
    parents: Option<std::vec::IntoIter<Datum>>,
    walk: Option<Walk<'static>>,
}

/// The pages of one list.
struct Walk<'t> {
    read: &'t Read,
    parent: Datum,
    place: Place,
    seen: HashSet<String>,
}

/// Where a list goes on.
enum Place {
    Start,
    At(String),
    End,
}

impl<'u> Pages<'u> {
    pub(super) fn new(lister: Lister<'u>, of: &'static ResourceType) -> Self {
        Self { lister, of, parents: None, walk: None }
    }

    /// The next page; nothing after the last one, or after a failure.
    pub(super) async fn next(&mut self) -> Option<Result<Vec<Datum>, CallFailed>> {
        let read = self.read().await;
        if read.is_err() {
            self.parents = Some(Vec::new().into_iter());
            self.walk = None;
        }
        read.transpose()
    }

    async fn read(&mut self) -> Result<Option<Vec<Datum>>, CallFailed> {
        loop {
            if self.walk.is_none() {
                let Some(parent) = self.next_parent().await? else { return Ok(None) };
                self.walk = Some(Walk::new(&self.of.list, parent));
            }
            let Some(walk) = &mut self.walk else { return Ok(None) };
            match walk.next(self.lister, self.of).await? {
                None => self.walk = None,
                Some(mut found) => {
                    // What is listed below another knows what it is below.
                    if self.of.parents.is_some() {
                        found.iter_mut().for_each(|element| element.merge(walk.parent.clone()));
                    }
                    return Ok(Some(found));
                }
            }
        }
    }

    async fn next_parent(&mut self) -> Result<Option<Datum>, CallFailed> {
        if self.parents.is_none() {
            let mut parents = Vec::new();
            match &self.of.parents {
                None => parents.push(Datum::Structure(BTreeMap::new())),
                Some(read) => {
                    let mut walk = Walk::new(read, Datum::NULL);
                    while let Some(found) = walk.next(self.lister, self.of).await? {
                        parents.extend(found);
                    }
                }
            }
            self.parents = Some(parents.into_iter());
        }
        Ok(self.parents.as_mut().and_then(Iterator::next))
    }
}

impl<'t> Walk<'t> {
    fn new(read: &'t Read, parent: Datum) -> Self {
        Self { read, parent, place: Place::Start, seen: HashSet::new() }
    }

    async fn next(&mut self, lister: Lister<'_>, of: &'static ResourceType) -> Result<Option<Vec<Datum>>, CallFailed> {
        let token = match std::mem::replace(&mut self.place, Place::End) {
            Place::Start => None,
            Place::At(token) => Some(token),
            Place::End => return Ok(None),
        };
        let mut all = given(of, &self.read.parameters, &self.parent, None)?;
        if let Some(pages) = &of.pages {
            all.extend(given(of, &pages.parameters, &self.parent, None)?);
            all.extend(token.map(|token| Given::text(pages.token_in, token)));
        }
        let said = lister.ask(of, self.read, &all).await?;
        if !has_list(&said, self.read.path) {
            return Err(CallFailed::Unanswered(format!("{} answers no list", self.read.operation.name)));
        }
        if let Some(token) = of.pages.as_ref().and_then(|pages| path::text(&said, pages.token_out)) {
            if !self.seen.insert(token.clone()) {
                return Err(CallFailed::Unanswered(format!("{} gives the same page again", self.read.operation.name)));
            }
            self.place = Place::At(token);
        }
        Ok(Some(super::lister::elements(self.read, &said)))
    }
}
