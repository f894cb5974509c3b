//! `UpdateInstanceInformation`: what agents say every five minutes.

use api::ssm::types::{UpdateInstanceInformationRequest, UpdateInstanceInformationResult};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::contacts::WRITTEN_AGE_MAX;
use crate::instances;
use crate::record::{Agent, InstanceRecord, Origin};
use crate::service::Ssm;

pub(super) async fn update_instance_information(
    ssm: &Ssm,
    cx: &CallContext,
    input: UpdateInstanceInformationRequest,
) -> Result<UpdateInstanceInformationResult, ServiceError> {
    let (parts, scope) = (&ssm.parts, cx.scope());
    let id = input.instance_id.clone();
    let changed = change(&parts.catalog, || {
        let mut transaction = Transaction::default();
        let found = instances::telling(&parts.catalog, &scope, &id)?;
        let before = found.as_ref().map(|found| &*found.value);
        let agent = said(before.map(|record| record.agent.clone()).unwrap_or_default(), &input);
        match &found {
            // That it is still there is no reason to write (docs/inventory.md).
            Some(found) if found.value.agent == agent && !found.value.is_silent => {
                if cx.now.since(found.value.last_contact) > WRITTEN_AGE_MAX {
                    let record = InstanceRecord::clone(&found.value).heard(cx.now);
                    transaction.update(instances::key(&scope, &id), found.version, &record);
                }
                return Ok((transaction, false));
            }
            Some(found) => {
                let record = InstanceRecord { agent, ..InstanceRecord::clone(&found.value) }.heard(cx.now);
                transaction.update(instances::key(&scope, &id), found.version, &record);
            }
            None => {
                let record = InstanceRecord { agent, ..InstanceRecord::new(Origin::Itself, cx.now) };
                transaction.create(instances::key(&scope, &id), &record);
            }
        }
        Ok((transaction, true))
    })
    .await?;
    parts.contacts.note(&scope, &id, cx.now);
    if changed {
        parts.tell_soon(&scope, &id);
    }
    Ok(UpdateInstanceInformationResult {})
}

/// What the agent has said so far: what it leaves out stays.
fn said(mut agent: Agent, input: &UpdateInstanceInformationRequest) -> Agent {
    let set = |member: &mut Option<String>, given: Option<String>| {
        if given.is_some() {
            *member = given;
        }
    };
    set(&mut agent.agent_name, input.agent_name.clone());
    set(&mut agent.agent_version, input.agent_version.clone());
    set(&mut agent.agent_status, input.agent_status.clone());
    set(&mut agent.platform_type, input.platform_type.map(|given| given.as_str().to_owned()));
    set(&mut agent.platform_name, input.platform_name.clone());
    set(&mut agent.platform_version, input.platform_version.clone());
    set(&mut agent.ip_address, input.ip_address.clone());
    set(&mut agent.computer_name, input.computer_name.clone());
    set(&mut agent.source_id, input.source_id.clone());
    set(&mut agent.source_type, input.source_type.map(|given| given.as_str().to_owned()));
    agent
}
