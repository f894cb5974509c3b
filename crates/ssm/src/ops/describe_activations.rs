//! `DescribeActivations`: activations, without their codes.

use api::ssm::errors;
use api::ssm::types::{
    DescribeActivationsFilter, DescribeActivationsFilterKeys, DescribeActivationsRequest, DescribeActivationsResult,
};
use api::{CallContext, ServiceError};

use crate::activations;
use crate::paging;
use crate::record::ActivationRecord;
use crate::service::Ssm;

const PAGE: usize = 50;

pub(super) async fn describe_activations(
    ssm: &Ssm,
    cx: &CallContext,
    input: DescribeActivationsRequest,
) -> Result<DescribeActivationsResult, ServiceError> {
    let DescribeActivationsRequest { filters, max_results, next_token } = input;
    let asked = format!("DescribeActivations {filters:?}");
    let mut all = activations::all(&ssm.parts.catalog, cx.account(), &cx.region);
    for DescribeActivationsFilter { filter_key, filter_values } in filters.unwrap_or_default() {
        let (Some(key), Some(values)) = (filter_key, filter_values.filter(|values| !values.is_empty())) else {
            return Err(errors::invalid_filter("A filter has a key and values."));
        };
        all.retain(|(id, record)| values.iter().any(|value| Some(value.as_str()) == named(key, id, record)));
    }
    let limit = paging::limit(max_results, PAGE);
    let (page, next_token) = paging::page(all, limit, next_token.as_deref(), &asked, cx.now)?;
    let list = page.into_iter().map(|(id, record)| activations::shown(id, record, cx.now)).collect();
    Ok(DescribeActivationsResult { activation_list: Some(list), next_token })
}

fn named<'a>(key: DescribeActivationsFilterKeys, id: &'a str, record: &'a ActivationRecord) -> Option<&'a str> {
    match key {
        DescribeActivationsFilterKeys::ActivationIds => Some(id),
        DescribeActivationsFilterKeys::DefaultInstanceName => record.default_instance_name.as_deref(),
        DescribeActivationsFilterKeys::IamRole => Some(&record.iam_role),
    }
}
