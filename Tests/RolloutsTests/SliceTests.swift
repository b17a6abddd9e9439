import Analysis
import Rollouts
import Testing

/// What many slices cost, and what bounds them.
@Suite struct SliceTests {
  /// The evidence of all slices together is the average over as many as there may be: with more of them one bad slice
  /// counts for less, and slices that stay away, for nothing.
  @Test func multiplicityIsPaidFor() throws {
    let evidence = try [1, 20, 50].map { worst in
      try #require(Self.rollout("slices=\(worst)", looks: 4).checks.slices?.logE)
    }
    #expect(evidence[0] > 2)
    let seen = 2 * Analysis.exp(evidence[0])
    for (worst, logE) in zip([1.0, 20, 50], evidence) {
      let mean = (seen + worst - 1) / (worst + 1)
      #expect(abs(logE - Analysis.log(mean)) < 1e-9, "\(worst): \(logE)")
    }
    #expect(evidence[0] > evidence[1] && evidence[1] > evidence[2])
  }

  /// The quick bound is never less than what it bounds, and slices alone can reach the bar.
  @Test func theBoundHolds() throws {
    for looks in 1..<6 {
      let slices = try #require(Self.rollout("slices", looks: looks).checks.slices)
      #expect(slices.logBound >= slices.logE)
    }
  }

  /// Without `slices` in the manifest nothing of them is kept, whatever the counts hold.
  @Test func nothingIsKeptUnasked() {
    #expect(Self.rollout("", looks: 4).checks.slices == nil)
  }

  /// However many values an intake tells apart, in whatever life of it: no more slices than were asked for.
  @Test func slicesAreBounded() throws {
    var script = Self.start("slices=3") + "\n"
    for index in 0..<20 {
      script += "look 5s v1=800/0+t\(index)=400/0+=400/0 v2=200/0+t\(index)=100/0+=100/0\n"
    }
    let slices = try #require(Story.run(script).rollout.checks.slices)
    #expect(slices.count == 4)
  }

  private static func start(_ option: String) -> String {
    """
    manifest v1 canary 50% bake=60s
    look 1s
    look 1s
    13 looks 5s v1=500/0
    manifest v2 canary 20% bake=60s atMost=900s atLeast=900s \(option)
    look 1s
    look 1s
    look 1s
    """
  }

  private static func rollout(_ option: String, looks: Int) -> Rollout {
    Story.run(
      start(option)
        + "\n\(looks) looks 5s v1=800/4+acme=40/0+=760/4 v2=200/1+acme=10/1+=190/0"
    ).rollout
  }
}
