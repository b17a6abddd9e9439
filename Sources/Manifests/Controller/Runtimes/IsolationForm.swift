import Encoding

/// `local.isolation` of a runtime.
enum IsolationForm {
  static let form: Form<IsolationSettings> = .object(
    defaulted(
      "mode", Form.word(IsolationSettings.Mode.allCases.map { ($0.rawValue, $0) }),
      default: .string(IsolationSettings.Mode.bestEffort.rawValue),
      "Whether the start is refused when a part of it cannot be had."),
    defaulted("egress", Form.boolean, default: false, "Whether models may open connections."),
    defaulted("limits", limits, default: [:], "What one model server may use at most."),
    defaulted(
      "firstUser", Form.integer(1_000...4_000_000_000), default: .number(Defaults.firstUser),
      "The first of 12768 user ids for model servers, when the controller runs as root."),
    defaulted(
      "visible", Form.list(of: path, count: 0...100), default: [],
      "Files and folders that models may read, too."),
    defaulted(
      "devices", Form.list(of: device, count: 0...100), default: [],
      "Devices that models may use, such as those of a GPU.")
  ) { _, mode, egress, limits, firstUser, visible, devices in
    IsolationSettings(
      mode: mode, egress: egress, limits: limits, firstUser: firstUser,
      visible: visible.map(\.value), devices: devices.map(\.value))
  }

  private static let limits: Form<ServerLimits> = .object(
    optional("memory", memory, "Memory. Default: as much as there is."),
    defaulted(
      "processes", Form.integer(16...1_000_000), default: .number(Defaults.serverProcesses),
      "Processes and threads."),
    optional("cpu", cores, "Cores, such as 1.5. Default: all of them.")
  ) { _, memory, processes, cores in
    ServerLimits(memory: memory, processes: processes, milliCores: cores)
  }

  private static let units = ["KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40]
  private static let memoryExample = "write it like 512MiB or 4GiB"

  private static let memory: Form<Int> = .scalar(
    "an amount of memory", example: memoryExample,
    schema: ["type": "string", "pattern": "^[1-9][0-9]{0,8}(KiB|MiB|GiB|TiB)$"]
  ) { scalar throws(TextRefusal) in
    guard let match = scalar.text.wholeMatch(of: /([1-9][0-9]{0,8})(KiB|MiB|GiB|TiB)/),
      let count = Int(match.output.1), let unit = units[String(match.output.2)]
    else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not an amount of memory", hint: memoryExample)
    }
    let (bytes, isTooMuch) = count.multipliedReportingOverflow(by: unit)
    guard !isTooMuch, bytes >= leastMemory else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is out of range", hint: "16MiB is the least")
    }
    return bytes
  }

  /// An interpreter that serves nothing yet needs as much.
  private static let leastMemory = 16 << 20

  private static let cores: Form<Int> = .scalar(
    "a number of cores", example: "write it like 1.5",
    schema: ["type": "number", "minimum": 0, "maximum": 1024]
  ) { scalar throws(TextRefusal) in
    guard scalar.isPlain, let units = FixedPoint.units(scalar.text, places: 3),
      (10...1_024_000).contains(units)
    else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not a number of cores",
        hint: "write a number from 0.01 to 1024, like 1.5")
    }
    return units
  }

  private static let path = place("a path", "write an absolute path, like /opt/models/shared")
  private static let device = place("a device", "write it like /dev/nvidia0", below: "/dev/")

  /// An absolute path without steps upwards, which is what it says.
  private static func place(
    _ what: String, _ example: String, below root: String = "/"
  ) -> Form<String> {
    .scalar(
      what, example: example, schema: ["type": "string", "pattern": .string("^\(root).+")]
    ) { scalar throws(TextRefusal) in
      let parts = scalar.text.split(separator: "/")
      guard scalar.text.hasPrefix(root), scalar.text.count > root.count, !parts.contains(".."),
        scalar.text.utf8.count <= 1024,
        scalar.text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
      else {
        throw TextRefusal(
          message: "\"\(scalar.text.shortened)\" is not \(what) that can be shown to models",
          hint: example)
      }
      return scalar.text
    }
  }
}
