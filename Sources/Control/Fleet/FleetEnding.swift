import Threads
extension Fleet {
  /// How far a pass has come, and whether no other look is to begin.
  struct Passing {
    var isUnderWay = false
    var isLast = false
    /// How many decisions that are no retreat it may still record; negative when one had to wait.
    var recordsLeft = 0
    /// Whether something could not be recorded: then the next pass comes in its time.
    var hasFailed = false

    /// What may wait is left for the next pass once enough was recorded.
    var lastLane: Schedule.Lane { recordsLeft < 0 ? .watch : .progress }
  }

  /// Begins no other look, and returns when those under way are recorded and the retreats among them in force.
  ///
  /// A pass over many deployments takes long, and a task that is cancelled in the middle of an effect
  /// undoes it. What was not looked at is due at the next start, and so is what was decided and is no retreat: a
  /// runtime may take seconds for the plans of one batch. A ledger that is being read has no effect, and is not
  /// waited for.
  package func finish() async {
    passing.isLast = true
    if passing.isUnderWay { await turn.withLock {} }
  }
}
