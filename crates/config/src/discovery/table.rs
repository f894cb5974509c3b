//! The types of resources that can be discovered: `resource-types.txt`, read when it is first asked for.
//!
//! A service begins with `service NAME`, NAME as in [`shapes`](super::shapes); `quiet OPERATION,…` names operations that
//! change none of its resources, `*` all that no type names. A type begins with `type NAME CASING`. Below it:
//!
//! | line | meaning |
//! |---|---|
//! | `list CALL` | lists the resources; with `as NAME` the elements are texts that become the member NAME |
//! | `for CALL` | before: the list is read once for each of these |
//! | `next IN=OUT PARAMETER…` | pages: the member OUT of an answer is the parameter IN of the next; more parameters |
//! | `one PARAMETER…`, `one CALL` | asks for one resource, by the same operation or another; `{key}` is what it is named by |
//! | `make NAME` | nothing is asked for one: a resource is the member NAME, and all else is got |
//! | `pick` | one resource is picked from the whole list; where it is not there, `ask CALL` says whether it is gone |
//! | `by name`, `by arn` | what a resource is asked for by; its id otherwise |
//! | `gone CODE,…` | refusals that say that a resource is not there |
//! | `none CODE,…` | refusals that say that what was asked for is not set |
//! | `deleted PATH=TEXT`, `deleted PATH` | a listed resource that is gone |
//! | `only PATH TEXT,…` | a resource in another state is on its way to one, and not told of |
//! | `here PATH` | a resource whose region is another is of there |
//! | `get CALL` | further reads that become part of the resource; with `as NAME` as a member that is not shown |
//! | `add KEY CALL`, `add KEY = PATH` | supplementary configuration; `through NAME` makes it what AWS Config shows |
//! | `id`, `name`, `created`, `tags PATH` | where these are; the id at the first of several with a bar between them |
//! | `arn TEXT` | with `{p}`artition, `{r}`egion, `{a}`ccount, `{id}` and paths |
//! | `zone =TEXT`, `zone PATH?TEXT\|PATH` | a word; or TEXT where the flag at PATH is set |
//! | `region global` | the resource is of no region |
//! | `rel NAME\|TYPE\|HOW\|PATH` | relationships, see [`How`] |
//! | `follow TYPE` | a resource is recorded anew when one of this type that it names has changed |
//! | `conf KEY=PATH KEY …` | what alone is shown; everything otherwise |
//! | `put KEY={name}`, `drop NAME …` | what is shown beside, and what is not |
//! | `times millis`, `shape NAME` | times as numbers; a last change of what is shown |
//! | `touch OPERATION,… [MEMBER,…]` | operations that change a resource which MEMBER names, or else any of the type |
//! | `named OPERATION,… MEMBER MARK` | the same, only where MEMBER's text begins with MARK or (`:`, `/`) has it in it |
//! | `relist OPERATION,… MEMBER MARK` | the same, and any of the type may be meant |
//!
//! A CALL is `OPERATION PARAMETER… -> PATH [as NAME] [through NAME]`; a parameter is `NAME=TEXT`, `NAME[]=TEXT` for a list
//! of one, `NAME:=JSON`; the text `{PATH}` is taken from the resource.

use std::sync::LazyLock;

use super::datum::{Casing, Times};
use super::shapes::{Operation, Service};
use super::shaping::{self, Shaping, Through};

mod read;

static TEXT: &str = include_str!("../../resource-types.txt");

static TYPES: LazyLock<Vec<ResourceType>> = LazyLock::new(|| read::types(TEXT).expect("the table is well formed"));

/// A type of resources that can be discovered.
#[derive(Debug)]
pub struct ResourceType {
    /// Such as `AWS::EC2::Instance`.
    pub(crate) name: &'static str,
    pub(crate) service: &'static Service,
    pub(crate) quiet: Vec<&'static str>,
    pub(crate) casing: Casing,
    pub(crate) times: Times,
    pub(crate) parents: Option<Read>,
    pub(crate) list: Read,
    pub(crate) pages: Option<Pages>,
    pub(crate) one: One,
    pub(crate) ask: Option<Read>,
    pub(crate) by: Handle,
    pub(crate) gone: Vec<&'static str>,
    pub(crate) none: Vec<&'static str>,
    pub(crate) deleted: Option<(&'static str, Option<&'static str>)>,
    pub(crate) settled: Option<(&'static str, Vec<&'static str>)>,
    pub(crate) here: Option<&'static str>,
    pub(crate) gets: Vec<Read>,
    pub(crate) adds: Vec<Add>,
    pub(crate) id: &'static str,
    pub(crate) resource_name: Option<&'static str>,
    pub(crate) arn: &'static str,
    pub(crate) is_global: bool,
    pub(crate) zone: &'static str,
    pub(crate) created: Option<&'static str>,
    pub(crate) tags: Option<&'static str>,
    pub(crate) relationships: Vec<Related>,
    pub(crate) follows: Vec<&'static str>,
    pub(crate) shown: Vec<(&'static str, &'static str)>,
    pub(crate) put: Vec<&'static str>,
    pub(crate) dropped: Vec<&'static str>,
    pub(crate) shape: Option<Shaping>,
    pub(crate) touches: Vec<Touch>,
}

/// What a resource is asked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handle {
    /// Its id.
    Id,
    /// Its name.
    Name,
    /// Its ARN.
    Arn,
}

/// A call and where in its answer is what is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) operation: &'static Operation,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) path: &'static str,
    pub(crate) member: Option<&'static str>,
    pub(crate) through: Option<Through>,
}

/// A parameter of a call.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: ParameterKind,
    pub(crate) value: &'static str,
}

/// What a parameter's text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParameterKind {
    /// The value.
    Text,
    /// The one element of a list.
    ListOfOne,
    /// JSON.
    Json,
}

/// How a listing goes on.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    pub(crate) token_in: &'static str,
    pub(crate) token_out: &'static str,
    pub(crate) parameters: Vec<Parameter>,
}

/// How one resource is asked for.
#[derive(Clone, Debug)]
pub(crate) enum One {
    /// The list's operation with these parameters.
    Narrowed(Vec<Parameter>),
    /// Another operation.
    Read(Read),
    /// By what is got of it anyway.
    Made(&'static str),
    /// From the whole list.
    Picked,
}

/// A value of the supplementary configuration.
#[derive(Clone, Debug)]
pub(crate) struct Add {
    pub(crate) key: &'static str,
    pub(crate) from: From,
    pub(crate) through: Option<Through>,
}

/// Where a supplementary value is from.
#[derive(Clone, Debug)]
pub(crate) enum From {
    /// A call.
    Read(Read),
    /// What is known of the resource.
    Known(&'static str),
}

/// A kind of relationships.
#[derive(Clone, Debug)]
pub(crate) struct Related {
    pub(crate) name: &'static str,
    pub(crate) resource_type: &'static str,
    pub(crate) how: How,
    pub(crate) path: &'static str,
}

/// How the other resource is named at the path of a relationship. ARNs are cut to what they name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// `id`
    Id,
    /// `name`
    Name,
    /// `id+name`: two more fields say where below the path.
    Both {
        /// The path of the id.
        id: &'static str,
        /// The path of the name.
        name: &'static str,
    },
    /// `customer`: the same for a managed policy by its ARN and name; AWS's own are left out.
    Customer {
        /// The path of the ARN.
        arn: &'static str,
        /// The path of the name.
        name: &'static str,
    },
    /// `stack`: members `ResourceType` and `PhysicalResourceId`, where AWS Config knows the type.
    Stack,
}

/// Operations that change resources.
#[derive(Clone, Debug)]
pub(crate) struct Touch {
    pub(crate) operations: Vec<&'static str>,
    pub(crate) members: Vec<&'static str>,
    pub(crate) reach: Reach,
}

/// What a change reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The resources that are named, or else any.
    NamedOrAny,
    /// The named resources whose texts have the mark.
    Named(&'static str),
    /// Any, where a text has the mark.
    AnyIf(&'static str),
}

/// All types, in the order in which they are best listed: what others are related to comes first.
pub fn resource_types() -> &'static [ResourceType] {
    &TYPES
}

/// The type of this name.
pub fn resource_type(name: &str) -> Option<&'static ResourceType> {
    TYPES.iter().find(|of| of.name == name)
}

impl ResourceType {
    /// Such as `AWS::EC2::Instance`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The signing name of the service that has its resources.
    pub fn service(&self) -> &'static str {
        self.service.signing_name
    }

    /// Whether its resources are of no region: they are the home region's.
    pub fn is_global(&self) -> bool {
        self.is_global
    }

    /// The types whose changes are changes of the resources that name them.
    pub(crate) fn follows(&self) -> &[&'static str] {
        &self.follows
    }

    /// What a resource is asked for by.
    pub fn asked_by(&self) -> Handle {
        self.by
    }
}
