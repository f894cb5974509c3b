"""The whole way on the machine's clock: the agent measures, an alarm decides, a mail arrives."""

from agent_process import Agent
from harness import SERVER_ROOT


def test_a_metric_of_this_machine_crosses_a_threshold_and_a_mail_arrives(tmp_path, make_server, make_mail_server):
    mail = make_mail_server()
    server = make_server(clock="system", options=("--smtp", f"smtp://{mail.address}")).start()
    sns, cloudwatch = server.client("sns"), server.client("cloudwatch")
    topic = sns.create_topic(Name="operators")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="operator@example.org")
    asked = mail.inbox.wait_for(lambda one: one.subject == "AWS Notification - Subscription Confirmation")[0]
    token = asked.text.split("Token=")[1].split("&")[0].split()[0]
    sns.confirm_subscription(TopicArn=topic, Token=token)

    agent = Agent(tmp_path / "buffer", server.url, SERVER_ROOT, "--host", "box", "--interval", "10s")
    try:
        # Every machine uses more than a thousandth of its memory.
        cloudwatch.put_metric_alarm(
            AlarmName="memory",
            AlarmDescription="memory is in use",
            Namespace="CWAgent",
            MetricName="mem_used_percent",
            Dimensions=[{"Name": "host", "Value": "box"}],
            Statistic="Average",
            Period=10,
            EvaluationPeriods=1,
            Threshold=0.1,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[topic],
        )
        told = mail.inbox.wait_for(lambda one: one.subject.startswith('ALARM: "memory" in '))[0]
    finally:
        agent.end()
    assert told.recipients == ["operator@example.org"]
    assert "entered the ALARM state" in told.text
    assert "- Description:" in told.text and "memory is in use" in told.text
