import Glibc
import Testing

@testable import serin

/// A key that others can read signs nothing.
@Suite struct SigningKeyFileTests {
  /// What root lends to a group is private, as a Secret in a pod; what a user lends is not.
  @Test(
    arguments: [
      (0o600, 1000, 1000, true), (0o400, 0, 0, true), (0o640, 1000, 1000, false),
      (0o604, 1000, 1000, false), (0o440, 0, 65532, true), (0o640, 0, 65532, true),
      (0o444, 0, 65532, false), (0o460, 0, 65532, false), (0o440, 0, 0, false),
      (0o440, 1000, 65532, false),
    ] as [(mode_t, uid_t, uid_t, Bool)])
  func aKeyIsItsOwners(mode: mode_t, owner: uid_t, user: uid_t, isPrivate: Bool) {
    var status = stat()
    (status.st_mode, status.st_uid) = (S_IFREG | mode, owner)
    #expect(SigningKeyFile.isPrivate(status, to: user) == isPrivate)
  }
}
