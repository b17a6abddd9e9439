import Foundation
import LocalRuntime
import TestKit
import Testing

/// Pickles that hide what they import, before the real picklescan.
///
/// Each would run a program when it is loaded, but for those that are none; none is loaded here.
@Suite(.timeLimit(.minutes(5))) struct HostilePickleTests {
  enum Verdict: String { case unsafe, unread, clean }

  /// A file's name and how it is made, in Python: `evil` is a pickle that calls `os.system`.
  static let files: [(String, String, Verdict)] = [
    ("reduce.pkl", "evil", .unsafe),
    ("inst.pkl", #"b"(S'true'\niposix\nsystem\n.""#, .unsafe),
    ("obj.pkl", #"b"(cposix\nsystem\nS'true'\no.""#, .unsafe),
    ("stack-global.pkl", "pickle.dumps(Call(os.system, 'true'), 4)", .unsafe),
    (
      "memoised.pkl",
      #"b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x94h\x00h\x01\x93\x8c\x04true\x85R.""#, .unsafe
    ),
    ("eval.pkl", "pickle.dumps(Call(eval, '1'), 4)", .unsafe),
    ("getattr.pkl", "pickle.dumps(Call(getattr, 1, 'real'), 4)", .unsafe),
    ("nested.pkl", "pickle.dumps(Call(pickle.loads, evil), 4)", .unsafe),
    ("behind-another.pkl", "pickle.dumps([1]) + evil", .unsafe),
    ("truncated.pkl", "evil[:-1]", .unsafe),
    ("broken-behind.pkl", #"evil[:-1] + b"\xff""#, .unsafe),
    ("garbage-behind.pkl", #"evil + b"\xff\xff""#, .unsafe),
    (
      "behind-32MB.pkl", #"b"\x80\x04\x8e" + length(32 << 20) + bytes(32 << 20) + b"0" + evil"#,
      .unsafe
    ),
    ("a-million-marks.pkl", #"b"\x80\x04" + b"(" * 1000000 + evil"#, .unsafe),
    ("without-an-ending", "evil", .unsafe),
    ("of-another-kind.txt", "evil", .unsafe),
    ("torch.pt", "zipped(evil)", .unsafe),
    ("deflated.pt", "zipped(evil, zipfile.ZIP_DEFLATED)", .unsafe),
    ("wrong-checksum.pt", "wrong_checksum(zipped(evil))", .unsafe),
    ("flagged-as-encrypted.pt", "flagged(zipped(evil))", .unsafe),
    ("zipped.bin", "zipped(evil)", .unsafe),
    ("torch-truncated.pt", "zipped(evil)[:-30]", .unread),
    // Neither Python can load these.
    ("broken-before.pkl", #"b"\x80\x04K\x01\xff" + evil"#, .unread),
    ("more-than-there-is.pkl", #"b"\x80\x04\x8e" + length(1 << 62) + evil"#, .unread),
    // What the scan does not see, and does not call clean either: joblib takes the compression off.
    ("compressed.joblib", "zlib.compress(evil)", .unread),
    ("compressed.pkl", "gzip.compress(evil)", .unread),
    ("harmless.pkl", "pickle.dumps({'weights': [1.5, 2.5]})", .clean),
    ("harmless.pt", "zipped(pickle.dumps([1]))", .clean),
    ("empty.pkl", "b''", .unread),
  ]

  private static let script = #"""
    import gzip, os, pickle, struct, sys, zipfile, zlib
    from io import BytesIO
    class Call:
        def __init__(self, function, *arguments): self.call = (function, arguments)
        def __reduce__(self): return self.call
    evil = b"cposix\nsystem\n(S'true'\ntR."
    def length(count): return struct.pack("<Q", count)
    def zipped(data, compression=zipfile.ZIP_STORED):
        out = BytesIO()
        with zipfile.ZipFile(out, "w", compression) as file:
            file.writestr("archive/data.pkl", data)
            file.writestr("archive/version", "3")
        return out.getvalue()
    def changed(data, change):
        data = bytearray(data)
        for start, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            change(data, data.find(start) + place)
        return bytes(data)
    def flagged(data):
        def change(data, place): data[place] |= 1
        return changed(data, change)
    def wrong_checksum(data):
        def change(data, place): data[place + 8:place + 12] = bytes(4)
        return changed(data, change)
    open(sys.argv[1], "wb").write(eval(sys.argv[2]))
    """#

  @Test(.temporaryFolder, arguments: files)
  func hostileFilesAreNotCalledClean(name: String, maker: String, verdict: Verdict) async throws {
    let file = TemporaryFolder.current.appending(path: name)
    try shell([TestTools.python, "-c", Self.script, file.path, maker])
    let log = ProcessLog(path: TemporaryFolder.current.path + "/log")
    let scanner = URL(filePath: TestTools.python).deletingLastPathComponent()
      .appending(path: "picklescan").path
    let process = try DetachedProcess(
      ProcessLaunch(
        command: [scanner, "-p", file.path], environment: ["PATH": "/usr/bin:/bin"], folder: "/",
        log: log.path))
    try await eventually { !process.isAlive }
    let scan = PickleScan(ending: process.ending, lines: log.lastLines(1000))
    #expect(Verdict(scan) == verdict, "\(scan) \(log.lastLines(20))")
  }
}

extension HostilePickleTests.Verdict {
  fileprivate init(_ scan: PickleScan) {
    switch scan {
    case .unsafe: self = .unsafe
    case .unread: self = .unread
    case .clean: self = .clean
    }
  }
}
