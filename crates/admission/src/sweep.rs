//! Deletions that nothing may stand in the way of.

use crate::envelope::User;

/// Controllers that delete what belongs to something that is gone; the last one is all of them where they have
/// no accounts of their own.
const CONTROLLERS: [&str; 3] = [
    "system:serviceaccount:kube-system:generic-garbage-collector",
    "system:serviceaccount:kube-system:namespace-controller",
    "system:kube-controller-manager",
];
/// The service accounts of the operator: of its manifests, and of its chart under any release name.
const OPERATOR: [&str; 2] = ["cnpg-manager", "cloudnative-pg"];

/// Why a deletion by that user is never refused; `operator` is the namespace of the operator.
pub(crate) fn is_swept(user: &User<'_>, is_terminating: bool, operator: &str) -> Option<&'static str> {
    if is_terminating {
        return Some("the namespace is being deleted");
    }
    if CONTROLLERS.contains(&user.username.as_ref()) {
        return Some("by a controller of Kubernetes");
    }
    let account = user.username.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    let is_operator = account.is_some_and(|(namespace, name)| {
        namespace == operator && OPERATOR.iter().any(|known| name.ends_with(known))
    });
    is_operator.then_some("by the operator")
}
