/// The size of a picture in pixels.
package struct Size: Equatable, Sendable {
  package let width: Int
  package let height: Int

  package static let standard = Size(width: 720, height: 320)

  package init(width: Int, height: Int) {
    precondition(width >= 320, "\(width) pixels leave no room beside the labels")
    precondition(height >= 200, "\(height) pixels leave no room between title and axis")
    self.width = width
    self.height = height
  }
}
