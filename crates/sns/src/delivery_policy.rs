//! Delivery policies: when a failed delivery is tried again (cloudwatch.md §8.6). Pure.

mod parse;

use std::time::Duration;

use serde::Serialize;

use crate::record::Protocol;

/// What AWS sends notifications over HTTP as when no policy says otherwise.
pub const CONTENT_TYPE_DEFAULT: &str = "text/plain; charset=UTF-8";

/// What has a policy; each writes it in a form of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A topic: under `http`, with names that start with `default`.
    Topic,
    /// A subscription.
    Subscription,
}

/// How delays grow between the first and the last of the backoff phase.
///
/// AWS documents the shapes alone; the curves here start at the lower delay, end at the upper
/// one, and have these shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Backoff {
    /// By the same amount each time.
    Linear,
    /// By amounts that grow by the same amount each time.
    Arithmetic,
    /// By the same factor each time.
    Geometric,
    /// By amounts that double each time.
    Exponential,
}

/// When a delivery is tried again: four phases one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryPolicy {
    /// The delay of the second phase, and where the third starts; seconds.
    pub min_delay_target: u32,
    /// Where the third phase ends, and the delay of the fourth; seconds.
    pub max_delay_target: u32,
    /// All retries. What the other phases do not take is the third.
    pub num_retries: u32,
    /// Retries of the fourth phase.
    pub num_max_delay_retries: u32,
    /// Retries of the first phase, at once.
    pub num_no_delay_retries: u32,
    /// Retries of the second phase.
    pub num_min_delay_retries: u32,
    /// How delays grow in the third phase.
    pub backoff_function: Backoff,
}

impl RetryPolicy {
    /// Over HTTP, when no policy says otherwise.
    pub const HTTP: Self = Self {
        min_delay_target: 20,
        max_delay_target: 20,
        num_retries: 3,
        num_max_delay_retries: 0,
        num_no_delay_retries: 0,
        num_min_delay_retries: 0,
        backoff_function: Backoff::Linear,
    };

    /// To queues and functions, over 23 days.
    const AWS_MANAGED: Self = Self {
        min_delay_target: 1,
        max_delay_target: 20,
        num_retries: 100_015,
        num_max_delay_retries: 100_000,
        num_no_delay_retries: 3,
        num_min_delay_retries: 2,
        backoff_function: Backoff::Exponential,
    };

    /// To people, over six hours.
    const CUSTOMER_MANAGED: Self = Self {
        min_delay_target: 10,
        max_delay_target: 600,
        num_retries: 50,
        num_max_delay_retries: 38,
        num_no_delay_retries: 0,
        num_min_delay_retries: 2,
        backoff_function: Backoff::Exponential,
    };

    /// How long to wait after so many attempts, of which the last failed; `None` when there
    /// are no more.
    pub fn delay(&self, attempts: u32) -> Option<Duration> {
        let retry = attempts.max(1);
        let backoff = self.backoff_retries();
        let seconds = |delay: u32| Duration::from_secs(u64::from(delay));
        if retry > self.num_retries {
            None
        } else if retry <= self.num_no_delay_retries {
            Some(Duration::ZERO)
        } else if retry <= self.num_no_delay_retries + self.num_min_delay_retries {
            Some(seconds(self.min_delay_target))
        } else if retry <= self.num_no_delay_retries + self.num_min_delay_retries + backoff {
            let step = retry - self.num_no_delay_retries - self.num_min_delay_retries - 1;
            Some(self.backoff_delay(step, backoff))
        } else {
            Some(seconds(self.max_delay_target))
        }
    }

    fn backoff_retries(&self) -> u32 {
        self.num_retries - self.num_no_delay_retries - self.num_min_delay_retries - self.num_max_delay_retries
    }

    /// The delay of a step, from 0, of so many.
    fn backoff_delay(&self, step: u32, steps: u32) -> Duration {
        let (min, max) = (f64::from(self.min_delay_target), f64::from(self.max_delay_target));
        if steps < 2 {
            return Duration::from_secs_f64(min);
        }
        let (step, last) = (f64::from(step), f64::from(steps - 1));
        let share = match self.backoff_function {
            Backoff::Linear => step / last,
            Backoff::Arithmetic => step * (step + 1.0) / (last * (last + 1.0)),
            Backoff::Exponential => (step.exp2() - 1.0) / (last.exp2() - 1.0),
            Backoff::Geometric => {
                return Duration::from_secs_f64(min * (max / min).powf(step / last));
            }
        };
        Duration::from_secs_f64(min + (max - min) * share)
    }

    /// All delays together.
    fn total(&self) -> Duration {
        (1..=self.num_retries).filter_map(|retry| self.delay(retry)).sum()
    }
}

/// A policy as it was set, parsed. What it does not say is inherited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryPolicy {
    retry: Option<RetryPolicy>,
    receives_per_second_max: Option<u32>,
    content_type: Option<String>,
    disable_subscription_overrides: bool,
}

impl DeliveryPolicy {
    /// Parses and checks a policy.
    ///
    /// # Errors
    /// What follows `Invalid parameter: ` in AWS's message, such as
    /// `DeliveryPolicy: healthyRetryPolicy.numRetries must be less than or equal to 100`.
    pub fn parse(text: &str, level: Level) -> Result<Self, String> {
        parse::parse(text, level)
    }
}

/// What applies to one subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// When to try again.
    pub retry: RetryPolicy,
    /// Deliveries a second at most.
    pub receives_per_second_max: Option<u32>,
    /// What notifications over HTTP are sent as.
    pub content_type: String,
}

impl Effective {
    /// What applies to a subscription of this protocol, by the texts that its topic and itself
    /// have set. Policies are about HTTP alone; the other protocols have fixed ones.
    ///
    /// Texts are checked when they are set; one that cannot be read says nothing.
    pub fn of(protocol: Protocol, topic: Option<&str>, subscription: Option<&str>) -> Self {
        let mut effective = Self::fixed(protocol);
        if !matches!(protocol, Protocol::Http | Protocol::Https) {
            return effective;
        }
        let read = |text: Option<&str>, level| text.and_then(|text| DeliveryPolicy::parse(text, level).ok());
        let topic = read(topic, Level::Topic).unwrap_or_default();
        let overridable = !topic.disable_subscription_overrides;
        effective.take(topic);
        if let Some(own) = read(subscription, Level::Subscription).filter(|_| overridable) {
            effective.take(own);
        }
        effective
    }

    /// What applies to a target of a delivery record, by its `delivery_policy`.
    pub fn of_target(protocol: Protocol, delivery_policy: Option<&str>) -> Self {
        Self::of(protocol, None, delivery_policy)
    }

    fn fixed(protocol: Protocol) -> Self {
        let retry = match protocol {
            Protocol::Http | Protocol::Https => RetryPolicy::HTTP,
            Protocol::Sqs | Protocol::Lambda => RetryPolicy::AWS_MANAGED,
            Protocol::Email | Protocol::EmailJson | Protocol::Sms | Protocol::Application => {
                RetryPolicy::CUSTOMER_MANAGED
            }
        };
        Self { retry, receives_per_second_max: None, content_type: CONTENT_TYPE_DEFAULT.to_owned() }
    }

    fn take(&mut self, policy: DeliveryPolicy) {
        if let Some(retry) = policy.retry {
            self.retry = retry;
        }
        self.receives_per_second_max = policy.receives_per_second_max.or(self.receives_per_second_max);
        if let Some(content_type) = policy.content_type {
            self.content_type = content_type;
        }
    }

    /// How long to wait after so many attempts (from 1), of which the last failed; `None` when
    /// it is not tried again.
    pub fn delay(&self, attempts: u32) -> Option<Duration> {
        self.retry.delay(attempts)
    }

    /// As `EffectiveDeliveryPolicy` of a subscription shows it, which is also a policy that a
    /// subscription could have, and what [`Effective::of_target`] reads.
    pub fn to_json(&self) -> String {
        let shown = Shown {
            healthy_retry_policy: &self.retry,
            throttle_policy: self.throttle(),
            request_policy: Request { header_content_type: &self.content_type },
        };
        serde_json::to_string(&shown).expect("a policy is plain data")
    }

    /// As `EffectiveDeliveryPolicy` of a topic shows it.
    pub fn topic_json(topic: Option<&str>) -> String {
        let policy = topic.and_then(|text| DeliveryPolicy::parse(text, Level::Topic).ok()).unwrap_or_default();
        let disabled = policy.disable_subscription_overrides;
        let mut effective = Self::fixed(Protocol::Http);
        effective.take(policy);
        let http = ShownHttp {
            default_healthy_retry_policy: &effective.retry,
            disable_subscription_overrides: disabled,
            default_throttle_policy: effective.throttle(),
            default_request_policy: Request { header_content_type: &effective.content_type },
        };
        serde_json::to_string(&ShownTopic { http }).expect("a policy is plain data")
    }

    fn throttle(&self) -> Option<Throttle> {
        self.receives_per_second_max.map(|max| Throttle { max_receives_per_second: max })
    }

    /// Whether this is what applies when no policy was set.
    pub fn is_default(&self, protocol: Protocol) -> bool {
        *self == Self::fixed(protocol)
    }
}

#[derive(Serialize)]
struct ShownTopic<'a> {
    http: ShownHttp<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownHttp<'a> {
    default_healthy_retry_policy: &'a RetryPolicy,
    disable_subscription_overrides: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_throttle_policy: Option<Throttle>,
    default_request_policy: Request<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    healthy_retry_policy: &'a RetryPolicy,
    #[serde(skip_serializing_if = "Option::is_none")]
    throttle_policy: Option<Throttle>,
    request_policy: Request<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Throttle {
    max_receives_per_second: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    header_content_type: &'a str,
}

#[cfg(test)]
mod tests;
