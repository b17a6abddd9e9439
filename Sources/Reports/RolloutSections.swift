import Audit
import Ledger
import Rollouts
import Wording

/// One rollout on a page: who asked for it, what served, what was decided and on what numbers.
struct RolloutSections {
  private let story: RolloutStory

  init(_ story: RolloutStory) { self.story = story }

  /// What the page links to.
  var anchor: String { "\(story.deployment)-\(story.number)".replacing("/", with: "-") }

  var title: String {
    let version = story.candidate.map { "v\($0.model.version)" } ?? "no candidate"
    let others = story.rivals.map { "v\($0.model.version)" }.joined(separator: ", ")
    let beside = others.isEmpty ? "" : " beside \(others)"
    return "Rollout \(story.number): \(version)\(beside), \(story.outcome)"
  }

  var html: HTML {
    HTML.block(
      "section", ["id": anchor],
      [
        HTML.element("h3", [:], HTML(title)), summary,
        heading("Who asked for it"), sources, heading("What served"),
      ] + served + [heading("Exposure"), exposure, heading("Decisions"), decisions] + arms
        + evidence)
  }

  private func heading(_ text: String) -> HTML { HTML.element("h4", [:], HTML(text)) }

  private var summary: HTML {
    let ending = story.ending
    return HTML.element(
      "p", [:], "Begun ", HTML.time(story.records[0].decidedAt),
      HTML("; \(ending.verdict.rawValue) "),
      HTML.time(ending.decidedAt), HTML(": \(ending.text)."))
  }

  // MARK: Who asked for it

  private var sources: HTML {
    var seen: Set<[String]> = []
    let records = story.records.filter { record in
      record.source.map { seen.insert($0.changes.map(\.commit) + [$0.blob]).inserted } ?? false
    }
    guard !records.isEmpty else { return HTML.paragraph("No manifest is recorded.") }
    return HTML.table(
      "Commits that brought the manifests its decisions rest on, newest first",
      [
        .number("From"), .text("Author"), .text("Commit and signature"), .text("Manifest"),
        .text("Repository"),
      ],
      records.flatMap { record in record.source.map { rows(record.ledgerSeq, $0) } ?? [] })
  }

  /// A row for each commit, and one for those that are not listed.
  private func rows(_ ledgerSeq: Int, _ source: SourceReference) -> [[HTML]] {
    let changes = source.changes.map { change in
      (
        HTML(change.author),
        HTML.code(change.commit) + HTML.lineBreak + HTML(change.signature)
          + HTML(change.paths.isEmpty ? "" : "; changed \(change.paths.joined(separator: ", "))")
      )
    }
    let others = source.unlisted.map { [(HTML($0), HTML(""))] } ?? []
    return (changes + others).map { author, commit in
      [HTML("\(ledgerSeq)"), author, commit, manifest(source), HTML(source.repository)]
    }
  }

  private func manifest(_ source: SourceReference) -> HTML {
    let rewritten = source.rewrittenFrom.map { old in
      HTML.lineBreak + HTML("history was rewritten from ") + HTML.code(old)
    }
    return HTML(source.path) + HTML.lineBreak + HTML("blob ") + HTML.code(source.blob)
      + HTML.lineBreak + HTML("read at ") + HTML.code(source.commit) + (rewritten ?? "")
  }

  // MARK: What served

  private var served: [HTML] {
    guard !story.served.isEmpty else { return [HTML.paragraph("Nothing had traffic.")] }
    let rows = story.served.map { interval in
      [
        HTML("v\(interval.revision.model.version)"), HTML("\(interval.weight)"),
        HTML.time(interval.from), interval.until.map(HTML.time) ?? "still",
        HTML("\(interval.requests)"),
      ]
    }
    let shares = HTML.table(
      "Shares of the traffic, also those that began before",
      [
        .text("Version"), .number("Share"), .text("From (UTC)"), .text("Until"),
        .number("Requests"),
      ], rows)
    return [models, shares]
  }

  private var models: HTML {
    var seen: Set<Revision> = []
    let revisions = story.served.map(\.revision).filter { seen.insert($0).inserted }
    return HTML.table(
      "Models", [.text("Version"), .text("Digest"), .text("Address"), .text("Revision")],
      revisions.map { revision in
        [
          HTML("v\(revision.model.version)"), HTML.code(revision.model.digest ?? "none"),
          HTML.code(revision.model.uri), HTML.code("\(revision.id)"),
        ]
      })
  }

  private var exposure: HTML {
    let (candidate, stable) = story.exposure
    let largest = story.served.filter { $0.revision.id == story.candidate?.id }.map(\.weight).max()
    let share = largest.map { "\($0) of the traffic at most" } ?? "no traffic"
    return HTML.list([
      ("Candidate", HTML("\(candidate) requests; \(share)")),
      ("Stable", HTML("\(stable) requests")),
    ])
  }

  // MARK: What was decided

  private var decisions: HTML {
    let rows = story.decisions.map { decision in
      let record = decision.record
      return [
        HTML("\(record.ledgerSeq)"), HTML.time(record.decidedAt), Self.verdict(record.verdict),
        HTML("\(record.from.words) → \(record.to.words)"),
        HTML("\(record.text) (\(record.cause.rawValue))") + Self.answer(record)
          + Self.differences(record),
        HTML.element("code", ["class": "short"], HTML(String(decision.commit.prefix(12)))),
      ]
    }
    return HTML.table(
      "Every decision, by its number on the branch",
      [
        .number("#"), .text("Time (UTC)"), .text("Decision"), .text("Change"), .text("Reason"),
        .text("Commit"),
      ], rows)
  }

  /// An answer that counted as an error, below the reason that it explains.
  private static func answer(_ record: Record) -> HTML {
    record.errorSample.map { HTML.lineBreak + HTML.code($0.summary) } ?? ""
  }

  /// Which requests were answered otherwise, below the reason.
  private static func differences(_ record: Record) -> HTML {
    record.differences.map { HTML.lineBreak + HTML($0.summary) } ?? ""
  }

  private static func verdict(_ verdict: Decision.Verdict) -> HTML {
    HTML.element("span", ["class": kind(of: verdict)], HTML(verdict.rawValue))
  }

  private static func kind(of verdict: Decision.Verdict) -> String {
    switch verdict {
    case .promote, .complete: "good"
    case .rollback, .reject, .alert, .gap: "bad"
    case .hold: "open"
    case .admit, .advance, .resume, .abort, .supersede, .decommission: "plain"
    }
  }

  /// How each candidate of an A/B test of several did, at each decision; nothing where there was one alone.
  private var arms: [HTML] {
    let rows = story.records.flatMap { record in
      (record.arms ?? []).map { [HTML("\(record.ledgerSeq)")] + $0.cells }
    }
    guard !rows.isEmpty else { return [] }
    return [
      heading("Candidates beside each other"),
      HTML.table(
        "What the entities of each did, at each decision",
        [
          .number("#"), .text("Version"), .number("Requests"), .number("Reached"), .text("Stable"),
          .text("Times as often"), .text("Verdict"),
        ], rows),
    ]
  }

  private var evidence: [HTML] {
    let charts = EvidenceCharts(story).all
    guard !charts.isEmpty else { return [] }
    let note =
      "Requests are counted from the beginning of each step. A range covers the candidate's true "
      + "share, and evidence is the natural logarithm of a likelihood ratio against the candidate, "
      + "both at the confidence that the manifest asks for."
    return [heading("Evidence"), HTML.paragraph(note, "note")]
      + charts.map { HTML.block("figure", [:], [$0]) } + [numbers] + drift
  }

  /// Every column that moved, at each decision; nothing where drift was not watched.
  private var drift: [HTML] {
    let rows = story.records.flatMap { record in
      record.drift.flatMap { report in report.moved.map { row(record, report, $0) } }
    }
    guard !rows.isEmpty else { return [] }
    return [
      HTML.table(
        "What moved: predictions beside stable's, inputs beside the training data",
        [
          .number("#"), .text("Of"), .text("Column"), .text("Bin"), .number("Now"),
          .number("Before"), .number("PSI"), .number("By chance"), .text("Since"),
        ], rows)
    ]
  }

  private func row(_ record: Record, _ report: DriftReport, _ moved: DriftReport.Moved) -> [HTML] {
    [
      HTML("\(record.ledgerSeq)"), HTML(report.subject.rawValue), HTML(moved.column),
      HTML(moved.bin), HTML(moved.share.short), HTML(moved.expected.short),
      HTML("\(moved.index)"), HTML("\(moved.criticalIndex)"), HTML(moved.since.iso8601),
    ]
  }

  private var numbers: HTML {
    let rows = story.records.flatMap { record in record.checks.map { row(record, $0) } }
    return HTML.table(
      "What was counted at each decision, bad of all requests",
      [
        .number("#"), .text("Objective"), .number("Candidate"), .number("Share"), .text("Range"),
        .number("Stable"), .number("Limit"), .number("Evidence"), .text("Check"),
      ], rows)
  }

  private func row(_ record: Record, _ check: CheckReport) -> [HTML] {
    let reference = check.baseline ?? check.stable
    let name = check.baseline == nil ? "" : " (baseline)"
    return [
      HTML("\(record.ledgerSeq)"), HTML(check.objective.words),
      HTML("\(check.candidate.bad) of \(check.candidate.total)"),
      HTML(check.candidate.share.short),
      HTML("\(check.range.low.short) to \(check.range.high.short)"),
      HTML("\(reference.bad) of \(reference.total)\(name)"), HTML("\(check.objective.allowed)"),
      HTML(Self.thousandths(check.logE.total)), Self.word(check.verdict),
    ]
  }

  private static func word(_ verdict: CheckVerdict) -> HTML {
    let kind = verdict == .pass ? "good" : verdict == .fail ? "bad" : "open"
    return HTML.element("span", ["class": kind], HTML(verdict.rawValue))
  }

  /// "4.605", "-0.3": thousandths as a decimal number.
  private static func thousandths(_ number: Int) -> String {
    let (sign, rest) = (number < 0 ? "−" : "", number.magnitude)
    let fraction = String(rest % 1000 + 1000).dropFirst()
    return "\(sign)\(rest / 1000).\(fraction)"
  }
}

extension ArmReport {
  /// The version and its requests, how many of its entities and of stable's reached the goal, and what that says.
  fileprivate var cells: [HTML] {
    let named = [HTML("v\(revision.model.version)"), HTML("\(requests)")]
    guard let goal else { return named + Array(repeating: HTML(""), count: 4) }
    return named + [
      HTML("\(goal.candidate.reached) of \(goal.candidate.seen)"),
      HTML("\(goal.stable.reached) of \(goal.stable.seen)"),
      HTML("\(goal.effect.low.fine) to \(goal.effect.high.fine)"), HTML(goal.verdict.rawValue),
    ]
  }
}
