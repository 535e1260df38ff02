//! The command line.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::DateTime;
use report::Format;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold());

/// Would this PostgreSQL survive the loss of a node, a disk or a site, and do its credentials leak?
///
/// Judges the CloudNativePG databases of a checked-out repository, and those of a cluster as they are changed.
#[derive(Debug, Parser)]
#[command(name = "cnpg-lint", version, styles = STYLES, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judges files and directories.
    Check(Box<CheckArgs>),
    /// Shows each document of a file as the linter reads it, or each Cluster as the operator would run it.
    Inspect(InspectArgs),
    /// Shows a rule's documentation.
    Explain(ExplainArgs),
    /// Lists the rules, tests rule files, or writes a new one.
    Rules(RulesArgs),
    /// Says what the operator makes of a schedule: the error, or when it fires next (UTC).
    Schedule(ScheduleArgs),
    /// Serves the validating admission webhook.
    Serve(Box<ServeArgs>),
    /// Judges a recorded admission review as the webhook would, and prints the response.
    Review(ReviewArgs),
    /// Writes a commented configuration file.
    Init(InitArgs),
    /// Prints a shell completion script.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Prints the manual page.
    Man,
}

/// `check`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own, none excludes another")]
pub(crate) struct CheckArgs {
    /// Files and directories; `-` is standard input.
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The checkout in which references are looked up [default: the nearest .git above, else the path].
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// How to print the findings.
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = format())]
    pub(crate) format: Format,
    /// Also writes the findings to a file; may be given several times.
    #[arg(long, value_name = "FORMAT=FILE")]
    pub(crate) output: Vec<Output>,
    /// The mildest severity that fails the run.
    #[arg(long, value_enum, default_value_t = FailOn::Error, env = "CNPG_LINT_FAIL_ON")]
    pub(crate) fail_on: FailOn,
    /// What is undecided or not linted makes the run incomplete (exit code 3).
    #[arg(long)]
    pub(crate) strict: bool,
    /// Exits with code 4 if no object was judged.
    #[arg(long)]
    pub(crate) require_objects: bool,
    /// Lists every judgement, not only the broken ones (JSON).
    #[arg(long)]
    pub(crate) checks: bool,
    /// Lists what could not be decided, and why.
    #[arg(long)]
    pub(crate) undecided: bool,
    /// Also tells findings in other files that a change of the given ones can have caused.
    #[arg(long)]
    pub(crate) affected: bool,
    /// Also judges what changed since a commit: backups that are taken away, volumes that shrink, databases
    /// that are deleted. `REF` or `REF...`: since the last commit that REF has in common with HEAD; `REF..`:
    /// since that very commit.
    #[arg(long, value_name = "REF", env = "CNPG_LINT_BASE")]
    pub(crate) base: Option<String>,
    /// Tells only what the changes since --base can have caused: findings that were not there, or were milder
    /// [default base: HEAD with --staged, else the remote's default branch].
    #[arg(long)]
    pub(crate) changed: bool,
    /// Reads what is staged (Git's index) instead of the work tree.
    #[arg(long)]
    pub(crate) staged: bool,
    /// Writes the findings of today to a file; later runs with --baseline tell only new ones.
    #[arg(long, value_name = "FILE")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Leaves out the findings of this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Lets Helm render the charts of the checkout, offline, with the values that their releases give:
    /// `helm` on the PATH, or this program.
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, require_equals = true, default_missing_value = "helm", env = "CNPG_LINT_HELM")]
    pub(crate) helm: Option<PathBuf>,
    /// Files over this size are not read.
    #[arg(long, value_name = "BYTES", default_value = "32MiB", value_parser = size)]
    pub(crate) max_file_size: usize,
    /// The day or time to judge at: until when suppressions hold, when schedules fire [default: now].
    #[arg(long, value_name = "TIME", env = "CNPG_LINT_TODAY", value_parser = crate::clock::parse)]
    pub(crate) today: Option<DateTime>,
    /// When to use colours.
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = color())]
    pub(crate) color: report::ColorChoice,
}

/// Where configuration and rules come from.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// The configuration file [default: .cnpg-lint.yaml at the root of the checkout].
    #[arg(long, value_name = "FILE", env = "CNPG_LINT_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Adds the rule files of a directory.
    #[arg(long, value_name = "DIR", env = "CNPG_LINT_RULES")]
    pub(crate) rules: Vec<PathBuf>,
}

/// `inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The file; `-` is standard input. With --topology or --rendered a file or directory [default: .].
    #[arg(required_unless_present_any = ["topology", "rendered"], value_name = "PATH")]
    pub(crate) file: Option<PathBuf>,
    /// Shows every object as it is deployed (kustomize, Flux and Argo CD rendered), and where each of its
    /// values is written.
    #[arg(long, conflicts_with = "topology")]
    pub(crate) rendered: bool,
    /// With --rendered: lets Helm render the charts of the checkout, offline.
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, require_equals = true, default_missing_value = "helm", env = "CNPG_LINT_HELM")]
    pub(crate) helm: Option<PathBuf>,
    /// Shows each Cluster as the operator would run it: where its WAL and base backups go, how long they
    /// are kept, from where it can be restored, who can reach it.
    #[arg(long)]
    pub(crate) topology: bool,
    /// With --topology or --rendered: the checkout that the path is in [default: the nearest .git above, else the path].
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// `human`, or `json`: one line per document, Cluster or deployed object.
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub(crate) format: TextFormat,
}

/// `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The rule's id.
    pub(crate) rule: String,
    /// Adds the rule files of a directory.
    #[arg(long, value_name = "DIR", env = "CNPG_LINT_RULES")]
    pub(crate) rules: Vec<PathBuf>,
    /// As text for a terminal, or `json`.
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub(crate) format: TextFormat,
}

/// `rules`.
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    pub(crate) command: Option<RulesCommand>,
    /// Adds the rule files of a directory.
    #[arg(long, value_name = "DIR", env = "CNPG_LINT_RULES")]
    pub(crate) rules: Vec<PathBuf>,
    /// A list for people, `json`, or a Markdown table.
    #[arg(long, value_enum, default_value_t = ListFormat::Human)]
    pub(crate) format: ListFormat,
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Runs the examples of the rule files of a directory and shows what differs.
    Test {
        /// The directory.
        directory: PathBuf,
    },
    /// Writes a commented rule file, `ID.yaml`.
    New {
        /// The id, kebab-case.
        id: String,
        /// Where to write it.
        #[arg(long, value_name = "DIR", default_value = ".")]
        directory: PathBuf,
    },
    /// Prints the JSON Schema of the configuration file.
    Schema,
    /// Lists what a rule can ask, for one kind of object.
    Variables {
        /// The kind, such as `Cluster`.
        kind: String,
    },
}

/// `schedule`.
#[derive(Debug, Args)]
pub(crate) struct ScheduleArgs {
    /// Schedules of `ScheduledBackup`s; without any, each line of standard input is one.
    #[arg(value_name = "SPEC")]
    pub(crate) schedules: Vec<String>,
    /// The day or time to count from [default: now].
    #[arg(long, value_name = "TIME", value_parser = crate::clock::parse)]
    pub(crate) from: Option<DateTime>,
    /// How many times to tell.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) count: usize,
    /// For people, or `json`: one line for each schedule, with `error` or `next`.
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub(crate) format: TextFormat,
}

/// `review`.
#[derive(Debug, Args)]
pub(crate) struct ReviewArgs {
    /// The review, the JSON of an `AdmissionReview`; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The other objects of the cluster, as YAML or JSON files: there are these and no others. Without it
    /// nothing is known of others, and what depends on them is undecided.
    #[arg(long, value_name = "DIR")]
    pub(crate) objects: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// The day or time to judge at [default: now].
    #[arg(long, value_name = "TIME", env = "CNPG_LINT_TODAY", value_parser = crate::clock::parse)]
    pub(crate) today: Option<DateTime>,
}

/// `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where reviews are served, over HTTPS, under `/validate`.
    #[arg(long, value_name = "ADDR", default_value = ":9443", env = "CNPG_LINT_LISTEN", value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// Where `/livez`, `/readyz` and `/metrics` are served, over HTTP.
    #[arg(long, value_name = "ADDR", default_value = ":9080", env = "CNPG_LINT_HEALTH_LISTEN", value_parser = address)]
    pub(crate) health_listen: SocketAddr,
    /// The certificate and its chain, PEM; read again when it changes.
    #[arg(long, value_name = "FILE", env = "CNPG_LINT_TLS_CERT", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The private key of the certificate, PEM.
    #[arg(long, value_name = "FILE", env = "CNPG_LINT_TLS_KEY", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// `self-signed`: makes and renews its own certificate.
    #[arg(
        long,
        value_enum,
        env = "CNPG_LINT_TLS",
        conflicts_with = "tls_cert",
        required_unless_present = "tls_cert"
    )]
    pub(crate) tls: Option<TlsMode>,
    /// With --tls self-signed outside of a cluster: where the CA is written, for those who call.
    #[arg(long, value_name = "FILE", env = "CNPG_LINT_CA_OUT")]
    pub(crate) ca_out: Option<PathBuf>,
    /// Only callers with a certificate of these authorities are served; PEM, read again when it changes.
    #[arg(long, value_name = "FILE", env = "CNPG_LINT_CLIENT_CA")]
    pub(crate) client_ca: Option<PathBuf>,
    /// With --client-ca: the names of which a caller's certificate must have one [default: any].
    #[arg(
        long,
        value_name = "NAME",
        env = "CNPG_LINT_CLIENT_NAME",
        value_delimiter = ',',
        requires = "client_ca"
    )]
    pub(crate) client_name: Vec<String>,
    /// Speaks TLS 1.2 too.
    #[arg(long, env = "CNPG_LINT_TLS12")]
    pub(crate) tls12: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// The cluster whose objects are watched [default: the one it runs in; outside of one nothing is watched].
    #[arg(long, value_name = "FILE", env = "CNPG_LINT_KUBECONFIG")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// What is logged, as JSON on standard error.
    #[arg(long, value_enum, default_value_t = LogLevel::Info, env = "CNPG_LINT_LOG_LEVEL")]
    pub(crate) log_level: LogLevel,
    /// How many seconds reviews are still taken once asked to end.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, env = "CNPG_LINT_GRACE")]
    pub(crate) grace: u64,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

/// Where self-signed certificates are kept in a cluster; the chart sets these.
#[derive(Debug, Args)]
#[command(next_help_heading = "Self-signed certificates in a cluster")]
pub(crate) struct PlaceArgs {
    /// The namespace it runs in.
    #[arg(long, value_name = "NAME", env = "CNPG_LINT_NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// The pod it is.
    #[arg(long, value_name = "NAME", env = "CNPG_LINT_POD")]
    pub(crate) pod: Option<String>,
    /// The Service that is called.
    #[arg(long, value_name = "NAME", default_value = "cnpg-lint", env = "CNPG_LINT_SERVICE")]
    pub(crate) service: String,
    /// The `ValidatingWebhookConfiguration` whose `caBundle` is kept.
    #[arg(long, value_name = "NAME", default_value = "cnpg-lint", env = "CNPG_LINT_WEBHOOK_CONFIGURATION")]
    pub(crate) webhook_configuration: String,
    /// The Secret that replicas share.
    #[arg(long, value_name = "NAME", default_value = "cnpg-lint-tls", env = "CNPG_LINT_TLS_SECRET")]
    pub(crate) tls_secret: String,
    /// The Lease whose holder writes it.
    #[arg(long, value_name = "NAME", default_value = "cnpg-lint", env = "CNPG_LINT_LEASE")]
    pub(crate) lease: String,
}

/// Where the certificate comes from, if not from files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TlsMode {
    /// Made and renewed by the program.
    SelfSigned,
}

/// What is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// What went wrong.
    Error,
    /// What someone should look at.
    Warn,
    /// One line a review too.
    Info,
    /// Connections too.
    Debug,
}

/// `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The file to write; `-` prints it.
    #[arg(default_value = ".cnpg-lint.yaml")]
    pub(crate) file: PathBuf,
}

/// `human` or `json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextFormat {
    /// For people.
    Human,
    /// For scripts.
    Json,
}

/// How a list is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people.
    Human,
    /// For scripts.
    Json,
    /// A Markdown table.
    Markdown,
}

/// The mildest severity that fails a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Any finding.
    Info,
    /// Warnings and errors.
    Warning,
    /// Errors.
    Error,
    /// Nothing.
    Never,
}

/// `FORMAT=FILE`.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    /// How.
    pub(crate) format: Format,
    /// Where.
    pub(crate) file: PathBuf,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) =
            text.split_once('=').ok_or("write it as FORMAT=FILE, such as sarif=findings.sarif")?;
        let format = format.parse().map_err(|error: report::UnknownFormat| error.to_string())?;
        if file.is_empty() {
            return Err("the file is missing: write FORMAT=FILE".to_owned());
        }
        Ok(Self { format, file: file.into() })
    }
}

fn format() -> impl clap::builder::TypedValueParser<Value = Format> {
    use clap::builder::TypedValueParser as _;
    clap::builder::PossibleValuesParser::new(Format::ALL.map(Format::name))
        .try_map(|name| name.parse::<Format>())
}

fn color() -> impl clap::builder::TypedValueParser<Value = report::ColorChoice> {
    use clap::builder::TypedValueParser as _;
    clap::builder::PossibleValuesParser::new(report::ColorChoice::ALL.map(report::ColorChoice::name))
        .try_map(|name| name.parse::<report::ColorChoice>())
}

/// `127.0.0.1:9443`, `[::1]:9443`, or `:9443` for every address of the machine.
fn address(text: &str) -> Result<SocketAddr, String> {
    let whole = if text.starts_with(':') { format!("0.0.0.0{text}") } else { text.to_owned() };
    whole.parse().map_err(|_| "write it as 127.0.0.1:9443, or :9443 for every address".to_owned())
}

/// `33554432`, `32MiB`, `500k`.
fn size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|ch: char| ch.is_ascii_alphabetic());
    let unit: usize = match text.get(digits.len()..).unwrap_or_default().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        unit => return Err(format!("unknown unit `{unit}`: bytes, KiB, MiB or GiB")),
    };
    let bytes = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(unit));
    // Places are counted in 32 bits.
    bytes
        .filter(|bytes| u32::try_from(*bytes).is_ok())
        .ok_or_else(|| "a size below 4 GiB, such as 32MiB".to_owned())
}
