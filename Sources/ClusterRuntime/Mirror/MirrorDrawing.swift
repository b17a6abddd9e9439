import Control
import Encoding
import Foundation
import Kubernetes
import Rollouts
import Wording

/// A deployment as people see it with kubectl: an object that says what Serin knows, and asks for nothing.
struct MirrorDrawing {
  let names: ClusterNames
  let report: DeploymentReport
  /// What the cluster shows of it until now; nil when nothing.
  let shown: ClusterEntry?
  /// The status that was there when this life began, or that it has written since; nil when none.
  let own: JSONValue?
  let now: Instant

  static let type = ResourceType(
    group: "serin.dev", version: "v1alpha1", plural: "modeldeployments", kind: "ModelDeployment")

  var name: ObjectName { names.route }

  var object: DrawnObject {
    DrawnObject(
      Self.type, name, metadata: names.metadata(name),
      spec: [
        "version": .string(report.wanted ?? ""), "runtime": .string(report.runtime ?? ""),
      ])
  }

  /// Every member is always there: what somebody else writes into one is seen.
  var status: JSONValue {
    let last = report.told.last
    return [
      "phase": .string(report.position.words), "stable": .string(report.stable ?? ""),
      "candidate": .string(report.candidate ?? ""), "asked": .string(asked),
      "observed": .string(observed),
      "reason": last.map { .string(Self.line($0.sentence)) } ?? kept("reason"),
      "decidedAt": last.map { .string(Self.time($0.at)) } ?? kept("decidedAt"),
      "generation": .number(report.generation), "conditions": .array(conditions),
    ]
  }

  /// What an earlier life of the controller has said, as long as this one has decided nothing.
  private func kept(_ key: String) -> JSONValue { own?[key] ?? "" }

  private var asked: String { report.position.route?.label ?? "" }

  /// The candidate's share of the requests since the last decision, in whole percent.
  private var observed: String {
    let (candidate, stable) = (report.exposure.candidate, report.exposure.stable)
    let (all, isTooMany) = candidate.addingReportingOverflow(stable)
    guard report.candidate != nil, all > 0, !isTooMany else { return "" }
    return "\(Int((Double(candidate) / Double(all) * 100).rounded()))%"
  }

  // MARK: Conditions

  private var conditions: [JSONValue] {
    let isServing = report.stable != nil && !report.isAlerting
    let isMoving = report.candidate != nil
    return [
      condition("Ready", isServing, isServing ? "Serving" : "NotServing"),
      condition("Reconciling", isMoving && !report.isHeld, isMoving ? "OnTrial" : "AtRest"),
      condition("Stalled", report.isHeld, report.isHeld ? "Held" : "Free"),
    ]
  }

  private func condition(_ type: String, _ isTrue: Bool, _ reason: String) -> JSONValue {
    let status = isTrue ? "True" : "False"
    let old = (shown?["status", "conditions"]?.items ?? []).first { $0["type"]?.string == type }
    let since = old?["status"]?.string == status ? old?["lastTransitionTime"]?.string : nil
    return [
      "type": .string(type), "status": .string(status), "reason": .string(reason),
      "message": .string(report.position.words),
      "lastTransitionTime": .string(since ?? Self.time(now)),
      "observedGeneration": .number(shown?.metadata.generation ?? 1),
    ]
  }

  private static func line(_ text: String) -> String { text.inOneLine }

  private static func time(_ moment: Instant) -> String {
    moment.date.formatted(.iso8601)
  }
}

extension ToldDecision {
  /// The event that tells of it.
  func event(about object: ObjectReference) -> ClusterEvent {
    let version = version.map { " \($0)" } ?? ""
    return ClusterEvent(
      regarding: object,
      reason: verdict.rawValue.prefix(1).uppercased() + verdict.rawValue.dropFirst(),
      note: "\(verdict.rawValue)\(version): \(sentence)".inOneLine, isWarning: verdict.isBad,
      at: at.date)
  }
}

extension Decision.Verdict {
  fileprivate var isBad: Bool {
    switch self {
    case .reject, .hold, .rollback, .abort, .alert, .gap: true
    case .admit, .advance, .promote, .resume, .complete, .supersede, .decommission: false
    }
  }
}
