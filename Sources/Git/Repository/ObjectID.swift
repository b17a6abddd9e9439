import CGit2

/// The name of an object: 40 hexadecimal digits.
struct ObjectID: Hashable, Sendable, CustomStringConvertible {
  let description: String

  init(_ raw: git_oid) {
    var raw = raw
    var buffer = [CChar](repeating: 0, count: Int(GIT_OID_HEXSZ))
    git_oid_fmt(&buffer, &raw)
    description = String(decoding: buffer.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  init(_ hexadecimal: String) throws(GitError) {
    guard hexadecimal.utf8.count == Int(GIT_OID_HEXSZ) else {
      throw GitError(.invalid, "look up \(hexadecimal.debugDescription)", "not an object's name")
    }
    var raw = git_oid()
    try GitError.check(
      git_oid_fromstr(&raw, hexadecimal), "look up \(hexadecimal.debugDescription)")
    self.init(raw)
  }

  var raw: git_oid {
    var raw = git_oid()
    let status = git_oid_fromstr(&raw, description)
    precondition(status == 0, "\(description) was an object's name before")
    return raw
  }
}
