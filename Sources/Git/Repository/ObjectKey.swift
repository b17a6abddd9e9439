import CGit2

/// The name of an object as it is stored, for sets of hundreds of thousands.
struct ObjectKey: Hashable {
  let raw: git_oid

  init(_ raw: git_oid) { self.raw = raw }

  static func == (left: ObjectKey, right: ObjectKey) -> Bool {
    var (left, right) = (left.raw, right.raw)
    return git_oid_equal(&left, &right) == 1
  }

  func hash(into hasher: inout Hasher) {
    withUnsafeBytes(of: raw) { hasher.combine(bytes: $0) }
  }
}
