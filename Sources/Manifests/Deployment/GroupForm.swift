import Rollouts

/// `spec.group`: what makes no sense of a deployment that moves with others.
enum GroupForm {
  static func check(_ strategy: Strategy, _ serving: ServingMode, _ fields: Fields) {
    switch strategy.kind {
    case .abTest:
      fields.error(
        "an A/B test is decided on one model alone: the others of the group would change what its "
          + "entities do", on: "group",
        hint: "choose canary, shadow or blueGreen, or remove group")
    case .recreate:
      fields.error(
        "with \"recreate\" nothing serves while the new model waits for the others of its group",
        on: "group", hint: "choose canary, shadow or blueGreen, or remove group")
    case .canary, .shadow, .blueGreen: break
    }
    if strategy.steps.contains(where: { $0.hours != nil }) {
      fields.error(
        "a mirror with hours keeps the others of the group waiting, and two with other hours wait for "
          + "each other", on: "group", hint: "remove hours, or group")
    }
    guard serving == .batch else { return }
    fields.error(
      "with \"serving: batch\" each job decides when it reads the new model, so that several cannot "
        + "move together", on: "group", hint: "remove it")
  }
}
