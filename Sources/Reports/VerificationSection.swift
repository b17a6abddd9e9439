import Audit
import Ledger

/// What a page says of whether its decisions can be relied on.
struct VerificationSection {
  private let verification: LedgerReport.Verification

  init(_ verification: LedgerReport.Verification) { self.verification = verification }

  var html: HTML {
    switch verification {
    case .notDone: section("unknown", "Not verified", [HTML.paragraph(Self.notDone)])
    case .right(let report):
      section("right", "Verified", [HTML.paragraph(Self.right)] + list(report))
    case .wrong(let report, let finding): wrong(report, finding)
    }
  }

  private static let notDone =
    "Nobody has checked the signatures, the order and the digests of these decisions: this page "
    + "believes what the branch says. To check them, make it again with --allowed-signers, or run "
    + "serin audit verify on a clone of the branch."

  private static let right =
    "Every decision up to the commit above was signed by a key that is trusted for it, and none was "
    + "changed, removed, added or reordered since."

  private func wrong(_ report: AuditReport, _ finding: Finding) -> HTML {
    let why =
      "At decision \(finding.ledgerSeq) the ledger is not as a controller wrote it: "
      + "\(finding.kind.summary). Nothing from there on can be relied on."
    let items = [
      ("Commit", HTML.code(finding.commit)), ("Expected", HTML(finding.expected)),
      ("Found", HTML(finding.found)), ("To do", HTML("\(finding.kind.advice).")),
    ]
    return section(
      "wrong", "Verification failed", [HTML.paragraph(why), HTML.list(items)] + list(report))
  }

  private func list(_ report: AuditReport) -> [HTML] {
    guard report.decisions > 0 else { return [] }
    let signers = report.signers.map { signer in
      (
        "Signed by",
        HTML.code(signer.key)
          + HTML(" of \(signer.instance): decisions \(signer.first) to \(signer.last)")
      )
    }
    return [HTML.list([("Right", HTML("decisions \(report.first) to \(report.last)"))] + signers)]
  }

  private func section(_ kind: String, _ title: String, _ content: [HTML]) -> HTML {
    HTML.block(
      "section", ["class": "verification \(kind)"], [HTML.element("h2", [:], HTML(title))] + content
    )
  }
}
