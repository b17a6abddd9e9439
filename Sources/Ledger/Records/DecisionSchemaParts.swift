import Encoding
import Rollouts

// What some records alone have: of answers that differ, of several candidates, and of a group.
extension DecisionSchema {
  static let differences = object(
    "Which requests were answered otherwise than stable answered them; nothing is decided on it.",
    [
      "pairs": number("Pairs of answers whose request could be read.", from: 0),
      "differing": number("Those that differ.", from: 0),
      "bins": list(
        "Bins of different features in which most differ, the clearest one first.",
        of: object(
          "One bin.",
          [
            "column": text(), "bin": text("What a person calls it."),
            "pairs": number("Pairs of which a row is in it.", from: 0),
            "differing": number("Those that differ.", from: 0),
          ])),
    ])

  static let arms = list(
    "How each candidate of an A/B test of several did, in the order of their parts of the entities.",
    of: object(
      "One candidate.",
      [
        "revision": revision("Which."),
        "requests": number("Since the previous decision.", from: 0),
        "logE": number("The evidence against it."), "goal": goal,
      ], optional: ["goal"]))

  static let group = object(
    "Whom the deployment moves with, as the decision found them.",
    ["name": text("What the manifests call the group."), "peers": list("By name.", of: peer)])

  private static let peer = object(
    "Another member.",
    [
      "name": text("In the namespace of the deployment."),
      "state": text("What it was doing.", oneOf: Peer.State.allCases.map(\.rawValue)),
      "revision": object(
        "Its candidate, or what its manifest asked for.", ["version": text(), "id": text()]),
      "rollout": number("How many candidates it had admitted.", from: 0),
      "stage": stage("How far its candidate had come."),
      "willing": stage("How far it would have gone alone."),
      "ended": number(
        "The rollout of the deployment on whose word it ended its own.", from: 0),
      "record": number("The number of its newest decision.", from: 1),
    ], optional: ["revision", "stage", "willing", "ended", "record"])

  private static func stage(_ summary: String) -> JSONValue {
    object(
      summary,
      [
        "phase": text(oneOf: ["preparing", "step", "baking", "ended"]),
        "place": number("The step, counted from 1.", from: 1),
      ], optional: ["place"])
  }
}
