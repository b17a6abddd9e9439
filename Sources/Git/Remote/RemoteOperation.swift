import CGit2
import Foundation
import HTTP
import Ledger

/// One fetch or push: what libgit2 asks while it runs, and what it was told.
///
/// Made for one operation and used on the one thread that runs it.
final class RemoteOperation {
  let remote: GitRemote
  /// "fetch https://example.org/models.git".
  let name: String
  let deadline: ContinuousClock.Instant
  let http = BlockingSession()

  /// Why a callback refused: says more than what libgit2 makes of it.
  private(set) var failure: GitError?
  /// References that the server did not update, with its reasons.
  private var refusals: [String] = []
  private var words = HostWords()
  /// What is taken at most; nil for a branch that is ours.
  var limits: TransferLimits?
  /// What the server is told that we have.
  var haves = Haves()
  /// What the server's branch has to be before it is pushed to.
  var expected = RemoteHandle.Expected.anything

  private let guardian: WatchedSocket.Guard
  private var knownHosts = KnownHosts("")
  private var attempts = 0
  private var transport = git_smart_subtransport_definition()

  /// How often credentials are offered: once, and once more for a server that asks for the user
  /// name by itself first.
  private static let attemptLimit = 2

  init(_ verb: String, _ remote: GitRemote) {
    self.remote = remote
    name = "\(verb) \(remote)"
    deadline = .now + remote.timeout
    guardian = WatchedSocket.Guard(deadline: deadline)
  }

  var isOver: Bool { ContinuousClock.now >= deadline }

  /// Runs `body` with callbacks that answer for this operation, and within its time.
  func run<Result>(
    _ body: (git_remote_callbacks) throws(GitError) -> Result
  ) throws(GitError) -> Result {
    switch remote.address.scheme {
    case .ssh: try prepareHostKey()
    case .file: try requireFolder()
    case .http, .https: break
    }
    let isShell = remote.address.scheme == .ssh
    transport = git_smart_subtransport_definition(
      callback: isShell ? SmartShell.makeSubtransport : SmartHTTP.makeSubtransport,
      rpc: isShell ? 0 : 1, param: opaque)
    defer { withExtendedLifetime(self) {} }
    do throws(GitError) {
      let callbacks = try callbacks()
      return try WatchedSocket.guarded(by: guardian) { () throws(GitError) in
        try body(callbacks)
      }
    } catch {
      throw explained(error)
    }
  }

  /// libgit2 has no code of its own for a folder that is missing.
  func requireFolder() throws(GitError) {
    guard !FileManager.default.fileExists(atPath: remote.address.path) else { return }
    throw GitError(.notFound, name, "there is no such folder")
  }

  /// Remembers the first reason, which is the one that led to the others.
  func fail(_ error: GitError) {
    if failure == nil { failure = error }
  }

  func fail(_ kind: GitError.Kind, _ message: String) { fail(GitError(kind, name, message)) }

  /// Says why libgit2 failed, where it does not know itself.
  func explained(_ error: GitError) -> GitError {
    if let failure { return failure }
    guard !guardian.isExpired, !isOver else {
      return GitError(.timeout, name, "took longer than \(remote.timeout)")
    }
    return GitError(error.kind, name, error.message)
  }

  private var opaque: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  static func from(_ pointer: UnsafeMutableRawPointer?) -> RemoteOperation {
    guard let pointer else { preconditionFailure("libgit2 lost the payload") }
    return Unmanaged<RemoteOperation>.fromOpaque(pointer).takeUnretainedValue()
  }
}

// MARK: - What libgit2 asks

extension RemoteOperation {
  private func callbacks() throws(GitError) -> git_remote_callbacks {
    var callbacks = git_remote_callbacks()
    try GitError.check(
      git_remote_init_callbacks(&callbacks, UInt32(GIT_REMOTE_CALLBACKS_VERSION)), name)
    callbacks.payload = opaque
    callbacks.credentials = { out, _, _, allowed, payload in
      RemoteOperation.from(payload).credentials(out, allowed: allowed)
    }
    callbacks.certificate_check = { certificate, _, _, payload in
      RemoteOperation.from(payload).check(certificate)
    }
    callbacks.transfer_progress = { progress, payload in
      RemoteOperation.from(payload).receive(progress?.pointee)
    }
    callbacks.sideband_progress = { text, count, payload in
      RemoteOperation.from(payload).listen(UnsafeBufferPointer(start: text, count: Int(count)))
    }
    callbacks.pack_progress = { _, _, _, payload in RemoteOperation.from(payload).progress }
    callbacks.push_transfer_progress = { _, _, _, payload in
      RemoteOperation.from(payload).progress
    }
    callbacks.push_update_reference = { _, reason, payload in
      // A refusal by a hook is no error to libgit2: the push succeeds and says so here alone.
      if let reason { RemoteOperation.from(payload).refusals.append(String(cString: reason)) }
      return 0
    }
    callbacks.push_negotiation = { updates, count, payload in
      let updates = UnsafeBufferPointer(start: updates, count: count)
      return RemoteOperation.from(payload).negotiate(updates.compactMap { $0?.pointee.src })
    }
    guard remote.address.scheme != .file else { return callbacks }
    callbacks.transport = { out, owner, payload in
      let operation = RemoteOperation.from(payload)
      return git_transport_smart(out, owner, &operation.transport)
    }
    return callbacks
  }

  private func listen(_ text: UnsafeBufferPointer<CChar>) -> Int32 {
    words.listen(text.map { UInt8(bitPattern: $0) })
    return progress
  }

  /// Looks at how much of a pack has come.
  private func receive(_ progress: git_indexer_progress?) -> Int32 {
    guard let progress, let limits else { return self.progress }
    if progress.total_objects > limits.objects {
      fail(.tooLarge, "the pack has \(progress.total_objects) objects, more than \(limits.objects)")
      return GIT_EUSER.rawValue
    }
    guard progress.received_bytes > limits.bytes else { return self.progress }
    fail(.tooLarge, "the pack has more than \(limits.bytes) bytes")
    return GIT_EUSER.rawValue
  }

  /// Looks at how much of an advertisement has come; returns whether it is too much.
  func refusesAdvertisement(of count: Int) -> Bool {
    guard count > TransferLimits.advertisement else { return false }
    fail(
      .tooLarge,
      "the server's list of references has more than \(TransferLimits.advertisement) bytes")
    return true
  }

  /// Why the server did not update a reference: its answer, and what it said beside it.
  var refusal: String? {
    refusals.first.map { ([$0] + words.lines).joined(separator: "; ") }
  }

  /// Looks at what the server said to have, before anything is sent.
  ///
  /// A plain push would make a branch anew that somebody has deleted; the server itself compares this
  /// commit with its own once more when it takes the push.
  private func negotiate(_ present: [git_oid]) -> Int32 {
    guard case .exactly(let expected) = expected else { return 0 }
    let isExpected = present.allSatisfy { present in
      var present = present
      return git_oid_is_zero(&present) == 1 ? expected == nil : ObjectID(present) == expected
    }
    guard !isExpected else { return 0 }
    fail(.conflict, "the branch is not where it was left")
    return GIT_EUSER.rawValue
  }

  /// What a progress callback returns: an error once the time is up.
  private var progress: Int32 { isOver ? GIT_EUSER.rawValue : 0 }

  private typealias Credential = UnsafeMutablePointer<git_credential>

  private func credentials(
    _ out: UnsafeMutablePointer<Credential?>?, allowed: UInt32
  ) -> Int32 {
    if allowed & GIT_CREDENTIAL_USERNAME.rawValue != 0 {
      return git_credential_username_new(out, remote.sshUser)
    }
    attempts += 1
    guard attempts <= Self.attemptLimit else {
      fail(.authentication, "the server does not accept the key for \(remote.sshUser)")
      return GIT_EAUTH.rawValue
    }
    switch remote.auth {
    case .sshKey(_, let key, let passphrase)
    where allowed & GIT_CREDENTIAL_SSH_MEMORY.rawValue != 0:
      return git_credential_ssh_key_memory_new(
        out, remote.sshUser, nil, key.reveal(), passphrase?.reveal())
    case .sshAgent where allowed & GIT_CREDENTIAL_SSH_KEY.rawValue != 0:
      return git_credential_ssh_key_from_agent(out, remote.sshUser)
    default:
      fail(.authentication, "the server does not accept keys for \(remote.sshUser)")
      return GIT_EAUTH.rawValue
    }
  }
}

// MARK: - Whom it talks to

extension RemoteOperation {
  private func prepareHostKey() throws(GitError) {
    knownHosts = try remote.knownHosts.load()
    let host = remote.hostName
    guardian.prefer(HostKeyPreference.line(for: knownHosts.keys(of: host), of: host))
  }

  /// Accepts an ssh server whose key is known; https never comes here.
  private func check(_ certificate: UnsafeMutablePointer<git_cert>?) -> Int32 {
    guard let certificate, certificate.pointee.cert_type == GIT_CERT_HOSTKEY_LIBSSH2 else {
      return GIT_ECERTIFICATE.rawValue
    }
    let hostKey = UnsafeMutableRawPointer(certificate)
      .assumingMemoryBound(to: git_cert_hostkey.self).pointee
    guard hostKey.type.rawValue & GIT_CERT_SSH_RAW.rawValue != 0, let start = hostKey.hostkey else {
      fail(.unknownHost, "the server showed no key")
      return GIT_ECERTIFICATE.rawValue
    }
    do throws(GitError) {
      try requireKnown(Data(bytes: start, count: hostKey.hostkey_len))
      return 0
    } catch {
      fail(error)
      return GIT_ECERTIFICATE.rawValue
    }
  }

  private func requireKnown(_ key: Data) throws(GitError) {
    let host = remote.hostName
    let shown = "\(keyType(of: key)) \(fingerprint(ofKey: key))"
    switch knownHosts.verdict(on: key, of: host) {
    case .known: return
    case .revoked:
      throw GitError(.unknownHost, name, "the key of \(host) (\(shown)) is revoked")
    case .changed:
      throw GitError(
        .unknownHost, name,
        "the key of \(host) (\(shown)) is not the known one: the server was set up anew, or "
          + "somebody pretends to be it")
    case .unknown:
      throw GitError(
        .unknownHost, name,
        "the key of \(host) (\(shown)) is not known; if it is right, add this line to the known "
          + "hosts: \(host) \(keyType(of: key)) \(key.base64EncodedString())")
    }
  }
}
