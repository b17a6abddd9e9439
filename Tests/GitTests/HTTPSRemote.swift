import Git
import TestKit

extension HTTPSServer {
  /// How a team reaches it.
  func remote(
    _ path: String = "/models.git", password: String = Self.password, trusting: Bool = true,
    timeout: Duration = .seconds(20)
  ) throws -> GitRemote {
    try GitRemote(
      "https://127.0.0.1:\(port)\(path)",
      auth: .basic(username: Self.user, password: Secret(password)),
      caFile: trusting ? authority : nil, timeout: timeout)
  }
}
