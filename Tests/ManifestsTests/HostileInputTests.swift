import Foundation
import Manifests
import Randomness
import Testing

/// Any bytes at all give deployments or diagnostics that can be shown, soon and without a trap.
@Suite struct HostileInputTests {
  private func decode(_ bytes: [UInt8]) {
    let file = decodeManifests(bytes, path: "hostile.yaml")
    _ = file.rendering
    #expect(file.deployments.isEmpty || !file.hasErrors)
    let profile = decodeProfile(bytes, path: "hostile.yaml")
    #expect((profile.profile == nil) == profile.diagnostics.contains { $0.severity == .error })
    let controller = decodeController(bytes, path: "hostile.yaml")
    _ = controller.rendering
    let isSound = controller.diagnostics.allSatisfy { $0.line >= 1 && $0.column >= 1 }
    #expect(isSound)
    #expect(
      (controller.configuration == nil) == controller.diagnostics.contains { $0.severity == .error }
    )
  }

  private static let head = "apiVersion: serin.dev/v1alpha1\nkind: ModelDeployment\n"

  static let texts: [(String, String)] = [
    ("billion laughs", head + "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n"),
    ("flow nesting", head + "x: " + String(repeating: "[", count: 200_000)),
    ("mapping nesting", head + "x: " + String(repeating: "{a: ", count: 50_000)),
    ("block nesting", head + "x:\n" + String(repeating: "- ", count: 100_000)),
    ("question marks", head + String(repeating: "? ", count: 100_000)),
    ("many keys", head + (0..<20_000).map { "k\($0): 1\n" }.joined()),
    ("many documents", String(repeating: "---\n" + head, count: 4000)),
    ("long line", head + "x: \"" + String(repeating: "a", count: 250_000) + "\""),
    ("long key", head + "? " + String(repeating: "a", count: 250_000) + "\n: 1\n"),
    ("long number", head + "metadata: {name: " + String(repeating: "9", count: 200_000) + "}"),
    ("many tabs", head + String(repeating: "\t", count: 200_000)),
    ("many quotes", head + String(repeating: "\"", count: 200_000)),
    ("many controls", head + String(repeating: "\u{1}", count: 200_000)),
    ("many anchors", head + String(repeating: "- &a x\n", count: 30_000)),
    ("reserved directive", "%FOO bar\n---\n" + head),
    ("wrong YAML version", "%YAML 3.0\n---\n" + head),
    ("tag directive", "%TAG ! tag:x,2000:\n---\n" + head),
    (
      "smoke nesting",
      head + "spec: {model: {smoke: {request: '{\"inputs\": "
        + String(repeating: "[", count: 60_000) + "'}}}"
    ),
    ("combining marks", head + "x\(String(repeating: "\u{301}", count: 50_000)): 1"),
  ]

  @Test(.timeLimit(.minutes(5)), arguments: texts)
  func text(name: String, text: String) {
    let bytes = Array(text.utf8)
    let started = ContinuousClock.now
    decode(bytes)
    #expect(ContinuousClock.now - started < .seconds(30), "\(name)")
    let file = decodeManifests(bytes, path: "hostile.yaml")
    #expect(file.hasErrors, "\(name) is accepted")
    #expect(file.diagnostics.count <= 101)
  }

  @Test func hugeFileIsRefusedBeforeItIsRead() {
    let bytes = Array(Self.head.utf8) + [UInt8](repeating: 0x20, count: 256 * 1024)
    let file = decodeManifests(bytes, path: "x.yaml")
    #expect(
      file.diagnostics.map(\.message) == [
        "the file has \(bytes.count) bytes, at most 262144 are read"
      ])
  }

  @Test func rightFilesChangedAtRandom() throws {
    var generator = Generator(seed: 20_260_301)
    let seeds = try TestFiles.names(in: TestFiles.examples).map {
      try TestFiles.bytes(TestFiles.examples.appending(path: $0))
    }
    for round in 0..<3000 {
      var bytes = seeds[round % seeds.count]
      for _ in 0...generator.next(below: 4) { generator.mutate(&bytes) }
      decode(bytes)
    }
  }

  @Test func randomBytes() {
    var generator = Generator(seed: 7)
    for _ in 0..<2000 {
      let count = generator.next(below: 200)
      decode(Array(Self.head.utf8) + (0..<count).map { _ in UInt8(generator.next(below: 256)) })
    }
  }
}

/// The same changes in every run.
private struct Generator: RandomNumberGenerator {
  private var source: SplitMix64

  init(seed: UInt64) { source = SplitMix64(seed: seed) }

  mutating func next() -> UInt64 { source.next() }

  mutating func next(below limit: Int) -> Int { Int(next() % UInt64(limit)) }

  private static let pieces = [
    "&a ", "*a", "!!str ", "<<: ", "[", "]", "{", "}", "? ", ": ", "- ", "\n", "---\n", "\t", "\"",
    "|", ">", "~", "0%", "-1", "999999999999999999999", "1e9", "\u{0}", "\u{202E}", "%", "@", "#",
  ].map { Array($0.utf8) }

  /// Changes, removes, adds or repeats a few bytes.
  mutating func mutate(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    let place = next(below: bytes.count)
    let end = min(place + 1 + next(below: 20), bytes.count)
    switch next(below: 5) {
    case 0: bytes[place] = UInt8(next(below: 256))
    case 1: bytes.removeSubrange(place..<end)
    case 2: bytes.insert(contentsOf: Self.pieces[next(below: Self.pieces.count)], at: place)
    case 3: bytes.insert(contentsOf: Array(bytes[place..<end]), at: next(below: bytes.count))
    default: bytes.removeLast(bytes.count - place)
    }
  }
}
