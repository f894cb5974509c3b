//! The operations, one file each, and the table that names them.

use api::OperationTable;

use crate::Sns;

mod add_permission;
mod confirm_subscription;
mod create_topic;
mod delete_topic;
mod get_subscription_attributes;
mod get_topic_attributes;
mod list_subscriptions;
mod list_subscriptions_by_topic;
mod list_tags_for_resource;
mod list_topics;
mod publish;
mod publish_batch;
mod remove_permission;
mod set_subscription_attributes;
mod set_topic_attributes;
mod subscribe;
mod tag_resource;
mod unsubscribe;
mod untag_resource;

/// Every operation that is built.
pub fn table() -> OperationTable<Sns> {
    api::operations! {
        Sns;
        api::sns::AddPermission => add_permission::add_permission;
        api::sns::ConfirmSubscription => confirm_subscription::confirm_subscription;
        api::sns::CreateTopic => create_topic::create_topic, ignoring [
            "Attributes.KmsMasterKeyId", "Attributes.TracingConfig",
        ];
        api::sns::DeleteTopic => delete_topic::delete_topic;
        api::sns::GetSubscriptionAttributes => get_subscription_attributes::get_subscription_attributes;
        api::sns::GetTopicAttributes => get_topic_attributes::get_topic_attributes;
        api::sns::ListSubscriptions => list_subscriptions::list_subscriptions;
        api::sns::ListSubscriptionsByTopic => list_subscriptions_by_topic::list_subscriptions_by_topic;
        api::sns::ListTagsForResource => list_tags_for_resource::list_tags_for_resource;
        api::sns::ListTopics => list_topics::list_topics;
        api::sns::Publish => publish::publish;
        api::sns::PublishBatch => publish_batch::publish_batch;
        api::sns::RemovePermission => remove_permission::remove_permission;
        api::sns::SetSubscriptionAttributes => set_subscription_attributes::set_subscription_attributes;
        api::sns::SetTopicAttributes => set_topic_attributes::set_topic_attributes, ignoring [
            "KmsMasterKeyId", "TracingConfig",
        ];
        api::sns::Subscribe => subscribe::subscribe;
        api::sns::TagResource => tag_resource::tag_resource;
        api::sns::Unsubscribe => unsubscribe::unsubscribe;
        api::sns::UntagResource => untag_resource::untag_resource;
    }
}
