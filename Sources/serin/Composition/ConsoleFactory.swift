import Console
import Control
import Git
import Logging
import Manifests

/// Makes the controller's own HTTP server, and its webhook.
enum ConsoleFactory {
  static func console(
    _ settings: ConsoleSettings, ports: ConsolePorts, _ logger: Logger
  ) -> Console {
    Console(
      host: settings.listen.host, port: settings.listen.port, names: settings.hosts, ports: ports,
      logger: logger)
  }

  /// Returns who may send events and labels; nil for nobody.
  static func tokens(_ settings: ConsoleSettings) throws -> Tokens? {
    guard !settings.tokenFiles.isEmpty else { return nil }
    return try Tokens(
      settings.tokenFiles.sorted { $0.key < $1.key }.map { namespace, file in
        let token = try SecretFile.read(file).reveal()
        guard token.utf8.count >= Tokens.shortest else {
          throw Failure(
            .user, "\(file) holds fewer than \(Tokens.shortest) bytes",
            hint: "openssl rand -hex 32 > \(file)")
        }
        return (namespace, token)
      })
  }

  /// Returns the webhook when the operator gave a secret for it.
  static func webhook(_ settings: ConsoleSettings) throws -> Webhook? {
    guard let file = settings.webhookSecretFile else { return nil }
    let secret = try SecretFile.read(file).reveal()
    guard let webhook = Webhook(secret: secret.utf8, refresh: RefreshTrigger()) else {
      throw Failure(
        .user, "\(file) holds fewer than \(Webhook.shortestSecret) bytes",
        hint: "openssl rand -hex 32 > \(file)")
    }
    return webhook
  }
}
