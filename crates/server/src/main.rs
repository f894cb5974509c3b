//! The `trailwatch` command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use server::settings::{ServeOptions, Settings};

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
}

fn main() -> ExitCode {
    let Subcommands::Serve(options) = Command::parse().command;
    let settings = match Settings::resolve(*options) {
        Ok(settings) => settings,
        Err(error) => return complain(&error),
    };
    server::logging::start(settings.log_format);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error),
    };
    match runtime.block_on(server::run::serve(settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(error.as_ref()),
    }
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
