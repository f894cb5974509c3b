//! The `trailwatch` command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use server::agent_command::{self, AgentOptions};
use server::alarm_command::{self, AlarmCommand};
use server::resource_command::{self, ResourceOptions};
use server::run::Failure;
use server::settings::{ServeOptions, Settings};
use server::sql_command::{self, SqlOptions};
use server::verify_command::{self, VerifyOptions};

/// Calls are made of many small pieces of text, which this allocator hands out for less.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// CloudTrail, CloudWatch and AWS Config on your own machines, behind AWS's own protocols.
#[derive(Parser)]
#[command(name = "trailwatch", version, arg_required_else_help = true)]
struct Command {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Subcommand)]
enum Subcommands {
    /// Start the server.
    ///
    /// Prints one line, `trailwatch ready http://ADDR`, when it can serve. Every option can also
    /// be set in the environment (shown below) or in trailwatch.toml under the option's own name.
    /// SIGTERM and SIGINT stop it cleanly.
    Serve(Box<ServeOptions>),

    /// Send this machine's metrics to a server.
    ///
    /// CPU, memory, disks, network and processes under the CloudWatch agent's own names, and
    /// StatsD lines from applications. Requests are signed with AWS_ACCESS_KEY_ID,
    /// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or with access-key-id, secret-access-key and
    /// session-token of the settings file. They wait in a folder while the server is away.
    ///
    /// Prints one line, `trailwatch agent ready statsd ADDR`, when it runs. Every option can also
    /// be set in agent.toml under its own name; more keys are in docs/agent.md. SIGTERM and
    /// SIGINT stop it after a last reading was sent.
    Agent(Box<AgentOptions>),

    /// Explain how an alarm decides, or try one over stored data.
    ///
    /// A running server is asked. Requests are signed with AWS_ACCESS_KEY_ID,
    /// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; the caller needs cloudwatch:GetMetricData, to
    /// explain also cloudwatch:DescribeAlarms. Nothing is changed on the server.
    #[command(subcommand)]
    Alarm(Box<AlarmCommand>),

    /// Show what a resource was like at a time, as AWS Config recorded it.
    ///
    /// Shows its configuration, what it was related to and what was related to it, who changed it into
    /// that state, and the states of its alarms. A running server is asked, or with --data the folder of
    /// one that is not running. Requests are signed with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
    /// AWS_SESSION_TOKEN; the caller needs config:GetResourceConfigHistory, for who changed it
    /// cloudtrail:LookupEvents, and for alarms cloudwatch:DescribeAlarmHistory. Nothing is changed.
    #[command(after_help = resource_command::EXAMPLES)]
    Resource(Box<ResourceOptions>),

    /// Run SQL over log events, audit events, metrics and configuration items.
    ///
    /// A running server is asked, or with --data the folder of one that is not running. Requests are
    /// signed with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; the caller needs
    /// trailwatch:ExecuteSql on * and sees the rows of their own account. Statements only read.
    /// The tables are log_events, trail_events, metrics, config_items, config_resources and
    /// inventory (what is installed on hosts); config_at(TIME) and inventory_at(TIME) are
    /// resources and inventories as they were. DESCRIBE shows their columns.
    #[command(after_help = sql_command::EXAMPLES)]
    Sql(Box<SqlOptions>),

    /// Verify that nobody changed, removed or added log files of a trail, or digests.
    ///
    /// Checks what `aws cloudtrail validate-logs` checks, and also that each digest is the very one
    /// that the next one names, that no log file is there but those that digests list, that log
    /// files hold events of the times they are said to, and that the end of the chain was not cut
    /// off. Trails are verified in the buckets of a server, or of anything else that speaks S3; in
    /// the data folder of a server that is not running; or in a copy, without any server.
    ///
    /// Requests are signed with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; the
    /// caller needs s3:ListBucket, s3:GetObject, cloudtrail:DescribeTrails,
    /// cloudtrail:GetTrailStatus and cloudtrail:ListPublicKeys. Nothing is changed.
    #[command(after_help = verify_command::EXAMPLES)]
    VerifyTrail(Box<VerifyOptions>),
}

fn main() -> ExitCode {
    match Command::parse().command {
        Subcommands::Serve(options) => match Settings::resolve(*options) {
            Ok(settings) => {
                server::logging::start(settings.log_format);
                finish(server::run::serve(settings))
            }
            Err(error) => complain(&error),
        },
        Subcommands::Agent(options) => {
            server::logging::start(agent_command::log_format(&options));
            finish(agent_command::run(*options))
        }
        Subcommands::Alarm(command) => finish(alarm_command::run(*command)),
        Subcommands::Resource(options) => finish(resource_command::run(*options)),
        Subcommands::Sql(options) => finish(sql_command::run(*options)),
        Subcommands::VerifyTrail(options) => {
            let run = verify_command::run(*options);
            finish_with(run, |error| {
                complain(error);
                ExitCode::from(verify_command::CANNOT_TELL)
            })
        }
    }
}

/// Runs a command to its end.
fn finish(command: impl Future<Output = Result<(), Failure>>) -> ExitCode {
    finish_with(async { command.await.map(|()| ExitCode::SUCCESS) }, complain)
}

/// Runs a command to its end that says itself how it exits, unless it fails.
fn finish_with(
    command: impl Future<Output = Result<ExitCode, Failure>>,
    failed: impl Fn(&dyn std::error::Error) -> ExitCode,
) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    runtime.block_on(command).unwrap_or_else(|error| failed(error.as_ref()))
}

/// Says what went wrong, with its causes, on standard error.
#[expect(clippy::print_stderr, reason = "the command's own voice")]
fn complain(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("trailwatch: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}
