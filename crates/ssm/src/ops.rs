//! The operations of Systems Manager that are about inventory, one file each.

use api::{OperationTable, operations};

use crate::service::Ssm;

mod add_tags_to_resource;
mod create_activation;
mod delete_activation;
mod delete_inventory;
mod deregister_managed_instance;
mod describe_activations;
mod describe_instance_information;
mod describe_inventory_deletions;
mod get_inventory;
mod get_inventory_schema;
mod list_compliance_items;
mod list_inventory_entries;
mod list_resource_compliance_summaries;
mod list_tags_for_resource;
mod put_compliance_items;
mod put_inventory;
mod register_managed_instance;
mod remove_tags_from_resource;
#[cfg(test)]
mod tests;
mod update_instance_information;

/// The operations that are built.
pub fn table() -> OperationTable<Ssm> {
    operations! { Ssm;
        api::ssm::AddTagsToResource => add_tags_to_resource::add_tags_to_resource;
        api::ssm::CreateActivation => create_activation::create_activation, ignoring ["RegistrationMetadata"];
        api::ssm::DeleteActivation => delete_activation::delete_activation;
        api::ssm::DeleteInventory => delete_inventory::delete_inventory;
        api::ssm::DeregisterManagedInstance => deregister_managed_instance::deregister_managed_instance;
        api::ssm::DescribeActivations => describe_activations::describe_activations;
        api::ssm::DescribeInstanceInformation => describe_instance_information::describe_instance_information;
        api::ssm::DescribeInventoryDeletions => describe_inventory_deletions::describe_inventory_deletions;
        api::ssm::GetInventory => get_inventory::get_inventory;
        api::ssm::GetInventorySchema => get_inventory_schema::get_inventory_schema;
        api::ssm::ListComplianceItems => list_compliance_items::list_compliance_items;
        api::ssm::ListInventoryEntries => list_inventory_entries::list_inventory_entries;
        api::ssm::ListResourceComplianceSummaries => list_resource_compliance_summaries::list_resource_compliance_summaries;
        api::ssm::ListTagsForResource => list_tags_for_resource::list_tags_for_resource;
        api::ssm::PutComplianceItems => put_compliance_items::put_compliance_items;
        api::ssm::PutInventory => put_inventory::put_inventory;
        api::ssm::RegisterManagedInstance => register_managed_instance::register_managed_instance, ignoring ["PublicKey", "PublicKeyType", "IamRole", "Provider"];
        api::ssm::RemoveTagsFromResource => remove_tags_from_resource::remove_tags_from_resource;
        api::ssm::UpdateInstanceInformation => update_instance_information::update_instance_information, ignoring ["AvailabilityZone", "AvailabilityZoneId", "SourceLocation", "SSMConnectionChannel"];
    }
}
