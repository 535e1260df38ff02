//! A run with something of everything, for whole outputs.

use crate::sample::{Run, cluster, finding, object, rule};
use manifest::{SourceId, Span};
use report::{Counts, NotLinted};
use rules::{
    Check, Failure, Finding, Location, Outcome, Related, Severity, Suppressed, SuppressedBy, Undecided,
};

const DATABASE: &str = "\
# Photos – the größte Datenbank
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: immich-postgresql
  namespace: immich
spec:
  instances: 1
  storage:
    size: 20Gi
  plugins:
    - name: barman-cloud.cloudnative-pg.io
      isWALArchiver: true
      parameters:
        barmanObjectName: immich-minio-store
  externalClusters:
    - name: immich-b2
      plugin:
        name: barman-cloud.cloudnative-pg.io
        parameters:
          barmanObjectName: immich-b2-store
";

const STORES: &str = "\
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata:
  name: immich-b2-store
  namespace: immich
spec:
  configuration:
    destinationPath: s3://homelab-backups/immich
    endpointURL: https://s3.us-west-002.backblazeb2.com
";

const POOLER: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Pooler
metadata:
  name: immich-rw
spec:
  instances: ${POOLERS}
";

/// The texts of the run.
#[derive(Clone, Copy)]
struct Texts {
    stores: SourceId,
    database: SourceId,
    pooler: SourceId,
    broken: SourceId,
}

/// The run.
pub(crate) fn everything() -> Run {
    let mut run = Run::new();
    // Not in the order of their paths, as a parallel walk may read them.
    let texts = Texts {
        stores: run.file("k8s/media/immich/stores.yaml", STORES),
        database: run.file("k8s/media/immich/database.yaml", DATABASE),
        pooler: run.file("k8s/media/immich/pooler.yaml", POOLER),
        broken: run.file("k8s/media/broken.yaml", "kind: Cluster\nspec: [\n"),
    };
    related_finding(&mut run, texts);
    finding_of_many_environments(&mut run, texts);
    finding_about_a_text(&mut run, texts);
    suppressed(&mut run, texts);
    not_judged(&mut run, texts);

    run.judgement.objects = 3;
    run.counts = Counts { files: 844, parsed: 4, documents: 4, rules: 5 };
    run.rules = vec![
        rule("instances-min-2", "availability", Severity::Error, "A Cluster runs at least two instances"),
        rule("dual-store-illusion", "backup", Severity::Error, "Every declared store is written to"),
        rule("wal-storage", "storage", Severity::Info, "WAL has its own volume"),
    ];
    run.not_linted = vec![
        NotLinted::new("k8s/media/broken.yaml", "unparsable"),
        NotLinted::new("charts/db/templates/store.yaml", "helm-template"),
        NotLinted::new("charts/db/templates/cluster.yaml", "helm-template"),
    ];
    run
}

fn immich() -> rules::ObjectRef {
    cluster("immich", "immich-postgresql")
}

/// Over several lines, with a related place nearby and one in another file.
fn related_finding(run: &mut Run, Texts { database, stores, .. }: Texts) {
    let place = "- name: immich-b2\n      plugin:\n        name: barman-cloud.cloudnative-pg.io\n";
    let span = run.at(database, place);
    let archiver = run.at(database, "name: barman-cloud.cloudnative-pg.io\n      isWALArchiver: true");
    let store = run.at(stores, "s3://homelab-backups/immich");
    let message = "immich-b2-store is declared as a second backup target of immich-postgresql, but nothing \
                   writes to it: the operator archives only to immich-minio-store";
    let one = run.find(Severity::Error, "dual-store-illusion", message, span);
    one.category = "backup".into();
    one.object = Some(immich());
    one.environments = vec!["k8s/media/immich".into()];
    one.location.pointer = "/spec/externalClusters/0".into();
    one.help = "Back up to the second store as well: mirror the bucket, or let a replica cluster archive \
                there."
        .into();
    one.related = vec![
        Related {
            message: "this plugin archives, and only to its own store".into(),
            location: Location { span: archiver, pointer: "/spec/plugins/0".into() },
        },
        Related {
            message: "nothing writes here".into(),
            location: Location { span: store, pointer: "/spec/configuration/destinationPath".into() },
        },
    ];
}

fn finding_of_many_environments(run: &mut Run, Texts { database, .. }: Texts) {
    let span = run.at(database, "1\n  storage");
    let span = Span { end: span.start + 1, ..span };
    let message = "immich-postgresql runs 1 instance(s); 2 are needed to survive the loss of a node";
    let one = run.find(Severity::Warning, "instances-min-2", message, span);
    one.object = Some(immich());
    one.environments = (1..=14).map(|number| format!("clusters/site-{number:02}")).collect();
    one.location.pointer = "/spec/instances".into();
    one.help = "Set spec.instances to 2 or more.".into();
}

fn finding_about_a_text(run: &mut Run, Texts { broken, .. }: Texts) {
    let span = run.at(broken, "[");
    let message = "the list is not closed before the end of the document";
    let one = run.find(Severity::Error, "yaml-syntax", message, span);
    one.category = "reading".into();
    one.object = None;
    one.environments.clear();
    one.location.pointer = String::new();
}

fn suppressed(run: &mut Run, Texts { database, .. }: Texts) {
    let span = run.at(database, "storage");
    run.judgement.suppressed.push(Suppressed {
        finding: Finding {
            object: Some(immich()),
            ..finding(Severity::Info, "wal-storage", "WAL shares the volume of the data", span)
        },
        by: SuppressedBy::Comment,
        reason: "one disk in this machine".into(),
        span: Some(run.at(database, "# Photos – the größte Datenbank")),
    });
}

/// Something undecided, something that failed, and checks.
fn not_judged(run: &mut Run, Texts { database, pooler, .. }: Texts) {
    let location = Location { span: run.at(pooler, "${POOLERS}"), pointer: "/spec/instances".into() };
    run.judgement.undecided.push(Undecided {
        rule: "pooler-instances".into(),
        object: object("postgresql.cnpg.io/v1", "Pooler", "immich", "immich-rw"),
        location: location.clone(),
        reason: "spec.instances is ${POOLERS}".into(),
    });
    run.judgement.failures.push(Failure {
        rule: "parameters-known".into(),
        object: immich(),
        message: "no such key: postgresql".into(),
    });
    run.judgement.checks = vec![
        Check {
            rule: "pooler-instances".into(),
            object: object("postgresql.cnpg.io/v1", "Pooler", "immich", "immich-rw"),
            location,
            outcome: Outcome::Undecided,
        },
        Check {
            rule: "storage-size".into(),
            object: immich(),
            location: Location { span: run.at(database, "20Gi"), pointer: "/spec/storage/size".into() },
            outcome: Outcome::Holds,
        },
    ];
}
