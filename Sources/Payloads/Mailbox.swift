import Control
import DequeModule
import Rollouts

/// What waits to be counted, within bounds.
struct Mailbox {
  enum Message {
    case event(PayloadEvent)
    case label(Label)
    case conversion(Conversion)

    var deployment: DeploymentName {
      switch self {
      case .event(let event): event.deployment
      case .label(let label): label.deployment
      case .conversion(let conversion): conversion.deployment
      }
    }

    /// The bytes behind it.
    var bytes: Int {
      switch self {
      case .event(let event):
        (event.request?.count ?? 0) + (event.response?.count ?? 0) + event.requestID.utf8.count
          + (event.entity?.utf8.count ?? 0) + (event.sliced?.value.utf8.count ?? 0)
      case .label(let label):
        if case .text(let text) = label.value {
          text.utf8.count + label.requestID.utf8.count
        } else {
          label.requestID.utf8.count
        }
      case .conversion(let conversion):
        conversion.entity.utf8.count + conversion.metric.utf8.count
      }
    }
  }

  /// A message and when it came.
  struct QueuedMessage {
    let message: Message
    let at: Instant
  }

  /// Events that were lost since the last look.
  struct Losses {
    var byDeployment: [DeploymentName: Int] = [:]
    var ofAll = 0
  }

  /// So few that whoever hands something in hardly waits for the lock.
  private static let portion = 64

  var followed: Set<DeploymentName> = [] { didSet { room.divide(among: followed) } }
  private var room: SharedRoom
  private var queue: Deque<QueuedMessage> = []
  /// The portion that is being counted now: its bodies are in memory until the next one is asked for.
  private var inWork: [(namespace: String, bytes: Int)] = []
  private var isAwake = false
  private var losses = Losses()
  private(set) var ignored = 0
  private(set) var droppedLabels = 0
  private(set) var droppedConversions = 0

  init(_ limits: IntakeLimits) { room = SharedRoom(limits) }

  var count: Int { queue.count }

  /// Takes a message if it fits, and returns whether somebody has to be woken to count it.
  mutating func add(_ message: Message, at now: Instant) -> Bool {
    guard followed.contains(message.deployment) else {
      ignored += 1
      return false
    }
    guard room.take(message.bytes, for: message.deployment.namespace) else {
      drop(message)
      return false
    }
    queue.append(QueuedMessage(message: message, at: now))
    defer { isAwake = true }
    return !isAwake
  }

  private mutating func drop(_ message: Message) {
    switch message {
    case .event(let event): losses.byDeployment[event.deployment, default: 0] += 1
    case .label: droppedLabels += 1
    case .conversion: droppedConversions += 1
    }
  }

  mutating func lose(_ count: Int, of deployment: DeploymentName?) {
    if let deployment {
      if followed.contains(deployment) { losses.byDeployment[deployment, default: 0] += count }
    } else {
      losses.ofAll += count
    }
  }

  mutating func takeLosses() -> Losses {
    defer { losses = Losses() }
    return losses
  }

  /// Returns the oldest messages, whose bodies count as kept until this is called again.
  mutating func next() -> [QueuedMessage] {
    for (namespace, bytes) in inWork { room.giveBack(bytes, of: namespace) }
    inWork = []
    var portion: [QueuedMessage] = []
    while portion.count < Self.portion, let oldest = queue.popFirst() {
      inWork.append((oldest.message.deployment.namespace, oldest.message.bytes))
      portion.append(oldest)
    }
    isAwake = !portion.isEmpty
    return portion
  }
}
