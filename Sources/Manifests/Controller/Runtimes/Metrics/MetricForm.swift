import Encoding

/// `custom` of `prometheus`: the metrics of an exporter that is no preset.
enum MetricForm {
  static let scheme: Form<MetricScheme> = .object(
    required(
      "requests", Form.list(of: counter, count: 1...8),
      "Counters of answered requests, which add up."),
    defaulted(
      "errors", Form.list(of: names, count: 0...8), default: [],
      "Counters of errors that are among the requests: of each, the names that it may have."),
    optional("latency", latency, "A classic histogram of the same requests."),
    defaulted(
      "by", subject, default: "backend",
      "What is counted apart: backend (as Envoy Gateway does), pod, or the labels of a pod or Service."
    ),
    defaulted(
      "countsCopies", Form.boolean, default: true, "Whether copies of a mirror are among them.")
  ) { fields, requests, errors, latency, subject, countsCopies in
    let scheme = MetricScheme(
      requests: requests.map(\.value), errors: errors.map(\.value), latency: latency, by: subject,
      countsCopies: countsCopies)
    return isUnambiguous(scheme, fields) ? scheme : nil
  }

  /// A metric in two places would be counted twice.
  private static func isUnambiguous(_ scheme: MetricScheme, _ fields: Fields) -> Bool {
    let all =
      scheme.requests.flatMap(\.names) + scheme.errors.joined()
      + (scheme.latency?.names ?? []).map { $0 + "_bucket" }
    var seen: Set<String> = []
    guard let twice = all.first(where: { !seen.insert($0).inserted }) else { return true }
    fields.error("the metric \"\(twice)\" is named twice")
    return false
  }

  private static let subject: Form<MetricSubject> = .either(
    scalar: Form.word([("backend", .backend), ("pod", .scrapedPod)]),
    mapping: .choice(
      required("service", object.map(MetricSubject.service), "The labels of a revision's Service."),
      required("pod", object.map(MetricSubject.pod), "The labels of a pod.")))

  private static let object: Form<MetricSubject.ObjectLabels> = .object(
    required("name", label, "The label that has its name."),
    required("namespace", label, "The label that has its namespace.")
  ) { fields, name, namespace in
    guard name != namespace else {
      fields.error("one label is to have both", on: "namespace", hint: "name another label")
      return nil
    }
    return MetricSubject.ObjectLabels(name: name, namespace: namespace)
  }

  private static let names = Form.list(of: metric, count: 1...8).map { $0.map(\.value) }

  private static let counter: Form<RequestCounter> = .object(
    required("names", names, "The names that it may have, the preferred first."),
    defaulted(
      "areErrors", Form.boolean, default: false, "Whether all that it counts are errors."),
    optional("errorsWhere", errorsWhere, "The label that tells errors."),
    defaulted("notErrorsWhere", labels, default: [:], "Labels of errors that are the client's."),
    defaulted("labels", labels, default: [:], "Labels that a series must have.")
  ) { fields, names, areErrors, condition, spared, labels in
    if areErrors, condition != nil {
      fields.error("areErrors and errorsWhere exclude each other", on: "errorsWhere")
      return nil
    }
    return RequestCounter(
      names, errors: areErrors ? .all : condition ?? .none, spared: spared, labels: labels)
  }

  private static let errorsWhere: Form<RequestCounter.Errors> = .object(
    required("label", label, "The label."),
    required(
      "beginsWith", Form.list(of: Form.text(atMost: 64), count: 1...16),
      "What its value begins with: \"5\" for 503 and 5xx.")
  ) { _, label, prefixes in .label(label, prefixes: prefixes.map(\.value)) }

  private static let latency: Form<LatencyMetric> = .object(
    required("names", names, "The names that it may have, without _bucket."),
    required("unit", Form.word(LatencyMetric.Unit.allCases.map { ($0.rawValue, $0) }), "Its unit."),
    required(
      "edges", Form.list(of: Form.integer(1...86_400_000), count: 1...64),
      "Its edges that are whole milliseconds, in milliseconds, ascending."),
    defaulted("labels", labels, default: [:], "Labels that a series must have.")
  ) { fields, names, unit, edges, labels in
    let edges = edges.map(\.value)
    guard zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) else {
      fields.error("the edges do not ascend", on: "edges")
      return nil
    }
    return LatencyMetric(names, unit: unit, edges: edges, labels: labels)
  }

  private static let writtenLabels = Form.map(of: Form.text(atMost: 256))

  static let labels: Form<[String: String]> = Form(schema: writtenLabels.schema) {
    node, findings in
    guard let labels = writtenLabels.read(node, findings) else { return nil }
    let wrong = labels.keys.filter { !isLabel($0) }.sorted()
    for name in wrong {
      findings.error("\"\(name.shortened)\" is not the name of a label", at: node.position)
    }
    return wrong.isEmpty ? labels : nil
  }

  private static func isLabel(_ text: String) -> Bool {
    text.wholeMatch(of: /[a-zA-Z_][a-zA-Z0-9_]*/) != nil
  }

  static let label: Form<String> = .scalar(
    "the name of a label", example: "write letters, digits and \"_\"",
    schema: ["type": "string", "pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$"]
  ) { scalar throws(TextRefusal) in
    guard isLabel(scalar.text), scalar.text.utf8.count <= 256 else {
      throw TextRefusal(message: "\"\(scalar.text.shortened)\" is not the name of a label")
    }
    return scalar.text
  }

  private static let metric: Form<String> = .scalar(
    "the name of a metric", example: "write letters, digits, \"_\" and \":\"",
    schema: ["type": "string", "pattern": "^[a-zA-Z_:][a-zA-Z0-9_:]*$"]
  ) { scalar throws(TextRefusal) in
    let isSpelt = scalar.text.wholeMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/) != nil
    guard isSpelt, scalar.text.utf8.count <= 256 else {
      throw TextRefusal(message: "\"\(scalar.text.shortened)\" is not the name of a metric")
    }
    return scalar.text
  }
}
