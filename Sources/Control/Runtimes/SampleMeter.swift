package import Rollouts

/// How many requests each deployment has, and what share of them is captured or copied by that.
package struct SampleMeter: Sendable {
  private struct Reading {
    let requests: Int
    let at: Instant
  }

  private var readings: [DeploymentName: Reading] = [:]
  private var rates: [DeploymentName: Double] = [:]

  package init() {}

  /// What is measured over a shorter time wavers too much.
  private static let shortest = Duration.seconds(1)

  /// Takes note of how many requests were answered since what counts them started.
  package mutating func note(_ requests: Int, of deployment: DeploymentName, at now: Instant) {
    guard let last = readings[deployment], requests >= last.requests, now >= last.at else {
      readings[deployment] = Reading(requests: requests, at: now)
      return
    }
    let elapsed = now.since(last.at)
    guard elapsed >= Self.shortest else { return }
    rates[deployment] = Double(requests - last.requests) / (elapsed / .seconds(1))
    readings[deployment] = Reading(requests: requests, at: now)
  }

  /// Returns the share that is captured; all, of a deployment that had no requests so far.
  package func share(_ rate: SampleRate, of deployment: DeploymentName) -> PerMille {
    rate.share(atRate: rates[deployment] ?? 0)
  }

  /// Returns how many requests a second a deployment has; nil before that is known.
  package func rate(of deployment: DeploymentName) -> Double? { rates[deployment] }

  /// Returns the share that is copied; nothing, as long as it is not known how many requests there are.
  package func copied(_ weight: PerMille, atMost limit: Int, of deployment: DeploymentName) -> Ratio
  {
    (rates[deployment].map { weight.copied(atMost: limit, atRate: $0) }) ?? Ratio(perMillion: 0)
  }
}
