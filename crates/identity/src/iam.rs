//! The IAM service.

use std::sync::{Arc, LazyLock};

use api::{Authorization, CallContext, OperationTable, Service, ServiceError};
use async_trait::async_trait;
use base::Entropy;
use store::catalog::Catalog;
use wire::schema;
use wire::value::Value;

use crate::authenticator::Authenticator;
use crate::ops;
use crate::password::Passwords;

pub(crate) mod access_keys;
pub(crate) mod attached;
mod authorization;
pub(crate) mod boundary;
pub(crate) mod change;
pub(crate) mod credential_report;
pub(crate) mod find;
pub(crate) mod inline;
pub(crate) mod login_profiles;
pub(crate) mod mfa_devices;
pub(crate) mod paging;
pub(crate) mod password_policy;
pub(crate) mod qr_code;
pub(crate) mod shapes;
pub(crate) mod simulate;
pub(crate) mod tags;
pub(crate) mod trust;
pub(crate) mod usage;

/// IAM over one catalog.
pub struct Iam {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) passwords: Arc<Passwords>,
}

static TABLE: LazyLock<OperationTable<Iam>> = LazyLock::new(ops::iam::table);

impl Iam {
    pub(crate) fn new(
        catalog: Arc<Catalog>,
        entropy: Arc<dyn Entropy>,
        authenticator: Arc<Authenticator>,
        passwords: Arc<Passwords>,
    ) -> Self {
        Self { catalog, entropy, authenticator, passwords }
    }
}

#[async_trait]
impl Service for Iam {
    fn schema(&self) -> &'static schema::Service {
        &api::iam::SERVICE
    }

    fn implemented(&self) -> Vec<(&'static str, &'static [&'static str])> {
        TABLE.implemented()
    }

    fn authorization(
        &self,
        cx: &CallContext,
        operation: &'static schema::Operation,
        input: Option<&Value>,
    ) -> Authorization {
        self.authorization_of(cx, operation, input)
    }

    async fn call(
        &self,
        cx: &CallContext,
        operation: &'static schema::Operation,
        input: Value,
    ) -> Result<Value, ServiceError> {
        TABLE.call(self, cx, self.schema(), operation, input).await
    }
}
