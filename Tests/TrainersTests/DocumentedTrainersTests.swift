import Foundation
import Manifests
import Testing

/// What the guide tells operators to write is read.
@Suite struct DocumentedTrainersTests {
  private static let guide = URL(filePath: #filePath)
    .deletingLastPathComponent().appending(path: "../../docs/operating.md")

  @Test func everyExampleOfTheGuideIsRead() throws {
    let text = try String(contentsOf: Self.guide, encoding: .utf8)
    let examples = text.components(separatedBy: "```")
      .filter { $0.hasPrefix("yaml\n  retraining:") }
    #expect(examples.count == 4)
    for example in examples {
      let file = """
        apiVersion: serin.dev/v1alpha1
        kind: Controller
        metadata: {name: production}
        spec:
          source: {url: /srv/models.git}

        """ + example.dropFirst("yaml\n".count)
      let read = decodeController(Array(file.utf8), path: "controller.yaml")
      #expect(read.configuration?.retraining != nil, "\(read.rendering)")
      #expect(read.diagnostics.isEmpty, "\(read.rendering)")
    }
  }
}
