import Encoding

/// `spec.leadership`: which of several controllers of one ledger leads.
enum LeadershipForm {
  static let form: Form<LeaseSettings> = .choice(
    required("lease", lease, "A Lease of a cluster, which one of them holds."))

  private static let lease: Form<LeaseSettings> = .object(
    required("name", KubernetesForm.objectName, "The name of the Lease."),
    optional(
      "namespace", KubernetesForm.objectName, "Where it is. Default: the namespace of Serin's pod."),
    optional(
      "kubeconfig", Form.text(),
      "The file that says where the cluster is. Default: the service account of Serin's own pod."),
    optional("context", Form.text(), "The context of that file. Default: its current one."),
    defaulted(
      "duration", Form.duration(.seconds(3)...Duration.seconds(600)),
      default: .string(Defaults.leaseDuration.manifestText),
      "For how long its holder may be silent before another controller leads.")
  ) { _, name, namespace, kubeconfig, context, duration in
    LeaseSettings(
      name: name, namespace: namespace, kubeconfig: kubeconfig, context: context,
      duration: duration)
  }
}
