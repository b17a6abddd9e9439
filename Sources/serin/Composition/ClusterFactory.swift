import ClusterRuntime
import Control
import Foundation
import Kubernetes
import Manifests

/// Finds clusters, and what of them is asked besides objects.
enum ClusterFactory {
  /// Returns how a cluster is reached: by a file, or by the account of the pod that this process runs in.
  ///
  /// `what` needs it, as the error says.
  static func access(
    kubeconfig: String?, context: String?, for what: String
  ) throws -> ClusterAccess {
    do throws(AccessError) {
      if let path = kubeconfig { return try Kubeconfig(path).access(context: context) }
      if let access = try ClusterAccess.ofPod() { return access }
    } catch {
      throw Failure(.user, "\(error)", hint: error.hint)
    }
    throw Failure(
      .user, "this process runs in no cluster, and \(what) names none",
      hint: "give it a kubeconfig")
  }

  /// Returns the lock by which one of several controllers leads.
  static func lock(
    _ settings: LeaseSettings, life: String
  ) throws -> (holding: any LeaderLock, pace: LockElection.Pace) {
    let access = try access(
      kubeconfig: settings.kubeconfig, context: settings.context, for: "spec.leadership.lease")
    let lease = LeaseLock(
      KubernetesClient(access), ObjectName(settings.namespace ?? access.namespace, settings.name),
      identity: PodLock.identity(of: life), duration: settings.duration)
    return (PodLock(lease: lease), LockElection.Pace(length: settings.duration))
  }
}

/// A Lease as the lock of an election: its holder is named by its pod and its life.
private struct PodLock: LeaderLock {
  let lease: LeaseLock

  static func identity(of life: String) -> String { "\(ProcessInfo.processInfo.hostName)_\(life)" }

  func hold() async throws -> LockHold {
    let isHeld = try await lease.hold(date: SystemClock().now.date)
    let lives = await lease.predecessors.compactMap {
      $0.split(separator: "_").last.map(String.init)
    }
    return LockHold(
      isHeld: isHeld, predecessors: Set(lives), wasGivenUp: await lease.wasGivenUp)
  }

  func release() async throws { try await lease.release(date: SystemClock().now.date) }
}
