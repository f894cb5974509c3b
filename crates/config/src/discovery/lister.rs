//! Listing an upstream's resources and asking for one: page by page, with what further reads say of each.
//!
//! A failure is never taken for an absence (D-2): a listing that broke off says so, and a resource of which something
//! could not be read is told of as untold.

use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;
use base::Scope;
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::Value;

use super::answer::{self, Answer};
use super::call::{self, Call, Given};
use super::datum::Datum;
use super::describe::{self, Found, State};
use super::pages::Pages;
use super::table::{Add, From, One, Read, ResourceType};
use super::{path, shaping};
use crate::observe::Description;

/// Who calls upstreams.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// Whether what is signed for a service goes to an upstream, and not to the server itself.
    fn serves(&self, service: &str) -> bool;

    /// Whether the server stops: what is under way is given up, and nothing is made of it.
    fn is_stopping(&self) -> bool {
        false
    }

    /// Puts a call, signed for the scope's region, and gives the answer in the form that the call [reads](Call::reads).
    /// Whoever fulfils this tries again what was refused for being too much, and waits in between.
    ///
    /// # Errors
    /// It was refused, or there was no answer.
    async fn call(&self, scope: &Scope, call: &Call) -> Result<Answer, CallFailed>;
}

/// Why a call gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallFailed {
    /// The upstream refused.
    #[error("{code}: {message} (status {status})")]
    Refused {
        /// The status of HTTP.
        status: u16,
        /// The code.
        code: String,
        /// The message, maybe empty.
        message: String,
    },
    /// There was no answer, or one that cannot be read.
    #[error("{0}")]
    Unanswered(String),
}

impl CallFailed {
    /// Whether the upstream does not know the operation, and will not soon (D-3).
    pub fn is_unsupported(&self) -> bool {
        const CODES: [&str; 7] = [
            "InvalidAction",
            "InternalFailure.NotImplemented",
            "NotImplemented",
            "NotImplementedException",
            "UnknownOperation",
            "UnknownOperationException",
            "UnsupportedOperation",
        ];
        match self {
            Self::Refused { status, code, .. } => CODES.contains(&code.as_str()) || matches!(status, 404 | 501),
            Self::Unanswered(_) => false,
        }
    }

    /// Whether the upstream's credentials do not suffice (D-3).
    pub fn is_denied(&self) -> bool {
        match self {
            Self::Refused { status, code, .. } => *status == 403 || code.starts_with("AccessDenied"),
            Self::Unanswered(_) => false,
        }
    }

    /// Whether an upstream of one region says that the resource is of another.
    fn leads_elsewhere(&self) -> bool {
        let is_redirect = matches!(self, Self::Refused { status: 301 | 307, .. });
        is_redirect || self.is_code(&["PermanentRedirect", "AuthorizationHeaderMalformed"])
    }

    fn is_code(&self, codes: &[&str]) -> bool {
        matches!(self, Self::Refused { code, .. } if codes.contains(&code.as_str()))
    }
}

/// What a listing of a type told.
#[derive(Debug)]
pub struct Listing {
    /// The resources by id.
    pub resources: Vec<(String, Description)>,
    /// Resources that are listed as gone, by what they are asked for by.
    pub gone: Vec<String>,
    /// Resources that are there, and of which nothing is told.
    pub untold: Vec<Untold>,
    /// Why it broke off, if it did.
    pub end: Result<(), CallFailed>,
}

impl Listing {
    /// Whether what it lacks is missing: it was read to its end, and told of everything.
    pub fn is_whole(&self) -> bool {
        self.end.is_ok() && self.untold.is_empty()
    }
}

/// A resource that is there, and of which nothing is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    /// What it is asked for by.
    pub key: String,
    /// What could not be read; `None` when the resource is on its way to another state.
    pub failure: Option<CallFailed>,
}

/// What is known of one resource that was asked for.
#[derive(Debug)]
pub enum Looked {
    /// It is there: its id and what it is like.
    There(String, Box<Description>),
    /// It is not there.
    Gone,
    /// It is there, and of another region.
    Elsewhere,
    /// It is there, and on its way to another state.
    Untold,
}

/// How many resources are read at once.
const AT_ONCE: usize = 8;

/// What asks an upstream for the resources of an account and region.
#[derive(Clone, Copy)]
pub struct Lister<'u> {
    upstream: &'u dyn Upstream,
    scope: &'u Scope,
}

/// What was read of a resource, or why it cannot be told.
enum Details {
    Found(Box<Found>),
    Gone,
    Elsewhere,
    Unsettled,
    Failed(CallFailed),
}

impl<'u> Lister<'u> {
    /// The one for an account and region.
    pub fn new(upstream: &'u dyn Upstream, scope: &'u Scope) -> Self {
        Self { upstream, scope }
    }

    /// All resources of a type.
    pub async fn list(self, of: &'static ResourceType) -> Listing {
        let mut all = Listing { resources: Vec::new(), gone: Vec::new(), untold: Vec::new(), end: Ok(()) };
        let mut reading = self.reading(of);
        while let Some(page) = reading.next().await {
            all.resources.extend(page.resources);
            all.gone.extend(page.gone);
            all.untold.extend(page.untold);
            all.end = page.end;
        }
        all
    }

    /// The same page by page.
    pub fn reading(self, of: &'static ResourceType) -> Reading<'u> {
        Reading { lister: self, of, pages: Pages::new(self, of), ids: HashSet::new() }
    }

    /// One resource, by what the type is [asked by](ResourceType::asked_by).
    ///
    /// # Errors
    /// It cannot be told: nothing is to be made of it.
    pub async fn look(&self, of: &'static ResourceType, key: &str) -> Result<Looked, CallFailed> {
        let Some(element) = self.element(of, key).await? else { return Ok(Looked::Gone) };
        Ok(match self.details(of, element).await {
            Details::Found(found) => {
                let (id, description) = described(of, self.scope, *found)?;
                Looked::There(id, Box::new(description))
            }
            Details::Gone => Looked::Gone,
            Details::Elsewhere => Looked::Elsewhere,
            Details::Unsettled => Looked::Untold,
            Details::Failed(failure) => return Err(failure),
        })
    }

    /// What one resource's listing says of it; `None` when it is not there.
    async fn element(&self, of: &'static ResourceType, key: &str) -> Result<Option<Datum>, CallFailed> {
        let is_it = |element: &Datum| {
            describe::handle(of, self.scope, element).is_some_and(|found| found.eq_ignore_ascii_case(key))
        };
        match &of.one {
            One::Made(member) => Ok(Some(structure(member, key))),
            One::Narrowed(parameters) => {
                let read =
                    Read { parameters: [of.list.parameters.clone(), parameters.clone()].concat(), ..of.list.clone() };
                let said = self.read(of, &read, &Datum::NULL, Some(key)).await;
                let elements =
                    said.map(|said| elements(&read, &said)).or_else(|failure| absent(of, failure, Vec::new()))?;
                Ok(elements.into_iter().find(is_it))
            }
            One::Read(read) => {
                let said = self.read(of, read, &Datum::NULL, Some(key)).await;
                let said = said.map(Some).or_else(|failure| absent(of, failure, None))?;
                Ok(said.and_then(|said| path::at(&said, read.path).first().map(|found| (*found).clone())))
            }
            One::Picked => {
                let (elements, end) = self.elements(of).await;
                if let Some(found) = elements.into_iter().find(is_it) {
                    return Ok(Some(found));
                }
                end?;
                // That a list lacks it is told once; the answer to a question for it tells for certain.
                let Some(ask) = &of.ask else { return Ok(None) };
                match self.read(of, ask, &Datum::NULL, Some(key)).await {
                    Ok(_) => {
                        Err(CallFailed::Unanswered(format!("{key} is there, and not in the list of {}", of.name())))
                    }
                    Err(failure) => absent(of, failure, None),
                }
            }
        }
    }

    /// What the listing of a type says of each resource, and whether it was read to its end.
    async fn elements(&self, of: &'static ResourceType) -> (Vec<Datum>, Result<(), CallFailed>) {
        let mut found = Vec::new();
        let mut pages = Pages::new(*self, of);
        while let Some(page) = pages.next().await {
            match page {
                Ok(elements) => found.extend(elements),
                Err(failure) => return (found, Err(failure)),
            }
        }
        (found, Ok(()))
    }

    /// All that is read of a resource beside what its listing says.
    async fn details(&self, of: &'static ResourceType, mut resource: Datum) -> Details {
        if describe::state(of, self.scope, &resource) == State::Gone {
            return Details::Gone;
        }
        for read in &of.gets {
            let tells_place = of.here.is_some() && of.here == read.member;
            let said = match self.read(of, read, &resource, None).await {
                Ok(said) => said,
                Err(failure) if tells_place && failure.leads_elsewhere() => return Details::Elsewhere,
                Err(failure) if failure.is_code(&of.gone) => return Details::Gone,
                Err(failure) if is_none(of, &failure) && read.member.is_some() => continue,
                Err(failure) => return Details::Failed(failure),
            };
            let found: Vec<Datum> = path::at(&said, read.path).into_iter().cloned().collect();
            match read.member {
                Some(member) if read.path.ends_with("[]") => resource.merge(member_of(member, Datum::List(found))),
                Some(member) => found.into_iter().for_each(|found| resource.merge(member_of(member, found))),
                // An answer about a resource that has no place for it in it says that it is not there.
                None if found.is_empty() => return Details::Gone,
                None => found.into_iter().for_each(|found| resource.merge(found)),
            }
            // Of a resource that is not here nothing more is asked.
            if tells_place && describe::state(of, self.scope, &resource) == State::Elsewhere {
                return Details::Elsewhere;
            }
        }
        match describe::state(of, self.scope, &resource) {
            State::There => {}
            State::Gone => return Details::Gone,
            State::Elsewhere => return Details::Elsewhere,
            State::Unsettled => return Details::Unsettled,
        }
        let mut supplementary = BTreeMap::new();
        for add in &of.adds {
            match self.supplement(of, add, &resource).await {
                Ok(value) => supplementary.extend(value.map(|value| (add.key.to_owned(), value))),
                Err(failure) if failure.is_code(&of.gone) => return Details::Gone,
                Err(failure) => return Details::Failed(failure),
            }
        }
        Details::Found(Box::new(Found { resource, supplementary }))
    }

    async fn supplement(
        &self,
        of: &'static ResourceType,
        add: &Add,
        resource: &Datum,
    ) -> Result<Option<Value>, CallFailed> {
        let shown = |found: Option<&Datum>| match add.through {
            Some(through) => through(found),
            None => shaping::said(found, of.casing),
        };
        match &add.from {
            From::Known(at) => Ok(shown(path::at(resource, at).first().copied())),
            From::Read(read) => match self.read(of, read, resource, None).await {
                Ok(said) => Ok(shown(path::at(&said, read.path).first().copied())),
                Err(failure) if is_none(of, &failure) => Ok(shown(None)),
                Err(failure) => Err(failure),
            },
        }
    }

    async fn read(
        &self,
        of: &'static ResourceType,
        read: &Read,
        resource: &Datum,
        key: Option<&str>,
    ) -> Result<Datum, CallFailed> {
        let given = given(of, &read.parameters, resource, key)?;
        self.ask(of, read, &given).await
    }

    pub(super) async fn ask(
        &self,
        of: &'static ResourceType,
        read: &Read,
        given: &[Given],
    ) -> Result<Datum, CallFailed> {
        let call = call::call(of.service, read.operation, given);
        let answer = self.upstream.call(self.scope, &call).await?;
        let said = answer::read(of.service, read.operation, &answer);
        said.ok_or_else(|| CallFailed::Unanswered(format!("what came is no answer of {}", read.operation.name)))
    }
}

/// A listing that is read page by page.
pub struct Reading<'u> {
    lister: Lister<'u>,
    of: &'static ResourceType,
    pages: Pages<'u>,
    /// The resources that were told of.
    ids: HashSet<String>,
}

impl Reading<'_> {
    /// What the next page told; nothing after the last. One that broke off ends with a page that says why.
    pub async fn next(&mut self) -> Option<Listing> {
        let (elements, end) = match self.pages.next().await? {
            Ok(elements) => (elements, Ok(())),
            Err(failure) => (Vec::new(), Err(failure)),
        };
        let (lister, of) = (self.lister, self.of);
        let mut listing = Listing { resources: Vec::new(), gone: Vec::new(), untold: Vec::new(), end };
        let keyed = elements.into_iter().map(|element| async move {
            let key = describe::handle(of, lister.scope, &element).unwrap_or_default();
            (key, lister.details(of, element).await)
        });
        // In the order of the list, so that the same list tells the same.
        let mut read = stream::iter(keyed).buffered(AT_ONCE);
        while let Some((key, details)) = read.next().await {
            match details {
                Details::Found(found) => match described(of, lister.scope, *found) {
                    // Emulators give several databases the id of one.
                    Ok((id, _)) if !self.ids.insert(id.clone()) => {
                        let failure = CallFailed::Unanswered(format!("another resource of {} is {id} too", of.name()));
                        listing.untold.push(Untold { key, failure: Some(failure) });
                    }
                    Ok(resource) => listing.resources.push(resource),
                    Err(failure) => listing.untold.push(Untold { key, failure: Some(failure) }),
                },
                Details::Gone => listing.gone.push(key),
                Details::Elsewhere => {}
                Details::Unsettled => listing.untold.push(Untold { key, failure: None }),
                Details::Failed(failure) => listing.untold.push(Untold { key, failure: Some(failure) }),
            }
        }
        Some(listing)
    }
}

fn described(of: &ResourceType, scope: &Scope, found: Found) -> Result<(String, Description), CallFailed> {
    let nameless = || CallFailed::Unanswered(format!("a resource of {} has no id", of.name()));
    describe::describe(of, scope, found).ok_or_else(nameless)
}

pub(super) fn given(
    of: &ResourceType,
    parameters: &[super::table::Parameter],
    resource: &Datum,
    key: Option<&str>,
) -> Result<Vec<Given>, CallFailed> {
    Given::all(parameters, resource, key)
        .ok_or_else(|| CallFailed::Unanswered(format!("a resource of {} lacks what names it", of.name())))
}

/// Whether the list at a path is one. Services leave empty ones out; something else in its place is no list.
pub(super) fn has_list(said: &Datum, path: &str) -> bool {
    let first = path.split('.').next().unwrap_or_default().trim_end_matches("[]");
    match said {
        Datum::Structure(members) => members.get(first).is_none_or(|found| !found.is_null()),
        _ => false,
    }
}

/// The elements of a list; those that are texts become a member.
pub(super) fn elements(read: &Read, said: &Datum) -> Vec<Datum> {
    let found = path::at(said, read.path).into_iter();
    match read.member {
        Some(member) => found.filter_map(|found| Some(structure(member, &found.as_text()?))).collect(),
        None => found.cloned().collect(),
    }
}

fn structure(member: &str, text: &str) -> Datum {
    member_of(member, Datum::text(text))
}

fn member_of(member: &str, value: Datum) -> Datum {
    Datum::Structure(BTreeMap::from([(member.to_owned(), value)]))
}

/// What is made of a refusal that says that a resource is not there.
fn absent<T>(of: &ResourceType, failure: CallFailed, nothing: T) -> Result<T, CallFailed> {
    if failure.is_code(&of.gone) { Ok(nothing) } else { Err(failure) }
}

/// Whether a refusal says that what was asked for is not set, or that the upstream has no such thing (D-4).
fn is_none(of: &ResourceType, failure: &CallFailed) -> bool {
    failure.is_code(&of.none) || (failure.is_unsupported() && !failure.is_code(&of.gone))
}
