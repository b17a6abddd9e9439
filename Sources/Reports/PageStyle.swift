import Crypto
import Foundation

/// How a page looks: on a screen, light or dark, and on paper.
enum PageStyle {
  static let rules = """

    :root { color-scheme: light dark; --surface: #ffffff; --ink: #1f2328; --muted: #59636e;
      --line: #d1d9e0; --faint: #f6f8fa; --good: #1a7f37; --bad: #b42318; --open: #9a6700 }
    @media (prefers-color-scheme: dark) {
      :root { --surface: #0d1117; --ink: #f0f6fc; --muted: #9198a1; --line: #3d444d;
        --faint: #151b23; --good: #3fb950; --bad: #ff7b72; --open: #d29922 }
    }
    * { box-sizing: border-box }
    body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 64rem; background: var(--surface);
      color: var(--ink); font: 16px/1.5 system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial,
      sans-serif }
    h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .5rem }
    h2 { font-size: 1.375rem; margin: 3rem 0 .5rem; padding-bottom: .25rem;
      border-bottom: 1px solid var(--line) }
    h3 { font-size: 1.125rem; margin: 2.25rem 0 .25rem }
    h4 { font-size: 1rem; margin: 1.75rem 0 .25rem }
    h1, h2, h3, h4 { overflow-wrap: anywhere }
    p { margin: .5rem 0; max-width: 46rem; overflow-wrap: anywhere }
    a { color: inherit }
    code { font: .875em ui-monospace, 'SF Mono', Menlo, Consolas, monospace;
      overflow-wrap: anywhere }
    .note { color: var(--muted); font-size: .875rem }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: .5rem 0 }
    dt { color: var(--muted) }
    dd { margin: 0; overflow-wrap: anywhere }
    .verification { margin: 1.5rem 0; padding: .75rem 1.25rem; background: var(--faint);
      border: 1px solid var(--line); border-left: .375rem solid var(--open); border-radius: .25rem }
    .verification.right { border-left-color: var(--good) }
    .verification.wrong { border-left-color: var(--bad) }
    .verification h2 { margin: 0; padding: 0; border: 0; font-size: 1.125rem }
    .table { overflow-x: auto; margin: .5rem 0 1rem }
    table { border-collapse: collapse; width: 100%; font-size: .875rem }
    caption { text-align: left; color: var(--muted); padding: .25rem 0 }
    th, td { text-align: left; vertical-align: top; padding: .375rem .75rem .375rem 0;
      border-bottom: 1px solid var(--line); font-weight: 400 }
    thead th { font-weight: 600; border-bottom: 2px solid var(--line); white-space: nowrap }
    .number { text-align: right; font-variant-numeric: tabular-nums }
    time { white-space: nowrap; font-variant-numeric: tabular-nums }
    td { overflow-wrap: anywhere; min-width: 5rem }
    td.number { min-width: 0 }
    .good, .bad, .open, .plain { font-weight: 600; white-space: nowrap }
    .good { color: var(--good) }
    .bad { color: var(--bad) }
    .open { color: var(--open) }
    figure { margin: 1rem 0 }
    .chart { display: block; max-width: 100%; height: auto }
    .short { white-space: nowrap }
    @media screen and (max-width: 48rem) {
      dl { grid-template-columns: 1fr }
      dd { margin-bottom: .5rem }
      thead { display: none }
      tbody, tr, tbody th, td { display: block }
      tr { padding: .375rem 0; border-bottom: 1px solid var(--line) }
      tbody th, td, td.number, tbody th.number { position: relative; text-align: left; border: 0;
        padding: .125rem 0 .125rem 7.5rem; min-width: 0; min-height: 1.5em }
      tbody th::before, td::before { content: attr(data-label); position: absolute; left: 0;
        width: 7rem; color: var(--muted) }
    }
    @media print {
      @page { margin: 18mm 15mm }
      body { padding: 0; max-width: none; font-size: 10pt }
      h2, h3, h4, caption { break-after: avoid }
      figure, tr, .verification { break-inside: avoid }
      .table { overflow: visible }
      thead { display: table-header-group }
    }

    """

  /// What a policy allows a style sheet by: the SHA-256 of its text.
  static func source(of rules: String) -> String {
    "'sha256-\(Data(SHA256.hash(data: Data(rules.utf8))).base64EncodedString())'"
  }
}
