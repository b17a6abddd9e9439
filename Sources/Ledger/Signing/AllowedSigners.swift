/// Who may sign which decisions: the auditor's trust root, in the format of OpenSSH.
///
///     production namespaces="git" ssh-ed25519 AAAA… valid-from-seq=1 valid-until-seq=48211
///     production namespaces="git" ssh-ed25519 AAAA… valid-from-seq=48212
///
/// What follows a key is a comment to OpenSSH and its validity to us: a range of the ledger's
/// sequence numbers. Dates would not do, because whoever steals a retired key chooses the dates of
/// what is signed with it.
package struct AllowedSigners: Equatable, Sendable {
  package struct Signer: Equatable, Sendable {
    /// The controllers that may sign with it, by their instance's name; "*" is every one.
    package let principals: [String]
    package let key: PublicKey
    /// The decisions that it may sign, by their `ledgerSeq`.
    package let validity: ClosedRange<Int>
  }

  package let signers: [Signer]

  /// Reads the file; keys of other types, which never sign a ledger, are passed over.
  package init(_ text: String) throws(AllowedSignersError) {
    signers = try AllowedSignersLine.all(of: text) { line throws(AllowedSignersLine.Problem) in
      guard line.type == PublicKey.type else { return nil }
      guard let key = line.key.flatMap({ PublicKey(base64: $0) }) else {
        throw AllowedSignersLine.Problem("the key after \(PublicKey.type) cannot be read")
      }
      return Signer(
        principals: line.principals, key: key, validity: try Self.validity(line.comment))
    }
  }

  /// Creates the trust root of a controller: its own key signs every decision, unless the file says which.
  package init(_ others: AllowedSigners?, and key: PublicKey, of instance: String) {
    let others = others?.signers ?? []
    let isNamed = others.contains { $0.key == key }
    let own = Signer(principals: [instance], key: key, validity: 1...Int.max)
    signers = isNamed ? others : others + [own]
  }

  /// What becomes of a signature: fine, or why not.
  package enum Verdict: Equatable {
    case valid
    case unknownKey
    case otherPrincipal([String])
    case outside([ClosedRange<Int>])
  }

  /// Judges the key that signed decision `seq` of the branch for a controller, or for any.
  package func verdict(on key: PublicKey, of instance: String?, at seq: Int) -> Verdict {
    let known = signers.filter { $0.key == key }
    guard !known.isEmpty else { return .unknownKey }
    let named = known.filter { signer in
      instance.map { signer.principals.contains($0) || signer.principals.contains("*") } ?? true
    }
    guard !named.isEmpty else { return .otherPrincipal(known.flatMap(\.principals)) }
    return named.contains { $0.validity.contains(seq) } ? .valid : .outside(named.map(\.validity))
  }

  // MARK: Reading a range

  /// Reads the range; a word that only looks like one must not widen what a key may sign.
  private static func validity(
    _ words: ArraySlice<Substring>
  ) throws(AllowedSignersLine.Problem) -> ClosedRange<Int> {
    var (first, last) = (1, Int.max)
    for word in words where word.hasPrefix("valid-") {
      let parts = word.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let seq = Int(parts[1]), seq > 0 else {
        throw AllowedSignersLine.Problem(
          "\(AllowedSignersLine.shown(word)) does not name a decision of the ledger")
      }
      switch parts[0] {
      case "valid-from-seq": first = seq
      case "valid-until-seq": last = seq
      default:
        throw AllowedSignersLine.Problem(
          "\(AllowedSignersLine.shown(word)) is neither valid-from-seq nor valid-until-seq")
      }
    }
    guard first <= last else {
      throw AllowedSignersLine.Problem("the key is valid from \(first) until \(last)")
    }
    return first...last
  }

  /// "1 to 48211", or "1 and later".
  package static func shown(_ validity: ClosedRange<Int>) -> String {
    let end = validity.upperBound == .max ? "and later" : "to \(validity.upperBound)"
    return "\(validity.lowerBound) \(end)"
  }
}

// MARK: - Writing

extension AllowedSigners {
  /// Returns the line for a key that may sign the decisions from `seq` on, or all of them.
  package static func line(for key: PublicKey, of instance: String, from seq: Int? = nil) -> String
  {
    let validity = seq.map { " valid-from-seq=\($0)" } ?? ""
    return "\(instance) namespaces=\"git\" \(key.line)\(validity)"
  }

  /// Returns the file with a key added that signs from decision `seq` on.
  ///
  /// Another key of the same controller ends with the decision before: it is retired, and what it
  /// signed stays good.
  static func text(_ text: String, adding key: PublicKey, of instance: String, at seq: Int)
    -> String
  {
    var lines = text.split(whereSeparator: \.isNewline).map(String.init)
    for (index, line) in lines.enumerated() {
      guard let signer = try? AllowedSigners(line).signers.first, signer.principals == [instance],
        signer.validity.upperBound == .max
      else { continue }
      if signer.key == key { return text }
      lines[index] += " valid-until-seq=\(seq - 1)"
    }
    return (lines + [Self.line(for: key, of: instance, from: seq), ""]).joined(separator: "\n")
  }

  /// Whether a name can stand in the file, where blanks, commas and quotes divide and patterns match.
  package static func isPrincipal(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 255
      && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\",*?!#".utf8.contains($0) }
  }
}
