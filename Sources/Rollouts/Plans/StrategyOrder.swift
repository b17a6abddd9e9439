// Which step comes after which, also when the manifest is edited under a running rollout.

extension Strategy {
  /// Returns how long the step at a place lasts.
  ///
  /// A manifest that was edited under a running rollout may have another route at the place: then the last
  /// step rules that gives no more, or, when there is none, the candidate goes on as soon as it is proven.
  func step(at place: Int, _ route: Route, bake: Duration) -> Step {
    if steps.indices.contains(place), steps[place].route == route { return steps[place] }
    let step =
      steps.last { $0.route <= route } ?? Step(route: route, atLeast: .zero, atMost: bake)
    // Of another share there are copies at the same hours, and no more of them.
    guard route.isMirror, let mirror = steps.first(where: \.route.isMirror) else { return step }
    return Step(
      route: route, atLeast: step.atLeast, atMost: step.atMost,
      atMostPerSecond: mirror.atMostPerSecond, hours: mirror.hours, analysis: step.analysis)
  }

  /// Whether the candidate, which was only shown copies, answers clients in what follows a route.
  func meetsClients(after route: Route) -> Bool {
    route.isMirror && place(after: route).map { steps[$0].route.isMirror } != true
  }

  /// Whether a candidate with which nothing is wrong goes on although little is proven.
  ///
  /// It meets no client for the first time then, and gets all traffic only where the strategy asks for a switch,
  /// before which it was shown to those who asked for it.
  func mayGoOnUnproven(after route: Route) -> Bool {
    let isLast = place(after: route) == nil
    return (!isLast || route.isMatch && kind == .blueGreen) && !meetsClients(after: route)
  }

  /// Whether the manifest asks for the switch before which a candidate is shown, and for no preview any more.
  func asksForSwitch(after route: Route) -> Bool {
    kind == .blueGreen && steps.isEmpty && route.isMatch
  }

  /// Returns the place of the step that follows a route; nil after the last.
  ///
  /// It is the first that gives the candidate more than it has, wherever that stands: a manifest that was
  /// edited under a running rollout takes no traffic back and leaves no step out.
  func place(after route: Route) -> Int? {
    steps.firstIndex { $0.route > route }
  }
}
