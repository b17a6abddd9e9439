package import Audit
package import Ledger
package import Rollouts

/// A page that can be handed to somebody who has neither the ledger nor this program.
///
/// It is a function of what it is given: no clock and no randomness, so that the same ledger makes
/// the same bytes. It fetches nothing and runs nothing, and its policy forbids both.
package struct LedgerReport: Sendable {
  /// What is known of whether the ledger is as its controller wrote it.
  package enum Verification: Sendable {
    case notDone
    case right(AuditReport)
    case wrong(AuditReport, Finding)
  }

  /// What the page is about.
  package struct Subject: Sendable {
    package let deployment: DeploymentName?
    package let rollout: Int?

    package init(deployment: DeploymentName?, rollout: Int?) {
      self.deployment = deployment
      self.rollout = rollout
    }

    fileprivate var words: String {
      guard let deployment else { return "Every decision of the ledger" }
      return "\(deployment)\(rollout.map { ", rollout \($0)" } ?? "")"
    }

    /// Whether a decision is one of those that were asked for.
    package func contains(_ record: Record) -> Bool {
      (deployment.map { $0 == record.deployment } ?? true)
        && (rollout.map { $0 == record.rollout } ?? true)
    }
  }

  private let subject: Subject
  private let branch: String
  private let tip: String
  private let version: String
  private let verification: Verification
  /// The deployments on the page, each with its rollouts.
  private let deployments: [(name: DeploymentName, stories: [RolloutStory])]

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - subject: Which decisions to tell.
  ///   - decisions: All decisions of the branch, in its order.
  ///   - evidence: What led to each, by its number on the branch; of others the charts have one point
  ///     for each decision.
  ///   - branch: The name of the branch.
  ///   - tip: The commit up to which it was read.
  ///   - version: The version of this program.
  ///   - verification: What came of verifying the branch.
  package init(
    on subject: Subject, decisions: [CommittedDecision],
    evidence: [Int: DecisionEvidence] = [:], branch: String, tip: String,
    version: String, verification: Verification
  ) {
    self.subject = subject
    self.branch = branch
    self.tip = tip
    self.version = version
    self.verification = verification
    let groups = Dictionary(grouping: decisions, by: \.record.deployment)
    deployments = groups.sorted { $0.key < $1.key }.compactMap { name, decisions in
      let stories = RolloutStory.stories(of: decisions, evidence).filter {
        subject.contains($0.records[0])
      }
      return stories.isEmpty ? nil : (name, stories)
    }
  }

  /// The page.
  package var html: String {
    let page = HTML.block("html", ["lang": "en"], [head, body])
    return "<!DOCTYPE html>\n\(page.markup)\n"
  }

  // MARK: Head

  private var head: HTML {
    HTML.block(
      "head", [:],
      [
        HTML.void("meta", ["charset": "utf-8"]),
        HTML.void("meta", ["http-equiv": "Content-Security-Policy", "content": policy]),
        HTML.void(
          "meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
        HTML.void("meta", ["name": "referrer", "content": "no-referrer"]),
        HTML.element("title", [:], HTML("\(subject.words): decisions of serin")),
        HTML.style(PageStyle.rules),
      ])
  }

  /// Nothing may be loaded or run; styles are those whose hash is here: the page's and the charts'.
  private var policy: String {
    let sheets = [PageStyle.rules] + EvidenceCharts.styles
    let sources = sheets.map(PageStyle.source).joined(separator: " ")
    return "default-src 'none'; style-src \(sources); base-uri 'none'; form-action 'none'"
  }

  // MARK: Body

  private var body: HTML {
    HTML.block(
      "body", [:],
      [HTML.block("header", [:], [HTML.element("h1", [:], HTML(subject.words)), ledger])]
        + [VerificationSection(verification).html, contents]
        + [HTML.block("main", [:], deployments.map(deployment))])
  }

  private var records: [Record] { deployments.flatMap(\.stories).flatMap(\.records) }

  private var ledger: HTML {
    let numbers = records.map(\.ledgerSeq)
    let moments = records.map(\.decidedAt)
    var items = [
      ("Ledger", HTML("branch \(branch) up to commit ") + HTML.code(tip)),
      ("Decisions", HTML("\(numbers.count)")),
    ]
    if let first = numbers.min(), let last = numbers.max() {
      items[1].1 = HTML("\(numbers.count), numbered \(first) to \(last)")
    }
    if let since = moments.min(), let until = moments.max() {
      items.append(("Decided", HTML.time(since) + HTML(" to ") + HTML.time(until) + HTML(" UTC")))
    }
    items.append(("Made by", HTML("serin \(version)")))
    return HTML.list(items)
  }

  private var contents: HTML {
    let sections = deployments.flatMap { name, stories in
      stories.map { (name, RolloutSections($0)) }
    }
    guard sections.count > 1 else { return "" }
    let items = sections.map { name, section in
      HTML.element(
        "li", [:],
        HTML.element("a", ["href": "#\(section.anchor)"], HTML("\(name): \(section.title)")))
    }
    return HTML.block(
      "nav", ["aria-label": "Rollouts"],
      [HTML.element("h2", [:], "Rollouts"), HTML.block("ul", [:], items)])
  }

  private func deployment(_ name: DeploymentName, _ stories: [RolloutStory]) -> HTML {
    HTML.block(
      "article", [:],
      [HTML.element("h2", [:], HTML("\(name)"))] + stories.map { RolloutSections($0).html })
  }
}
