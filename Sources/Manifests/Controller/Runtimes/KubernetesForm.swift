import Encoding

/// `spec.runtimes[].kubernetes`: model servers in a cluster.
enum KubernetesForm {
  static let settings: Form<KubernetesSettings> = .object(
    optional(
      "kubeconfig", Form.text(),
      "The file that says where the cluster is. Default: the service account of Serin's own pod."),
    optional("context", Form.text(), "The context of that file. Default: its current one."),
    optional(
      "namespace", objectName,
      "The namespace of all objects. Default: the one that has the name of the deployment's."),
    required(
      "gateways", Form.list(of: gateway, count: 1...8),
      "The gateways that the deployments' routes hang on."),
    defaulted(
      "hostnames", Form.list(of: hostname, count: 0...16), default: [],
      "The hosts whose requests are meant; an empty list takes those of the gateways."),
    optional(
      "path", PublicPathForm.form,
      "Where clients find a deployment. Default: /{namespace}/v2/models/{name}, and without "
        + "/{namespace} in the namespace default."),
    defaulted(
      "hashPolicy", Form.word(HashPolicy.allCases.map { ($0.rawValue, $0) }),
      default: .string(HashPolicy.none.rawValue),
      "By whose policies the gateways keep clients with a revision: none, or envoy-gateway."),
    RuntimeForm.requestTimeout, RuntimeForm.drainTimeout,
    defaulted(
      "inferencePaths", Form.list(of: RuntimeForm.inferencePath, count: 1...mostInferencePaths),
      default: .array(Defaults.inferencePaths.map(JSONValue.string)),
      "The paths below a model whose POST requests are inferences: what is judged."),
    defaulted("server", server, default: "kserve", "What a revision is: kserve, or a container."),
    defaulted(
      "scaling", Form.word(ServerScaling.allCases.map { ($0.rawValue, $0) }),
      default: .string(ServerScaling.serin.rawValue),
      "Who says how many replicas a revision has: serin, by the manifest, or others, as an HPA."),
    defaulted(
      "reserve", Form.word(ReserveServing.allCases.map { ($0.rawValue, $0) }),
      default: .string(ReserveServing.running.rawValue),
      "Whether the old revision runs on while the new one bakes with all requests, or is stopped."),
    required(
      "image", Form.text(), "The image of Serin, which fetches and verifies models in their pods."),
    defaulted(
      "allowedHosts", Form.list(of: Form.text(), count: 0...1000), default: [],
      "The hosts that artifacts may come from; an empty list allows any with a public address."),
    defaulted(
      "allowedFolders", Form.list(of: ArtifactForm.folder, count: 0...1000), default: [],
      "The folders of the pods, as those of a volume, below which files are artifacts."),
    defaulted("pod", anything, default: [:], "What every pod has besides: members of a PodSpec."),
    defaulted(
      "container", anything, default: [:],
      "What the server's container has besides; with KServe, the predictor's model."),
    defaulted(
      "fetch", anything, default: [:],
      "What the container has besides that fetches a model: members of a container, and more args."),
    defaulted("labels", Form.map(of: Form.anyText), default: [:], "Labels of what is made."),
    defaulted(
      "annotations", Form.map(of: Form.anyText), default: [:], "Annotations of what is made."),
    defaulted(
      "foreignChanges", Form.word(ForeignChanges.allCases.map { ($0.rawValue, $0) }),
      default: .string(ForeignChanges.correct.rawValue),
      "What becomes of changes that others make to Serin's objects."),
    defaulted(
      "mirror", Form.boolean, default: false,
      "Whether deployments are shown in the cluster, as objects of kind ModelDeployment, with events."
    ),
    optional(
      "prometheus", PrometheusForm.settings,
      "The Prometheus whose counts are evidence. Without one there is none, and rollouts hold."
    ),
    optional(
      "payloads", PayloadForm.form,
      "How KServe's payload loggers reach Serin, for drift. Default: they are off.")
  ) {
    fields, kubeconfig, context, namespace, gateways, hostnames, path, hashes, request, drain,
    inferences,
    server, scaling, reserve, image, hosts, folders, pod, container, fetch, labels, annotations,
    foreign,
    mirror,
    prometheus, payloads in
    guard payloads == nil || server == .kserve else {
      fields.error(
        "a container has no payload logger", on: "payloads", hint: "write server: kserve")
      return nil
    }
    guard reserve == .running || scaling == .serin || server == .kserve else {
      fields.error(
        "a container that others scale is not stopped by Serin", on: "reserve",
        hint: "write scaling: serin, or reserve: running")
      return nil
    }
    return KubernetesSettings(
      kubeconfig: kubeconfig, context: context, namespace: namespace,
      gateways: gateways.map(\.value), hostnames: hostnames.map(\.value), path: path,
      hashPolicy: hashes,
      requestTimeout: request, drainTimeout: drain, inferencePaths: inferences.map(\.value),
      server: server,
      scaling: scaling, reserve: reserve, image: image, allowedHosts: hosts.map(\.value),
      allowedFolders: folders.map(\.value), pod: pod, container: container, fetch: fetch,
      labels: labels, annotations: annotations,
      foreignChanges: foreign, isMirrored: mirror, prometheus: prometheus, payloads: payloads)
  }

  /// A route has sixteen rules: these twice, with a header and without, and twice one for everything else.
  private static let mostInferencePaths = 7

  private static let gateway: Form<GatewayReference> = .object(
    required("name", objectName, "The name of the Gateway."),
    optional("namespace", objectName, "Where it is. Default: the namespace of the route."),
    optional("listener", objectName, "One of its listeners. Default: all that take the route.")
  ) { _, name, namespace, listener in
    GatewayReference(name: name, namespace: namespace, listener: listener)
  }

  private static let server: Form<ClusterServing> = .either(
    scalar: Form.word([("kserve", .kserve), ("container", .container(port: usualPort))]),
    mapping: .choice(
      required("container", container, "A Deployment and a Service for each revision.")))

  /// Where MLServer listens.
  private static let usualPort = 8080

  private static let container: Form<ClusterServing> = .object(
    defaulted(
      "port", Form.integer(1...65_535), default: .number(usualPort),
      "Where the container answers.")
  ) { _, port in .container(port: port) }

  private static let nameExample = "write it like payments-prod"

  /// The name of an object, as RFC 1123 has labels.
  static let objectName: Form<String> = .scalar(
    "a name", example: nameExample,
    schema: ["type": "string", "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"]
  ) { scalar throws(TextRefusal) in
    guard scalar.text.wholeMatch(of: /[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/) != nil else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is no name of an object in a cluster",
        hint: nameExample)
    }
    return scalar.text
  }

  private static let hostExample = "write it like models.example.org or *.example.org"

  private static let hostname: Form<String> = .scalar(
    "a host", example: hostExample, schema: ["type": "string", "maxLength": 253]
  ) { scalar throws(TextRefusal) in
    let label = #/(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/#
    guard scalar.text.utf8.count <= 253, scalar.text.wholeMatch(of: label) != nil else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not a host that a route can have",
        hint: hostExample)
    }
    return scalar.text
  }

  /// What the API of the cluster checks: it knows its own objects, in every version of them.
  private static let anything: Form<JSONValue> = Form(schema: ["type": "object"]) {
    node, findings in
    guard case .mapping = node.content else {
      findings.error("expected a mapping, found \(node.kind)", at: node.textPlace)
      return nil
    }
    return value(of: node, findings)
  }

  private static func value(of node: Node, _ findings: Findings) -> JSONValue? {
    switch node.content {
    case .sequence(let nodes):
      let items = nodes.compactMap { value(of: $0, findings) }
      return items.count == nodes.count ? .array(items) : nil
    case .mapping(let entries):
      let members = entries.compactMap { entry in
        value(of: entry.value, findings).map { (entry.key, $0) }
      }
      guard members.count == entries.count else { return nil }
      return .object(Dictionary(members) { first, _ in first })
    case .scalar(let scalar):
      do throws(TextRefusal) {
        return node.isNull ? .null : try scalar.constant() ?? .string(scalar.text)
      } catch {
        findings.error(error.message, at: node.position, hint: error.hint)
        return nil
      }
    }
  }
}
