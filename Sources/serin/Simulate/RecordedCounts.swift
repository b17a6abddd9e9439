import Analysis
import Encoding
import Foundation
import Manifests
import Rollouts
import Simulation

/// Counts that were recorded somewhere, read from a file: one look a line.
struct RecordedCounts: CountSource {
  private var looks: ArraySlice<LookCounts>

  mutating func next(route: Route) -> LookCounts? { looks.popFirst() }

  /// Plays a file as one step at the share at which it was recorded.
  static func played(_ path: String, against deployment: Deployment) throws -> SimulatedRollout {
    let looks = try read(path, deployment.objectives)
    var source = RecordedCounts(looks: looks[...])
    var rollout = SimulatedRollout(try deployment.recorded(looks, in: path))
    rollout.run(&source, for: deployment.analysis.interval * (looks.count + 10))
    return rollout
  }

  private static func read(_ path: String, _ objectives: [Objective]) throws -> [LookCounts] {
    let text = String(decoding: try Data(given: path), as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline).map(String.init)
    let isJSON = lines.first?.hasPrefix("{") == true
    let header = isJSON ? [] : cells(lines.first ?? "")
    let rows = isJSON ? lines : Array(lines.dropFirst())
    return try rows.enumerated().map { index, line in
      let place = "\(path):\(index + (isJSON ? 1 : 2))"
      let row = try isJSON ? members(line, place) : columns(line, header, place)
      return try Row(values: row, place: place).look(objectives)
    }
  }

  private static func cells(_ line: String) -> [String] {
    line.split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }

  private static func columns(
    _ line: String, _ header: [String], _ place: String
  ) throws -> [String: Int] {
    let cells = cells(line)
    guard cells.count == header.count else {
      throw Failure(.user, "\(place): \(cells.count) columns under a header of \(header.count)")
    }
    // Other columns, such as a time, may hold anything.
    return Dictionary(
      zip(header, cells).compactMap { name, cell in Int(cell).map { (name, $0) } }
    ) { $1 }
  }

  private static func members(_ line: String, _ place: String) throws -> [String: Int] {
    guard case .object(let members)? = try? JSONValue(parsing: Array(line.utf8)) else {
      throw Failure(.user, "\(place): not a JSON object of integers and text")
    }
    return members.compactMapValues { if case .int(let value) = $0 { Int(value) } else { nil } }
  }
}

/// One line of the file.
private struct Row {
  let values: [String: Int]
  let place: String

  func look(_ objectives: [Objective]) throws -> LookCounts {
    LookCounts(
      candidate: try counts("candidate", objectives), stable: try counts("stable", objectives))
  }

  private func counts(_ arm: String, _ objectives: [Objective]) throws -> Counts {
    let requests = try value("\(arm)_requests")
    return Counts(
      try objectives.map { objective in
        let name = "\(arm)_\(objective.name)"
        let bad = try value(name)
        guard let trials = Trials(bad: bad, total: requests) else {
          throw Failure(.user, "\(place): \(name) is \(bad) of \(requests) requests")
        }
        return (objective, trials)
      })
  }

  private func value(_ name: String) throws -> Int {
    guard let value = values[name] else {
      throw Failure(
        .user, "\(place): no whole number in the column \(name)",
        hint: "each look needs candidate_requests, stable_requests, and both for every check")
    }
    return value
  }
}

extension Deployment {
  /// The deployment with one step, at the share of the requests that the candidate really had.
  fileprivate func recorded(_ looks: [LookCounts], in path: String) throws -> Deployment {
    let candidate = looks.reduce(0) { $0.adding(saturating: $1.candidate.requests) }
    let stable = looks.reduce(0) { $0.adding(saturating: $1.stable.requests) }
    let all = candidate.adding(saturating: stable)
    guard candidate > 0, stable > 0 else {
      throw Failure(.user, "\(path): both revisions need requests, or there is nothing to compare")
    }
    let share = Int((Double(candidate) / Double(all) * 1000).rounded())
    let first = self.strategy.steps.first
    let atLeast = first?.atLeast ?? .zero
    let step = Step(
      route: .split(weight: PerMille(min(999, max(1, share)))), atLeast: atLeast,
      atMost: max(atLeast, self.bake), analysis: first?.analysis)
    var recorded = self
    recorded.strategy = Strategy(kind: .canary, steps: [step])
    recorded.suspended = false
    return recorded
  }
}
