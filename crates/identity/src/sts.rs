//! The STS service.

use std::sync::{Arc, LazyLock};
use std::time::Instant;

use api::{Authorization, CallContext, OperationTable, Service, ServiceError};
use async_trait::async_trait;
use base::Entropy;
use store::catalog::Catalog;
use wire::schema;
use wire::value::Value;

use crate::authenticator::Authenticator;
use crate::guesses::Guesses;
use crate::ops;

pub(crate) mod second_factor;
pub(crate) mod session_input;

/// Codes of second factors that a user may try, at once and a minute.
const CODES_AT_ONCE: u32 = 10;
const CODES_A_MINUTE: u32 = 10;

/// STS over one catalog.
pub struct Sts {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) codes: Guesses,
}

static TABLE: LazyLock<OperationTable<Sts>> = LazyLock::new(ops::sts::table);

impl Sts {
    pub(crate) fn new(catalog: Arc<Catalog>, entropy: Arc<dyn Entropy>, authenticator: Arc<Authenticator>) -> Self {
        let codes = Guesses::new(CODES_AT_ONCE, CODES_A_MINUTE, Instant::now());
        Self { catalog, entropy, authenticator, codes }
    }
}

#[async_trait]
impl Service for Sts {
    fn schema(&self) -> &'static schema::Service {
        &api::sts::SERVICE
    }

    fn implemented(&self) -> Vec<(&'static str, &'static [&'static str])> {
        TABLE.implemented()
    }

    /// `AssumeRole` is decided by the operation itself: the role's trust policy has a say.
    fn authorization(
        &self,
        _cx: &CallContext,
        operation: &'static schema::Operation,
        _input: Option<&Value>,
    ) -> Authorization {
        let exempt = matches!(operation.name, "AssumeRole" | "GetCallerIdentity" | "GetSessionToken");
        Authorization { exempt, ..Authorization::any(self.schema(), operation.name) }
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
