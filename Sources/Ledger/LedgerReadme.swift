/// The README on the ledger's branch: how to read it with git alone.
enum LedgerReadme {
  static let text = """
    # The ledger of serin

    This branch is written by the deployment controller serin: one commit for every decision about a
    model deployment, made before the decision takes effect. Nobody else writes here, and history is
    never rewritten.

    - `<namespace>/<name>/<name>.yaml` is the current status of a deployment.
    - `<namespace>/<name>/<year-month>.<name>/<number>.<name>.json` is one decision: what changed,
      why, the requests counted and how sure the test was. It is written once and never edited.
    - `….ev.json` beside it is the state of the tests, when it is large.

    With git alone:

        git log --format='%cs %s' <this branch>                  every decision, newest first
        git log <this branch> -- payments/fraud-detector         those of one deployment
        git log --diff-filter=MD <this branch> -- '*/*/*/*.json' must print nothing: no record was
                                                                 ever changed or removed
        git show <commit>                                        a decision with its numbers
        sha256sum <record file>                                  equals `Record-Digest` of its commit,
                                                                 and `prev` of the next record

    Moments are in milliseconds since 1970 (UTC), shares of traffic in per mille, ratios in parts per
    million, evidence (`logE`) in thousandths of a natural logarithm.

    """
}
