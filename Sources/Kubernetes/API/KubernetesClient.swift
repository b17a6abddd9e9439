import Encoding
import Foundation
package import HTTP

/// Asks the API of one cluster.
///
/// A request that may succeed when it is sent again is sent again, a few times and more and more slowly, unless the
/// server would do it twice. What is not urgent waits for its turn, so that a
/// thousand objects at once are no storm.
package final class KubernetesClient: Sendable {
  package let access: ClusterAccess
  private let http: HTTPClient
  private let pace: Pace
  /// As which manager of fields it applies.
  private let manager: String
  private let retries: RetryPolicy

  package static let fieldManager = "serin"

  package init(
    _ access: ClusterAccess, http: HTTPClient = HTTPClient(), manager: String = fieldManager,
    pace: Pace = Pace(), retries: RetryPolicy = RetryPolicy()
  ) {
    self.access = access
    self.http = http
    self.manager = manager
    self.pace = pace
    self.retries = retries
  }

  /// Reads one object.
  package func get<Object: ClusterObject>(
    _ type: ResourceType, _ name: ObjectName, isUrgent: Bool = false,
    as: Object.Type = Object.self
  ) async throws -> Object {
    var call = Call("GET", type, name)
    call.isUrgent = isUrgent
    return try await decode(call)
  }

  /// Reads one object; nil when there is none.
  package func find<Object: ClusterObject>(
    _ type: ResourceType, _ name: ObjectName, isUrgent: Bool = false,
    as: Object.Type = Object.self
  ) async throws -> Object? {
    do {
      return try await get(type, name, isUrgent: isUrgent)
    } catch let error as KubernetesError where error.kind == .notFound {
      return nil
    }
  }

  /// Reads all objects that the labels select, page by page.
  package func list<Object: ClusterObject>(
    _ type: ResourceType, in namespace: String? = nil, labels: String? = nil,
    as: Object.Type = Object.self
  ) async throws -> Listing<Object> {
    var attempts = 0
    while true {
      do {
        return try await pages(type, in: namespace, labels: labels)
      } catch let error as KubernetesError where error.kind == .expired && attempts < 2 {
        // The list took so long that its version is gone; the next one is whole again.
        attempts += 1
      }
    }
  }

  private func pages<Object: ClusterObject>(
    _ type: ResourceType, in namespace: String?, labels: String?
  ) async throws -> Listing<Object> {
    var (listing, token) = (Listing<Object>(), String?.none)
    repeat {
      let page: ObjectList<Object> = try await decode(call(type, namespace, labels, after: token))
      listing.add(page)
      let next = page.metadata.continue.flatMap { $0.isEmpty ? nil : $0 }
      guard listing.objects.count <= Self.mostObjects, next == nil || next != token else {
        throw KubernetesError(
          .invalid, "LIST \(type.plural)", "it has no end, or more than \(Self.mostObjects) objects"
        )
      }
      token = next
    } while token != nil
    return listing
  }

  /// Ten thousand deployments have no more revisions than this at a time.
  private static let mostObjects = 100_000
  /// So few of the largest objects that etcd takes, 1.5 MiB, are an answer that is read.
  private static let pageSize = "100"

  private func call(
    _ type: ResourceType, _ namespace: String?, _ labels: String?, after token: String?
  ) -> Call {
    var call = Call("GET", type, namespace)
    call.query = [("limit", Self.pageSize)]
    if let labels { call.query.append(("labelSelector", labels)) }
    if let token { call.query.append(("continue", token)) }
    return call
  }

  /// Sends a request and reads the object that it is answered with.
  func decode<Answer: Decodable>(_ call: Call) async throws -> Answer {
    let body = try await send(call)
    do {
      return try JSONDecoder().decode(Answer.self, from: Data(body))
    } catch {
      throw KubernetesError(
        .invalid, call.operation, "the answer is not what was asked for: \(error)")
    }
  }

  /// Sends a request until it succeeds, fails for good, or has been tried often enough.
  ///
  /// - Throws: `KubernetesError`; `CancellationError`.
  @discardableResult
  func send(_ call: Call) async throws -> [UInt8] {
    var waits = retries.waits[...]
    while true {
      try Task.checkCancellation()
      if !call.isUrgent { try await pace.turn() }
      do {
        return try await sendOnce(call)
      } catch let error as KubernetesError where error.isTransient {
        guard call.isRepeated, let wait = waits.popFirst() else { throw error }
        try await Task.sleep(for: max(wait, error.retryAfter ?? .zero))
      }
    }
  }

  private func sendOnce(_ call: Call) async throws -> [UInt8] {
    let request = try request(call)
    do {
      let response = try await http.send(request, limit: Self.longestAnswer)
      guard (200..<300).contains(response.status) else {
        throw KubernetesError(response.status, response.headers, response.body, call.operation)
      }
      return response.body
    } catch let error as HTTPError {
      throw KubernetesError(
        [.refused, .tooLarge].contains(error.kind) ? .invalid : .unreachable, call.operation,
        error.message)
    }
  }

  /// In bytes: a page of the largest objects.
  private static let longestAnswer = 192 << 20

  /// Opens a stream that stays open: the body, once the head says that it is one.
  func open(_ call: Call) async throws -> HTTPBody {
    do {
      let (head, body) = try await http.open(request(call))
      guard head.status != 200 else { return body }
      var bytes: [UInt8] = []
      for try await chunk in body {
        bytes += chunk
        if bytes.count > KubernetesError.longestMessage * 4 { break }
      }
      throw KubernetesError(head.status, head.headers, bytes, call.operation)
    } catch let error as HTTPError {
      throw KubernetesError(.unreachable, call.operation, error.message)
    }
  }

  /// Opens the stream of what happens to the objects of a type after a version.
  func watch(
    _ type: ResourceType, in namespace: String?, labels: String?, from version: String
  ) async throws -> HTTPBody {
    var call = Call("GET", type, namespace)
    call.query = [
      ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", version),
      ("timeoutSeconds", "\(Self.longestWatch)"),
    ]
    if let labels { call.query.append(("labelSelector", labels)) }
    // A connection that is dead without a word ends here.
    call.timeout = .seconds(Self.longestWatch + 30)
    return try await open(call)
  }

  /// In seconds: as long as client-go's shortest.
  private static let longestWatch = 300

  private func request(_ call: Call) throws -> HTTPRequest {
    var request = HTTPRequest(access.server + call.target(manager: manager))
    request.method = call.method
    request.headers = [("Accept", "application/json"), ("User-Agent", "serin")]
    if let (type, body) = call.content {
      request.headers.append(("Content-Type", type))
      request.body = body
    }
    request.timeout = call.timeout
    try access.authorize(&request)
    return request
  }
}
