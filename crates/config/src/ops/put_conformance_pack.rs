//! `PutConformancePack`

use std::collections::BTreeSet;

use api::config::errors;
use api::config::types::{PutConformancePackRequest, PutConformancePackResponse};
use api::{CallContext, ServiceError};
use base::id;
use store::catalog::Transaction;

use crate::change::change;
use crate::conformance::pack::{self, PackRecord, PackState, PackTemplateRecord};
use crate::conformance::{PACKS_MAX, template};
use crate::service::Config;
use crate::{names, tags};

/// Puts a pack, or says anew what it holds; its rules follow (config.md §8.2). Its tags are those it was made with.
pub async fn put_conformance_pack(
    config: &Config,
    cx: &CallContext,
    input: PutConformancePackRequest,
) -> Result<PutConformancePackResponse, ServiceError> {
    let (parts, scope) = (&config.parts, cx.scope());
    let text = template_text(config, cx, &input).await?;
    template::parse(&text)
        .map_err(|error| errors::conformance_pack_template_validation_exception(error.to_string()))?;
    let given = input.conformance_pack_input_parameters.unwrap_or_default();
    let inputs: Vec<_> = given.into_iter().map(|given| (given.parameter_name, given.parameter_value)).collect();
    let mut named = BTreeSet::new();
    if let Some((name, _)) = inputs.iter().find(|(name, _)| !named.insert(name)) {
        let message = format!("The input parameter {name} is given twice.");
        return Err(errors::invalid_parameter_value_exception(message));
    }
    let tags = tags::with(Vec::new(), &input.tags.unwrap_or_default())?;
    let new_id = names::unique(&*parts.entropy, 9);
    let new_stack_id = id::uuid(&*parts.entropy).to_string();
    let name = input.conformance_pack_name;
    let arn = change(&parts.catalog, || {
        let found = pack::find(&parts.catalog, &scope, &name);
        let before = found.as_ref().map(|found| &found.value);
        match before {
            Some(before) if before.is_busy() => return Err(busy(&name)),
            None if pack::all(&parts.catalog, &scope).len() >= PACKS_MAX => return Err(too_many(&name)),
            _ => {}
        }
        let record = PackRecord {
            name: name.clone(),
            id: before.map_or_else(|| new_id.clone(), |before| before.id.clone()),
            stack_id: before.map_or_else(|| new_stack_id.clone(), |before| before.stack_id.clone()),
            inputs: inputs.clone(),
            delivery_bucket: input.delivery_s3_bucket.clone(),
            delivery_prefix: input.delivery_s3_key_prefix.clone(),
            tags: before.map_or_else(|| tags.clone(), |before| before.tags.clone()),
            state: PackState::Creating,
            rules: before.map(|before| before.rules.clone()).unwrap_or_default(),
            requested: cx.now,
            completed: None,
        };
        let mut transaction = Transaction::default();
        let key = pack::key(&scope, &name);
        match found {
            Some(found) => transaction.update(key.clone(), found.version, &record),
            None => transaction.create(key.clone(), &record),
        };
        transaction.put(key, &PackTemplateRecord { text: text.clone() });
        Ok((transaction, record.arn(&scope)))
    })
    .await?;
    parts.signals.packs.notify_one();
    Ok(PutConformancePackResponse { conformance_pack_arn: Some(arn) })
}

/// The text of the template.
///
/// # Errors
/// `InvalidParameterValueException` unless there is one source that can be read.
async fn template_text(
    config: &Config,
    cx: &CallContext,
    input: &PutConformancePackRequest,
) -> Result<String, ServiceError> {
    let invalid = |message: String| errors::invalid_parameter_value_exception(message);
    match (&input.template_body, &input.template_s3_uri, &input.template_ssm_document_details) {
        (Some(body), None, None) => Ok(body.clone()),
        (None, Some(_), None) => {
            let _ = (config, cx);
            Err(invalid("TemplateS3Uri is not supported: give the template as TemplateBody.".to_owned()))
        }
        (None, None, Some(_)) => Err(invalid(
            "TemplateSSMDocumentDetails is not supported: this server has no documents. Give the template as TemplateBody or TemplateS3Uri.".to_owned(),
        )),
        (None, None, None) => Err(invalid(
            "A template is missing: specify TemplateBody, TemplateS3Uri or TemplateSSMDocumentDetails.".to_owned(),
        )),
        _ => Err(invalid(
            "Specify only one of TemplateBody, TemplateS3Uri and TemplateSSMDocumentDetails.".to_owned(),
        )),
    }
}

pub(super) fn busy(name: &str) -> ServiceError {
    let message = format!("Conformance pack {name} is being created, updated or deleted. Try again when that is done.");
    errors::resource_in_use_exception(message)
}

fn too_many(name: &str) -> ServiceError {
    let message = format!(
        "Failed to put conformance pack '{name}' because the account already contains {PACKS_MAX} conformance packs."
    );
    errors::max_number_of_conformance_packs_exceeded_exception(message)
}
