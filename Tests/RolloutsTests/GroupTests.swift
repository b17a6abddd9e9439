import Foundation
import Randomness
import Testing
import Wording

@testable import Rollouts

/// Several rollouts on one rope: all advance or none, and one that fails takes all back.
@Suite struct GroupTests {
  /// Who keeps whom from entering a stage.
  @Test(
    arguments: [
      (.atRest, nil, nil, true), (.asked, nil, nil, false), (.unclear, nil, nil, false),
      (.failed, nil, nil, false), (.underWay, .preparing, nil, false),
      (.underWay, .step(place: 1), nil, false),
      (.underWay, .step(place: 1), .step(place: 2), true),
      (.underWay, .step(place: 2), nil, true), (.underWay, .step(place: 1), .baking, true),
      (.underWay, .baking, nil, true), (.underWay, nil, nil, false),
    ] as [(Peer.State, Stage?, Stage?, Bool)])
  func whoIsThereOrWouldBeAllows(
    state: Peer.State, stage: Stage?, willing: Stage?, isAllowed: Bool
  ) {
    let peer = Peer(name: "b", state: state, stage: stage, willing: willing)
    #expect(peer.allows(.step(place: 2)) == isAllowed)
  }

  @Test func stagesAreOrdered() throws {
    let stages: [Stage] = [
      .preparing, .step(place: 1), .step(place: 2), .step(place: 10), .baking, .ended,
    ]
    #expect(stages == stages.sorted())
    for stage in stages {
      let stored = try JSONEncoder().encode(stage)
      #expect(try JSONDecoder().decode(Stage.self, from: stored) == stage)
    }
    for wrong in [#"{"phase":"step"}"#, #"{"phase":"baking","place":1}"#, #"{"phase":"up"}"#] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(Stage.self, from: Data(wrong.utf8))
      }
    }
  }

  /// All begin together, go on together, and end together, whoever is looked at first.
  @Test(arguments: [
    [[10, 50], [10, 50]], [[10], [20], [5]], [[], []], [[10, 50], [30]], [[10], []],
  ])
  func allArrive(steps: [[Int]]) {
    var rope = Self.served(steps)
    for index in rope.indices { rope.ask(index, for: 2) }
    rope.loading[1] = [2]
    rope.looks(20)
    #expect(rope.rollouts.allSatisfy { $0.phase.stage == .preparing }, "nobody begins alone")
    #expect(
      rope.decisions[0].last?.reason == .waitsForGroup(peers: ["m1"])
        && rope.rollouts[0].holds == [.group])
    rope.loading[1] = []
    rope.looks(20)
    #expect(rope.isQuiet && rope.serving == steps.map { _ in "2" })
    #expect(rope.violations == [])
  }

  /// At whatever stage one fails, all are back; the others are not rejected, and begin again when the one that
  /// failed asks for something else.
  @Test(arguments: 0..<8)
  func oneFailsAndAllGoBack(looks: Int) throws {
    var rope = Self.served([[10, 50], [10, 50], [10, 50]])
    for index in rope.indices { rope.ask(index, for: 2) }
    rope.looks(looks)
    // Two members wait at one stage each time: the third one is what fails.
    try #require(rope.rollouts.contains { $0.candidate != nil } || looks == 0)
    rope.failed[2] = [2]
    rope.looks(10)
    #expect(rope.isQuiet && rope.serving == ["1", "1", "1"], "\(rope.serving)")
    #expect(rope.rollouts[2].rejection(of: Rope.revision(2, 2)) != nil)
    for index in 0..<2 {
      #expect(rope.rollouts[index].rejection(of: Rope.revision(index, 2)) == nil)
      guard case .peerFailed(let peer)? = rope.decisions[index].last?.reason else {
        Issue.record("\(String(describing: rope.decisions[index].last?.reason))")
        continue
      }
      #expect(peer.name == "m2" && peer.revision.version == "2" && peer.record != nil)
      #expect(rope.rollouts[index].wanted?.rejected == nil)
    }
    // Looking on decides nothing: nobody tries again by itself.
    let decided = rope.decisions.map(\.count)
    rope.looks(10)
    #expect(rope.decisions.map(\.count) == decided)
    rope.ask(2, for: 3)
    rope.looks(30)
    #expect(rope.serving == ["2", "2", "3"] && rope.violations == [])
  }

  /// Whoever asks for something new while another member asks for what failed is told so once.
  @Test func nothingIsTriedBesideWhatFailed() {
    var rope = Self.served([[10], [10]])
    rope.ask(0, for: 2)
    rope.failed[0] = [2]
    rope.looks(5)
    rope.ask(1, for: 2)
    rope.looks(5)
    let told = rope.decisions[1].suffix(1)
    #expect(told.map(\.verdict) == [.hold] && rope.verdicts(of: 1, about: 2) == [.hold])
    #expect(told.first?.sentence.hasPrefix("v2 (m1-v2) is not tried while m0 asks for v2") == true)
    rope.ask(1, for: 1)
    rope.looks(2)
    #expect(rope.decisions[1].last?.reason == .stableAskedForAgain)
    #expect(rope.rollouts[1].holds == [])
    rope.ask(1, for: 2)
    rope.ask(0, for: 1)
    rope.looks(20)
    #expect(rope.serving == ["1", "2"] && rope.violations == [])
  }

  /// Once one has ended, whoever gave its word ends, too, whatever happens to it.
  @Test func whoGaveItsWordEnds() {
    var rope = Self.served([[10], [10]])
    for index in rope.indices { rope.ask(index, for: 2) }
    var looks = 0
    while rope.serving == ["1", "1"], looks < 200 {
      rope.look(looks % 2)
      looks += 1
    }
    let late = rope.serving[0] == "1" ? 0 : 1
    rope.failed[late] = [2]
    rope.restrictions = [.unpublished]
    rope.looks(3)
    #expect(rope.rollouts[late].phase.isBaking, "it neither ends nor goes back")
    rope.restrictions = []
    rope.ask(late, for: 3)
    rope.look(late)
    #expect(rope.decisions[late].last?.reason == .groupEnded(peer: "m\(1 - late)"))
    #expect(rope.serving == ["2", "2"] && rope.violations == [])
  }

  /// Its word binds a member for one rollout: another one that comes later is judged as any.
  @Test func aWordIsForOneRollout() {
    var rope = Self.served([[10], [10]])
    for version in 2...3 {
      for index in rope.indices { rope.ask(index, for: version) }
      rope.looks(20)
    }
    #expect(rope.serving == ["3", "3"])
    rope.ask(0, for: 4)
    rope.looks(3)
    #expect(rope.rollouts[0].candidate != nil)
    rope.failed[0] = [4]
    rope.looks(3)
    #expect(rope.serving == ["3", "3"] && rope.isQuiet)
  }

  /// What keeps a member from going on keeps all of them; what it has to do with the group is over when it leaves.
  @Test(arguments: ["suspended", "unclear", "unseen", "superseded", "regrouped", "alone"])
  func theOthersWait(for what: String) {
    var rope = Self.served([[10, 50], [10, 50]])
    if what == "unclear" { rope.unclear = [1] }
    rope.ask(0, for: 2)
    if what != "alone" { rope.ask(1, for: 2) }
    if what != "unclear" { rope.looks(4) }
    switch what {
    case "suspended": rope.suspend(1, true)
    case "unseen": rope.unseen = [1]
    case "superseded":
      rope.ask(1, for: 3)
      rope.loading[1] = [3]
    case "regrouped": rope.regroup(1, nil)
    default: break
    }
    rope.looks(30)
    let isAlone = what == "alone" || what == "regrouped"
    #expect((rope.serving[0] == "2") == isAlone, "\(rope.rollouts[0].position)")
    rope.suspend(1, false)
    (rope.unclear, rope.unseen, rope.loading[1]) = ([], [], [])
    rope.looks(30)
    let last = what == "alone" ? "1" : what == "superseded" ? "3" : "2"
    #expect(rope.serving == ["2", last] && rope.violations == [])
  }

  /// A candidate that was ready and waits for the others has to get ready again like any.
  @Test func whoIsNoLongerReadyIsRejected() {
    var rope = Self.served([[10], [10]])
    for index in rope.indices { rope.ask(index, for: 2) }
    rope.loading[1] = [2]
    rope.looks(5)
    #expect(rope.rollouts[0].holds == [.group])
    rope.unseen = [1]
    rope.looks(80)
    #expect(rope.rollouts[0].candidate != nil, "it is ready")
    rope.loading[0] = [2]
    rope.looks(70)
    #expect(rope.verdicts(of: 0, about: 2).last == .reject)
    rope.unseen = []
    rope.looks(5)
    #expect(rope.isQuiet && rope.serving == ["1", "1"] && rope.violations == [])
  }

  /// One that waits for the others is not given up because the step has become long.
  @Test func whoWaitsIsNotGivenUp() {
    var rope = Rope(steps: [[10, 50], [10, 50]], isPromising: true, onInconclusive: .rollback)
    rope.looks(60)
    #expect(rope.serving == ["1", "1"])
    for index in rope.indices { rope.ask(index, for: 2) }
    rope.looks(4)
    rope.unseen = [1]
    rope.looks(5)
    #expect(rope.rollouts[0].holds == [.group] && rope.rollouts[0].phase.isStep)
    rope.pass(.seconds(700))
    rope.slips[0] = 110
    rope.looks(1)
    #expect(
      rope.rollouts[0].phase.isStep && rope.rollouts[0].holds == [.group, .inconclusive],
      "\(rope.decisions[0].suffix(2).map(\.sentence))")
  }

  /// Members that come back in a hurry, in the middle of their steps, do so together.
  @Test func allHurryTogether() {
    var rope = Self.served([[10, 50], [10, 50]])
    for index in rope.indices { rope.ask(index, for: 2) }
    rope.looks(30)
    #expect(rope.serving == ["2", "2"])
    for index in rope.indices { rope.ask(index, for: 1) }
    rope.looks(3)
    for index in rope.indices { rope.suspend(index, true) }
    rope.looks(3)
    #expect(rope.rollouts.allSatisfy { $0.phase.isStep }, "\(rope.rollouts.map(\.position))")
    for index in rope.indices {
      rope.edit(index) { $0.strategy = $0.strategy.reverting(.once) }
      rope.suspend(index, false)
    }
    rope.looks(4)
    #expect(rope.rollouts.allSatisfy { $0.phase.isBaking }, "\(rope.rollouts.map(\.position))")
  }

  /// Whoever is to end on its word does not go back, also when a person asks for that while nothing may advance.
  @Test func nobodyLeavesTheRopeAtTheTop() {
    var rope = Self.served([[10], [10], [10]])
    for index in rope.indices { rope.ask(index, for: 2) }
    var looks = 0
    while rope.serving == ["1", "1", "1"], looks < 200 {
      rope.look(looks % 3)
      looks += 1
    }
    rope.restrictions = [.unpublished]
    for index in rope.indices { rope.ask(index, for: 1) }
    rope.looks(2)
    #expect(rope.rollouts.count { $0.phase.isBaking } == 2, "\(rope.rollouts.map(\.position))")
    #expect(rope.decisions.allSatisfy { $0.last?.verdict != .abort })
  }

  /// The first to serve has no client to lose: it begins with the others' first step, and waits in its bake.
  @Test func theFirstToServeBeginsWithTheFirstStep() {
    var rope = Rope(steps: [[10, 50], [10, 50]])
    rope.regroup(1, nil)
    rope.suspend(1, true)
    rope.looks(20)
    #expect(rope.serving == ["1", nil])
    rope.regroup(1, "rope")
    rope.suspend(1, false)
    rope.ask(0, for: 2)
    rope.looks(4)
    #expect(rope.rollouts[1].phase.isBaking && rope.rollouts[0].phase.isStep)
    rope.failed[0] = [2]
    rope.looks(10)
    #expect(
      rope.rollouts[1].phase.isBaking && rope.serving == ["1", nil], "it serves on, and waits")
    rope.ask(0, for: 3)
    rope.looks(30)
    #expect(rope.serving == ["3", "1"] && rope.violations == [])
  }

  /// A first version that fails serves on under an alert, and the others go back from beside it: they are tried when it
  /// is replaced.
  @Test func theFirstThatFailsIsAFailureToo() {
    var rope = Rope(steps: [[10, 50], [10, 50]], isPromising: true)
    rope.regroup(1, nil)
    rope.suspend(1, true)
    rope.looks(30)
    #expect(rope.serving == ["1", nil])
    rope.regroup(1, "rope")
    rope.suspend(1, false)
    rope.erring[1] = [1]
    rope.ask(0, for: 2)
    rope.looks(30)
    #expect(rope.rollouts[1].alert?.cause == .slo && rope.serving == ["1", "1"] && rope.isQuiet)
    #expect(rope.decisions[0].last?.cause == .group)
    rope.ask(1, for: 2)
    rope.looks(60)
    #expect(
      rope.serving == ["2", "2"] && rope.violations == [],
      "\(rope.decisions.map { $0.suffix(4).map(\.sentence) })")
  }

  /// Whatever is asked, fails and goes away, and whoever is looked at first: nobody is more than one stage ahead,
  /// nobody ends while another one that gave its word goes back; and when it is quiet, all have arrived or are back.
  @Test(arguments: UInt64(0)..<400)
  func nothingTearsTheRope(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let count = 2 + Int(random.next() % 3)
    var rope = Self.served((0..<count).map { _ in [[10, 50], [10], []][Int(random.next() % 3)] })
    var version = 1
    for _ in 0..<600 {
      let index = Int(random.next() % UInt64(count))
      switch random.next() % 60 {
      case 0...1:
        version += 1
        for index in 0..<count where random.next() % 3 > 0 { rope.ask(index, for: version) }
      case 2: rope.failed[index].insert(Int(rope.wanted[index].revision.model.version) ?? 0)
      case 3: rope.suspend(index, random.next() % 2 == 0)
      case 4: rope.unclear = random.next() % 2 == 0 ? [index] : []
      case 5: rope.unseen = random.next() % 2 == 0 ? [index] : []
      case 6: rope.restrictions = random.next() % 2 == 0 ? [.notOwner] : []
      case 7: rope.ask(index, for: max(1, version - 1))
      default: rope.look(index)
      }
    }
    (rope.unclear, rope.unseen, rope.restrictions) = ([], [], [])
    for index in 0..<count { rope.suspend(index, false) }
    rope.looks(200)
    #expect(rope.violations == [], "seed \(seed)")
    #expect(rope.isQuiet, "seed \(seed): \(rope.rollouts.map(\.position))")
    for index in 0..<count { rope.ask(index, for: 99) }
    rope.looks(200)
    #expect(rope.serving.allSatisfy { $0 == "99" }, "seed \(seed): \(rope.serving)")
  }

  /// A state that is stored and read again is the same state, and so is what it tells others.
  @Test func statesAreStored() throws {
    var rope = Self.served([[10, 50], [10, 50]])
    for index in rope.indices { rope.ask(index, for: 2) }
    for _ in 0..<40 {
      rope.looks(1)
      for index in rope.indices {
        let stored = try JSONEncoder().encode(rope.rollouts[index])
        #expect(try JSONDecoder().decode(Rollout.self, from: stored) == rope.rollouts[index])
        let told = try JSONEncoder().encode(rope.peers(of: index))
        #expect(try JSONDecoder().decode([Peer].self, from: told) == rope.peers(of: index))
      }
    }
    #expect(rope.serving == ["2", "2"])
  }

  /// What knows no group has nothing of it in its state, so that old ledgers are read as they were.
  @Test func nothingIsKeptWithoutAGroup() throws {
    var rope = Rope(steps: [[10]])
    rope.regroup(0, nil)
    for version in 1...3 {
      rope.ask(0, for: version)
      for _ in 0..<9 {
        rope.look(0)
        let state = String(decoding: try JSONEncoder().encode(rope.rollouts[0]), as: UTF8.self)
        for key in ["willing", "waited", "companions", "brokenFirst", "group"] {
          #expect(!state.contains("\"\(key)\""))
        }
      }
    }
    #expect(rope.decisions[0].allSatisfy { $0.group == nil } && rope.serving == ["3"])
  }

  /// All members serve their first version.
  private static func served(_ steps: [[Int]]) -> Rope {
    var rope = Rope(steps: steps)
    rope.looks(20)
    #expect(rope.serving == steps.map { _ in "1" } && rope.isQuiet)
    return rope
  }
}
