//! The job, with topics that are records and upstreams that are small servers.

mod http_server;
mod world;

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use self::http_server::HttpServer;
use self::world::{OTHER_TOPIC, STOP, Sent, TOPIC, World, state};
use super::*;
use crate::alarms::ActionError;
use crate::record::{AlarmTask, HistoryKind, StateValue, SuppressedBy, Suppression};

fn upstream(service: &str, server: &HttpServer) -> String {
    format!("{service}={}", server.url)
}

async fn accepting() -> HttpServer {
    HttpServer::start(|_| (200, "<ok/>".to_owned())).await
}

fn data(entry: &crate::record::AlarmHistoryRecord) -> Value {
    serde_json::from_str(&entry.data).unwrap()
}

#[tokio::test]
async fn message_history_and_the_end_of_the_task_are_one() {
    let world = World::new(&[], None).await;
    world.fire("a", &[TOPIC]).await;
    assert_eq!(world.pass(0).await, [0]);
    assert_eq!(world.tasks(), []);
    let sent = world.sent();
    assert_eq!((sent.len(), sent[0].topic.as_str()), (1, TOPIC));
    assert_eq!(sent[0].subject, "ALARM: \"a\" in US East (N. Virginia)");
    assert_eq!(world.topics.published.load(Ordering::Relaxed), 1);
    let history = world.history();
    assert_eq!(history[0].summary, format!("Successfully executed action {TOPIC}"));
    assert_eq!(history[0].kind, HistoryKind::Action);
    let data = data(&history[0]);
    assert_eq!((&data["actionState"], &data["notificationResource"]), (&"Succeeded".into(), &TOPIC.into()));
    assert_eq!(data["stateUpdateTimestamp"], world.clock.now().millis());
    assert_eq!(data["publishedMessage"], sent[0].bodies);
}

#[tokio::test]
async fn a_commit_that_fails_leaves_the_task_and_sends_nothing() {
    let world = World::new(&[], None).await;
    world.fire("a", &[TOPIC]).await;
    world.full.store(true, Ordering::Relaxed);
    assert_eq!(world.pass(5).await, [0]);
    assert_eq!((world.tasks().len(), world.sent().len(), world.history().len()), (1, 0, 0));
    assert_eq!(world.topics.published.load(Ordering::Relaxed), 0);
    world.full.store(false, Ordering::Relaxed);
    assert_eq!(world.pass(5).await, [5]);
    assert_eq!((world.tasks().len(), world.sent().len(), world.history().len()), (0, 1, 1));
}

#[tokio::test]
async fn a_topic_that_refuses_is_told_in_the_history() {
    let world = World::new(&[], None).await;
    let refusal = ActionError { message: "Topic does not exist".to_owned(), passing: false };
    *world.topics.refusal.lock().unwrap() = Some(refusal);
    world.fire("a", &[TOPIC]).await;
    world.pass(1000).await;
    assert_eq!((world.tasks().len(), world.sent().len()), (0, 0));
    let failed = format!("Failed to execute action {TOPIC}. Received error: \"Topic does not exist\"");
    assert_eq!(world.summaries(), [failed]);
    let data = data(&world.history()[0]);
    assert_eq!(data["actionState"], "Failed");
    assert_eq!((&data["publishedMessage"], &data["error"]), (&Value::Null, &"Topic does not exist".into()));
}

#[tokio::test]
async fn one_action_that_fails_holds_up_no_other() {
    let ec2 = HttpServer::start(|_| (500, String::new())).await;
    let world = World::new(&[upstream("ec2", &ec2)], None).await;
    world.fire("a", &[STOP, TOPIC, OTHER_TOPIC]).await;
    world.pass(0).await;
    assert_eq!(world.sent().len(), 2);
    assert_eq!(world.tasks().len(), 1);
}

#[tokio::test]
async fn an_instance_is_stopped() {
    let ec2 = accepting().await;
    let world = World::new(&[upstream("ec2", &ec2)], None).await;
    world.fire("a", &[STOP]).await;
    world.pass(0).await;
    assert_eq!(ec2.bodies(), ["Action=StopInstances&Version=2016-11-15&InstanceId.1=i-0abc"]);
    assert!(ec2.asked()[0].contains("/us-east-1/ec2/aws4_request"), "{:?}", ec2.asked());
    assert_eq!(world.summaries(), [format!("Successfully executed action {STOP}")]);
}

#[tokio::test]
async fn older_arns_and_other_changes_of_instances_are_carried_out() {
    let ec2 = accepting().await;
    let world = World::new(&[upstream("ec2", &ec2)], None).await;
    let old =
        |change: &str| format!("arn:aws:swf:us-east-1:111122223333:action/actions/AWS_EC2.InstanceId.{change}/1.0");
    let (reboot, terminate) = (old("Reboot"), old("Terminate"));
    world.fire("a", &[&reboot, &terminate, "arn:aws:automate:us-east-1:ec2:recover"]).await;
    world.pass(0).await;
    let actions: Vec<String> = ec2.bodies().iter().map(|body| body.split('&').next().unwrap().to_owned()).collect();
    let expected = ["RebootInstances", "TerminateInstances", "StopInstances", "StartInstances"];
    assert_eq!(actions, expected.map(|action| format!("Action={action}")));
}

#[tokio::test]
async fn an_instance_that_is_still_stopping_is_started_later() {
    let answer = |text: &str| match text.contains("StartInstances") {
        true => (400, "<Error><Code>IncorrectInstanceState</Code><Message>stopping</Message></Error>".to_owned()),
        false => (200, String::new()),
    };
    let ec2 = HttpServer::start(answer).await;
    let world = World::new(&[upstream("ec2", &ec2)], None).await;
    world.fire("a", &["arn:aws:automate:us-east-1:ec2:recover"]).await;
    assert_eq!(world.pass(30).await, [0, 10]);
}

#[tokio::test]
async fn passing_failures_are_tried_again_and_every_attempt_stands_in_the_history() {
    let ec2 =
        HttpServer::start(|_| (503, "<Error><Code>Unavailable</Code><Message>soon</Message></Error>".to_owned())).await;
    let world = World::new(&[upstream("ec2", &ec2)], None).await;
    world.fire("a", &[STOP]).await;
    assert_eq!(world.pass(3600).await, [0, 10, 70, 370]);
    let failed = |end: &str| {
        format!(
            "Failed to execute action {STOP}. Received error: \"Unavailable: soon (status 503 Service Unavailable){end}\""
        )
    };
    let again = |secs: &str| failed(&format!(" It is tried again in {secs} s."));
    assert_eq!(world.summaries(), [again("10"), again("60"), again("300"), failed("")]);
    assert_eq!(world.tasks(), []);
}

#[tokio::test]
async fn a_refusal_is_not_tried_again() {
    let ec2 = HttpServer::start(|_| (400, "<Error><Code>Gone</Code><Message>no</Message></Error>".to_owned())).await;
    let world = World::new(&[upstream("ec2", &ec2)], None).await;
    world.fire("a", &[STOP]).await;
    assert_eq!(world.pass(3600).await, [0]);
    assert_eq!((world.summaries().len(), world.tasks().len()), (1, 0));
}

#[tokio::test]
async fn an_upstream_that_is_missing_is_named_with_its_setting() {
    let world = World::new(&[], None).await;
    world.fire("a", &[STOP, "arn:aws:aiops:us-east-1:111122223333:investigation-group:g"]).await;
    world.pass(0).await;
    let summaries = world.summaries();
    assert!(summaries[0].contains("start the server with --upstream ec2=URL"), "{summaries:?}");
    assert!(summaries[1].contains("Investigations are not served here"), "{summaries:?}");
}

const POLICY: &str =
    "arn:aws:autoscaling:us-east-1:111122223333:scalingPolicy:6f3a:autoScalingGroupName/web:policyName/grow";

async fn scaling(policy_type: &'static str) -> HttpServer {
    HttpServer::start(move |_| (200, format!("<r><PolicyType>{policy_type}</PolicyType></r>"))).await
}

#[tokio::test]
async fn a_scaling_policy_is_executed_each_minute_while_the_state_lasts() {
    let server = scaling("SimpleScaling").await;
    let world = World::new(&[upstream("autoscaling", &server)], None).await;
    world.fire("a", &[POLICY]).await;
    assert_eq!(world.pass(150).await, [0, 60, 120]);
    let execute = "Action=ExecutePolicy&Version=2011-01-01&AutoScalingGroupName=web&PolicyName=grow";
    assert_eq!(server.bodies().iter().filter(|body| *body == execute).count(), 3);
    assert_eq!(world.summaries(), vec![format!("Successfully executed action {POLICY}"); 3]);
    world.recover("a").await;
    assert_eq!(world.pass(600).await, [30]);
    assert_eq!((world.summaries().len(), world.tasks().len()), (3, 0));
}

#[tokio::test]
async fn a_policy_with_steps_is_told_the_breach() {
    let server = scaling("StepScaling").await;
    let world = World::new(&[upstream("autoscaling", &server)], None).await;
    world.fire("a", &[POLICY]).await;
    world.pass(0).await;
    let told = "AutoScalingGroupName=web&PolicyName=grow&MetricValue=21.5&BreachThreshold=21";
    assert_eq!(server.bodies()[1], format!("Action=ExecutePolicy&Version=2011-01-01&{told}"));
}

#[tokio::test]
async fn a_scaling_policy_waits_while_actions_are_held_back() {
    let server = scaling("SimpleScaling").await;
    let world = World::new(&[upstream("autoscaling", &server)], None).await;
    world.fire("a", &[POLICY]).await;
    world.pass(0).await;
    let suppression = Suppression { by: SuppressedBy::Alarm, until: None, held: None };
    world.edit_state("a", |record| record.suppression = Some(suppression)).await;
    world.pass(180).await;
    assert_eq!(world.summaries().len(), 1);
    world.edit_state("a", |record| record.suppression = None).await;
    world.pass(60).await;
    assert_eq!(world.summaries().len(), 2);
}

#[tokio::test]
async fn a_function_is_invoked_with_the_change() {
    let lambda = accepting().await;
    let world = World::new(&[upstream("lambda", &lambda)], None).await;
    let function = "arn:aws:lambda:us-east-1:111122223333:function:f:live";
    let elsewhere = "arn:aws:lambda:us-east-1:999922223333:function:f:live";
    world.fire("a", &[function, elsewhere]).await;
    world.pass(0).await;
    let asked = lambda.asked();
    assert!(asked[0].starts_with("POST /2015-03-31/functions/f/invocations?Qualifier=live HTTP/1.1\r\n"), "{asked:?}");
    assert!(asked[0].to_lowercase().contains("\r\nx-amz-invocation-type: event\r\n"), "{asked:?}");
    let whole =
        "POST /2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A999922223333%3Afunction%3Af%3Alive/invocations ";
    assert!(asked[1].starts_with(whole), "{asked:?}");
    let payload: Value = serde_json::from_str(&lambda.bodies()[0]).unwrap();
    assert_eq!(payload["alarmData"]["state"]["value"], "ALARM");
    assert_eq!(data(&world.history()[0])["publishedMessage"], lambda.bodies()[0]);
}

#[tokio::test]
async fn systems_manager_is_told() {
    let server = accepting().await;
    let world = World::new(&[upstream("ssm", &server), upstream("ssm-incidents", &server)], None).await;
    let item = "arn:aws:ssm:us-east-1:111122223333:opsitem:3#CATEGORY=Performance";
    let incident = "arn:aws:ssm-incidents::111122223333:responseplan/p";
    world.fire("a", &[item, incident]).await;
    world.pass(0).await;
    let (asked, bodies) = (server.asked(), server.bodies());
    assert!(asked[0].to_lowercase().contains("\r\nx-amz-target: amazonssm.createopsitem\r\n"), "{asked:?}");
    let item: Value = serde_json::from_str(&bodies[0]).unwrap();
    assert_eq!(item["Title"], "CloudWatch alarm - 'a' is in 'ALARM' state");
    assert_eq!((&item["Severity"], &item["Category"]), (&"3".into(), &"Performance".into()));
    assert_eq!((&item["Source"], &item["Description"]), (&"CloudWatch Alarm".into(), &"it is".into()));
    assert!(asked[1].starts_with("POST /startIncident "), "{asked:?}");
    let begun: Value = serde_json::from_str(&bodies[1]).unwrap();
    assert_eq!(begun["responsePlanArn"], incident);
    assert_eq!(begun["triggerDetails"]["triggerArn"], "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a");
}

#[tokio::test]
async fn an_item_that_is_open_already_is_no_failure() {
    let error = r#"{"__type":"OpsItemAlreadyExistsException","Message":"open"}"#;
    let server = HttpServer::start(move |_| (400, error.to_owned())).await;
    let world = World::new(&[upstream("ssm", &server)], None).await;
    let item = "arn:aws:ssm:us-east-1:111122223333:opsitem:3";
    world.fire("a", &[item]).await;
    world.pass(0).await;
    assert_eq!(world.summaries(), [format!("Successfully executed action {item}")]);
}

#[tokio::test]
async fn what_a_change_asked_for_is_done_though_the_alarm_is_gone_or_made_anew() {
    let world = World::new(&[], None).await;
    world.fire("a", &[TOPIC]).await;
    world.fire("b", &[TOPIC]).await;
    world.remove("a").await;
    world.remove("b").await;
    world.clock.move_to(world.clock.now().plus_millis(1));
    let mut anew = world.tasks()[0].1.alarm.clone();
    anew.created = world.clock.now();
    world.put("b", &anew).await;
    world.pass(10).await;
    assert_eq!((world.tasks().len(), world.sent().len(), world.history().len()), (0, 2, 2));
}

#[tokio::test]
async fn an_alarm_that_is_gone_tries_nothing_again() {
    let ec2 = HttpServer::start(|_| (503, String::new())).await;
    let world = World::new(&[upstream("ec2", &ec2)], None).await;
    world.fire("a", &[STOP]).await;
    world.pass(0).await;
    world.remove("a").await;
    world.pass(3600).await;
    assert_eq!((ec2.asked().len(), world.tasks().len()), (1, 0));
}

#[tokio::test]
async fn an_action_that_the_alarm_has_no_more_is_not_repeated() {
    let server = scaling("SimpleScaling").await;
    let world = World::new(&[upstream("autoscaling", &server)], None).await;
    world.fire("a", &[POLICY]).await;
    world.pass(0).await;
    let mut alarm = world.tasks()[0].1.alarm.clone();
    alarm.ok_actions = std::mem::take(&mut alarm.alarm_actions);
    world.put("a", &alarm).await;
    world.pass(600).await;
    assert_eq!((world.summaries().len(), world.tasks().len()), (1, 0));
}

#[tokio::test]
async fn actions_that_were_disabled_after_the_change_still_run() {
    let world = World::new(&[], None).await;
    world.fire("a", &[TOPIC]).await;
    let mut alarm = world.tasks()[0].1.alarm.clone();
    alarm.actions_enabled = false;
    world.put("a", &alarm).await;
    world.pass(0).await;
    assert_eq!(world.sent().len(), 1);
}

#[tokio::test]
async fn events_go_to_the_webhook_also_of_alarms_that_are_gone() {
    let webhook = accepting().await;
    let url = webhook.url.replace("http://", "http://me:secret@");
    let world = World::new(&[], Some(&url)).await;
    let alarm = world.put_alarm("a", &[]).await;
    world.ask("a", &alarm, AlarmTask::Event("{\"n\":1}".to_owned())).await;
    world.ask("a", &alarm, AlarmTask::Event("{\"n\":2}".to_owned())).await;
    world.remove("a").await;
    world.pass(0).await;
    assert_eq!(webhook.bodies(), ["{\"n\":1}", "{\"n\":2}"]);
    assert!(webhook.asked()[0].contains("authorization: Basic bWU6c2VjcmV0"), "{:?}", webhook.asked());
    assert_eq!((world.tasks().len(), world.history().len()), (0, 0));
}

#[tokio::test]
async fn an_event_is_sent_until_it_is_taken() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let webhook = HttpServer::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0..3 => (404, String::new()),
        _ => (204, String::new()),
    })
    .await;
    let world = World::new(&[], Some(&webhook.url)).await;
    let alarm = world.put_alarm("a", &[]).await;
    world.ask("a", &alarm, AlarmTask::Event("{}".to_owned())).await;
    assert_eq!(world.pass(3600).await, [0, 10, 40, 100]);
    assert_eq!((world.tasks().len(), world.history().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn work_that_comes_while_a_call_hangs_is_done_meanwhile() {
    let (entered, inside) = (Arc::new(Notify::new()), Arc::new(std::sync::Barrier::new(2)));
    let (enter, wait) = (entered.clone(), inside.clone());
    let ec2 = HttpServer::start(move |_| {
        enter.notify_one();
        tokio::task::block_in_place(|| wait.wait());
        (200, String::new())
    });
    let ec2 = ec2.await;
    let world = World::new(&[upstream("ec2", &ec2)], None).await;
    world.fire("slow", &[STOP]).await;
    let now = world.clock.now();
    let (ran, ()) = tokio::join!(world.job.run(now), async {
        entered.notified().await;
        world.fire("fast", &[TOPIC]).await;
        while world.sent().is_empty() {
            tokio::task::yield_now().await;
        }
        tokio::task::block_in_place(|| inside.wait());
    });
    ran.unwrap();
    assert_eq!((world.tasks().len(), world.summaries().len()), (0, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_call_under_way_is_written_down_although_the_catalog_fails_the_run_meanwhile() {
    let (entered, inside) = (Arc::new(Notify::new()), Arc::new(std::sync::Barrier::new(2)));
    let (enter, wait) = (entered.clone(), inside.clone());
    let ec2 = HttpServer::start(move |_| {
        enter.notify_one();
        tokio::task::block_in_place(|| wait.wait());
        (200, String::new())
    });
    let ec2 = ec2.await;
    let world = World::new(&[upstream("ec2", &ec2)], None).await;
    world.tag("tagged", "1m").await;
    world.put_alarm("tagged", &[TOPIC]).await;
    world.fire("slow", &[STOP]).await;
    let (ran, ()) = tokio::join!(world.job.run(world.clock.now()), async {
        entered.notified().await;
        // The repetition falls due, and cannot be written.
        world.clock.move_to(world.clock.now().plus_millis(61_000));
        world.fail_next_commit();
        world.wake();
        while world.is_to_fail() {
            tokio::task::yield_now().await;
        }
        tokio::task::block_in_place(|| inside.wait());
    });
    assert!(ran.is_err());
    let stopped = format!("Successfully executed action {STOP}");
    assert_eq!((world.summaries(), world.tasks().len()), (vec![stopped], 0));
}

#[tokio::test]
async fn an_alarm_with_the_tag_repeats_what_it_tells() {
    let lambda = accepting().await;
    let world = World::new(&[upstream("lambda", &lambda)], None).await;
    world.tag("a", "30m").await;
    world.fire("a", &[TOPIC, STOP, "arn:aws:lambda:us-east-1:111122223333:function:f"]).await;
    assert_eq!(world.pass(3601).await, [0, 1800, 3600]);
    assert_eq!((world.sent().len(), lambda.asked().len()), (3, 3));
    // What does something, rather than tell, is not repeated.
    assert_eq!(world.summaries().iter().filter(|summary| summary.contains(STOP)).count(), 1);
    let repeated = world.sent();
    let body: Vec<Value> = repeated.iter().map(|sent| body_of(sent)).collect();
    assert!(body.iter().any(|body| body["OldStateValue"] == "ALARM" && body["NewStateValue"] == "ALARM"), "{body:?}");
    world.recover("a").await;
    assert_eq!(world.pass(7200).await, [0; 0]);
}

fn body_of(sent: &Sent) -> Value {
    let bodies: Value = serde_json::from_str(&sent.bodies).unwrap();
    serde_json::from_str(bodies["default"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn an_alarm_that_must_be_quiet_leaves_repetitions_out() {
    let world = World::new(&[], None).await;
    world.tag("a", "10m").await;
    world.fire("a", &[TOPIC]).await;
    world.pass(0).await;
    world.edit_state("a", |record| record.muted = Some(state(StateValue::Ok, record.transitioned))).await;
    assert_eq!(world.pass(1300).await, [600, 1200]);
    assert_eq!(world.sent().len(), 1);
    world.edit_state("a", |record| record.muted = None).await;
    assert_eq!(world.pass(600).await, [500]);
    assert_eq!(world.sent().len(), 2);
}

#[tokio::test]
async fn a_server_that_was_away_repeats_once() {
    let world = World::new(&[], None).await;
    world.tag("a", "10m").await;
    world.put_alarm("a", &[TOPIC]).await;
    world.clock.move_to(world.clock.now().plus_millis(3_000_000));
    assert_eq!(world.pass(600).await, [0, 600]);
    assert_eq!(world.sent().len(), 2);
}
