import ArgumentParser
import Encoding
import Foundation
import Ledger
import Manifests

struct KeygenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keygen", abstract: "Make a key that signs the ledger.",
    discussion: """
      Writes an Ed25519 key pair as ssh-keygen does, without a passphrase: the private key to FILE, \
      readable by you alone, the public one to FILE.pub. Existing files are never overwritten. The \
      last line that is printed is what auditors put into their allowed_signers file.
      """)

  @Option(help: ArgumentHelp("The file for the private key.", valueName: "file"))
  var output = "serin-ledger.key"
  @Option(help: "What the public key is labelled with.") var comment = "serin ledger"
  @Option(help: "The controller that will sign with it: metadata.name of its file.")
  var instance = Defaults.name

  func validate() throws {
    guard AllowedSigners.isPrincipal(instance) else {
      throw ValidationError("\"\(DisplayText.safe(instance))\" is not the name of a controller.")
    }
    guard DisplayText.safe(comment) == comment else {
      throw ValidationError("--comment has invisible characters or several lines.")
    }
  }

  func run() throws {
    let key = SigningKey(comment: comment)
    for path in [output, output + ".pub"] where FileManager.default.fileExists(atPath: path) {
      throw Failure(
        .user, "\(path) exists already, and keys are never overwritten",
        hint: "name another file with --output")
    }
    try SigningKeyFile.write(key.openSSH, to: output, mode: 0o600)
    try SigningKeyFile.write("\(key.publicKey.line) \(comment)\n", to: output + ".pub", mode: 0o644)
    print(
      """
      \(DisplayText.safe(output))
          the private key: only the controller may have it
          serin run --signing-key \(DisplayText.safe(output)), or spec.ledger.signingKeyFile
      \(DisplayText.safe(output)).pub
          the public key \(key.publicKey)

      For the allowed_signers file of whoever verifies the ledger:
      \(AllowedSigners.line(for: key.publicKey, of: instance))
      """)
  }
}
