//! Finding a trail by name or ARN (cloudtrail.md §0.10, §4.5).

use api::cloudtrail::errors;
use api::{CallContext, ServiceError};
use base::{Arn, Region, Scope};
use store::catalog::{Catalog, Key};

use super::{Trail, TrailRecord, arn, check_trail_name, of_account};

/// A trail as a caller names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrailName {
    pub(crate) name: String,
    /// Of an ARN: account and home region.
    pub(crate) home: Option<Scope>,
}

/// How the text of the error calls a trail that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotFoundAs {
    /// By the ARN that it would have, or that was given.
    Arn,
    /// By its name, also when an ARN was given.
    Name,
}

impl TrailName {
    /// Reads a name or an ARN.
    ///
    /// # Errors
    /// `InvalidTrailNameException`, `CloudTrailARNInvalidException`
    pub(crate) fn parse(text: &str) -> Result<Self, ServiceError> {
        if !text.starts_with("arn:") {
            check_trail_name(text)?;
            return Ok(Self { name: text.to_owned(), home: None });
        }
        let invalid = || errors::cloud_trail_arn_invalid_exception(format!("The ARN {text} is not that of a trail."));
        let parsed: Arn = text.parse().map_err(|_| invalid())?;
        let name = parsed.resource.strip_prefix("trail/").filter(|_| parsed.service == "cloudtrail");
        let name = name.filter(|name| check_trail_name(name).is_ok()).ok_or_else(invalid)?;
        let account = parsed.account.parse().map_err(|_| invalid())?;
        let region: Region = parsed.region.parse().map_err(|_| invalid())?;
        Ok(Self { name: name.to_owned(), home: Some(Scope { account, region }) })
    }

    /// The trail as it is seen in the caller's region.
    pub(crate) fn visible(&self, catalog: &Catalog, cx: &CallContext) -> Option<Trail> {
        match &self.home {
            Some(home) if home.account != *cx.account() => None,
            Some(home) => at(catalog, home, &self.name).filter(|trail| trail.is_in(&cx.region)),
            None => at(catalog, &cx.scope(), &self.name).or_else(|| {
                let all = of_account(catalog, cx.account());
                all.into_iter().find(|trail| trail.name == self.name && trail.record.multi_region)
            }),
        }
    }

    /// Not there.
    pub(crate) fn not_found(&self, cx: &CallContext, called: NotFoundAs) -> ServiceError {
        let called = match called {
            NotFoundAs::Name => self.name.clone(),
            NotFoundAs::Arn => arn(self.home.as_ref().unwrap_or(&cx.scope()), &self.name),
        };
        errors::trail_not_found_exception(format!("Unknown trail: {called} for the user: {}", cx.account()))
    }
}

/// The trail of this name in this home region.
pub(crate) fn at(catalog: &Catalog, home: &Scope, name: &str) -> Option<Trail> {
    let found = catalog.get::<TrailRecord>(&Key::regional(&home.account, &home.region, name))?;
    Some(Trail { scope: home.clone(), name: name.to_owned(), record: found.value, version: found.version })
}

/// The trail of a name or ARN, for operations that read.
///
/// # Errors
/// Those of [`TrailName::parse`], `TrailNotFoundException`
pub(crate) fn found_visible(
    catalog: &Catalog,
    cx: &CallContext,
    text: &str,
    called: NotFoundAs,
) -> Result<Trail, ServiceError> {
    let name = TrailName::parse(text)?;
    name.visible(catalog, cx).ok_or_else(|| name.not_found(cx, called))
}

/// The trail of a name or ARN, for operations that change it: in its home region alone.
///
/// # Errors
/// Those of [`found_visible`], `InvalidHomeRegionException`
pub(crate) fn found_at_home(catalog: &Catalog, cx: &CallContext, text: &str) -> Result<Trail, ServiceError> {
    let name = TrailName::parse(text)?;
    let own = name.home.as_ref().filter(|home| home.account == *cx.account());
    let trail = own.and_then(|home| at(catalog, home, &name.name)).or_else(|| name.visible(catalog, cx));
    let trail = trail.ok_or_else(|| name.not_found(cx, NotFoundAs::Arn))?;
    require_home(&trail, cx)?;
    Ok(trail)
}

/// Whether the call came to the trail's home region.
///
/// # Errors
/// `InvalidHomeRegionException`
pub(crate) fn require_home(trail: &Trail, cx: &CallContext) -> Result<(), ServiceError> {
    if trail.scope.region == cx.region {
        return Ok(());
    }
    let (arn, home) = (trail.arn(), &trail.scope.region);
    Err(errors::invalid_home_region_exception(format!(
        "The trail {arn} can only be changed in its home region {home}, not in {}.",
        cx.region
    )))
}
