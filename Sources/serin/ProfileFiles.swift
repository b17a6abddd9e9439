import Foundation
import Manifests

/// Profiles on this machine, for manifests that a command is given.
enum ProfileFiles {
  static func lookup(_ path: String) -> ProfileLookup {
    guard let data = try? Data(contentsOf: URL(filePath: path)) else { return .missing }
    return ProfileLookup(Array(data), path: path)
  }
}
