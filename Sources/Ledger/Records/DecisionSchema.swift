package import Encoding
import Rollouts

/// JSON Schema of a decision record, for readers who have nothing but the branch.
///
/// Every field of the record but `retraining`, `goal`, `arms`, `slices`, `differences` and `group` is required, absence is null there
/// and left out inside, and no other field may be there. The replay
/// is left open: its form is the business of the rules that decided, by `engine.decisionVersion`.
package enum DecisionSchema {
  package static let schema: JSONValue = [
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://serin.dev/schemas/decision-v1.json",
    "title": "A decision of serin",
    "description": """
    Moments are in milliseconds since 1970 (UTC), shares of traffic in per mille, ratios in parts \
    per million, evidence in thousandths of a natural logarithm.
    """,
    "type": "object",
    "properties": .object(properties),
    "required": .array(
      properties.keys.filter {
        !["retraining", "goal", "arms", "slices", "differences", "group"].contains($0)
      }.sorted()
        .map(JSONValue.string)),
    "additionalProperties": false,
  ]

  private static let properties: [String: JSONValue] = [
    "schema": ["const": .string(Record.schema)],
    "seq": number("Counts this deployment's decisions, from 1, without a gap.", from: 1),
    "ledgerSeq": number("Counts this branch's decisions, from 1, without a gap.", from: 1),
    "prev": optional(digest("The digest of the deployment's previous record.")),
    "deployment": object("Whom it is about.", ["namespace": text(), "name": text()]),
    "rollout": number("Counts the candidates of this deployment.", from: 0),
    "controller": object(
      "Who decided.",
      [
        "instance": text(), "version": text(),
        "epoch": number("Counts the lives of controllers on this branch.", from: 1),
      ]),
    "observedAt": moment("Everything the decision rests on had been observed by then."),
    "decidedAt": moment("When it was decided."),
    "previousAppliedAt": optional(
      moment("When the deployment's previous decision was seen in force.")),
    "verdict": text("What was decided.", oneOf: Decision.Verdict.allCases.map(\.rawValue)),
    "cause": text("What led to it.", oneOf: Decision.Cause.allCases.map(\.rawValue)),
    "reason": reason("Why: one member, whose name is the case, with its values."),
    "detail": optional(text("What the runtime said: text from outside, for people alone.")),
    "text": text("The reason in one sentence, for people: nothing is decided or compared by it."),
    "late": optional(
      object(
        "That it was recorded after it took effect.",
        ["detail": text("What kept it from being recorded in time.")], optional: ["detail"])),
    "from": position("Where the rollout stood before."),
    "to": position("Where it stands after."),
    "routes": list(
      "How the decision asks that requests reach the revisions.",
      of: object(
        "One route: one of these.",
        [
          "split": list("Who answers clients; the shares add up to 1000.", of: share),
          "mirror": share,
          "match": object(
            "Who answers the requests that carry a header.",
            ["revision": text(), "when": match]),
        ], optional: ["split", "mirror", "match"])),
    "generation": number("The number of the plan.", from: 0),
    "revision": optional(revision("The revision that was decided about.")),
    "stable": optional(revision("The stable revision after the decision.")),
    "wanted": optional(wanted),
    "source": optional(source),
    "checks": list("Each objective: what was counted in this step.", of: check),
    "drift": list("What was found about drift, where that is watched.", of: drift),
    "goal": goal, "arms": arms, "slices": slices, "group": group,
    "exposure": object(
      "Requests since the previous decision.",
      ["candidate": number(from: 0), "stable": number(from: 0)]),
    "remarks": list(
      "What a reader should know of it: nothing in most records.",
      of: text(oneOf: Remark.allCases.map(\.rawValue))),
    "crash": optional(crash),
    "errorSample": optional(
      object(
        "An answer of the revision that counted as an error; nothing is decided on it.",
        [
          "status": number(from: 500), "body": text("How it begins: a model's own text."),
          "at": moment("When it was asked for."),
        ])),
    "differences": differences,
    "engine": object(
      "The rules that decided.",
      [
        "decisionVersion": number(
          "Raised when the same input could give another decision.", from: 1)
      ]),
    "retraining": object(
      "Who asked for the model to be trained again, while nobody is to be asked once more.",
      [
        "decision": number("The number of the deployment's decision that asked.", from: 1),
        "until": moment("The end of the cool-down."),
      ]),
    "evidence": optional(digest("The digest of the .ev.json file beside the record.")),
    "replay": optional([
      "type": "object",
      "description": "What the decision can be derived from again; in the .ev.json file if large.",
    ]),
  ]

  private static let share = object(
    "One revision's share.", ["revision": text(), "weight": number("Per mille.", from: 0)])

  private static let wanted = object(
    "What the manifest asks for.",
    [
      "version": text(), "revision": text("The id of the revision."),
      "rejected": object(
        "Why it is not tried, where it was rejected.",
        [
          "at": moment("When that was decided."), "reason": reason("Why."),
          "detail": text("What the runtime said of it."), "text": text("Why, in a few words."),
        ], optional: ["detail"]),
    ], optional: ["rejected"])

  /// A reason has a form of its own for each case, which the rules of its version know.
  static func reason(_ description: String) -> JSONValue {
    ["type": "object", "description": .string(description)]
  }

  static func position(_ description: String) -> JSONValue {
    object(
      description,
      [
        "phase": text(oneOf: Phase.Name.allCases.map(\.rawValue)),
        "place": number("The step, counted from 1.", from: 1),
        "of": number("How many steps there are.", from: 1),
        "route": object(
          "What the candidate gets: one of these.",
          [
            "split": weight("A share of the clients."), "mirror": weight("Copies of requests."),
            "match": match,
            "drawn": object(
              "The requests with a header that others give to a share of the entities.",
              ["by": match, "weight": number("Per mille.", from: 0)]),
          ], optional: ["split", "mirror", "match", "drawn"]),
      ], optional: ["place", "of", "route"])
  }

  private static let match = object(
    "The requests that carry a header.",
    ["header": text("Its name, in small letters."), "value": text("Exactly.")])

  static func weight(_ description: String) -> JSONValue {
    object(description, ["weight": number("Per mille.", from: 0)])
  }

  private static let source = object(
    "The manifest that was followed.",
    [
      "repository": text(), "commit": text("The tip of the branch that it was read at."),
      "path": text(), "blob": text("The manifest itself."),
      "rewrittenFrom": optional(text("The tip before, when this one rewrote history.")),
      "changes": list(
        "Who changed it since the manifest that was decided on before, newest first.", of: change),
      "moreChanges": optional(
        number("How many more there are; null when the history does not say.", from: 0)),
    ])

  private static let change = object(
    "One commit.",
    [
      "commit": text(), "author": text(),
      "paths": list("What it changed of the manifest and its profile.", of: text()),
      "signer": optional(signer),
    ])

  private static let signer = object(
    "Who signed the commit; null without a signature, when no signers are configured.",
    [
      "status": text(
        "What was found.", oneOf: SourceSigner.Status.allCases.map(\.rawValue)),
      "principal": optional(text("Whom the operator names for the key.")),
      "key": optional(text("The fingerprint of the key.")),
    ])

  private static let crash = object(
    "How the server of the revision ended, when it did while that was on trial.",
    [
      "count": number("How often, since the revision was loaded.", from: 1),
      "at": moment("When it was last found to have ended."),
      "exitCode": number("What it exited with.", from: 0),
      "signal": number("What ended it; beside an exit code, what may have.", from: 1),
      "outOfMemory": ["type": "boolean", "description": "Whether the kernel says so."],
      "detail": text("Its last words: a model's own text."),
    ], optional: ["exitCode", "signal", "detail"])

  private static let check = object(
    "One objective.",
    [
      "objective": ["type": "object", "description": "What was promised."],
      "verdict": text(oneOf: [.pass, .fail, .inconclusive, .noData].map(\CheckVerdict.rawValue)),
      "candidate": tally, "stable": tally, "baseline": tally,
      "possiblyBad": number("Requests of the candidate that may have been bad.", from: 0),
      "range": object(
        "What covers the candidate's share of bad requests, in millionths.",
        ["low": number(from: 0), "high": number(from: 0)]),
      "effect": object(
        "How many times the odds of stable the candidate's are: decimal text, or infinity.",
        ["low": text(), "high": text()]),
      "logE": object(
        "Natural logarithms of evidence, in thousandths.",
        [
          "total": number("Against the candidate."), "promise": number("Against the promise."),
          "comparison": number("Against being as good as stable."),
          "proof": number("For the promise."),
        ]),
    ], optional: ["baseline"])

  private static let drift = object(
    "Predictions beside stable's, or inputs or outputs beside the profile.",
    [
      "subject": text(oneOf: DriftReport.Subject.allCases.map(\.rawValue)),
      "action": text(oneOf: DriftSettings.Action.allCases.map(\.rawValue)),
      "verdict": text(oneOf: [.pass, .fail, .inconclusive, .noData].map(\CheckVerdict.rawValue)),
      "samples": number("Of the candidate, or of all traffic.", from: 0),
      "reference": number("What they are compared with.", from: 0),
      "logE": number("The evidence that anything moved."),
      "move": object(
        "Of predictions: the share that may have moved, in millionths.",
        [
          "atMost": number("More is excluded.", from: 0),
          "notice": number("What must be excluded for a pass.", from: 0),
          "open": object(
            "What may be a quarter or four times as frequent.",
            ["column": text("Its column."), "bin": text("The bin of that.")]),
        ], optional: ["open"]),
      "moved": list("The columns that moved, most clearly moved first.", of: moved),
    ], optional: ["move"])

  static let goal = object(
    "How an A/B test stood.",
    [
      "goal": object(
        "What entities are to reach.",
        [
          "metric": text("As feedback calls it."),
          "better": text("Whether more or fewer of them are better.", oneOf: ["higher", "lower"]),
        ]),
      "verdict": text(
        "What the candidate is.", oneOf: GoalCheck.Verdict.allCases.map(\.rawValue)),
      "candidate": entities, "stable": entities,
      "effect": object(
        "How many times as often the candidate's entities reach it: decimal text, or infinity.",
        ["low": text(), "high": text()]),
      "logBetter": number("The evidence that the candidate is the better one."),
      "logWorse": number("The evidence that it is the worse one."),
    ])

  private static let entities = object(
    "Entities that a revision answered first, and those of them that reached the goal.",
    ["seen": number(from: 0), "reached": number(from: 0)])

  private static let slices = object(
    "How slices of the captured requests did.",
    [
      "asked": object(
        "What was asked for.",
        [
          "by": ["type": "object", "description": "What names a slice, as in the manifest."],
          "worst": number("How many values are told apart at most.", from: 1),
        ]),
      "seen": number("How many values are told apart.", from: 0),
      "failed": number("How many slices fail.", from: 0),
      "logE": number("The evidence that not every slice is healthy."),
      "slices": list(
        "Those with the most evidence against the candidate, the worst one first.", of: slice),
    ])

  private static let slice = object(
    "One slice.",
    [
      "name": text("A client's text; left out for all values that are not told apart."),
      "logE": number("The evidence against the candidate."),
      "checks": list("Each objective of errors and latency.", of: check),
    ], optional: ["name"])

  private static let moved = object(
    "One column.",
    [
      "column": text(), "bin": text("The bin that moved most clearly."),
      "share": number("Of that bin now, in millionths.", from: 0),
      "expected": number("What that was compared with.", from: 0),
      "index": text("The population stability index: decimal text."),
      "criticalIndex": text("What noise alone reaches in one of a hundred cases."),
      "distance": text("Jensen-Shannon, to the base 2."),
      "logE": number("The evidence that the column moved."),
      "since": moment("When it began, by the best guess."),
    ])

  private static let tally = object(
    "Requests.", ["bad": number(from: 0), "total": number(from: 0)])

  static func revision(_ summary: String) -> JSONValue {
    let model = object(
      "The model and how it is served.",
      [
        "version": text(), "uri": text(), "format": text(), "digest": digest("Of the artifact."),
        "smoke": text("The first inference."), "answer": answer, "retry": number(from: 0),
        "profile": digest("Of the profile of its training data."),
      ], optional: ["digest", "smoke", "answer", "profile"])
    return object(summary, ["id": text("A hash over the model's fields."), "model": model])
  }

  private static let answer = object(
    "What must be answered to it.",
    [
      "body": text("The outputs."),
      "agreement": [
        "type": "object", "description": "When an answer says the same, output by output.",
      ],
    ])

  // MARK: Spelling

  package static let digestPattern: JSONValue = "^sha256:[0-9a-f]{64}$"

  static func object(
    _ summary: String, _ properties: [String: JSONValue], optional: Set<String> = []
  ) -> JSONValue {
    [
      "type": "object", "description": .string(summary), "properties": .object(properties),
      "required": .array(
        properties.keys.filter { !optional.contains($0) }.sorted().map(JSONValue.string)),
      "additionalProperties": false,
    ]
  }

  static func list(_ summary: String, of item: JSONValue) -> JSONValue {
    ["type": "array", "description": .string(summary), "items": item]
  }

  static func text(_ summary: String? = nil, oneOf words: [String] = []) -> JSONValue {
    var schema: [String: JSONValue] = ["type": "string"]
    if !words.isEmpty { schema["enum"] = .array(words.map(JSONValue.string)) }
    schema["description"] = summary.map(JSONValue.string)
    return .object(schema)
  }

  static func number(_ summary: String? = nil, from least: Int64? = nil) -> JSONValue {
    var schema: [String: JSONValue] = ["type": "integer"]
    schema["minimum"] = least.map(JSONValue.int)
    schema["description"] = summary.map(JSONValue.string)
    return .object(schema)
  }

  static func moment(_ summary: String) -> JSONValue { number(summary) }

  static func digest(_ summary: String) -> JSONValue {
    [
      "type": "string", "pattern": digestPattern, "description": .string(summary),
    ]
  }

  /// A value of that schema, or null.
  static func optional(_ schema: JSONValue) -> JSONValue {
    ["oneOf": [["type": "null"], schema]]
  }
}
