import Control
import HTTPTypes
import Rollouts
import Encoding

/// Everything that can be asked for: none of it changes a rollout.
struct Routes: Sendable {
  let ports: ConsolePorts
  let limits: ConsoleLimits
  let hosts: ConsoleHosts

  /// Whether payloads are taken here, and nothing else.
  var isForPayloads: Bool { ports.payloads != nil }

  enum Route: String, CaseIterable, Sendable {
    case health = "/healthz"
    case readiness = "/readyz"
    case metrics = "/metrics"
    case events = "/v1/events"
    case feedback = "/v1/feedback"
    case payloads = "/v1/payloads"
    case gitWebhook = "/v1/webhooks/git"

    var methods: [HTTPRequest.Method] {
      switch self {
      case .health, .readiness, .metrics: [.get, .head]
      case .events, .feedback, .payloads, .gitWebhook: [.post]
      }
    }
  }

  /// Finds what is asked for from an address, or says why there is no such thing.
  func route(_ head: HTTPRequest, from address: String?) -> Result<Route, Refused> {
    let path = head.path?.prefix { $0 != "?" } ?? ""
    guard let route = Route(rawValue: String(path)), exists(route) else {
      return .failure(Refused(Self.none))
    }
    guard route.methods.contains(head.method) else {
      let methods = route.methods.map(\.rawValue).joined(separator: ", ")
      let answer = Answer.error(.methodNotAllowed, "this route takes \(methods)")
      return .failure(Refused(answer.with(.allow, methods)))
    }
    return refusal(of: route, head, from: address).map { .failure(Refused($0)) } ?? .success(route)
  }

  /// Says why a request is not even read: it comes from a page in a browser, or its sender is nobody.
  private func refusal(
    of route: Route, _ head: HTTPRequest, from address: String?
  ) -> Answer? {
    // The first one is the authority; a proxy before this console may have gone by another.
    guard Self.host.map({ head.headerFields[$0] == nil }) ?? true else {
      return .error(.badRequest, "the request has more than one host")
    }
    guard hosts.allow(head.authority) else {
      return .error(
        .misdirectedRequest, "this console is not called so; the operator can name it in hosts")
    }
    guard route.methods == [.post] else { return nil }
    guard head.headerFields[.origin] == nil else {
      return .error(.forbidden, "pages in a browser may not send anything here")
    }
    if route == .payloads {
      let isKnown = ports.payloads?.mayLog(from: address) == true
      return isKnown ? nil : .error(.forbidden, "this address is none of a server's")
    }
    guard [.events, .feedback].contains(route), scope(head.headerFields) == nil else { return nil }
    return Answer.error(.unauthorized, "send the token of a namespace: Authorization: Bearer TOKEN")
      .with(.wwwAuthenticate, "Bearer")
  }

  private static let none = Answer.error(.notFound, "there is no such route")
  private static let host = HTTPField.Name("host")

  private func scope(_ fields: HTTPFields) -> Tokens.Scope? {
    ports.tokens?().scope(of: fields[.authorization])
  }

  /// How many bytes of a body are read; nil when it is not read at all.
  func bodyLimit(of route: Route) -> Int? {
    switch route {
    case .health, .readiness, .metrics: nil
    case .events, .payloads: limits.eventBody
    case .feedback, .gitWebhook: limits.smallBody
    }
  }

  func answer(
    _ route: Route, _ fields: HTTPFields, _ body: [UInt8], from address: String?
  ) async -> Answer {
    switch route {
    case .health: .json(.ok, ["status": "alive"])
    case .readiness: await readiness()
    case .metrics: await metrics()
    case .events: take(event: body, fields)
    case .feedback: await take(feedback: body, fields)
    case .payloads: take(payload: body, fields, from: address)
    case .gitWebhook: await ring(body, fields)
    }
  }

  private func exists(_ route: Route) -> Bool {
    switch route {
    case .health, .readiness, .metrics: ports.report != nil
    case .payloads: ports.payloads != nil
    case .events: ports.events != nil && ports.tokens != nil
    case .feedback: ports.labels != nil && ports.tokens != nil
    case .gitWebhook: ports.webhook != nil
    }
  }

  private func readiness() async -> Answer {
    guard let report = await ports.report?() else { return Self.none }
    let why = report.whyNotReady
    return why.map { .error(.serviceUnavailable, $0) } ?? .json(.ok, ["status": "ready"])
  }

  private func metrics() async -> Answer {
    guard let report = await ports.report?() else { return Self.none }
    let page = await MetricsPage(report, intake: ports.intake?())
    return Answer(status: .ok, type: MetricsPage.type, body: page.text)
  }

  private func take(event body: [UInt8], _ fields: HTTPFields) -> Answer {
    let scope = scope(fields)
    let receipt = ports.events?.receive(headers: Self.pairs(fields), body: body) {
      scope?.holds($0) == true
    }
    return Self.answer(to: receipt)
  }

  /// KServe's agent notes every answer but 200 as an error.
  private func take(payload body: [UInt8], _ fields: HTTPFields, from address: String?) -> Answer {
    let receipt = ports.payloads?.receive(headers: Self.pairs(fields), body: body, from: address)
    return switch receipt {
    case .accepted: .json(.ok, ["accepted": 1])
    case .forbidden: .error(.forbidden, "no server of that name is wanted from this address")
    default: Self.answer(to: receipt)
    }
  }

  private static func pairs(_ fields: HTTPFields) -> [(name: String, value: String)] {
    fields.map { (name: $0.name.canonicalName, value: $0.value) }
  }

  private static func answer(to receipt: EventReceipt?) -> Answer {
    switch receipt {
    case .accepted: .json(.accepted, ["accepted": 1])
    case .forbidden: .error(.forbidden, "the token is not that of the event's namespace")
    case .refused(let why): .error(.badRequest, why)
    case .busy, nil: .error(.tooManyRequests, "there is no room now").toBeRepeated
    }
  }

  /// A page in a browser can send other types to loopback without asking, but not this one.
  private func take(feedback body: [UInt8], _ fields: HTTPFields) async -> Answer {
    let type = fields[.contentType]?.prefix { $0 != ";" }.lowercased()
    guard type == "application/json" else {
      return .error(.unsupportedMediaType, "send application/json")
    }
    return BatchFeedback.isMeant(by: body)
      ? await take(counts: body, fields) : take(items: body, fields)
  }

  private func take(counts body: [UInt8], _ fields: HTTPFields) async -> Answer {
    do throws(FeedbackError) {
      let report = try BatchFeedback(body).report
      let namespace = report.deployment.namespace
      guard scope(fields)?.holds(namespace) == true else {
        return .error(.forbidden, "the token is not that of \(namespace)")
      }
      return Self.answer(to: await ports.reports?(report))
    } catch {
      return .error(.badRequest, "\(error)")
    }
  }

  private func take(items body: [UInt8], _ fields: HTTPFields) -> Answer {
    do throws(FeedbackError) {
      let items = try Feedback(body).items
      let scope = scope(fields)
      if let other = items.first(where: { scope?.holds($0.deployment.namespace) != true }) {
        return .error(.forbidden, "the token is not that of \(other.deployment.namespace)")
      }
      if let intake = ports.labels { for item in items { item.hand(to: intake) } }
      return .json(.accepted, ["accepted": .number(items.count)])
    } catch {
      return .error(.badRequest, "\(error)")
    }
  }

  private func ring(_ body: [UInt8], _ fields: HTTPFields) async -> Answer {
    guard let webhook = ports.webhook?(), Self.isGenuine(body, fields, webhook) else {
      return .error(.forbidden, "the signature or the token is missing or wrong")
    }
    await webhook.refresh.fire()
    return .json(.accepted, ["accepted": 1])
  }

  private static func isGenuine(
    _ body: [UInt8], _ fields: HTTPFields, _ webhook: Webhook
  ) -> Bool {
    if let signature = fields[.hubSignature] { return webhook.isSigned(body, by: signature) }
    return fields[.gitlabToken].map(webhook.isToken) ?? false
  }
}

/// A request that is not carried out, with what its sender is told.
struct Refused: Error {
  let answer: Answer

  init(_ answer: Answer) { self.answer = answer }
}

extension HTTPField.Name {
  fileprivate static let hubSignature = known("x-hub-signature-256")
  fileprivate static let gitlabToken = known("x-gitlab-token")

  private static func known(_ text: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is no name") }
    return name
  }
}
