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
      host: settings.listen.host, port: settings.listen.port, ports: ports, logger: logger)
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
