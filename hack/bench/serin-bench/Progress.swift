import Foundation

/// What has been computed so far, on standard error: the tables alone go to standard output.
enum Progress {
  private static let began = ContinuousClock.now

  static func report(_ what: String) {
    let seconds = began.duration(to: .now) / .seconds(1)
    FileHandle.standardError.write(Data("\(whole(seconds))s \(what)\n".utf8))
  }
}
