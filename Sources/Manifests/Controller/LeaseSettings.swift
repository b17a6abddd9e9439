/// A Lease of a cluster by which one of several controllers leads.
package struct LeaseSettings: Equatable, Sendable {
  package var name: String
  /// Where it is; nil for the namespace of the pod, or of the file's context.
  package var namespace: String?
  /// The file that says where the cluster is; nil for the service account of the pod that Serin runs in.
  package var kubeconfig: String?
  /// The context of that file; nil for its current one.
  package var context: String?
  /// For how long its holder may be silent.
  package var duration: Duration

  package init(
    name: String, namespace: String? = nil, kubeconfig: String? = nil, context: String? = nil,
    duration: Duration = Defaults.leaseDuration
  ) {
    self.name = name
    self.namespace = namespace
    self.kubeconfig = kubeconfig
    self.context = context
    self.duration = duration
  }
}
