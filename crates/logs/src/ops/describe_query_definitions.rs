//! `DescribeQueryDefinitions` (logs.md SQ-4).

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::Logs;
use crate::list_page::{self, Asked, Order};
use crate::queries::saved::SavedQueryRecord;

pub(super) async fn describe_query_definitions(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeQueryDefinitionsRequest,
) -> Result<types::DescribeQueryDefinitionsResponse, ServiceError> {
    let scope = cx.scope();
    let parameters = format!(
        "{:?}",
        ("DescribeQueryDefinitions", &scope, &input.query_definition_name_prefix, input.query_language)
    );
    let asked = Asked {
        parameters: &parameters,
        token: input.next_token.as_deref(),
        limit: list_page::limit(input.max_results),
        order: Order::Ascending,
        now: cx.now,
    };
    let prefix = input.query_definition_name_prefix.as_deref().unwrap_or_default();
    let language = input.query_language.map(|language| language.as_str());
    let saved = logs.parts.catalog.list::<SavedQueryRecord>(&scope.account, Some(&scope.region));
    let mut found: Vec<_> = saved
        .into_iter()
        .filter(|(_, query)| {
            let own = query.value.language.as_deref().unwrap_or("CWLI");
            query.value.name.starts_with(prefix) && language.is_none_or(|language| language == own)
        })
        .map(|(id, query)| ((query.value.name.clone(), id.clone()), described(id, &query.value)))
        .collect();
    found.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let (query_definitions, next_token) = list_page::page(&asked, found)?;
    Ok(types::DescribeQueryDefinitionsResponse { query_definitions: Some(query_definitions), next_token })
}

fn described(id: String, query: &SavedQueryRecord) -> types::QueryDefinition {
    let parameter = |parameter: &crate::queries::saved::SavedParameter| types::QueryParameter {
        name: parameter.name.clone(),
        default_value: parameter.default.clone(),
        description: parameter.description.clone(),
    };
    let parameters: Vec<_> = query.parameters.iter().map(parameter).collect();
    types::QueryDefinition {
        query_language: query.language.as_deref().and_then(|language| language.parse().ok()),
        query_definition_id: Some(id),
        name: Some(query.name.clone()),
        query_string: Some(query.text.clone()),
        last_modified: Some(query.modified.millis()),
        log_group_names: Some(query.groups.clone()),
        parameters: (!parameters.is_empty()).then_some(parameters),
    }
}
