//! The log on standard error.

use tracing_subscriber::EnvFilter;

use crate::settings::LogFormat;

/// What is shown unless `RUST_LOG` says otherwise. The S3 adapter logs every refusal as an error of its own.
const SHOWN: &str = "info,s3s=off";

/// Starts logging for the whole process. `RUST_LOG` chooses what is shown.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(SHOWN));
    let builder = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
}
