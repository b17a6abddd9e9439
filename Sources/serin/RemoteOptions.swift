import ArgumentParser
import Git
import Manifests

/// How a repository is reached, for the commands that read one.
struct RemoteOptions: ParsableArguments {
  @Option(help: "The user name for https; the default suits a token.") var username: String?
  @Option(help: ArgumentHelp("A file with the access token for https.", valueName: "file"))
  var tokenFile: String?
  @Option(help: ArgumentHelp("A file with the private key for ssh.", valueName: "file"))
  var sshKey: String?
  @Option(help: ArgumentHelp("The known hosts for ssh.", valueName: "file"))
  var knownHosts: String?
  @Option(help: ArgumentHelp("The certificates to trust for https.", valueName: "file"))
  var caFile: String?

  /// What the flags say, or nil when none was given.
  var authentication: AuthenticationSettings? {
    let isGiven = [username, tokenFile, sshKey, knownHosts, caFile].contains { $0 != nil }
    guard isGiven else { return nil }
    return AuthenticationSettings(
      username: username, tokenFile: tokenFile, sshKeyFile: sshKey, sshKnownHostsFile: knownHosts,
      caFile: caFile)
  }
}
