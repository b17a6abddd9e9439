import Control
import Foundation
import Rollouts

/// What senders know of requests that were answered: one item, or a list of them.
struct Feedback: Decodable {
  let items: [FeedbackItem]

  static let most = 1000
  /// Bytes of each text.
  static let longestText = 512

  init(_ body: [UInt8]) throws(FeedbackError) {
    do {
      self = try JSONDecoder().decode(Feedback.self, from: Data(body))
    } catch let error as FeedbackError {
      throw error
    } catch {
      throw FeedbackError(description: "the body is not JSON")
    }
  }

  init(from decoder: any Decoder) throws {
    guard var list = try? decoder.unkeyedContainer() else {
      items = [try FeedbackItem(from: decoder)]
      return
    }
    var items: [FeedbackItem] = []
    while !list.isAtEnd {
      guard items.count < Self.most else {
        throw FeedbackError(description: "a list may hold \(Self.most) items")
      }
      items.append(try Self.item(items.count, &list))
    }
    self.items = items
  }

  private static func item(
    _ index: Int, _ list: inout any UnkeyedDecodingContainer
  ) throws -> FeedbackItem {
    do {
      return try list.decode(FeedbackItem.self)
    } catch let error as FeedbackError {
      throw FeedbackError(description: "item \(index + 1): \(error)")
    }
  }
}

/// Why feedback is not taken; then none of the request is.
struct FeedbackError: Error, Equatable, CustomStringConvertible {
  let description: String
}
