//! Sample queries, and which of them a phrase is about (cloudtrail.md §7.3).

/// A query to start from. Its statement reads from `<event-data-store-ID>`.
pub(crate) struct SampleQuery {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) sql: &'static str,
}

const SAMPLES: &[SampleQuery] = &[
    SampleQuery {
        name: "Top API calls",
        description: "Which operations were called most, by service and event name.",
        sql: "SELECT eventSource, eventName, COUNT(*) AS calls FROM <event-data-store-ID> \
              GROUP BY eventSource, eventName ORDER BY calls DESC LIMIT 20",
    },
    SampleQuery {
        name: "Activity of a user or role",
        description: "Everything that one principal, user or role did, newest first.",
        sql: "SELECT eventTime, eventSource, eventName, sourceIPAddress FROM <event-data-store-ID> \
              WHERE userIdentity.arn = '<principal-ARN>' ORDER BY eventTime DESC",
    },
    SampleQuery {
        name: "Activity of an access key",
        description: "What was done with one access key, and from which IP addresses.",
        sql: "SELECT eventTime, eventName, sourceIPAddress, userAgent FROM <event-data-store-ID> \
              WHERE userIdentity.accessKeyId = '<access-key-ID>' ORDER BY eventTime DESC",
    },
    SampleQuery {
        name: "Denied calls by principal",
        description: "Who was refused for lack of permissions: access denied or unauthorized errors.",
        sql: "SELECT userIdentity.arn, eventName, COUNT(*) AS refusals FROM <event-data-store-ID> \
              WHERE errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%' \
              GROUP BY userIdentity.arn, eventName ORDER BY refusals DESC",
    },
    SampleQuery {
        name: "Errors by service",
        description: "How often each error code came of each service.",
        sql: "SELECT eventSource, errorCode, COUNT(*) AS errors FROM <event-data-store-ID> \
              WHERE errorCode IS NOT NULL GROUP BY eventSource, errorCode ORDER BY errors DESC",
    },
    SampleQuery {
        name: "Use of the root user",
        description: "What the root user of the account did, with or without multi-factor authentication.",
        sql: "SELECT eventTime, eventName, sourceIPAddress FROM <event-data-store-ID> \
              WHERE userIdentity.type = 'Root' AND eventType <> 'AwsServiceEvent' ORDER BY eventTime DESC",
    },
    SampleQuery {
        name: "Changes of IAM",
        description: "Users, roles, groups, access keys and policies of IAM that were created, changed or deleted.",
        sql: "SELECT eventTime, userIdentity.arn, eventName FROM <event-data-store-ID> \
              WHERE eventSource = 'iam.amazonaws.com' AND readOnly = false ORDER BY eventTime DESC",
    },
    SampleQuery {
        name: "Changes of buckets",
        description: "S3 buckets that were created or deleted, and changes of their policies.",
        sql: "SELECT eventTime, userIdentity.arn, eventName, element_at(requestParameters, 'bucketName') AS bucket \
              FROM <event-data-store-ID> WHERE eventSource = 's3.amazonaws.com' AND readOnly = false \
              AND managementEvent = true ORDER BY eventTime DESC",
    },
    SampleQuery {
        name: "Most read objects",
        description: "S3 objects that were read most, by data events.",
        sql: "SELECT element_at(requestParameters, 'bucketName') AS bucket, element_at(requestParameters, 'key') AS object, \
              COUNT(*) AS reads FROM <event-data-store-ID> WHERE eventName = 'GetObject' \
              GROUP BY element_at(requestParameters, 'bucketName'), element_at(requestParameters, 'key') \
              ORDER BY reads DESC LIMIT 20",
    },
    SampleQuery {
        name: "Changes of trails",
        description: "Whether CloudTrail was changed: trails and event data stores that were stopped, changed or deleted.",
        sql: "SELECT eventTime, userIdentity.arn, eventName FROM <event-data-store-ID> \
              WHERE eventSource = 'cloudtrail.amazonaws.com' AND readOnly = false ORDER BY eventTime DESC",
    },
    SampleQuery {
        name: "Changes of alarms",
        description: "CloudWatch alarms that were made, disabled or deleted.",
        sql: "SELECT eventTime, userIdentity.arn, eventName FROM <event-data-store-ID> \
              WHERE eventSource = 'monitoring.amazonaws.com' AND eventName LIKE '%Alarm%' AND readOnly = false \
              ORDER BY eventTime DESC",
    },
    SampleQuery {
        name: "Calls by IP address",
        description: "From which source IP addresses most calls came.",
        sql: "SELECT sourceIPAddress, COUNT(*) AS calls FROM <event-data-store-ID> \
              GROUP BY sourceIPAddress ORDER BY calls DESC LIMIT 20",
    },
    SampleQuery {
        name: "Roles that were assumed",
        description: "Which roles were assumed, by whom and how often.",
        sql: "SELECT element_at(requestParameters, 'roleArn') AS role, userIdentity.arn, COUNT(*) AS times \
              FROM <event-data-store-ID> WHERE eventName = 'AssumeRole' \
              GROUP BY element_at(requestParameters, 'roleArn'), userIdentity.arn ORDER BY times DESC",
    },
    SampleQuery {
        name: "Activity by day",
        description: "How many events there were on each day, over time.",
        sql: "SELECT date_trunc('day', eventTime) AS day, COUNT(*) AS events FROM <event-data-store-ID> \
              GROUP BY date_trunc('day', eventTime) ORDER BY day",
    },
];

/// Words that say nothing of what is looked for.
const EMPTY_WORDS: &[&str] = &[
    "a", "all", "an", "and", "are", "by", "did", "do", "for", "from", "how", "in", "is", "me", "of", "on", "or",
    "show", "that", "the", "to", "was", "were", "what", "which", "who", "with",
];

/// The samples that share words with a phrase, with the part of its words that they share; the best first.
pub(crate) fn search(phrase: &str) -> Vec<(f64, &'static SampleQuery)> {
    let wanted: Vec<String> = words(phrase);
    let mut found: Vec<(f64, &SampleQuery)> = SAMPLES
        .iter()
        .filter_map(|sample| {
            let own = words(&format!("{} {} {}", sample.name, sample.description, sample.sql));
            let shared = wanted.iter().filter(|word| own.contains(word)).count();
            (shared > 0).then(|| (shared as f64 / wanted.len() as f64, sample))
        })
        .collect();
    // Samples of the same rank stay in the order of the list.
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found
}

/// The words of a text, in lower case and without the ending of the plural.
fn words(text: &str) -> Vec<String> {
    let all = text.split(|char: char| !char.is_alphanumeric()).map(str::to_lowercase);
    let mut words: Vec<String> = all
        .filter(|word| !word.is_empty() && !EMPTY_WORDS.contains(&word.as_str()))
        .map(|word| match word.strip_suffix('s') {
            Some(singular) if word.len() > 3 => singular.to_owned(),
            _ => word,
        })
        .collect();
    words.sort();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_finds_what_it_is_about() {
        for (phrase, name) in [
            ("Who was denied access", "Denied calls by principal"),
            ("show me the use of the root user", "Use of the root user"),
            ("deleted S3 buckets", "Changes of buckets"),
            ("activity of an access key", "Activity of an access key"),
            ("alarms", "Changes of alarms"),
        ] {
            let found = search(phrase);
            assert_eq!(found.first().map(|(_, sample)| sample.name), Some(name), "{phrase}");
            assert!(found.iter().all(|(relevance, _)| (0.0..=1.0).contains(relevance)));
        }
        assert!(search("zebra").is_empty());
        assert!(search("of the").is_empty());
    }

    #[test]
    fn every_sample_reads_from_the_placeholder_and_has_a_name_of_its_own() {
        for (place, sample) in SAMPLES.iter().enumerate() {
            assert!(sample.sql.starts_with("SELECT ") && sample.sql.contains("FROM <event-data-store-ID>"));
            assert!(SAMPLES[..place].iter().all(|before| before.name != sample.name));
        }
    }
}
