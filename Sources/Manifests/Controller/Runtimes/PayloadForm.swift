import Encoding

/// `spec.runtimes[].kubernetes.payloads`: how servers tell what they were asked and answered.
enum PayloadForm {
  static let form: Form<PayloadSettings> = .object(
    defaulted(
      "listen", RuntimeForm.listen, default: .string("\(Defaults.payloads)"),
      "Where Serin takes events; each runtime needs its own."),
    required("url", url, "The same place as pods of the cluster reach it, without a path."),
    defaulted(
      "senders", Form.word(PayloadSenders.allCases.map { ($0.rawValue, $0) }),
      default: .string(PayloadSenders.pods.rawValue),
      "Who may send: a server's own pods, by their addresses, or any who reach the address.")
  ) { _, listen, url, senders in
    PayloadSettings(listen: listen, url: url, senders: senders)
  }

  private static let example = "write it like http://serin.serin:9465"

  private static let url: Form<String> = .scalar(
    "a URL", example: example, schema: ["type": "string", "pattern": "^https?://[^/]+/?$"]
  ) { scalar throws(TextRefusal) in
    try Form<String>.checkSecrets(scalar.text, hint: "whoever reads the InferenceService reads it")
    try Form<String>.checkLine(scalar.text, atMost: 1024)
    guard let address = Address(scalar.text), ["https", "http"].contains(address.scheme),
      isHost(address.host)
    else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not the URL of a server", hint: example)
    }
    guard ["", "/"].contains(address.path) else {
      throw TextRefusal(message: "the URL has a path, which is Serin's to say", hint: example)
    }
    return String(scalar.text.reversed().drop { $0 == "/" }.reversed())
  }

  /// A name or an address, and a port or none.
  private static func isHost(_ text: String) -> Bool {
    text.wholeMatch(of: /([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/) != nil
  }
}
