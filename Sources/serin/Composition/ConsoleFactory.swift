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

  /// Returns what takes payloads at an address, and shows nothing.
  static func console(
    at address: ListenAddress, taking payloads: any PayloadLogReceiver, _ logger: Logger
  ) -> Console {
    Console(
      host: address.host, port: address.port, ports: ConsolePorts(payloads: payloads),
      limits: .payloads, logger: logger)
  }

  /// Returns who may send events and labels, by the files as they are whenever it is asked; nil for nobody.
  ///
  /// Each file is renewed by itself: one that turned wrong holds back no other.
  static func tokens(
    _ settings: ConsoleSettings, _ logger: Logger
  ) throws -> (@Sendable () -> Tokens)? {
    guard !settings.tokenFiles.isEmpty else { return nil }
    let entries = try settings.tokenFiles.sorted { $0.key < $1.key }.map { namespace, file in
      try RenewedValue(of: [file], say: { logger.stale([file], $0) }) {
        try Self.tokens(of: namespace, file)
      }
    }
    return { Tokens(joining: entries.map { $0.current() }) }
  }

  private static func tokens(of namespace: String, _ file: String) throws -> Tokens {
    guard let tokens = Tokens([(namespace, try SecretFile.read(file).reveal())]) else {
      throw tooShort(file, Tokens.shortest)
    }
    return tokens
  }

  /// Returns the webhook, with the secret as it is whenever it is asked, when the operator gave a file for it.
  static func webhook(
    _ settings: ConsoleSettings, _ logger: Logger
  ) throws -> (@Sendable () -> Webhook)? {
    guard let file = settings.webhookSecretFile else { return nil }
    let refresh = RefreshTrigger()
    let renewal = try RenewedValue(of: [file], say: { logger.stale([file], $0) }) {
      let secret = try SecretFile.read(file).reveal()
      guard let webhook = Webhook(secret: secret.utf8, refresh: refresh) else {
        throw tooShort(file, Webhook.shortestSecret)
      }
      return webhook
    }
    return { renewal.current() }
  }

  private static func tooShort(_ file: String, _ shortest: Int) -> Failure {
    Failure(
      .user, "\(file) holds fewer than \(shortest) bytes", hint: "openssl rand -hex 32 > \(file)")
  }
}
