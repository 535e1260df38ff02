//! What makes a Secret, who reads it, and what it holds.

mod common;

use common::Repository;

const CLUSTER: &str = "
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: web, namespace: web}
spec: {instances: 2}
";

const STORE: &str = "---
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata: {name: b2, namespace: web}
spec:
  configuration:
    s3Credentials:
      accessKeyId: {name: b2-credentials, key: AWS_ACCESS_KEY_ID}
";

/// What `secrets[b2-credentials]` is for the Cluster beside some other objects.
fn makers(yaml: &str) -> String {
    Repository::of(&format!("{CLUSTER}---\n{yaml}")).ask("Cluster", "web", "secrets[b2-credentials]")
}

fn external(name: &str, namespace: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n"
    )
}

#[test]
fn nothing_makes_it() {
    assert_eq!(
        Repository::of(CLUSTER).ask("Cluster", "web", "secrets[b2-credentials]"),
        "false [] [] b2-credentials web []"
    );
}

#[test]
fn an_external_secret_makes_its_target() {
    let found = makers(&external("any", "web", "{target: {name: b2-credentials}}"));
    assert_eq!(
        found,
        "true [ExternalSecret any web @/spec/target/name] [] b2-credentials web [] @/spec/target/name"
    );
    let found = makers(&external("b2-credentials", "web", "{}"));
    assert_eq!(
        found,
        "true [ExternalSecret b2-credentials web @/metadata/name] [] b2-credentials web [] @/metadata/name"
    );
    for policy in ["Merge", "None"] {
        let spec = format!("{{target: {{name: b2-credentials, creationPolicy: {policy}}}}}");
        assert_eq!(makers(&external("any", "web", &spec)), "false [] [] b2-credentials web []");
    }
}

#[test]
fn other_namespaces_that_have_it_are_named() {
    let far = ["ai", "auth"].map(|namespace| external("b2-credentials", namespace, "{}")).concat();
    assert_eq!(makers(&far), "false [] [ai, auth] b2-credentials web []");
}

#[test]
fn every_operator_has_its_own_field() {
    let objects = [
        "v1, kind: Secret, metadata: {name: b2-credentials, namespace: web}",
        "bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: b2-credentials, namespace: web}",
        "onepassword.com/v1, kind: OnePasswordItem, metadata: {name: b2-credentials, namespace: web}",
        "secrets.hashicorp.com/v1beta1, kind: VaultStaticSecret, metadata: {name: v, namespace: web}, spec: {destination: {name: b2-credentials}}",
        "secrets.hashicorp.com/v1beta1, kind: VaultDynamicSecret, metadata: {name: v, namespace: web}, spec: {destination: {name: b2-credentials}}",
        "secrets.hashicorp.com/v1beta1, kind: HCPVaultSecretsApp, metadata: {name: v, namespace: web}, spec: {destination: {name: b2-credentials}}",
        "ricoberger.de/v1alpha1, kind: VaultSecret, metadata: {name: b2-credentials, namespace: web}",
        "redhatcop.redhat.io/v1alpha1, kind: VaultSecret, metadata: {name: v, namespace: web}, spec: {output: {name: b2-credentials}}",
        "k8s.bitwarden.com/v1, kind: BitwardenSecret, metadata: {name: b, namespace: web}, spec: {secretName: b2-credentials}",
        "bitwarden-secret-operator.io/v1beta1, kind: BitwardenSecret, metadata: {name: b, namespace: db}, spec: {name: b2-credentials, namespace: web}",
        "bitwarden-secret-operator.io/v1beta1, kind: BitwardenSecret, metadata: {name: b2-credentials, namespace: web}, spec: {}",
        "lerentis.uploadfilter24.eu/v1beta8, kind: BitwardenSecret, metadata: {name: b}, spec: {name: b2-credentials, namespace: web}",
        "lerentis.uploadfilter24.eu/v1beta8, kind: BitwardenTemplate, metadata: {name: b}, spec: {name: b2-credentials, namespace: web}",
        "secrets.doppler.com/v1alpha1, kind: DopplerSecret, metadata: {name: d, namespace: doppler}, spec: {managedSecret: {name: b2-credentials, namespace: web}}",
        "isindir.github.com/v1alpha3, kind: SopsSecret, metadata: {name: s, namespace: web}, spec: {secretTemplates: [{name: a}, {name: b2-credentials}]}",
        "passbolt.tagesspiegel.de/v1, kind: PassboltSecret, metadata: {name: b2-credentials, namespace: web}",
        "kubernetes-client.io/v1, kind: ExternalSecret, metadata: {name: b2-credentials, namespace: web}",
        "spv.no/v2beta1, kind: AzureKeyVaultSecret, metadata: {name: a, namespace: web}, spec: {output: {secret: {name: b2-credentials}}}",
        "secretgenerator.mittwald.de/v1alpha1, kind: StringSecret, metadata: {name: b2-credentials, namespace: web}",
        "secretgenerator.mittwald.de/v1alpha1, kind: BasicAuth, metadata: {name: b2-credentials, namespace: web}",
        "secretgen.k14s.io/v1alpha1, kind: Password, metadata: {name: b2-credentials, namespace: web}",
        "secretgen.carvel.dev/v1alpha1, kind: SecretImport, metadata: {name: b2-credentials, namespace: web}",
        "secretgen.carvel.dev/v1alpha1, kind: SecretTemplate, metadata: {name: b2-credentials, namespace: web}",
        "secrets.infisical.com/v1alpha1, kind: InfisicalSecret, metadata: {name: i}, spec: {managedSecretReference: {secretName: b2-credentials, secretNamespace: web}}",
        "objectbucket.io/v1alpha1, kind: ObjectBucketClaim, metadata: {name: b2-credentials, namespace: web}",
        "s3.aws.upbound.io/v1, kind: User, metadata: {name: u}, spec: {writeConnectionSecretToRef: {name: b2-credentials, namespace: web}}",
    ];
    for object in objects {
        assert!(makers(&format!("\n{{apiVersion: {object}}}")).starts_with("true "), "{object}");
    }
}

#[test]
fn one_for_many_namespaces_reaches_those_it_lists() {
    let all = |spec: &str| {
        makers(&format!(
            "\napiVersion: external-secrets.io/v1\nkind: ClusterExternalSecret\nmetadata: {{name: shared}}\nspec: {spec}\n"
        ))
    };
    let named = "externalSecretName: b2-credentials, externalSecretSpec: {}";
    assert!(all(&format!("{{{named}, namespaces: [db, web]}}")).starts_with("true "));
    assert_eq!(all(&format!("{{{named}, namespaces: [db]}}")), "false [] [db] b2-credentials web []");
    assert_eq!(
        all(&format!("{{{named}, namespaceSelector: {{matchLabels: {{tier: db}}}}}}")),
        "unknown: not known: ClusterExternalSecret shared could make it [] [] b2-credentials web unknown: not known: ClusterExternalSecret shared could make it"
    );
}

#[test]
fn one_for_the_namespaces_of_a_pattern_may_reach_any() {
    for rest in ["clustersecret.io/v1, matchNamespace: [web]", "core.cs.sap.com/v1alpha1"] {
        let found = makers(&format!(
            "\n{{kind: ClusterSecret, metadata: {{name: b2-credentials}}, apiVersion: {rest}}}"
        ));
        assert!(
            found.starts_with("unknown: not known: ClusterSecret b2-credentials could make it"),
            "{found}"
        );
    }
}

#[test]
fn mirrors_reach_other_namespaces() {
    let secret = |annotations: &str| {
        makers(&format!(
            "\napiVersion: v1\nkind: Secret\nmetadata:\n  name: b2-credentials\n  namespace: storage\n  annotations: {{{annotations}}}\n"
        ))
    };
    let reflector = "reflector.v1.k8s.emberstack.com/reflection-auto";
    assert!(secret(&format!("{reflector}-enabled: 'true'")).starts_with("true "));
    assert!(
        secret(&format!("{reflector}-enabled: 'true', {reflector}-namespaces: 'db,web'"))
            .starts_with("true ")
    );
    assert!(
        secret(&format!("{reflector}-enabled: 'true', {reflector}-namespaces: db")).starts_with("false ")
    );
    assert!(secret("replicator.v1.mittwald.de/replicate-to: 'web-.*'").starts_with("unknown: not known: "));
}

#[test]
fn a_policy_or_a_chart_could_make_it() {
    let kyverno = "\napiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: clone}\nspec:
  rules: [{generate: {apiVersion: v1, kind: Secret, name: b2-credentials, clone: {name: a, namespace: b}}}]\n";
    assert_eq!(
        makers(kyverno),
        "unknown: not known: ClusterPolicy clone could make it [] [] b2-credentials web unknown: not known: ClusterPolicy clone could make it"
    );
    let release = |name: &str, namespace: &str, values: &str| {
        makers(&format!(
            "\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{values: {values}}}\n"
        ))
    };
    let perhaps = |name: &str| {
        let why = format!("unknown: not known: HelmRelease {name} could make it");
        format!("{why} [] [] b2-credentials web {why}")
    };
    assert_eq!(release("b2", "web", "{}"), perhaps("b2"));
    assert_eq!(release("b", "web", "{}"), "false [] [] b2-credentials web []");
    assert_eq!(release("b2", "db", "{}"), "false [] [] b2-credentials web []");
    assert_eq!(release("app", "web", "{provision: {output: b2-credentials}}"), perhaps("app"));
    assert_eq!(
        release("app", "web", "{envFrom: [{secretRef: {name: b2-credentials}}]}"),
        "false [] [] b2-credentials web []"
    );
}

#[test]
fn a_chart_can_make_it() {
    let opaque = |what: &str, secret: &str| {
        Repository::of(CLUSTER).opaque("chart frigate").opaque(what).ask(
            "Cluster",
            "web",
            &format!("secrets[{secret}].made"),
        )
    };
    assert_eq!(opaque("chart immich", "immich-s3"), "unknown: not known: chart immich could make it");
    assert_eq!(opaque("chart immich", "immich"), "unknown: not known: chart immich could make it");
    for other in ["x", "immichx"] {
        assert_eq!(opaque("chart immich", other), "false");
    }
    for any in
        ["remote base https://example.org", "chart in apps/db", "chart without a name", "chart ${CHART}"]
    {
        assert_eq!(opaque(any, "x"), format!("unknown: not known: {any} could make it"));
    }
    let elsewhere = Repository::of(CLUSTER).environment("other").opaque("chart immich");
    assert_eq!(elsewhere.ask("Cluster", "web", "secrets[x].made"), "false");
}

#[test]
fn the_operator_makes_its_own() {
    let ask = |spec: &str, question: &str| {
        Repository::of(&CLUSTER.replace("instances: 2", spec)).ask("Cluster", "web", question)
    };
    assert_eq!(ask("instances: 2", "secrets[web-app].makers.0.kind"), "Cluster");
    assert_eq!(ask("bootstrap: {initdb: {secret: {name: own}}}", "secrets[web-app].made"), "false");
    assert_eq!(ask("instances: 2", "secrets[web-superuser].made"), "false");
    assert_eq!(ask("enableSuperuserAccess: true", "secrets[web-superuser].made"), "true");
}

#[test]
fn names_with_variables_are_compared_as_written() {
    let cluster = CLUSTER.replace("name: web,", "name: '${APP}',");
    let yaml = format!("{cluster}{}", external("'${APP}-s3'", "web", "{}"));
    let questions = ["secrets[${APP}-s3].made", "secrets[${APP}-b2].made", "secrets[${APP}-app].made"];
    assert_eq!(
        Repository::of(&yaml).ask_all("Cluster", "${APP}", &questions),
        ["true", "unknown: ${APP}", "true"]
    );
}

#[test]
fn an_external_secret_resolves_its_store() {
    let store = "---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: bitwarden}
spec: {provider: {bitwardensecretsmanager: {organizationID: x}}}
";
    let ask = |reference: &str, questions: &[&str]| {
        let spec = format!("{{secretStoreRef: {{{reference}}}}}");
        Repository::of(&format!("{CLUSTER}{store}{}", external("any", "web", &spec))).ask_all(
            "ExternalSecret",
            "any",
            questions,
        )
    };
    let questions = ["externalSecret.provider", "externalSecret.is_store_kind_missing"];
    assert_eq!(
        ask("name: bitwarden, kind: ClusterSecretStore", &questions),
        ["bitwardensecretsmanager", "false"]
    );
    assert_eq!(ask("name: bitwarden", &questions), ["bitwardensecretsmanager", "true"]);
    assert_eq!(
        ask("name: vault, kind: ClusterSecretStore", &questions),
        ["unknown: not in the repository", "false"]
    );
}

#[test]
fn an_external_secret_for_application_credentials() {
    let questions =
        ["externalSecret.app_clusters", "externalSecret.superuser_clusters", "externalSecret.is_rotation"];
    let ask = |spec: &str, namespace: &str| {
        Repository::of(&format!("{CLUSTER}{}", external("any", namespace, spec))).ask_all(
            "ExternalSecret",
            "any",
            &questions,
        )
    };
    assert_eq!(ask("{target: {name: web-app}}", "web"), ["[web]", "[]", "false"]);
    assert_eq!(ask("{target: {name: web-app}}", "db"), ["[]", "[]", "false"]);
    assert_eq!(ask("{target: {name: web-superuser}}", "web"), ["[]", "[web]", "false"]);
    let credentials = |spec: &str| {
        let yaml = format!("{CLUSTER}{}", external("web-app", "web", spec));
        Repository::of(&yaml).ask("ExternalSecret", "web-app", "externalSecret.credentials")
    };
    assert_eq!(credentials("{target: {name: web-superuser}}"), "[[web] superuser true @/spec/target/name]");
    assert_eq!(credentials("{}"), "[[web] application true @/metadata/name]");
    assert_eq!(credentials("{target: {name: other}}"), "[]");
    let rotation = "{target: {name: web-app, creationPolicy: Merge}, dataFrom: [{sourceRef: {generatorRef: {kind: Password, name: p}}}]}";
    assert_eq!(ask(rotation, "web"), ["[web]", "[]", "true"]);
}

#[test]
fn readers_of_a_secret_tie_it() {
    let credentials = external("b2-credentials", "web", "{}");
    let yaml = format!("{CLUSTER}{STORE}{credentials}");
    assert_eq!(
        Repository::of(&yaml).ask("ExternalSecret", "b2-credentials", "externalSecret.consumers"),
        "[ObjectStore b2 backup credentials @/spec/configuration/s3Credentials/accessKeyId/name]"
    );
    assert!(Repository::of(&yaml).tied("ExternalSecret", "b2-credentials"));
    assert!(!Repository::of(&format!("{CLUSTER}{credentials}")).tied("ExternalSecret", "b2-credentials"));
    let elsewhere = external("b2-credentials", "db", "{}");
    assert!(
        !Repository::of(&format!("{CLUSTER}{STORE}{elsewhere}")).tied("ExternalSecret", "b2-credentials")
    );
}

#[test]
fn readers_of_other_things_are_told_from_those_of_credentials() {
    let cluster = CLUSTER.replace(
        "instances: 2",
        "bootstrap: {initdb: {secret: {name: b2-credentials}}}, managed: {roles: [{name: r, passwordSecret: {name: b2-credentials}}]}",
    );
    let release = "---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: app, namespace: web}
spec: {valuesFrom: [{kind: Secret, name: b2-credentials}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: web}
spec: {containers: [{envFrom: [{secretRef: {name: b2-credentials}}]}]}
";
    let yaml = format!("{cluster}{STORE}{release}{}", external("b2-credentials", "web", "{}"));
    let questions = ["externalSecret.credentials", "externalSecret.other_consumers"];
    assert_eq!(
        Repository::of(&yaml).ask_all("ExternalSecret", "b2-credentials", &questions),
        [
            "[[web] application false @/metadata/name]",
            "[Cluster web role password @/spec/managed/roles/0/passwordSecret/name, \
             ObjectStore b2 backup credentials @/spec/configuration/s3Credentials/accessKeyId/name, \
             HelmRelease app chart's values @/spec/valuesFrom/0/name]",
        ]
    );
}

#[test]
fn what_a_secret_holds() {
    let ask = |rest: &str| {
        let yaml = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: web}}\n{rest}");
        Repository::of(&yaml).ask_all("Secret", "s", &["secret.is_encrypted", "secret.credential_keys"])
    };
    assert_eq!(
        ask("stringData: {username: app, password: hunter2}"),
        ["false", "[password @/stringData/password]"]
    );
    assert_eq!(
        ask("data: {AWS_SECRET_ACCESS_KEY: aHVudGVyMg==}"),
        ["false", "[AWS_SECRET_ACCESS_KEY @/data/AWS_SECRET_ACCESS_KEY]"]
    );
    assert_eq!(
        ask("stringData: {DATABASE: 'postgres://a:hunter2@web-rw/app'}"),
        ["false", "[DATABASE @/stringData/DATABASE]"]
    );
    assert_eq!(ask("data: {password: ''}"), ["false", "[]"]);
    // postgres://app@web-rw/app
    assert_eq!(ask("data: {uri: cG9zdGdyZXM6Ly9hcHBAd2ViLXJ3L2FwcA==}"), ["false", "[]"]);
    for harmless in [
        "username: app",
        "password: ''",
        "password: '${DB_PASSWORD}'",
        "password: '<path:kv/db#password>'",
        "host: web-rw",
        "uri: 'postgres://app@web-rw/app?sslcert=/tls/tls.crt'",
        "dsn: 'host=web-rw user=app sslmode=verify-full'",
    ] {
        assert_eq!(ask(&format!("stringData: {{{harmless}}}")), ["false", "[]"], "{harmless}");
    }
    let encrypted = "password: 'ENC[AES256_GCM,data:x,type:str]'";
    assert_eq!(ask(&format!("stringData: {{{encrypted}}}\nsops: {{version: 3.9.0}}")), ["true", "[]"]);
    assert_eq!(ask(&format!("stringData: {{{encrypted}}}")), ["true", "[]"]);
}

/// What `workload.secret_keys` and `workload.far_secrets` are for a Deployment in some namespace.
fn read_by(namespace: &str, pod: &str, rest: &str) -> Vec<String> {
    let deployment = format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app, namespace: {namespace}}}\nspec: {{template: {{spec: {pod}}}}}\n"
    );
    let questions = ["workload.secret_keys", "workload.far_secrets"];
    Repository::of(&format!("{CLUSTER}{deployment}{rest}")).ask_all("Deployment", "app", &questions)
}

#[test]
fn keys_that_a_workload_reads() {
    let found = read_by(
        "web",
        "{containers: [{env: [{valueFrom: {secretKeyRef: {name: web-app, key: db}}}, {valueFrom: {secretKeyRef: {name: other, key: db}}}]}], \
         volumes: [{secret: {secretName: web-app, items: [{key: uri, path: uri}]}}, {secret: {secretName: web-app, optional: true, items: [{key: x, path: x}]}}]}",
        "",
    );
    let keys = "dbname, fqdn-jdbc-uri, fqdn-uri, host, jdbc-uri, password, pgpass, port, uri, user, username";
    assert_eq!(
        found,
        [
            format!(
                "[web-app web db [{keys}] @/spec/template/spec/containers/0/env/0/valueFrom/secretKeyRef/key, \
                 web-app web uri [{keys}] @/spec/template/spec/volumes/0/secret/items/0/key]"
            ),
            "[]".to_owned()
        ]
    );
}

#[test]
fn secrets_of_databases_elsewhere() {
    let pod = "{containers: [{envFrom: [{secretRef: {name: web-app}}]}]}";
    let at = "@/spec/template/spec/containers/0/envFrom/0/secretRef/name";
    let far = |made: &str| format!("[web-app web [web] shop {made} {at}]");
    assert_eq!(read_by("shop", pod, "")[1], far("false"));
    assert_eq!(read_by("shop", pod, &external("web-app", "shop", "{}"))[1], far("true"));
    assert_eq!(read_by("web", pod, "")[1], "[]");
    // Another database of that name is beside it.
    let near = CLUSTER.replace("namespace: web", "namespace: shop");
    assert_eq!(read_by("shop", pod, &format!("---{near}"))[1], "[]");
    // The operator gives the Cluster's annotations to its Secrets.
    let annotations = "{annotations: {reflector.v1.k8s.emberstack.com/reflection-auto-enabled: 'true'}}";
    let mirrored = format!("{{instances: 2, inheritedMetadata: {annotations}}}");
    let cluster = CLUSTER.replace("{instances: 2}", &mirrored).replace("name: web,", "name: web2,");
    let pod = pod.replace("web-app", "web2-app");
    assert_eq!(
        read_by("shop", &pod, &format!("---{cluster}"))[1],
        far("true").replace("[web-app web ", "[web2-app web2 ")
    );
}
