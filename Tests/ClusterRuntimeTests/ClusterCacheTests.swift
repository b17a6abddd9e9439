import Delivery
import Encoding
import Kubernetes
import Manifests
import Rollouts
import Testing

@testable import ClusterRuntime

/// What is known of a cluster whose news and answers come in any order.
@Suite struct ClusterCacheTests {
  private static let type = ResourceType.httpRoutes

  private static func entry(_ version: Int, uid: String = "u") throws -> ClusterEntry {
    let settings = Drawings.settings(.kserve)
    let routing = Routing(
      generation: 1, shares: Drawings.shares([(Drawings.seven, 1000)]), sampling: .none)
    return try Drawings.entry(
      Drawings.route(Drawings.fraud, settings, routing).object,
      ["metadata": ["uid": .string(uid), "resourceVersion": .string(String(version))]])
  }

  /// The answer to a write is of an object that somebody has taken away since.
  @Test func whatIsGoneStaysGone() throws {
    var cache = ClusterCache()
    let (written, name) = (try Self.entry(11), try Self.entry(11).objectName)
    cache.set(try Self.entry(10), Self.type)
    cache.set(written, Self.type)
    #expect(cache.remove(Self.type, name) == Drawings.fraud)
    #expect(cache.set(written, Self.type) == nil)
    #expect(cache[Self.type, name] == nil)
  }

  /// An object that has left and comes back is there again, as is another one of its name.
  @Test(arguments: [(13, "u"), (12, "another")])
  func whatComesBackIsThere(version: Int, uid: String) throws {
    var cache = ClusterCache()
    let next = try Self.entry(version, uid: uid)
    cache.set(try Self.entry(11), Self.type)
    cache.remove(Self.type, next.objectName)
    #expect(cache.set(next, Self.type) == Drawings.fraud)
    #expect(cache[Self.type, next.objectName] == next)
  }
}
