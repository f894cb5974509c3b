//! From a breaching point to the message at a subscriber's door, on the machine's clock.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::http_load;
use crate::receiver::{Receiver, TOPIC};
use crate::server;
use crate::table::{Table, ms, quantile};

/// Alarms of each round; they are put, breached and delivered side by side.
const ALARMS: usize = 20;
/// The alarms' period.
const PERIOD: Duration = Duration::from_secs(10);

/// Measures deliveries of states that are set, and of states that are evaluated.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let trailwatch = server::trailwatch(&folder.join("action"), &[]).await?;
    let address = &trailwatch.address;
    let mut receiver = Receiver::start().await?;
    subscribe(address, &mut receiver).await?;
    for number in 0..ALARMS {
        let form = format!(
            "Action=PutMetricAlarm&Version=2010-08-01&AlarmName=a{number}&Namespace=Bench&MetricName=m{number}\
             &Statistic=Maximum&Period=10&EvaluationPeriods=1&Threshold=50&ComparisonOperator=GreaterThanThreshold\
             &TreatMissingData=ignore&AlarmActions.member.1={TOPIC}"
        );
        call(address, "monitoring", &form).await?;
    }
    // One after another: each is seen by itself.
    let mut set = Vec::new();
    for number in 0..ALARMS {
        let started = Instant::now();
        let form =
            format!("Action=SetAlarmState&Version=2010-08-01&AlarmName=a{number}&StateValue=ALARM&StateReason=bench");
        call(address, "monitoring", &form).await?;
        receiver.notification().await?;
        set.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    table.row(
        "a state that is set, to its message at an HTTP subscriber",
        p50(&mut set),
        "-".to_owned(),
        "-".to_owned(),
    );
    for number in 0..ALARMS {
        let form =
            format!("Action=SetAlarmState&Version=2010-08-01&AlarmName=a{number}&StateValue=OK&StateReason=bench");
        call(address, "monitoring", &form).await?;
    }
    let mut evaluated = breach(address, &mut receiver).await?;
    let (half, most) = (quantile(&mut evaluated, 0.5), quantile(&mut evaluated, 1.0));
    table.row(
        "a breaching point, to its message at an HTTP subscriber, period of 10 s",
        format!("p50 {:.1} s, most {:.1} s", half / 1000.0, most / 1000.0),
        "10 s (one period)".to_owned(),
        format!("{:.2}", half / (PERIOD.as_secs_f64() * 1000.0)),
    );
    trailwatch.stop().await
}

/// Puts a breaching point for each alarm, half a second apart so that all moments of a period
/// are among them; gives the milliseconds until each one's message.
async fn breach(address: &str, receiver: &mut Receiver) -> Result<Vec<f64>, Failure> {
    let mut put = Vec::new();
    for number in 0..ALARMS {
        put.push(Instant::now());
        let form = format!(
            "Action=PutMetricData&Version=2010-08-01&Namespace=Bench&MetricData.member.1.MetricName=m{number}\
             &MetricData.member.1.Value=90&MetricData.member.1.StorageResolution=1"
        );
        call(address, "monitoring", &form).await?;
        pause(PERIOD / ALARMS as u32).await;
    }
    let mut took = Vec::new();
    while took.len() < ALARMS {
        let arrival = receiver.notification().await?;
        let text = String::from_utf8_lossy(&arrival.body);
        let name = text.split(r#"\"AlarmName\":\"a"#).nth(1).and_then(|rest| rest.split('\\').next());
        let number: usize = name.ok_or("a message names no alarm")?.parse()?;
        took.push(arrival.at.duration_since(put[number]).as_secs_f64() * 1000.0);
    }
    Ok(took)
}

fn p50(samples: &mut [f64]) -> String {
    format!("p50 {}", ms(quantile(samples, 0.5)))
}

async fn call(address: &str, service: &str, form: &str) -> Result<(), Failure> {
    http_load::run(address, &[crate::signed::form(address, service, form)], Duration::ZERO).await.map(drop)
}

/// Makes the topic, subscribes the receiver and confirms.
async fn subscribe(address: &str, receiver: &mut Receiver) -> Result<(), Failure> {
    call(address, "sns", "Action=CreateTopic&Version=2010-03-31&Name=bench").await?;
    call(address, "sns", &receiver.subscription("/")).await?;
    let confirmation = receiver.confirmation().await?;
    call(address, "sns", &confirmation).await
}

#[expect(clippy::disallowed_methods, reason = "a measurement on the machine's clock")]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
